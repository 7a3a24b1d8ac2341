/**
 * The kernel's access held against the model, change by change; and what must not matter: slices,
 * missing pages, executing again, rebuilding from the logs alone.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../../core/kernel/access-records.ts';
import { ROLES, decodeUser, encodeUser } from '../../../core/kernel/access-records.ts';
import type { AccessChange, AccessRequest, Reach } from '../../../core/kernel/access-request.ts';
import { decodeAccessRequest, encodeAccessRequest } from '../../../core/kernel/access-request.ts';
import {
  OPERATION_ACCESS,
  STATUS_MALFORMED,
  STATUS_OK,
  STATUS_SQL_ERROR,
} from '../../../core/kernel/operation.ts';
import { rebuildFromLogs, reexecute } from '../../../core/kernel/rebuild.ts';
import { AccessWorld } from '../../../core/kernel/testing/access-world.ts';
import { TINY } from '../../../core/limits.ts';
import { decodeAnswer, isError } from '../../../core/sql/session/result.ts';
import { NEEDS } from '../../../core/store/store.ts';
import type { Store } from '../../../core/store/store.ts';
import { AccessModel } from './model.ts';
import { KEY_HASHES } from './work.ts';

const name = fc.constantFrom('ada', 'bob', 'cyd', 'dee', 'eve', 'fay', 'gil');
const role: fc.Arbitrary<Role> = fc.constantFrom(...ROLES);
const tenant = fc.integer({ min: 0, max: 9 });
const reach: fc.Arbitrary<Reach> = fc.oneof(
  fc.constant({ everyTenant: true, tenants: [] }),
  fc.record({ everyTenant: fc.constant(false), tenants: fc.array(tenant, { maxLength: 4 }) }),
);
const key = fc.record({
  id: fc.constantFrom('k0', 'k1', 'k2'),
  hash: fc.constantFrom(...KEY_HASHES),
  expires: fc.constantFrom(0, 0, 0, 1, 2 ** 52),
});
const change: fc.Arbitrary<AccessChange> = fc.oneof(
  fc.record({ kind: fc.constant('bootstrap' as const), user: name, key }),
  fc.record({
    kind: fc.constant('create user' as const),
    user: name,
    role,
    reach,
    key: fc.option(key),
  }),
  fc.record({ kind: fc.constant('drop user' as const), user: name }),
  fc.record({ kind: fc.constant('set role' as const), user: name, role }),
  fc.record({ kind: fc.constant('set reach' as const), user: name, reach }),
  fc.record({ kind: fc.constant('add key' as const), user: name, key }),
  fc.record({ kind: fc.constant('drop key' as const), user: name, id: key.map(({ id }) => id) }),
  fc.record({ kind: fc.constant('create tenant' as const), name }),
);
/** Mostly asked for by who is likely to be an admin. */
const request: fc.Arbitrary<AccessRequest> = fc.record({
  actor: fc.oneof({ weight: 4, arbitrary: fc.constant('ada') }, name),
  change,
});
const first: AccessRequest = {
  actor: '',
  change: { kind: 'bootstrap', user: 'ada', key: { id: 'k0', hash: KEY_HASHES[0]!, expires: 0 } },
};
const history = fc
  .array(request, { minLength: 1, maxLength: 60 })
  .map((requests) => requests.toSpliced(Math.min(2, requests.length), 0, first));

/** Codes of the refusals, '' for what was made. */
function play(world: AccessWorld, requests: readonly AccessRequest[]): string[] {
  return requests.map((one) => {
    const { body } = world.ask(OPERATION_ACCESS, 0, encodeAccessRequest(one));
    const answer = decodeAnswer(body)!;
    return isError(answer) ? answer.code : '';
  });
}

function modelled(requests: readonly AccessRequest[]): {
  readonly model: AccessModel;
  readonly codes: string[];
} {
  const model = new AccessModel(TINY);
  const tenants = new Set<number>();
  const book = {
    exists: (one: number) => tenants.has(one),
    create: (one: number) => void tenants.add(one),
  };
  // The world's first op registers; timestamps are those of its primary.
  const codes = requests.map((one, i) => model.commit(i + 2, 1_000_020 + i * 10, one, book));
  return { model, codes };
}

