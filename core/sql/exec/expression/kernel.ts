/**
 * Which calls have a kernel: a loop over typed arrays instead of a call for each row.
 *
 * A kernel is recognised by the function's name and the types of its arguments. It answers false
 * when some row is out of the ordinary (overflow, division by zero, a result that is no safe
 * integer); the caller then does the batch through the function itself, which knows what to do or
 * what error to throw. So kernels contain no error and no rule of their own.
 */
import type { Bound } from '../../plan/expression.ts';
import {
  BOOL,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  OID,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
} from '../../types/type.ts';
import type { TypeId } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import * as arithmetic from './kernel-arithmetic.ts';
import * as compare from './kernel-compare.ts';

/** Fills `out`, whose nulls are already right. False: give up, the batch is not ordinary. */
export type Run = (
  out: ColumnBatch,
  x: ColumnBatch,
  y: ColumnBatch,
  selection: Int32Array,
  count: number,
) => boolean;

export interface Kernel {
  /** Works on columns of numbers; else on columns of values. */
  readonly onNumbers: boolean;
  readonly run: Run;
}

const INTEGER: ReadonlySet<TypeId> = new Set([INT2, INT4, INT8]);
const FLOAT: ReadonlySet<TypeId> = new Set([FLOAT4, FLOAT8]);
/** Compared as the numbers they are stored as, with their own kind. */
const ORDINAL: ReadonlySet<TypeId> = new Set([BOOL, OID, DATE, TIME, TIMESTAMP, TIMESTAMPTZ]);

export function findKernel(bound: Extract<Bound, { kind: 'call' }>): Kernel | null {
  const [left, right] = bound.function.arguments;
  if (left === undefined || right === undefined || bound.arguments.length !== 2) return null;
  if (!bound.function.strict || bound.function.variadic) return null;
  const run =
    bound.type.id === BOOL
      ? comparison(bound.function.name, left, right)
      : arithmeticOf(bound.function.name, left, right, bound.type.id);
  if (run !== null) return { onNumbers: true, run };
  const isText = left === right && (left === TEXT || left === UUID) && bound.type.id === BOOL;
  const same = isText ? textual(bound.function.name) : null;
  return same === null ? null : { onNumbers: false, run: same };
}

function comparison(name: string, left: TypeId, right: TypeId): Run | null {
  const exact = (INTEGER.has(left) && INTEGER.has(right)) || (left === right && ORDINAL.has(left));
  if (exact) return exactComparison(name);
  return FLOAT.has(left) && FLOAT.has(right) ? floatComparison(name) : null;
}

function exactComparison(name: string): Run | null {
  switch (name) {
    case '=':
      return compare.equal;
    case '<>':
      return compare.notEqual;
    case '<':
      return compare.less;
    case '<=':
      return compare.lessOrEqual;
    case '>':
      return (out, x, y, selection, count) => compare.less(out, y, x, selection, count);
    case '>=':
      return (out, x, y, selection, count) => compare.lessOrEqual(out, y, x, selection, count);
    default:
      return null;
  }
}

function floatComparison(name: string): Run | null {
  switch (name) {
    case '=':
      return compare.floatEqual;
    case '<>':
      return compare.floatNotEqual;
    case '<':
      return compare.floatLess;
    case '<=':
      return compare.floatLessOrEqual;
    case '>':
      return (out, x, y, selection, count) => compare.floatLess(out, y, x, selection, count);
    case '>=':
      return (out, x, y, selection, count) => compare.floatLessOrEqual(out, y, x, selection, count);
    default:
      return null;
  }
}

function textual(name: string): Run | null {
  if (name === '=') return compare.sameText;
  return name === '<>' ? compare.otherText : null;
}

function arithmeticOf(name: string, left: TypeId, right: TypeId, result: TypeId): Run | null {
  if (INTEGER.has(left) && INTEGER.has(right) && INTEGER.has(result)) {
    return arithmetic.integer(name, result);
  }
  return left === FLOAT8 && right === FLOAT8 && result === FLOAT8 ? arithmetic.float(name) : null;
}
