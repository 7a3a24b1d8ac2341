/**
 * The calls of one part laid out for the search: events in order, a slot for every open call, and
 * calls of unknown outcome gathered into pools.
 *
 * Slots are reused, so a configuration has as many bits as calls are ever open at once. A pool holds
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
  readonly effectSlots: number;
  readonly readSlots: number;
  /** By call: its slot among the open effects, or among the open reads. */
  readonly slotOf: Int32Array;
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
    this.slotOf = new Int32Array(calls.length).fill(NO_SLOT);
    this.poolOf = new Int32Array(calls.length).fill(NO_SLOT);
    this.twinOf = Int32Array.from(calls, (_, call) => machine.kind(call));
    this.events = eventsOf(calls, machine);
    const { pools, earlier } = this.#fillPools();
    this.pools = pools;
    this.earlierPool = earlier;
    const slots = this.#giveSlots(machine);
    this.effectSlots = slots.effects;
    this.readSlots = slots.reads;
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

  #giveSlots(machine: Machine): { readonly effects: number; readonly reads: number } {
    const free: [number[], number[]] = [[], []];
    const used: [number, number] = [0, 0];
    for (const event of this.events) {
      const call = event >>> 1;
      if (this.poolOf[call] !== NO_SLOT) continue;
      const side = machine.pure(call) ? 1 : 0;
      if ((event & 1) === 1) {
        free[side].push(this.slotOf[call]!);
        continue;
      }
      let slot = free[side].pop();
      if (slot === undefined) {
        slot = used[side];
        used[side] += 1;
      }
      this.slotOf[call] = slot;
    }
    return { effects: used[0], reads: used[1] };
  }
}

/** Leaves out what cannot matter: reads of unknown outcome, and whatever comes after all returns. */
function eventsOf(calls: readonly Call<unknown>[], machine: Machine): readonly number[] {
  let last = -1;
  for (const { returned } of calls) if (returned !== UNKNOWN && returned > last) last = returned;
  const events: number[] = [];
  const moments: number[] = [];
  for (let call = 0; call < calls.length; call += 1) {
    const { invoked, returned } = calls[call]!;
    assert(invoked <= returned, () => `call ${call} returned before it was invoked`);
    if (returned === UNKNOWN && (machine.pure(call) || invoked > last)) continue;
    events.push(2 * call);
    moments[2 * call] = invoked;
    if (returned === UNKNOWN) continue;
    events.push(2 * call + 1);
    moments[2 * call + 1] = returned;
  }
  // At one moment invocations come first; the rest of the order is that of the calls.
  return events.sort((a, b) => moments[a]! - moments[b]! || (a & 1) - (b & 1) || a - b);
}
