/**
 * The decision of a view change against an oracle that reasons from what each replica's slots
 * *are*, not from the bits in messages: over every combination for one to three replicas and two
 * ops, and over random ones for four to six.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrepareHeader } from '../codec/prepare.ts';
import { make128, ZERO128 } from '../types/hash128.ts';
import type { DoViewChangeMessage } from './message.ts';
import { DO_VIEW_CHANGE } from './message.ts';
import type { Quorums } from './quorum.ts';
import { quorums } from './quorum.ts';
import type { LogDecision } from './view-change-log.ts';
import { CONTRADICTED, DEADLOCKED, DECIDED, UNDECIDED, decideLog } from './view-change-log.ts';

// What a slot may be, with respect to the canonical entry of its op.
const NEVER_SEEN = 0;
const DIRTY = 1;
const PRESENT = 2;
const FAULTY = 3;
/** Damaged so that not even the header is known. */
const BLANK_FAULTY = 4;
const OTHER_PRESENT = 5;
const OTHER_DIRTY = 6;
const OTHER_FAULTY = 7;
/** A log of the canonical log_view holds canonical entries only. */
const STATES_CANONICAL = 5;
const STATES = 8;
const OPS = 2;
const PIPELINE = 3;
const NEWER = 2;
const OLDER = 1;

interface Claim {
  readonly logView: number;
  /** Of op 1, op 2. */
  readonly slots: readonly number[];
}

/** null: has not spoken. */
type World = readonly (Claim | null)[];

const CANONICAL: PrepareHeader[] = [1, 2].map((op) => headerOf(op, 1));
const OTHER: PrepareHeader[] = [1, 2].map((op) => headerOf(op, 2));

function headerOf(op: number, version: number): PrepareHeader {
  return {
    checksum: make128(op, version, 0, 1),
    bodyChecksum: ZERO128,
    parent: ZERO128,
    cluster: ZERO128,
    client: ZERO128,
    requestChecksum: ZERO128,
    op,
    timestamp: op,
    session: 0,
    view: version,
    epoch: 0,
    release: 0,
    request: 0,
    shard: 0,
    tenant: 0,
    operation: 2,
    bodyBytes: 0,
  };
}

function headOf(claim: Claim): number {
  for (let op = OPS; op > 0; op -= 1) if (claim.slots[op - 1] !== NEVER_SEEN) return op;
  return 0;
}

/** The message that a correct replica in this state sends. */
function messageOf(claim: Claim): DoViewChangeMessage {
  const op = headOf(claim);
  const headers: (PrepareHeader | null)[] = [];
  let present = 0;
  let nack = 0;
  for (let i = 0; i < op; i += 1) {
    const state = claim.slots[op - i - 1]!;
    const blank = state === NEVER_SEEN || state === BLANK_FAULTY;
    const set = state >= OTHER_PRESENT ? OTHER : CANONICAL;
    headers.push(blank ? null : set[op - i - 1]!);
    if (state === PRESENT || state === OTHER_PRESENT) present |= 1 << i;
    if (state === NEVER_SEEN || state === DIRTY || state === OTHER_DIRTY) nack |= 1 << i;
  }
  return {
    kind: DO_VIEW_CHANGE,
    view: 3,
    logView: claim.logView,
    op,
    commit: 0,
    checkpoint: 0,
    headers,
    present,
    nack,
  };
}

/** Whether a replica in this state may have acknowledged the canonical entry. */
function mayHaveAcknowledged(state: number, canonicalKnown: boolean): boolean {
  if (state === PRESENT || state === FAULTY || state === BLANK_FAULTY) return true;
  if (state === OTHER_FAULTY) return true;
  // Unless the canonical entry is known, "another one" may be it.
  return state === OTHER_PRESENT && !canonicalKnown;
}

