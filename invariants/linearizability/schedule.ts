/**
 * The calls of one part laid out for the search: events in order, bits for every open call, and
 * calls of unknown outcome gathered into pools.
 *
 * Bits are reused, so a configuration has as many bits as calls are ever open at once. A pool holds
 * up to `COUNTER_MAX` calls of one kind; kinds with more have several.
 */
import { assert } from '../../core/types/assert.ts';
import { COUNTER_MAX } from './configurations.ts';
import { UNKNOWN } from './model.ts';
import type { Call, Machine } from './model.ts';

export const NO_SLOT = -1;

export class Schedule {
  /** `2 * call` for an invocation, `2 * call + 1` for a return, in real-time order. */
  readonly events: readonly number[];
  /** By call: what the machine says of it, 1 for yes. */
  readonly pure: Uint8Array;
  readonly blind: Uint8Array;
  /** Bits that a configuration needs in its key, and in its burden. */
  readonly keyBits: number;
  readonly burdenBits: number;
  /**
   * By call: the bit that says it has taken effect (not of reads); of a blind call in the burden,
   * else in the key.
   */
  readonly usedBitOf: Int32Array;
  /** By call: the bit of the burden that says it is owed (of reads and blind calls only). */
  readonly owedBitOf: Int32Array;
  /** By pool: any of its calls. */
  readonly pools: readonly number[];
  /** By pool: the one of the same kind that is used up before it, or `NO_SLOT`. */
  readonly earlierPool: readonly number[];
  /** By call: its pool, where the outcome is unknown. */
  readonly poolOf: Int32Array;
  /** By call: equal for interchangeable calls. */
  readonly twinOf: Int32Array;

  readonly #calls: readonly Call<unknown>[];

  constructor(calls: readonly Call<unknown>[], machine: Machine) {
    this.#calls = calls;
    this.usedBitOf = new Int32Array(calls.length).fill(NO_SLOT);
    this.owedBitOf = new Int32Array(calls.length).fill(NO_SLOT);
    this.poolOf = new Int32Array(calls.length).fill(NO_SLOT);
    this.pure = Uint8Array.from(calls, (_, call) => (machine.pure(call) ? 1 : 0));
    this.blind = Uint8Array.from(calls, (_, call) => (machine.blind?.(call) ? 1 : 0));
    this.twinOf = Int32Array.from(calls, (_, call) => machine.kind(call));
    this.events = eventsOf(calls, this.pure);
    const { pools, earlier } = this.#fillPools();
    this.pools = pools;
    this.earlierPool = earlier;
    const key = new Slots();
    const burden = new Slots();
    for (const event of this.events) {
      const call = event >>> 1;
      if (this.poolOf[call] !== NO_SLOT) continue;
      const [pure, blind] = [this.pure[call] === 1, this.blind[call] === 1];
      const invoked = (event & 1) === 0;
      if (!pure) (blind ? burden : key).change(this.usedBitOf, call, invoked);
      if (pure || blind) burden.change(this.owedBitOf, call, invoked);
    }
    this.keyBits = key.count;
    this.burdenBits = burden.count;
  }

  /** Of two open calls, the one whose deadline comes first. */
  returnsBefore(a: number, b: number): boolean {
    const [x, y] = [this.#calls[a]!.returned, this.#calls[b]!.returned];
    return x !== y ? x < y : a < b;
  }

  #fillPools(): { readonly pools: number[]; readonly earlier: number[] } {
    const pools: number[] = [];
    const earlier: number[] = [];
    const sizes: number[] = [];
    const poolOfKind = new Map<number, number>();
    for (const event of this.events) {
      const call = event >>> 1;
      if (this.#calls[call]!.returned !== UNKNOWN) continue;
      const kind = this.twinOf[call]!;
      let pool = poolOfKind.get(kind) ?? NO_SLOT;
      if (pool === NO_SLOT || sizes[pool]! === COUNTER_MAX) {
        earlier.push(pool);
        pool = pools.length;
        pools.push(call);
        sizes.push(0);
        poolOfKind.set(kind, pool);
      }
      sizes[pool]! += 1;
      this.poolOf[call] = pool;
    }
    return { pools, earlier };
  }
}

/** Slots for what is open; one that is given back is the next to be given out. */
class Slots {
  count = 0;
  readonly #free: number[] = [];

  /** Gives `call` a slot in the table, or takes its slot back (the table remembers it). */
  change(table: Int32Array, call: number, give: boolean): void {
    if (!give) {
      this.#free.push(table[call]!);
      return;
    }
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.count;
      this.count += 1;
    }
    table[call] = slot;
  }
}

/**
 * Leaves out what cannot matter: reads of unknown outcome, and whatever comes after all returns.
 */
function eventsOf(calls: readonly Call<unknown>[], pure: Uint8Array): readonly number[] {
  let last = -1;
  for (const { returned } of calls) if (returned !== UNKNOWN && returned > last) last = returned;
  const events: number[] = [];
  const moments: number[] = [];
  for (let call = 0; call < calls.length; call += 1) {
    const { invoked, returned } = calls[call]!;
    assert(invoked <= returned, () => `call ${call} returned before it was invoked`);
    if (returned === UNKNOWN && (pure[call] === 1 || invoked > last)) continue;
    events.push(2 * call);
    moments[2 * call] = invoked;
    if (returned === UNKNOWN) continue;
    events.push(2 * call + 1);
    moments[2 * call + 1] = returned;
  }
  // At one moment invocations come first; the rest of the order is that of the calls.
  return events.sort((a, b) => moments[a]! - moments[b]! || (a & 1) - (b & 1) || a - b);
}
