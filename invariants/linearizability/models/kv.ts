/**
 * A map from keys to texts with get, put and append; each key is an object of its own.
 *
 * State: the text, as far as anyone can tell texts apart. Only gets look, and each compares the
 * whole text with what it returned. So a text that is no prefix of any text that was ever returned
 * is as good as any other such text, and stays one under appends: all of them are one state. That
 * leaves at most one state for each prefix that matters, and orders of appends that no get
 * confirms die at the next get.
 */
import { REFUSED, UNKNOWN } from '../model.ts';
import type { Call, Machine, Model } from '../model.ts';
import { Interner } from './interner.ts';
import { TransitionCache } from './transitions.ts';

export type KvOp =
  | { readonly kind: 'get'; readonly key: string; readonly value: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string };

/** Every key starts as the empty text. */
export function kvModel(): Model<KvOp> {
  return { name: 'kv-append', partition: (op) => op.key, compile };
}

function compile(calls: readonly Call<KvOp>[]): Machine {
  const seen: string[] = [];
  for (const { op, returned } of calls) {
    if (op.kind === 'get' && returned !== UNKNOWN) seen.push(op.value);
  }
  const texts = new Interner();
  // Texts are interned behind a mark, so that this one is none of them.
  const unseeable = texts.idOf('unseeable');
  const stateOf = (text: string): number =>
    seen.some((whole) => whole.startsWith(text)) ? texts.idOf(`=${text}`) : unseeable;
  const textOf = (state: number): string => texts.textOf(state).slice(1);
  const kinds = new Interner();
  const kindOf = calls.map(({ op }) => kinds.idOf(`${op.kind} ${op.value}`));
  const transitions = new TransitionCache(calls.length, (state, op) => {
    const { kind, value } = calls[op]!.op;
    switch (kind) {
      case 'get':
        return state !== unseeable && textOf(state) === value ? state : REFUSED;
      case 'put':
        return stateOf(value);
      case 'append':
        return state === unseeable ? state : stateOf(textOf(state) + value);
    }
  });
  return {
    initial: stateOf(''),
    step: (state, op) => transitions.step(state, op),
    pure: (op) => calls[op]!.op.kind === 'get',
    blind: (op) => calls[op]!.op.kind === 'put',
    kind: (op) => kindOf[op]!,
  };
}