/** The rule, said slowly. */
function oracle(world: World, q: Quorums): { outcome: number; op: number } {
  const spoken = world.filter((claim) => claim !== null);
  const logView = Math.max(...spoken.map((claim) => claim.logView));
  const canonical = spoken.filter((claim) => claim.logView === logView);
  const head = Math.max(...canonical.map(headOf));
  const open = spoken.length === q.replicas ? DEADLOCKED : UNDECIDED;
  for (let op = 1; op <= head; op += 1) {
    const known = canonical.some((claim) =>
      [DIRTY, PRESENT, FAULTY].includes(claim.slots[op - 1]!),
    );
    let possible = 0;
    for (const claim of world) {
      if (claim === null || mayHaveAcknowledged(claim.slots[op - 1]!, known)) possible += 1;
    }
    // Fewer than a replication quorum can have acknowledged it: it did not commit.
    if (possible < q.replication) return { outcome: DECIDED, op: op - 1 };
    const copy = spoken.some((claim) => claim.slots[op - 1] === PRESENT);
    if (!known || !copy) return { outcome: open, op };
  }
  return { outcome: DECIDED, op: head };
}

function decide(world: World, q: Quorums): LogDecision {
  return decideLog(
    world.map((claim) => (claim === null ? null : messageOf(claim))),
    q,
    PIPELINE,
  );
}

/**
 * Every claim a replica may make, and null. A canonical log knows nothing but canonical entries.
 */
function allClaims(): (Claim | null)[] {
  const claims: (Claim | null)[] = [null];
  for (const logView of [NEWER, OLDER]) {
    const states = logView === NEWER ? STATES_CANONICAL : STATES;
    for (let one = 0; one < states; one += 1) {
      for (let two = 0; two < states; two += 1) claims.push({ logView, slots: [one, two] });
    }
  }
  return claims;
}

function valid(world: World, q: Quorums): boolean {
  let spoken = 0;
  let canonical = 0;
  for (const claim of world) {
    if (claim === null) continue;
    spoken += 1;
    if (claim.logView === NEWER) canonical += 1;
  }
  return spoken >= q.viewChange && canonical > 0;
}

function checkEvery(replicas: number): number {
  const q = quorums(replicas);
  const claims = allClaims();
  const digits = Array.from({ length: replicas }, () => 0);
  let checked = 0;
  for (;;) {
    const world = digits.map((digit) => claims[digit]!);
    if (valid(world, q)) {
      const got = decide(world, q);
      const want = oracle(world, q);
      if (got.outcome !== want.outcome || got.op !== want.op) {
        expect.fail(
          `${JSON.stringify(world)}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`,
        );
      }
      checked += 1;
    }
    let i = 0;
    while (i < replicas && digits[i] === claims.length - 1) {
      digits[i] = 0;
      i += 1;
    }
    if (i === replicas) return checked;
    digits[i] = digits[i]! + 1;
  }
}

describe('the log of a new view', () => {
  for (const replicas of [1, 2, 3]) {
    it(`follows the rule in every world of ${replicas} replicas and two ops`, () => {
      const most = replicas === 3 ? 400_000 : 20;
      expect(checkEvery(replicas)).toBeGreaterThan(most);
    });
  }

  it('follows the rule in random worlds of four to six replicas', () => {
    const claim = fc.oneof(
      fc.constant(null),
      fc.record({
        logView: fc.constant(NEWER),
        slots: fc.array(fc.nat(STATES_CANONICAL - 1), { minLength: OPS, maxLength: OPS }),
      }),
      fc.record({
        logView: fc.constant(OLDER),
        slots: fc.array(fc.nat(STATES - 1), { minLength: OPS, maxLength: OPS }),
      }),
    );
    fc.assert(
      fc.property(fc.array(claim, { minLength: 4, maxLength: 6 }), (world) => {
        const q = quorums(world.length);
        fc.pre(valid(world, q));
        const got = decide(world, q);
        expect({ outcome: got.outcome, op: got.op }).toEqual(oracle(world, q));
      }),
      { numRuns: 20_000 },
    );
  });
});

function world(...claims: (readonly [number, number, number] | null)[]): World {
  return claims.map((claim) =>
    claim === null ? null : { logView: claim[0], slots: [claim[1], claim[2]] },
  );
}

