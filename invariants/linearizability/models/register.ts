/**
 * A register with read, write and compare-and-set, over integers and nil.
 *
 * State: the register's value, interned. A compare-and-set that was refused is a read that says
 * "not this value".
 */
import { REFUSED, UNKNOWN } from '../model.ts';
import type { Call, Machine, Model } from '../model.ts';
import { Interner } from './interner.ts';

/** A value of the register; nil is no value yet. */
export type RegisterValue = number | null;

export type RegisterOp =
  | { readonly kind: 'read'; readonly value: RegisterValue }
  | { readonly kind: 'write'; readonly value: RegisterValue }
  | {
      readonly kind: 'cas';
      readonly from: RegisterValue;
      readonly to: RegisterValue;
      /** False: it compared unequal, and changed nothing. */
      readonly matched: boolean;
    };

export interface RegisterOptions {
  readonly initial: RegisterValue;
  /** A read that returned nil: saw nil, or says nothing. */
  readonly nilReads: 'exact' | 'wildcard';
}

export function registerModel(options: RegisterOptions): Model<RegisterOp> {
  return {
    name: 'cas-register',
    partition: () => '',
    compile: (calls) => compile(options, calls),
  };
}

const READ = 0;
const READ_ANYTHING = 1;
const WRITE = 2;
const CAS = 3;
const CAS_REFUSED = 4;

function compile(options: RegisterOptions, calls: readonly Call<RegisterOp>[]): Machine {
  const values = new Interner();
  const kinds = new Interner();
  const initial = values.idOf(String(options.initial));
  const codes = new Int32Array(calls.length);
  const first = new Int32Array(calls.length);
  const second = new Int32Array(calls.length);
  const kindOf = calls.map(({ op, returned }, call) => {
    const code = codeOf(options, op, returned === UNKNOWN);
    const from = values.idOf(String(op.kind === 'cas' ? op.from : op.value));
    const to = op.kind === 'cas' ? values.idOf(String(op.to)) : from;
    codes[call] = code;
    first[call] = from;
    second[call] = to;
    return kinds.idOf(`${code} ${from} ${to}`);
  });
  return {
    initial,
    step(state, op) {
      switch (codes[op]) {
        case READ:
          return state === first[op] ? state : REFUSED;
        case WRITE:
          return first[op]!;
        case CAS:
          if (state === first[op]) return second[op]!;
          return calls[op]!.returned === UNKNOWN ? state : REFUSED;
        case CAS_REFUSED:
          return state === first[op] ? REFUSED : state;
        default:
          return state;
      }
    },
    pure: (op) => codes[op] !== WRITE && (codes[op] !== CAS || first[op] === second[op]),
    blind: (op) => codes[op] === WRITE,
    kind: (op) => kindOf[op]!,
  };
}

function codeOf(options: RegisterOptions, op: RegisterOp, unknown: boolean): number {
  switch (op.kind) {
    case 'read':
      if (unknown) return READ_ANYTHING;
      return op.value === null && options.nilReads === 'wildcard' ? READ_ANYTHING : READ;
    case 'write':
      return WRITE;
    case 'cas':
      return op.matched || unknown ? CAS : CAS_REFUSED;
  }
}
