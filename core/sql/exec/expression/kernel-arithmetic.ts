/**
 * Kernels of arithmetic on numbers: `+ - * / %` of integers, `+ - * /` of double precision.
 *
 * Integers are doubles that hold them exactly; `+ 0` turns the -0 that `*`, `/` and `%` may yield
 * into 0. A result outside its type's range ends the kernel (see `kernel.ts`), unless its row is
 * null: then it was computed from nothing.
 */
import { INT2, INT4 } from '../../types/type.ts';
import type { TypeId } from '../../types/type.ts';
import type { Run } from './kernel.ts';

/** Largest number of a type in a column of numbers; an int8 beyond is a bigint. */
function highest(type: TypeId): number {
  if (type === INT2) return 32_767;
  return type === INT4 ? 2_147_483_647 : Number.MAX_SAFE_INTEGER;
}

function lowest(type: TypeId): number {
  if (type === INT2) return -32_768;
  return type === INT4 ? -2_147_483_648 : Number.MIN_SAFE_INTEGER;
}

export function integer(name: string, result: TypeId): Run | null {
  const low = lowest(result);
  const high = highest(result);
  switch (name) {
    case '+':
      return add(low, high);
    case '-':
      return subtract(low, high);
    case '*':
      return multiply(low, high);
    case '/':
      return divide(high);
    case '%':
      return remainder;
    default:
      return null;
  }
}

function add(low: number, high: number): Run {
  return (out, x, y, selection, count) => {
    const { numbers, nulls } = out;
    const a = x.numbers;
    const b = y.numbers;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const sum = (a[row] as number) + (b[row] as number);
      if ((sum > high || sum < low) && nulls[row] === 0) return false;
      numbers[row] = sum;
    }
    return true;
  };
}

function subtract(low: number, high: number): Run {
  return (out, x, y, selection, count) => {
    const { numbers, nulls } = out;
    const a = x.numbers;
    const b = y.numbers;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const difference = (a[row] as number) - (b[row] as number);
      if ((difference > high || difference < low) && nulls[row] === 0) return false;
      numbers[row] = difference;
    }
    return true;
  };
}

function multiply(low: number, high: number): Run {
  return (out, x, y, selection, count) => {
    const { numbers, nulls } = out;
    const a = x.numbers;
    const b = y.numbers;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const product = (a[row] as number) * (b[row] as number) + 0;
      if ((product > high || product < low) && nulls[row] === 0) return false;
      numbers[row] = product;
    }
    return true;
  };
}

/** `(a - a % b) / b` and not `trunc(a / b)`, which rounds up near 2^53. */
function divide(high: number): Run {
  return (out, x, y, selection, count) => {
    const { numbers, nulls } = out;
    const a = x.numbers;
    const b = y.numbers;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const dividend = a[row] as number;
      const divisor = b[row] as number;
      const quotient = (dividend - (dividend % divisor)) / divisor + 0;
      // NaN (a division by zero) compares false.
      if (!(quotient <= high) && nulls[row] === 0) return false;
      numbers[row] = quotient;
    }
    return true;
  };
}

const remainder: Run = (out, x, y, selection, count) => {
  const { numbers, nulls } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const divisor = b[row] as number;
    if (divisor === 0 && nulls[row] === 0) return false;
    numbers[row] = ((a[row] as number) % divisor) + 0;
  }
  return true;
};

export function float(name: string): Run | null {
  switch (name) {
    case '+':
      return addFloat;
    case '-':
      return subtractFloat;
    case '*':
      return multiplyFloat;
    case '/':
      return divideFloat;
    default:
      return null;
  }
}

/** Infinite or NaN: an overflow, or an operand that was so already. */
const isSpecial = (number: number): boolean => number - number !== 0;

const addFloat: Run = (out, x, y, selection, count) => {
  const { numbers, nulls } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const sum = (a[row] as number) + (b[row] as number);
    if (isSpecial(sum) && nulls[row] === 0) return false;
    numbers[row] = sum;
  }
  return true;
};

const subtractFloat: Run = (out, x, y, selection, count) => {
  const { numbers, nulls } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const difference = (a[row] as number) - (b[row] as number);
    if (isSpecial(difference) && nulls[row] === 0) return false;
    numbers[row] = difference;
  }
  return true;
};

/** A product of 0 may be an underflow. */
const multiplyFloat: Run = (out, x, y, selection, count) => {
  const { numbers, nulls } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const product = (a[row] as number) * (b[row] as number);
    const underflow = product === 0 && a[row] !== 0 && b[row] !== 0;
    if ((underflow || isSpecial(product)) && nulls[row] === 0) return false;
    numbers[row] = product;
  }
  return true;
};

const divideFloat: Run = (out, x, y, selection, count) => {
  const { numbers, nulls } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const quotient = (a[row] as number) / (b[row] as number);
    const underflow = quotient === 0 && a[row] !== 0;
    if ((underflow || isSpecial(quotient)) && nulls[row] === 0) return false;
    numbers[row] = quotient;
  }
  return true;
};