describe('nack arithmetic (R=3)', () => {
  const q = quorums(3);

  it('waits for the third after one nack and one fault', () => {
    const got = decide(world([NEWER, PRESENT, NEVER_SEEN], [NEWER, FAULTY, FAULTY], null), q);
    expect([got.outcome, got.op]).toEqual([UNDECIDED, 2]);
  });

  it('reports a deadlock after one nack and two faults', () => {
    const faulty = [NEWER, PRESENT, FAULTY] as const;
    const got = decide(world([NEWER, PRESENT, NEVER_SEEN], faulty, faulty), q);
    expect([got.outcome, got.op]).toEqual([DEADLOCKED, 2]);
  });

  it('keeps the op when the third has an intact copy', () => {
    const got = decide(
      world([NEWER, PRESENT, NEVER_SEEN], [NEWER, PRESENT, FAULTY], [NEWER, PRESENT, PRESENT]),
      q,
    );
    expect([got.outcome, got.op]).toEqual([DECIDED, 2]);
  });

  it('truncates what two never acknowledged, though the third holds it', () => {
    const never = [NEWER, PRESENT, NEVER_SEEN] as const;
    const got = decide(world(never, never, [NEWER, PRESENT, PRESENT]), q);
    expect([got.outcome, got.op, got.opCanonical]).toEqual([DECIDED, 1, 2]);
  });

  it('never believes a longer log of an older log_view', () => {
    const got = decide(
      world([NEWER, PRESENT, NEVER_SEEN], [OLDER, PRESENT, OTHER_PRESENT], null),
      q,
    );
    expect([got.outcome, got.op]).toEqual([DECIDED, 1]);
  });
});

describe('what is provably committed', () => {
  const q = quorums(3);

  it('is kept without asking for copies', () => {
    const nothing = messageOf({ logView: NEWER, slots: [FAULTY, FAULTY] });
    const got = decideLog([{ ...nothing, commit: 2 }, nothing, null], q, PIPELINE);
    expect([got.outcome, got.op, got.commit]).toEqual([DECIDED, 2, 2]);
  });

  it('reaches a pipeline below any head', () => {
    const one = messageOf({ logView: NEWER, slots: [FAULTY, PRESENT] });
    const got = decideLog([one, one, null], q, 1);
    expect([got.outcome, got.op, got.commit]).toEqual([DECIDED, 2, 1]);
  });

  it('waits while nobody who has spoken knows the log up to the commit', () => {
    const short = messageOf({ logView: NEWER, slots: [PRESENT, NEVER_SEEN] });
    const got = decideLog([{ ...short, commit: 2 }, short, null], q, PIPELINE);
    expect(got.outcome).toBe(UNDECIDED);
  });
});

describe('a log told in two ways', () => {
  const told = (header: PrepareHeader, logView: number): DoViewChangeMessage => ({
    kind: DO_VIEW_CHANGE,
    view: NEWER + 1,
    logView,
    op: 1,
    commit: 0,
    checkpoint: 0,
    headers: [header],
    present: 1,
    nack: 0,
  });

  it('in one log_view is a contradiction that no message mends, whoever else speaks', () => {
    const two = [told(CANONICAL[0]!, NEWER), told(OTHER[0]!, NEWER), null];
    expect(decideLog(two, quorums(3), PIPELINE)).toMatchObject({ outcome: CONTRADICTED, op: 1 });
    const all = [...two.slice(0, 2), told(CANONICAL[0]!, NEWER)];
    expect(decideLog(all, quorums(3), PIPELINE)).toMatchObject({ outcome: CONTRADICTED, op: 1 });
  });

  it('in two log_views is what view changes are for', () => {
    const two = [told(CANONICAL[0]!, NEWER), told(OTHER[0]!, OLDER), null];
    expect(decideLog(two, quorums(3), PIPELINE)).toMatchObject({ outcome: DECIDED, op: 1 });
  });
});
