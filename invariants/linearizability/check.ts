/**
 * Is a history linearizable? The verdict for any `Model`, in bounded time and memory.
 *
 * Each part of the object is checked on its own, first with little room, then with more, all parts
 * in turn: so a part that is plainly wrong decides before a hard one is searched to its end, and
 * most parts never need more than the first round.
 */
import { UNKNOWN } from './model.ts';
import type { Call, Machine, Model } from './model.ts';
import { Schedule } from './schedule.ts';
import { Search } from './search.ts';
import type { Effort } from './search.ts';

export type Verdict<Op> =
  | { readonly kind: 'linearizable'; readonly configurations: number }
  | {
      readonly kind: 'not-linearizable';
      readonly partition: string;
      /** The call that nothing explains once it returned; the culprit may be an earlier one. */
      readonly call: Call<Op>;
      readonly configurations: number;
    }
  /** The limit was reached before the end; nothing is known. */
  | {
      readonly kind: 'unknown';
      readonly partition: string;
      readonly limit: number;
      readonly configurations: number;
    };

export interface CheckOptions {
  /** Configurations kept at any moment; each takes some 100 bytes, three times over. */
  readonly limit?: number;
}

export const CONFIGURATIONS_MAX: number = 1 << 20;

/** Configurations examined, for each that may be kept and for each call. */
const EXAMINED_PER_KEPT = 16;
const EXAMINED_PER_CALL = 64;

/** What is tried, in turn, until one decides. The last one uses all the room there is. */
function effortsWithin(limit: number, calls: number): readonly Effort[] {
  const effort = (kept: number, perKey: number, counting: boolean): Effort => ({
    limit: kept,
    perKey,
    examined: kept * EXAMINED_PER_KEPT + calls * EXAMINED_PER_CALL,
    counting,
  });
  const first = Math.min(limit, 1 << 10);
  const middle = Math.min(limit, 1 << 16);
  return [
    effort(first, first, true),
    effort(middle, middle, false),
    effort(middle, 8, true),
    effort(middle, 64, true),
    effort(Math.min(limit, 4 * middle), 512, true),
    effort(limit, limit, false),
    effort(limit, limit, true),
  ];
}

interface Part<Op> {
  readonly name: string;
  readonly calls: Call<Op>[];
  machine: Machine | null;
  schedule: Schedule | null;
}

export function checkLinearizable<Op>(
  model: Model<Op>,
  history: readonly Call<Op>[],
  options: CheckOptions = {},
): Verdict<Op> {
  const limit = options.limit ?? CONFIGURATIONS_MAX;
  let open = partsOf(model, history);
  let configurations = 0;
  for (const effort of effortsWithin(limit, history.length)) {
    const undecided: Part<Op>[] = [];
    for (const part of open) {
      part.machine ??= model.compile(part.calls);
      part.schedule ??= new Schedule(part.calls, part.machine);
      const result = new Search(part.machine, part.schedule, effort).run();
      configurations += result.configurations;
      if (result.kind === 'not-linearizable') {
        const call = part.calls[result.call]!;
        return { kind: 'not-linearizable', partition: part.name, call, configurations };
      }
      if (result.kind === 'unknown') undecided.push(part);
    }
    if (undecided.length === 0) return { kind: 'linearizable', configurations };
    open = undecided;
  }
  return { kind: 'unknown', partition: open[0]!.name, limit, configurations };
}

/** A verdict in one line. */
export function describeVerdict<Op>(verdict: Verdict<Op>): string {
  switch (verdict.kind) {
    case 'linearizable':
      return `linearizable (${verdict.configurations} configurations)`;
    case 'not-linearizable': {
      const { partition, call, configurations } = verdict;
      const where = partition === '' ? '' : ` on ${partition}`;
      const end = call.returned === UNKNOWN ? 'never' : String(call.returned);
      const what = `${JSON.stringify(call.op)}, invoked at ${call.invoked}, returned at ${end}`;
      const effort = `(${configurations} configurations)`;
      return `not linearizable${where}: nothing explains ${what} ${effort}`;
    }
    case 'unknown':
      return `unknown: more than ${verdict.limit} configurations at once on "${verdict.partition}"`;
  }
}

/** Parts in the order of their first call. */
function partsOf<Op>(model: Model<Op>, history: readonly Call<Op>[]): Part<Op>[] {
  const parts = new Map<string, Part<Op>>();
  for (const call of history) {
    const name = model.partition(call.op);
    let part = parts.get(name);
    if (part === undefined) {
      part = { name, calls: [], machine: null, schedule: null };
      parts.set(name, part);
    }
    part.calls.push(call);
  }
  return [...parts.values()];
}
