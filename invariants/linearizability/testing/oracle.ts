/**
 * The definition of linearizability, tried by brute force: every order of effects that agrees with
 * real time, with and without each call of unknown outcome. For histories of up to eight calls.
 *
 * Objects are given as plain interpreters with real states, written apart from the models, so that
 * a model's own tricks with states are on trial too.
 */
import { UNKNOWN } from '../model.ts';
import type { Call } from '../model.ts';
import type { KvOp } from '../models/kv.ts';
import type { MultiRegisterOp } from '../models/multi-register.ts';
import type { RegisterOp, RegisterValue } from '../models/register.ts';
import { ANY_LENGTH } from '../models/stream.ts';
import type { StreamOp } from '../models/stream.ts';

/** The state after the operation, or `null` if it cannot have had its outcome. */
export interface Interpreter<State, Op> {
  readonly initial: State;
  apply(state: State, op: Op, unknown: boolean): State | null;
}

export function isLinearizable<State, Op>(
  object: Interpreter<State, Op>,
  calls: readonly Call<Op>[],
): boolean {
  const done = new Set<number>();
  return extend(object.initial);

  function extend(state: State): boolean {
    if (calls.every((call, i) => done.has(i) || call.returned === UNKNOWN)) return true;
    for (let i = 0; i < calls.length; i += 1) {
      if (done.has(i) || !mayBeNext(i)) continue;
      const { op, returned } = calls[i]!;
      const next = object.apply(state, op, returned === UNKNOWN);
      if (next === null) continue;
      done.add(i);
      if (extend(next)) return true;
      done.delete(i);
    }
    return false;
  }

  /** No call that is still to come returned before this one was invoked. */
  function mayBeNext(i: number): boolean {
    return calls.every((other, j) => done.has(j) || other.returned >= calls[i]!.invoked);
  }
}

/** A state may not be `null`, which is refusal, so here nil has another spelling. */
type Register = number | 'nil';
const stored = (value: RegisterValue): Register => value ?? 'nil';

export function registerObject(
  initial: RegisterValue,
  nilReads: 'exact' | 'wildcard',
): Interpreter<Register, RegisterOp> {
  return {
    initial: stored(initial),
    apply(state, op, unknown) {
      if (op.kind === 'write') return stored(op.value);
      if (op.kind === 'read') {
        const anything = unknown || (op.value === null && nilReads === 'wildcard');
        return anything || stored(op.value) === state ? state : null;
      }
      const matches = state === stored(op.from);
      if (!unknown && op.matched !== matches) return null;
      return matches ? stored(op.to) : state;
    },
  };
}

/** One key of a map of texts. */
export const kvObject: Interpreter<string, KvOp> = {
  initial: '',
  apply(text, op, unknown) {
    if (op.kind === 'put') return op.value;
    if (op.kind === 'append') return text + op.value;
    return unknown || text === op.value ? text : null;
  },
};

/** Registers x, y, …, all 0 at first. */
export const multiRegisterObject: Interpreter<ReadonlyMap<string, number>, MultiRegisterOp> = {
  initial: new Map(),
  apply(state, op, unknown) {
    const next = new Map(state);
    for (const { kind, key, value } of op.steps) {
      if (kind === 'write') next.set(key, value!);
      else if (!unknown && (next.get(key) ?? 0) !== value) return null;
    }
    return next;
  },
};

/** One stream, with all of its events. */
export const streamObject: Interpreter<readonly number[], StreamOp> = {
  initial: [],
  apply(events, op, unknown) {
    switch (op.kind) {
      case 'head':
        return unknown || op.length === events.length ? events : null;
      case 'read': {
        const part = events.slice(op.from, op.from + op.limit);
        const right = op.length === events.length && String(part) === String(op.events);
        return unknown || right ? events : null;
      }
      case 'append': {
        const accepts = op.expected === ANY_LENGTH || op.expected === events.length;
        const appended = [...events, ...op.events];
        if (unknown) return accepts ? appended : events;
        if (op.at !== events.length || accepts !== (op.outcome === 'appended')) return null;
        return accepts ? appended : events;
      }
    }
  },
};
