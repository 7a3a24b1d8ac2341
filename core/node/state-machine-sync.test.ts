/** State sync: pages and entries of a peer's checkpoint, whatever comes in between. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { client } from '../kernel/testing/prepares.ts';
import { STEP_DAMAGE } from '../observer.ts';
import { IO_ENOSPC } from '../ports.ts';
import { FATE_GARBAGE, FATE_OLD } from '../storage/testing/memory-disk.ts';
import type { Unit } from '../vsr/message.ts';
import { UNIT_LOG, UNIT_PAGE } from '../vsr/message.ts';
import { TestMachine } from './testing/machine.ts';
import { Workload } from './testing/workload.ts';

let m: TestMachine;
beforeEach(() => {
  m = new TestMachine();
});

describe('state sync', () => {
  function target(op: number): { readonly work: Workload; readonly peer: TestMachine } {
    const work = new Workload().until(op);
    const peer = new TestMachine();
    peer.follow(work.prepares);
    return { work, peer };
  }

  test('of an empty replica: equal state, equal bytes, and on it goes', () => {
    const { work, peer } = target(64);
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    expect(m.machine.commit).toBe(64);
    expect(m.machine.timestamp).toBe(peer.machine.timestamp);
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
    work.until(96);
    peer.follow(work.prepares);
    m.follow(work.prepares);
    expect(m.checkpoint).toEqual(peer.checkpoint);
    expect(m.state).toEqual(peer.state);
    m.scrubFrom(peer);
    expect(m.kinds(STEP_DAMAGE).filter((s) => s.a === 1)).toEqual([]);
    for (const [name, bytes] of Object.entries(peer.files())) {
      if (name.includes('/log-')) expect(m.files()[name], name).toBe(bytes);
    }
  });

  test('to a checkpoint that its root denies is refused, once, and leaves room for another', () => {
    const { peer } = target(64);
    m.machine.syncBegin({ ...peer.checkpoint, op: 72 });
    for (let i = 0; i < 20; i += 1) m.repairFrom(peer);
    expect(m.machine.syncing).toBe(true);
    expect(m.refuted).toEqual([{ ...peer.checkpoint, op: 72 }]);
    expect(m.completed).toEqual([]);
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    expect(m.refuted.length).toBe(1);
  });

  test('of a replica that fell behind keeps what it has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('runs on', 'crash', 'power cut'),
        fc.boolean(),
        (own, rounds, fate, asked) => {
          const work = new Workload().until(own);
          let machine = new TestMachine();
          machine.follow(work.prepares);
          const { disk } = machine;
          if (fate === 'crash') machine = machine.restarted(disk.processCrash());
          if (fate === 'power cut') machine = machine.restarted(disk.powerCut(FATE_GARBAGE));
          // Of a log that was asked for the end is known, whatever its file holds beyond.
          if (asked) for (const tenant of [0, 1, 2]) machine.machine.position(tenant);
          const peer = new TestMachine();
          work.until(Math.ceil(own / 8) * 8 + 8 * rounds);
          peer.follow(work.prepares);
          machine.syncFrom(peer, peer.checkpoint);
          work.until(work.primary.op + 16);
          peer.follow(work.prepares);
          machine.follow(work.prepares);
          expect(machine.checkpoint).toEqual(peer.checkpoint);
          expect(machine.state).toEqual(peer.state);
          machine.scrubFrom(peer);
          expect(machine.machine.damaged).toBe(0);
          for (const [name, bytes] of Object.entries(peer.files())) {
            if (name.includes('/log-')) expect(machine.files()[name], name).toBe(bytes);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('asks nobody for what was appended after the checkpoint, before a crash', () => {
    const tenants = [0, 1, 2];
    const { work, peer } = target(36);
    m.follow(work.prepares);
    const appended = tenants.map((tenant) => m.machine.position(tenant));
    const machine = m.restarted(m.disk.processCrash());
    const opened = tenants.map((tenant) => machine.machine.position(tenant));
    expect(opened[1]).toBeLessThan(appended[1]!);
    peer.follow(work.until(64).prepares);
    machine.machine.syncBegin(peer.checkpoint);
    machine.flush();
    while (machine.machine.syncing) {
      const wanted: Unit[] = [];
      const count = machine.machine.wanted(wanted, 4);
      for (const { kind, tenant, index } of wanted.slice(0, count)) {
        if (kind === UNIT_LOG) expect(index).toBeGreaterThan(appended[tenant]!);
      }
      machine.repairFrom(peer);
    }
    machine.machine.session(client(0));
    expect(machine.state).toEqual(peer.state);
  });

  test('interrupted by crashes, whatever the disk kept, it begins again and ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(1)), { maxLength: 5 }),
        fc.infiniteStream(fc.nat(1000)),
        (crashes, draws) => {
          const work = new Workload().until(20);
          let machine = new TestMachine();
          machine.follow(work.prepares);
          const peer = new TestMachine();
          peer.follow(work.until(72).prepares);
          const { checkpoint } = peer;
          for (const [rounds, kind] of crashes) {
            if (machine.machine.commit === checkpoint.op) break;
            machine.machine.syncBegin(checkpoint);
            machine.automatic = false;
            for (let i = 0; i < rounds && machine.machine.syncing; i += 1) {
              machine.repairFrom(peer, 3);
              if (i % 3 === 0) machine.flush();
            }
            const disk =
              kind === 0
                ? machine.disk.processCrash()
                : machine.disk.powerCut((thing) => Number(draws.next().value) % thing.outcomes);
            machine = new TestMachine({ disk, checkpoint: machine.checkpoint });
          }
          if (machine.machine.commit < 72) machine.syncFrom(peer, checkpoint);
          // What it says is complete survives the loss of everything that was not synced.
          machine = new TestMachine({ disk: machine.disk.powerCut(FATE_OLD), checkpoint });
          machine.machine.session(client(0));
          expect(machine.state).toEqual(peer.state);
          machine.scrubFrom(peer);
          expect(machine.kinds(STEP_DAMAGE)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a lying peer is found out: its pages and entries are refused', () => {
    const { peer } = target(40);
    m.machine.syncBegin(peer.checkpoint);
    const wanted: Unit[] = [];
    for (let rounds = 0; m.machine.syncing; rounds += 1) {
      expect(rounds).toBeLessThan(500);
      const count = m.machine.wanted(wanted, 4);
      for (let i = 0; i < count; i += 1) {
        const bytes = peer.machine.serve(wanted[i]!)!;
        const bad = bytes.slice();
        bad[(rounds * 97) % bad.length]! ^= 0x10;
        const used = m.machine.supply(wanted[i]!, bad);
        if (wanted[i]!.kind === UNIT_PAGE) expect(used).toBe(false);
        m.machine.supply(wanted[i]!, bytes);
      }
      m.flush();
    }
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
  });

  test('gives up for a newer target', () => {
    const { work, peer } = target(40);
    m.automatic = false;
    m.machine.syncBegin(peer.checkpoint);
    m.repairFrom(peer, 2);
    work.until(56);
    peer.follow(work.prepares);
    m.automatic = true;
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
  });

  test('waits for room on a full disk', () => {
    const { peer } = target(40);
    m.disk.onWrite = () => IO_ENOSPC;
    m.machine.syncBegin(peer.checkpoint);
    for (let i = 0; i < 30; i += 1) {
      m.repairFrom(peer);
      m.machine.retry();
    }
    expect(m.machine.syncing).toBe(true);
    expect(m.machine.retrying).toBe(true);
    m.disk.onWrite = null;
    m.machine.retry();
    for (let i = 0; i < 200 && m.machine.syncing; i += 1) m.repairFrom(peer);
    m.flush();
    expect(m.completed).toEqual([peer.checkpoint]);
  });
});
