/** Fetching pages and log runs: whom it asks, when it gives up on a peer, and when on a unit. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { TINY } from '../limits.ts';
import { BOUND_UNIT_REPAIRS, STEP_BOUND, STEP_REPAIR } from '../observer.ts';
import { NEVER } from '../ports.ts';
import { make128 } from '../types/hash128.ts';
import type { Message, Unit } from './message.ts';
import { REQUEST_UNIT, UNIT, UNIT_LOG, UNIT_PAGE } from './message.ts';
import { PeerChoice } from './peer-choice.ts';
import { Prng } from './prng.ts';
import { UnitRepair, sameUnit } from './unit-repair.ts';

const EXPIRY = TINY.repairExpiryMicros;
const GOOD = Uint8Array.of(1);
const BAD = Uint8Array.of(0);

function page(index: number): Unit {
  return { kind: UNIT_PAGE, tenant: 0, index, count: 1, checksum: make128(1, 1, 1, index) };
}

/**
 * A machine that wants `wanted` and takes only `GOOD` bytes; peers 1, 2, … as the test plays them.
 */
class Fixture {
  readonly wanted: Unit[] = [];
  readonly sent: { to: number; unit: Unit }[] = [];
  readonly steps: number[][] = [];
  readonly hopeless: [index: number, certain: boolean][] = [];
  readonly repair: UnitRepair;
  /** Indexes of the units that can be mended without a peer. */
  readonly mendable: Set<number> = new Set();
  onSupply: () => void = () => undefined;
  onReject: () => void = () => undefined;

  constructor(peers = 0b110, salt = 0) {
    this.repair = new UnitRepair({
      peers,
      limits: TINY,
      machine: {
        wanted: (out, max) => {
          const count = Math.min(max, this.wanted.length);
          for (let i = 0; i < count; i += 1) out[i] = { ...this.wanted[i]! };
          return count;
        },
        supply: (unit, bytes) => {
          if (bytes[0] !== 1) {
            this.onReject();
            return false;
          }
          const had = this.drop(unit);
          this.onSupply();
          return had;
        },
        mend: (unit) => this.mendable.has(unit.index) && this.drop(unit),
      },
      network: {
        send: (to, message: Message) => {
          if (message.kind !== REQUEST_UNIT) throw new Error('only requests are sent');
          this.sent.push({ to, unit: message.unit });
        },
      },
      observer: { step: (kind, a, b, c) => void this.steps.push([kind, a, b, c]) },
      choice: new PeerChoice(6, TINY, new Prng(make128(1, 2, 3, 4), salt)),
      listener: {
        unitUnobtainable: (unit, certain) => void this.hopeless.push([unit.index, certain]),
      },
    });
  }

  private drop(unit: Unit): boolean {
    const at = this.wanted.findIndex((other) => sameUnit(other, unit));
    if (at >= 0) this.wanted.splice(at, 1);
    return at >= 0;
  }

  take(): { to: number; unit: Unit }[] {
    return this.sent.splice(0);
  }

  answer(now: number, from: number, unit: Unit, bytes: Uint8Array | null): boolean {
    return this.repair.receive(now, from, { kind: UNIT, unit, bytes });
  }
}

let f: Fixture;
beforeEach(() => {
  f = new Fixture();
});

describe('unit repair: the plain case', () => {
  test('nothing wanted: nothing sent, no deadline', () => {
    f.repair.pump(0);
    f.repair.wake(100);
    expect(f.sent).toEqual([]);
    expect(f.repair.deadline()).toBe(NEVER);
    expect(f.repair.fingerprint()).toBe(0);
  });

  test('what can be mended here is asked of nobody', () => {
    f.wanted.push(page(7), page(8));
    f.mendable.add(7);
    expect(f.repair.pump(0)).toBe(true);
    expect(f.take()).toEqual([{ to: expect.any(Number), unit: page(8) }]);
    expect(f.wanted).toEqual([page(8)]);
    expect(f.repair.pump(1)).toBe(false);
    expect(f.repair.outstanding).toBe(1);
  });

  test('a wanted page is asked for, proven and used', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const [asked] = f.take();
    expect(asked!.unit.index).toBe(7);
    expect(f.repair.deadline()).toBe(EXPIRY);
    expect(f.answer(10, asked!.to, page(7), GOOD)).toBe(true);
    expect(f.repair.outstanding).toBe(0);
    expect(f.repair.deadline()).toBe(NEVER);
  });

  test('asking again for what is on its way sends nothing', () => {
    f.wanted.push(page(7));
    for (let i = 0; i < 5; i += 1) f.repair.pump(i);
    expect(f.sent).toHaveLength(1);
  });

  test('the observer hears of each request and of each new peak', () => {
    f.wanted.push(page(7), page(8));
    f.repair.pump(0);
    const repairs = f.steps.filter(([kind]) => kind === STEP_REPAIR);
    expect(repairs.map((step) => step.slice(1, 3))).toEqual([
      [REQUEST_UNIT, 7],
      [REQUEST_UNIT, 8],
    ]);
    const bounds = f.steps.filter(([kind]) => kind === STEP_BOUND);
    expect(bounds).toEqual([
      [STEP_BOUND, BOUND_UNIT_REPAIRS, 1, TINY.unitRepairsMax],
      [STEP_BOUND, BOUND_UNIT_REPAIRS, 2, TINY.unitRepairsMax],
    ]);
  });

  test('a unit no longer wanted frees its place; its late answer is ignored', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const [asked] = f.take();
    f.wanted.length = 0;
    f.repair.pump(1);
    expect(f.repair.outstanding).toBe(0);
    expect(f.answer(2, asked!.to, page(7), GOOD)).toBe(false);
  });

  test('units differ by extent: the rest of a half-repaired run is a new unit', () => {
    const run: Unit = { kind: UNIT_LOG, tenant: 1, index: 5, count: 4, checksum: page(0).checksum };
    expect(sameUnit(run, { ...run })).toBe(true);
    const others = [{ count: 3 }, { index: 6 }, { tenant: 2 }, { kind: UNIT_PAGE }];
    for (const other of others) expect(sameUnit(run, { ...run, ...other })).toBe(false);
    expect(sameUnit(page(1), { ...page(1), checksum: page(2).checksum })).toBe(false);
  });
});

