/** A store that was lost is written again from the logs, to the same root. */
import { describe, expect, test } from 'vitest';
import { CLUSTER, TestPrimary } from '../kernel/testing/prepares.ts';
import { TINY } from '../limits.ts';
import type { MemoryDisk } from '../storage/testing/memory-disk.ts';
import { APPLY_DONE } from '../vsr/interfaces.ts';
import type { Checkpoint } from '../vsr/message.ts';
import { rebuildStore, storeRootHolds } from './rebuild-store.ts';
import { TestMachine, crypto } from './testing/machine.ts';

interface History {
  readonly disk: MemoryDisk;
  readonly checkpoint: Checkpoint;
}

/** Three tenants, some hundred ops, a few of them after the last checkpoint. */
function history(): History {
  const primary = new TestPrimary();
  const t = new TestMachine();
  const { prepare, session } = primary.register(0);
  const prepares = [prepare];
  for (const tenant of [1, 2]) prepares.push(primary.createTenant(session, tenant));
  for (let i = 0; i < 300; i += 1) {
    const events = Array.from({ length: 1 + (i % 3) }, (_, k) => 'x'.repeat((i * 7 + k) % 200));
    prepares.push(primary.append(session, 1 + (i % 2), `stream-${i % 5}`, events));
    if (i % 17 === 0) prepares.push(primary.noop());
  }
  for (const one of prepares) expect(t.apply(one)).toBe(APPLY_DONE);
  return { disk: t.disk, checkpoint: t.checkpoint };
}

const STORES = ['tenants/0/store', 'tenants/1/store', 'tenants/2/store'];

function holds({ disk, checkpoint }: History): boolean {
  return storeRootHolds(disk, TINY, crypto, CLUSTER, checkpoint);
}

function rebuild({ disk, checkpoint }: History): string | null {
  return rebuildStore(disk, TINY, crypto, CLUSTER, checkpoint);
}

describe('rebuilding the store', () => {
  test('any file lost, or all of them: the root comes out the same', () => {
    for (const lost of [...STORES.map((name) => [name]), STORES]) {
      const h = history();
      expect(h.checkpoint.op).toBeGreaterThan(200);
      expect(holds(h)).toBe(true);
      for (const name of lost) h.disk.remove(name);
      expect(holds(h)).toBe(false);
      expect(rebuild(h)).toBeNull();
      expect(holds(h)).toBe(true);
    }
  });

  test('a state machine goes on from it with the same state', () => {
    const h = history();
    const before = new TestMachine({ disk: h.disk, checkpoint: h.checkpoint });
    const state = before.state;
    for (const name of STORES) h.disk.remove(name);
    expect(rebuild(h)).toBeNull();
    const after = new TestMachine({ disk: h.disk, checkpoint: h.checkpoint });
    expect(after.state).toEqual(state);
    expect(after.machine.position(1)).toBe(before.machine.position(1));
  });

  test('a damaged entry is named, never passed over', () => {
    const h = history();
    const file = h.disk.open('tenants/1/log-3');
    h.disk.write(file, 300, Uint8Array.of(1, 2, 3, 4, 5), 0, 5);
    expect(rebuild(h)).toMatch(/^the entry of op \d+ is missing or damaged$/);
  });

  test('a lost log is not an empty one', () => {
    const h = history();
    h.disk.remove('tenants/2/log-0');
    expect(rebuild(h)).toMatch(/is missing or damaged/);
  });
});
