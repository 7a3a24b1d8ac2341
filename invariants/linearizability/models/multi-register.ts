/**
 * Several registers under one roof: a transaction reads and writes any of them at one moment.
 *
 * State: the vector of values, interned. There is one part only, because transactions span keys.
 */
import { REFUSED, UNKNOWN } from '../model.ts';
import type { Call, Machine, Model } from '../model.ts';
import { Interner } from './interner.ts';
import { TransitionCache } from './transitions.ts';

export interface MultiRegisterOp {
  readonly steps: readonly {
    readonly kind: 'read' | 'write';
    readonly key: string;
    readonly value: number | null;
  }[];
}

/** `initial` holds for every key: a register of which nothing is known yet. */
export function multiRegisterModel(initial: number | null): Model<MultiRegisterOp> {
  return {
    name: 'multi-register',
    partition: () => '',
    compile: (calls) => compile(initial, calls),
  };
}

function compile(initial: number | null, calls: readonly Call<MultiRegisterOp>[]): Machine {
  const keys = new Interner();
  let keyCount = 0;
  for (const { op } of calls) {
    for (const step of op.steps) keyCount = Math.max(keyCount, keys.idOf(step.key) + 1);
  }
  const states = new Interner();
  const vectors: (readonly (number | null)[])[] = [];
  const stateOf = (vector: readonly (number | null)[]): number => {
    const state = states.idOf(vector.join(','));
    vectors[state] = vector;
    return state;
  };
  const kinds = new Interner();
  const kindOf = calls.map(({ op, returned }) =>
    kinds.idOf(`${returned === UNKNOWN} ${JSON.stringify(op.steps)}`),
  );
  const transitions = new TransitionCache(calls.length, (state, op) => {
    const next = [...vectors[state]!];
    const unknown = calls[op]!.returned === UNKNOWN;
    for (const step of calls[op]!.op.steps) {
      const key = keys.idOf(step.key);
      if (step.kind === 'write') next[key] = step.value;
      // What an unknown transaction would have read, nobody was told.
      else if (!unknown && next[key] !== step.value) return REFUSED;
    }
    return stateOf(next);
  });
  return {
    initial: stateOf(Array.from<number | null>({ length: keyCount }).fill(initial)),
    step: (state, op) => transitions.step(state, op),
    pure: (op) => calls[op]!.op.steps.every((step) => step.kind === 'read'),
    blind: () => false,
    kind: (op) => kindOf[op]!,
  };
}