describe('unit repair: bounds', () => {
  test('never more in flight than allowed, in total and to one peer', () => {
    for (let i = 0; i < 20; i += 1) f.wanted.push(page(i));
    f.repair.pump(0);
    expect(f.repair.outstanding).toBe(TINY.unitRepairsMax);
    for (const peer of [1, 2]) {
      expect(f.sent.filter((sent) => sent.to === peer)).toHaveLength(TINY.repairsPerPeerMax);
    }
    const alone = new Fixture(0b10);
    alone.wanted.push(page(1), page(2), page(3));
    alone.repair.pump(0);
    expect(alone.repair.outstanding).toBe(TINY.repairsPerPeerMax);
    alone.answer(5, 1, alone.sent[0]!.unit, GOOD);
    expect(alone.sent).toHaveLength(3);
  });

  test('an answer makes room for the next', () => {
    for (let i = 0; i < 10; i += 1) f.wanted.push(page(i));
    f.repair.pump(0);
    const repaired = new Set<number>();
    for (let now = 1; f.sent.length > 0; now += 1) {
      const { to, unit } = f.sent.shift()!;
      if (f.answer(now, to, unit, GOOD)) repaired.add(unit.index);
    }
    expect(repaired.size).toBe(10);
    expect(f.repair.deadline()).toBe(NEVER);
  });
});

describe('unit repair: peers that do not help', () => {
  test('silence: after the expiry another peer is asked', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const first = f.take()[0]!.to;
    f.repair.wake(EXPIRY - 1);
    expect(f.sent).toEqual([]);
    f.repair.wake(EXPIRY);
    expect(f.take()[0]!.to).toBe(3 - first);
    f.repair.wake(2 * EXPIRY);
    expect(f.take()[0]!.to).toBe(first);
  });

  test('an answer after its expiry still counts: the bytes prove themselves', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const first = f.take()[0]!.to;
    f.repair.wake(EXPIRY);
    expect(f.answer(EXPIRY + 5, first, page(7), GOOD)).toBe(true);
    expect(f.repair.outstanding).toBe(0);
  });

  test('not held: the other peer is asked at once, the first not again in this round', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const first = f.take()[0]!.to;
    expect(f.answer(10, first, page(7), null)).toBe(false);
    expect(f.take()[0]!.to).toBe(3 - first);
    f.repair.wake(10 + EXPIRY);
    expect(f.take()[0]!.to).toBe(3 - first);
  });

  test('bytes that prove wrong are a denial, not a repair', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    const first = f.take()[0]!.to;
    expect(f.answer(10, first, page(7), BAD)).toBe(false);
    expect(f.wanted).toHaveLength(1);
    expect(f.take()[0]!.to).toBe(3 - first);
  });

  test('strangers, clients and oneself are not believed', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    for (const from of [0, 3, 31, 32, 33, 1025, -1]) {
      expect(f.answer(1, from, page(7), GOOD)).toBe(false);
    }
    expect(f.wanted).toHaveLength(1);
  });
});

