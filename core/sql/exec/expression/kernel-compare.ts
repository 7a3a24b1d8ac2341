/**
 * Kernels of comparison: of exact numbers, of floats (where NaN equals NaN and is the largest), and
 * equality of text. They never give up.
 */
import type { Value } from '../../types/type.ts';
import type { Run } from './kernel.ts';

export const equal: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = a[row] === b[row] ? 1 : 0;
  }
  return true;
};

export const notEqual: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = a[row] === b[row] ? 0 : 1;
  }
  return true;
};

export const less: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = (a[row] as number) < (b[row] as number) ? 1 : 0;
  }
  return true;
};

export const lessOrEqual: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a = x.numbers;
  const b = y.numbers;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = (a[row] as number) <= (b[row] as number) ? 1 : 0;
  }
  return true;
};

export const floatEqual: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const a = x.numbers[row] as number;
    const b = y.numbers[row] as number;
    numbers[row] = a === b || (a !== a && b !== b) ? 1 : 0;
  }
  return true;
};

export const floatNotEqual: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const a = x.numbers[row] as number;
    const b = y.numbers[row] as number;
    numbers[row] = a === b || (a !== a && b !== b) ? 0 : 1;
  }
  return true;
};

export const floatLess: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const a = x.numbers[row] as number;
    const b = y.numbers[row] as number;
    numbers[row] = a < b || (b !== b && a === a) ? 1 : 0;
  }
  return true;
};

export const floatLessOrEqual: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const a = x.numbers[row] as number;
    const b = y.numbers[row] as number;
    numbers[row] = a <= b || b !== b ? 1 : 0;
  }
  return true;
};

export const sameText: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a: readonly Value[] = x.values;
  const b: readonly Value[] = y.values;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = a[row] === b[row] ? 1 : 0;
  }
  return true;
};

export const otherText: Run = (out, x, y, selection, count) => {
  const { numbers } = out;
  const a: readonly Value[] = x.values;
  const b: readonly Value[] = y.values;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    numbers[row] = a[row] === b[row] ? 0 : 1;
  }
  return true;
};
