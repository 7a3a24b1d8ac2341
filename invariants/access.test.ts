/** Access: what was let and must not have been, what was refused and must not, and who there is. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Role } from '../core/kernel/access-records.ts';
import { entryOp } from '../core/kernel/entry.ts';
import { OPERATION_SQL, OPERATION_STAGE } from '../core/kernel/operation.ts';
import { AccessWorld, grant } from '../core/kernel/testing/access-world.ts';
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import { encodeCommitRequest } from '../core/sql/session/request.ts';
import { HISTORY } from '../vopr/kimberlite/history.ts';
import { encodeShape } from '../vopr/kimberlite/sql/body.ts';
import { CREATE_A } from '../vopr/kimberlite/sql/shapes.ts';
import { stagedBodies } from '../vopr/kimberlite/transactions/staged.ts';
import { access } from './access.ts';
import { Bench } from './testing/fake-world.ts';

/** Tenant 1, the admin, bob in this role, and a table that he tries to make. */
function historyOf(role: Role): AccessWorld {
  const world = new AccessWorld(TINY);
  world.change('', { kind: 'create tenant', name: 'clinic' });
  world.change('', { kind: 'bootstrap', user: 'ada', key: grant('k') });
  const reach = { everyTenant: true, tenants: [] };
  world.change('ada', { kind: 'create user', user: 'bob', role, reach, key: null });
  world.ask(OPERATION_SQL, 1, encodeShape(CREATE_A, [], 'bob'));
  return world;
}

/** What the checker says of these requests with those entries. */
function judged(asked: AccessWorld, done: AccessWorld): readonly string[] {
  const bench = new Bench(access);
  const entries = done.allLogs.flatMap((log) => log.entries);
  for (const prepare of asked.primary.prepares) {
    const { op } = prepare.header;
    bench.step(0, STEP_COMMIT, op, 0, 0, prepare);
    const bytes = entries.find((entry) => entryOp(entry) === op)!;
    bench.step(0, STEP_ENTRY, op, 0, 0, { bytes });
  }
  return bench.world.violations;
}

afterEach(() => {
  HISTORY.begin();
  HISTORY.begin();
});

describe('access', () => {
  const writer = historyOf('writer');
  const reader = historyOf('reader');

  it('agrees with what the kernel lets and refuses', () => {
    expect(judged(writer, writer)).toEqual([]);
    expect(judged(reader, reader)).toEqual([]);
  });

  it('sees what was let without the right', () => {
    expect(judged(reader, writer)).toEqual(['r0, op 5: let; it must be 42501']);
  });

  it('sees what was refused in spite of it', () => {
    expect(judged(writer, reader)).toEqual(['r0, op 5: 42501; it must be let']);
  });

  it('lets what was staged give its room back, though who names it is refused by then', () => {
    const world = historyOf('writer');
    const none = new Uint8Array(0);
    const commit = { kind: 'commit', snapshot: 1, user: 'bob', text: '' } as const;
    const ends = encodeCommitRequest({ ...commit, reads: none, writes: none });
    const bodies = stagedBodies(ends, 'bob', TINY, (nonce) => nonce.fill(7))!;
    const named = bodies.pop()!;
    for (const chunk of bodies) world.ask(OPERATION_STAGE, 1, chunk);
    world.change('ada', { kind: 'set role', user: 'bob', role: 'reader' });
    world.ask(OPERATION_SQL, 1, named);
    expect(judged(world, world)).toEqual([]);
  });
});