describe('unit repair: units that nobody holds', () => {
  function denyAll(now: number): void {
    for (let i = 0; i < 2; i += 1) {
      const { to, unit } = f.take()[0]!;
      f.answer(now, to, unit, null);
    }
  }

  test('every peer said no: reported once, certain, then it rests', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    denyAll(10);
    expect(f.hopeless).toEqual([[7, true]]);
    for (let now = 11; now < 30; now += 1) f.repair.pump(now);
    expect(f.hopeless).toHaveLength(1);
    expect(f.sent).toEqual([]);
    expect(f.repair.deadline()).toBeGreaterThan(EXPIRY);
  });

  test('after its rest it is asked for again: peers repair themselves too', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    denyAll(10);
    const again = f.repair.deadline();
    f.repair.wake(again);
    const { to, unit } = f.take()[0]!;
    expect(f.answer(again + 1, to, unit, GOOD)).toBe(true);
    expect(f.repair.deadline()).toBe(NEVER);
  });

  test('one denies, one is silent: reported as uncertain', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    f.answer(10, f.take()[0]!.to, page(7), null);
    let now = 10;
    for (let i = 0; i < 2; i += 1) f.repair.wake((now += EXPIRY));
    expect(f.hopeless).toEqual([[7, false]]);
  });

  test('all silent is a partition: nothing is reported, asking goes on', () => {
    f.wanted.push(page(7));
    let now = 0;
    f.repair.pump(now);
    for (let i = 0; i < 20; i += 1) f.repair.wake((now += EXPIRY));
    expect(f.hopeless).toEqual([]);
    expect(f.sent).toHaveLength(21);
  });

  test('a cluster of one has nobody to ask and says so', () => {
    f = new Fixture(0);
    f.wanted.push(page(7));
    f.repair.pump(0);
    expect(f.hopeless).toEqual([[7, true]]);
    expect(f.sent).toEqual([]);
  });

  test('hopeless units do not keep others from their turn', () => {
    for (let i = 0; i < 12; i += 1) f.wanted.push(page(i));
    const repaired = new Set<number>();
    f.repair.pump(0);
    for (let now = 1; f.sent.length > 0 && now < 200; now += 1) {
      const { to, unit } = f.sent.shift()!;
      const held = unit.index >= 8;
      if (f.answer(now, to, unit, held ? GOOD : null)) repaired.add(unit.index);
    }
    expect([...repaired].sort((x, y) => x - y)).toEqual([8, 9, 10, 11]);
    expect(f.hopeless.map(([index]) => index).sort((x, y) => x - y)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });
});

describe('unit repair: being called back', () => {
  test('a listener that resets it in the middle of a pump', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    f.answer(1, f.take()[0]!.to, page(7), null);
    f.onSupply = () => f.repair.reset();
    const { to } = f.take()[0]!;
    expect(f.answer(2, to, page(7), GOOD)).toBe(true);
    expect(f.repair.outstanding).toBe(0);
    expect(f.repair.deadline()).toBe(NEVER);
  });

  test('a reset while bytes are being refused: the next unit inherits no denial', () => {
    f.wanted.push(page(7));
    f.repair.pump(0);
    f.onReject = () => {
      f.repair.reset();
      f.wanted.splice(0, 1, page(8));
    };
    f.answer(1, f.take()[0]!.to, page(7), BAD);
    let now = 1;
    const asked = new Set<number>();
    for (let i = 0; i < 2; i += 1) {
      asked.add(f.take()[0]!.to);
      f.repair.wake((now += EXPIRY));
    }
    expect(asked).toEqual(new Set([1, 2]));
  });

  test('reset forgets all requests; what is still wanted is asked for anew', () => {
    f.wanted.push(page(1), page(2));
    f.repair.pump(0);
    f.repair.reset();
    expect(f.repair.outstanding).toBe(0);
    f.take();
    f.repair.pump(1);
    expect(f.sent).toHaveLength(2);
  });
});

describe('unit repair: under any behaviour of peers', () => {
  test('bounds hold, deadlines lie ahead, and what some reachable peer holds is repaired', () => {
    const event = fc.record({ pick: fc.nat(), fate: fc.nat(9), late: fc.nat(EXPIRY * 2) });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 10, maxLength: 80 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(2), { minLength: 12, maxLength: 12 }),
        fc.nat(),
        (events, count, holders, salt) => {
          const fx = new Fixture(0b1110, salt);
          for (let i = 0; i < count; i += 1) fx.wanted.push(page(i));
          let now = 0;
          fx.repair.pump(now);
          const bounded = (): void => {
            expect(fx.repair.outstanding).toBeLessThanOrEqual(TINY.unitRepairsMax);
            if (fx.wanted.length > 0) expect(fx.repair.deadline()).toBeLessThan(NEVER);
          };
          const play = (pick: number, fate: number): void => {
            if (fx.sent.length === 0) return;
            const [{ to, unit }] = fx.sent.splice(pick % fx.sent.length, 1) as [
              { to: number; unit: Unit },
            ];
            const holds = holders[unit.index]! + 1 === to;
            if (fate === 0) return;
            fx.answer(now, to, unit, holds ? (fate === 1 ? BAD : GOOD) : null);
            if (fate === 2) fx.answer(now, to, unit, null);
          };
          for (const { pick, fate, late } of events) {
            now += late;
            if (now >= fx.repair.deadline()) fx.repair.wake(now);
            expect(fx.repair.deadline()).toBeGreaterThan(now);
            play(pick, fate);
            bounded();
          }
          // From here on the peers are honest and reachable: everything held is repaired.
          for (let turn = 0; turn < 400 && fx.wanted.length > 0; turn += 1) {
            if (fx.sent.length > 0) play(0, 9);
            else fx.repair.wake((now = fx.repair.deadline()));
            bounded();
          }
          expect(fx.wanted).toEqual([]);
          expect(fx.repair.outstanding).toBe(0);
        },
      ),
    );
  });
});
