/** Numbers of a jsonpath: as numeric's. */
import { SqlError } from '../error.ts';
import { absolute, add, divide, integral, modulo, multiply, subtract } from '../types/decimal.ts';
import { decimalFromFloat, formatDecimal, parseDecimal } from '../types/decimal-text.ts';
import { parseFloat8 } from '../types/float.ts';
import { decodeString, kindOf } from '../types/json-scan.ts';
import type { Decimal } from '../types/type.ts';
import type { ArithmeticOperator, Method } from './tree.ts';

const OPERATIONS: Readonly<Record<ArithmeticOperator, (a: Decimal, b: Decimal) => Decimal>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
};

/** Of two numbers as text. Throws 22012, 22003. */
export function calculate(operator: ArithmeticOperator, left: string, right: string): string {
  return formatDecimal(OPERATIONS[operator](parseDecimal(left), parseDecimal(right)));
}

const NUMERIC_METHODS: Readonly<Partial<Record<Method, (a: Decimal) => Decimal>>> = {
  abs: absolute,
  floor: (a) => integral(a, -1),
  ceiling: (a) => integral(a, 1),
};

/** `.abs()` and its like of an item. Throws 22036. */
export function callMethod(name: Method, item: string): string {
  if (name === 'double') return asDouble(item);
  if (kindOf(item) === 'number') {
    return formatDecimal(NUMERIC_METHODS[name]!(parseDecimal(item)));
  }
  throw notNumeric(`jsonpath item method .${name}() can only be applied to a numeric value`);
}

function notNumeric(message: string): SqlError {
  return new SqlError('22036', message);
}

/** A number stays as it is, if a float can hold it. */
function asDouble(item: string): string {
  const kind = kindOf(item);
  if (kind === 'number') {
    if (floatOf(item) !== null) return item;
    const what = 'numeric argument of jsonpath item method .double()';
    throw notNumeric(`${what} is out of range for type double precision`);
  }
  if (kind !== 'string') {
    const what = 'jsonpath item method .double()';
    throw notNumeric(`${what} can only be applied to a string or numeric value`);
  }
  const value = floatOf(decodeString(item));
  if (value !== null) return formatDecimal(decimalFromFloat(value, 15));
  const what = 'string argument of jsonpath item method .double()';
  throw notNumeric(`${what} is not a valid representation of a double precision number`);
}

/** Null: none, or not finite. */
function floatOf(text: string): number | null {
  try {
    const value = parseFloat8(text);
    return Number.isFinite(value) ? value : null;
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}
