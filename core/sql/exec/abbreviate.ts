/**
 * Abbreviated sort keys: a number for each row, in the order of the values as far as it goes.
 *
 * Numbers are their own. Text is abbreviated to the first characters after what all rows begin
 * with, numeric to the nearest double. Where two abbreviations are equal the values may still
 * differ, unless the abbreviation is `exact`.
 */
import { NAME, NUMERIC, TEXT, UUID, VARCHAR } from '../types/type.ts';
import type { Decimal, TypeId, Value } from '../types/type.ts';
import type { ColumnBatch } from './batch.ts';

export interface Abbreviation {
  /** By row. */
  readonly keys: Float64Array;
  readonly exact: boolean;
}

/** Null: values of this type, or these, are compared as they are. `rows` are not null. */
export function abbreviate(
  column: ColumnBatch,
  type: TypeId,
  rows: Int32Array,
): Abbreviation | null {
  if (column.isNumbers) return { keys: column.numbers, exact: true };
  switch (type) {
    case TEXT:
    case VARCHAR:
    case NAME:
    case UUID:
      return abbreviateTexts(column.values, rows);
    case NUMERIC:
      return abbreviateDecimals(column.values, rows);
    default:
      return null;
  }
}

function abbreviateTexts(values: readonly Value[], rows: Int32Array): Abbreviation {
  const { common, longest, isNarrow } = survey(values, rows);
  // 6 units of 8 bits or 3 of 17: with the end of a text as 0, which no text contains.
  const units = isNarrow ? 6 : 3;
  const base = isNarrow ? 256 : 131_072;
  const keys = new Float64Array(values.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const text = values[row] as string;
    let key = 0;
    for (let at = common; at < common + units; at++) {
      key *= base;
      if (at < text.length) key += weight(text.charCodeAt(at));
    }
    keys[row] = key;
  }
  return { keys, exact: longest <= common + units };
}

/** What all texts begin with, how long the longest is, and whether 8 bits hold every unit. */
function survey(
  values: readonly Value[],
  rows: Int32Array,
): { readonly common: number; readonly longest: number; readonly isNarrow: boolean } {
  const first = values[rows[0] as number] as string;
  let common = first.length;
  let longest = 0;
  for (let i = 0; i < rows.length; i++) {
    const text = values[rows[i] as number] as string;
    if (text.length > longest) longest = text.length;
    if (text.length < common) common = text.length;
    let at = 0;
    while (at < common && text.charCodeAt(at) === first.charCodeAt(at)) at++;
    common = at;
  }
  let isNarrow = true;
  for (let i = 0; i < rows.length && isNarrow; i++) {
    const text = values[rows[i] as number] as string;
    const end = Math.min(text.length, common + 6);
    for (let at = common; at < end; at++) if (text.charCodeAt(at) > 255) isNarrow = false;
  }
  return { common, longest, isNarrow };
}

/** As `compareText` orders units: surrogates stand for code points above all others. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Exactly representable powers of ten: a quotient by one is rounded once, and so in order. */
const EXACT_SCALE_MAX = 22;

function abbreviateDecimals(values: readonly Value[], rows: Int32Array): Abbreviation | null {
  const powers = [1];
  for (let i = 1; i <= EXACT_SCALE_MAX; i++) powers.push((powers[i - 1] as number) * 10);
  const keys = new Float64Array(values.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const { coefficient, scale, special } = values[row] as Decimal;
    if (special !== 0) keys[row] = special === 1 ? NaN : special === 2 ? Infinity : -Infinity;
    else if (typeof coefficient !== 'number' || scale > EXACT_SCALE_MAX) return null;
    else keys[row] = coefficient / (powers[scale] as number);
  }
  return { keys, exact: false };
}