describe('access in the kernel', () => {
  test('answers and comes to what the model says', () => {
    fc.assert(
      fc.property(history, (requests) => {
        const world = new AccessWorld(TINY);
        const { model, codes } = modelled(requests);
        expect(play(world, requests)).toEqual(codes);
        const { access } = world.kernel;
        const { users } = model.now;
        const there = access.users('', 99);
        expect(there.map((user) => user.name)).toEqual([...users.keys()].sort());
        for (const user of there) {
          const wanted = users.get(user.name)!;
          expect([user.role, user.everyTenant]).toEqual([wanted.role, wanted.reach.everyTenant]);
          expect(user.keys.map(({ id }) => id)).toEqual(wanted.keys.map(({ id }) => id));
        }
        for (const hash of KEY_HASHES) {
          const owner = [...users].find(([, { keys }]) => keys.some((one) => one.hash === hash));
          expect(access.keyOwner(hash)?.name).toBe(owner?.[0]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is the same in any slices, with pages missing, executed again, and rebuilt', () => {
    const chances = fc.infiniteStream(fc.nat(9));
    fc.assert(
      fc.property(history, fc.constantFrom(1, 2, 7), chances, (requests, budget, chance) => {
        const world = new AccessWorld(TINY);
        const codes = play(world, requests);
        const other = new AccessWorld(TINY, budget, (store) => missing(store, chance));
        expect(play(other, requests)).toEqual(codes);
        expect(other.state).toEqual(world.state);
        const again = reexecute(world.primary.prepares, TINY);
        expect([again.stateHashA, again.stateHashB]).toEqual(world.state);
        const rebuilt = rebuildFromLogs(world.allLogs);
        if (typeof rebuilt === 'string') throw new Error(rebuilt);
        expect([rebuilt.stateHashA, rebuilt.stateHashB]).toEqual(world.state);
      }),
      { numRuns: 60 },
    );
  });
});

test('whatever is sent as a change, only a good one changes anything', () => {
  const sent = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.tuple(request, fc.nat(100), fc.nat(255)).map(([one, at, byte]) => {
      const bytes = encodeAccessRequest(one);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 20 }), (bodies) => {
      const world = new AccessWorld(TINY);
      play(world, [first]);
      for (const body of bodies) {
        const { access } = world.kernel;
        const before = [access.switch, access.users('', 99), access.tenants(0, 99)];
        const { status } = world.ask(OPERATION_ACCESS, 0, body);
        expect([STATUS_OK, STATUS_MALFORMED, STATUS_SQL_ERROR]).toContain(status);
        if (status === STATUS_OK) continue;
        expect([access.switch, access.users('', 99), access.tenants(0, 99)]).toEqual(before);
      }
    }),
    { numRuns: 200 },
  );
});

describe('bytes', () => {
  test('a request is read back as it was written; others are refused or read back, too', () => {
    fc.assert(
      fc.property(request, fc.nat(200), fc.nat(255), (one, at, byte) => {
        const bytes = encodeAccessRequest(one);
        expect(decodeAccessRequest(bytes, 0, bytes.length)).toEqual(one);
        expect(decodeAccessRequest(bytes, 0, bytes.length - 1)).toBeNull();
        const longer = Uint8Array.of(...bytes, 0);
        expect(decodeAccessRequest(longer, 0, longer.length)).toBeNull();
        bytes[at % bytes.length] = byte;
        const read = decodeAccessRequest(bytes, 0, bytes.length);
        if (read !== null) expect(encodeAccessRequest(read)).toEqual(bytes);
      }),
    );
  });

  test('random bytes are no request and no user, and throw nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = decodeAccessRequest(bytes, 0, bytes.length);
        if (read !== null) expect(encodeAccessRequest(read)).toEqual(bytes);
        const user = decodeUser('ada', bytes, 0, bytes.length);
        if (user !== null) expect(encodeUser(user)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

/** A store in which, now and then, a page is missing at the first try. */
function missing(store: Store, chance: fc.Stream<number>): Store {
  let quiet = 0;
  const fails = (): boolean => {
    quiet -= 1;
    if (quiet > 0 || chance.next().value !== 0) return false;
    quiet = 200;
    return true;
  };
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const call = value as (...args: unknown[]) => unknown;
      const guarded = ['get', 'touch', 'seek', 'next'].includes(String(property));
      return (...args: unknown[]): unknown =>
        guarded && fails() ? NEEDS : call.apply(target, args);
    },
  });
}
