/**
 * Append-only streams of events, as our clients see them: append with an expected length, read a
 * range, ask for the length. Each (tenant, stream) is an object of its own.
 *
 * State: the number of events, and nothing else. A stream only grows, so what any answer says about
 * the event at a position holds for good; the machine collects these facts first, and an append may
 * go only where its events agree with them. What no answer ever showed makes no difference. So the
 * contents need no part in the state, and there are no hashes that could collide.
 */
import { REFUSED, UNKNOWN } from '../model.ts';
import type { Call, Machine, Model } from '../model.ts';
import { Interner } from './interner.ts';

/** `expected` of an append that takes any length. */
export const ANY_LENGTH = -1;

interface Place {
  readonly tenant: number;
  readonly stream: string;
}

/** Events are named by integers that the workload never uses twice. Positions start at 0. */
export type StreamOp = Place &
  (
    | {
        readonly kind: 'append';
        readonly expected: number;
        readonly events: readonly number[];
        /** Of an append that nobody knows the outcome of, `outcome` and `at` say nothing. */
        readonly outcome: 'appended' | 'conflict';
        /** Position of the first event; in a conflict, the length that was found instead. */
        readonly at: number;
      }
    | {
        readonly kind: 'read';
        readonly from: number;
        readonly limit: number;
        readonly events: readonly number[];
        readonly length: number;
      }
    | { readonly kind: 'head'; readonly length: number }
  );

export function streamModel(): Model<StreamOp> {
  return { name: 'stream', partition: (op) => `${op.tenant}/${op.stream}`, compile };
}

/** What the answers say for good: which event is at a position, and the longest length seen. */
interface Facts {
  readonly eventAt: ReadonlyMap<number, number>;
  readonly longest: number;
}

function compile(calls: readonly Call<StreamOp>[]): Machine {
  const facts = factsOf(calls);
  const kinds = new Interner();
  const kindOf = calls.map(({ op, returned }) => {
    const { tenant: _tenant, stream: _stream, ...what } = op;
    return kinds.idOf(returned === UNKNOWN ? unknownKind(op) : JSON.stringify(what));
  });
  return {
    initial: 0,
    step: (length, op) => step(facts, calls[op]!, length),
    pure: (op) => isPure(calls[op]!),
    blind: () => false,
    kind: (op) => kindOf[op]!,
  };
}

function step(facts: Facts, { op, returned }: Call<StreamOp>, length: number): number {
  switch (op.kind) {
    case 'append':
      return returned === UNKNOWN
        ? stepUnknown(facts, op.expected, op.events, length)
        : stepAppend(facts, op, length);
    case 'read':
      return length === op.length && isRightRange(op, length) && agrees(facts, op.from, op.events)
        ? length
        : REFUSED;
    case 'head':
      return length === op.length ? length : REFUSED;
  }
}

function stepAppend(
  facts: Facts,
  op: Extract<StreamOp, { readonly kind: 'append' }>,
  length: number,
): number {
  if (length !== op.at) return REFUSED;
  const accepts = op.expected === ANY_LENGTH || op.expected === length;
  if (op.outcome === 'conflict') return accepts ? REFUSED : length;
  return accepts && agrees(facts, length, op.events) ? length + op.events.length : REFUSED;
}

function stepUnknown(
  facts: Facts,
  expected: number,
  events: readonly number[],
  length: number,
): number {
  if (expected !== ANY_LENGTH && expected !== length) return length;
  // Every known answer tells the length it met: beyond the longest nothing can come after.
  const after = length + events.length;
  return after <= facts.longest && agrees(facts, length, events) ? after : REFUSED;
}

function isPure({ op, returned }: Call<StreamOp>): boolean {
  if (op.kind !== 'append' || op.events.length === 0) return true;
  return returned !== UNKNOWN && op.outcome === 'conflict';
}

function agrees(facts: Facts, from: number, events: readonly number[]): boolean {
  for (let i = 0; i < events.length; i += 1) {
    const known = facts.eventAt.get(from + i);
    if (known !== undefined && known !== events[i]) return false;
  }
  return true;
}

/** A read returns all there is from `from` on, up to `limit`. */
function isRightRange(
  op: { readonly from: number; readonly limit: number; readonly events: readonly number[] },
  length: number,
): boolean {
  const room = length - op.from;
  const count = room <= 0 ? 0 : room < op.limit ? room : op.limit;
  return op.events.length === count;
}

function factsOf(calls: readonly Call<StreamOp>[]): Facts {
  const eventAt = new Map<number, number>();
  let longest = 0;
  const note = (from: number, events: readonly number[], length: number): void => {
    if (length > longest) longest = length;
    for (let i = 0; i < events.length; i += 1) {
      // Of two answers that contradict each other one stays a fact; the other is then refused.
      if (!eventAt.has(from + i)) eventAt.set(from + i, events[i]!);
    }
  };
  for (const { op, returned } of calls) {
    if (returned === UNKNOWN) continue;
    if (op.kind === 'head') note(0, [], op.length);
    else if (op.kind === 'read') note(op.from, op.events, op.length);
    else if (op.outcome === 'conflict') note(0, [], op.at);
    else note(op.at, op.events, op.at + op.events.length);
  }
  return { eventAt, longest };
}

function unknownKind(op: StreamOp): string {
  return op.kind === 'append' ? `unknown ${op.expected} ${op.events.join(' ')}` : 'unknown';
}
