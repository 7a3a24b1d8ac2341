/**
 * Values of the workload, worked out a second time: their order, and what is done to arrays of
 * integers and to flat documents.
 *
 * An array has one dimension or, empty, none. A document is jsonb as its text: an object whose
 * members are integers or strings, under names of one letter.
 */
import { assert } from '../../../core/types/assert.ts';

/** As `ArrayValue` of the product says it, so that parameters and answers are of this shape. */
export interface ModelArray {
  readonly kind: 'array';
  readonly dimensions: readonly number[];
  readonly lowerBounds: readonly number[];
  readonly elements: readonly Cell[];
}

export type Cell = null | boolean | number | string | ModelArray;

type Document = Record<string, number | string>;

export function isArray(value: Cell): value is ModelArray {
  return typeof value === 'object' && value !== null;
}

export function arrayOf(elements: readonly Cell[], low: number = 1): ModelArray {
  const empty = elements.length === 0;
  return {
    kind: 'array',
    dimensions: empty ? [] : [elements.length],
    lowerBounds: empty ? [] : [low],
    elements,
  };
}

/** Neither is null. Arrays: element by element, null above all, then the shorter, then bounds. */
export function compareCells(a: Cell, b: Cell): number {
  if (!isArray(a) || !isArray(b)) return a === b ? 0 : a! < b! ? -1 : 1;
  for (let i = 0; i < Math.min(a.elements.length, b.elements.length); i += 1) {
    const order = compareNullable(a.elements[i]!, b.elements[i]!);
    if (order !== 0) return order;
  }
  const byLength = a.elements.length - b.elements.length;
  return byLength === 0 ? (a.lowerBounds[0] ?? 0) - (b.lowerBounds[0] ?? 0) : byLength;
}

/** Nulls are equal, and last. */
export function compareNullable(a: Cell, b: Cell): number {
  if (a !== null && b !== null) return compareCells(a, b);
  return Number(a === null) - Number(b === null);
}

/** Equal values, and no others of one type, give the same; null is no value. */
export function identity(value: Cell): Cell {
  return isArray(value) ? textOf(value) : value;
}

export function textOf(value: Cell): string {
  if (!isArray(value)) return String(value);
  return `[${value.lowerBounds.join()}]{${value.elements.map(String).join()}}`;
}

export function elementAt(array: Cell, index: Cell): Cell {
  if (!isArray(array) || index === null) return null;
  return array.elements[Number(index) - (array.lowerBounds[0] ?? 0)] ?? null;
}

/** `a[index] = value`; what lies between is null. */
export function withElement(array: Cell, index: number, value: Cell): ModelArray {
  if (!isArray(array) || array.elements.length === 0) return arrayOf([value], index);
  const low = array.lowerBounds[0]!;
  const from = Math.min(low, index);
  const to = Math.max(low + array.elements.length, index + 1);
  const elements: Cell[] = [];
  for (let at = from; at < to; at += 1) {
    elements.push(at === index ? value : (array.elements[at - low] ?? null));
  }
  return arrayOf(elements, from);
}

/** `array_append`. */
export function appended(array: Cell, value: Cell): ModelArray {
  if (!isArray(array) || array.elements.length === 0) return arrayOf([value]);
  return arrayOf([...array.elements, value], array.lowerBounds[0]!);
}

/** `a || b` of arrays, of which either may be null, or of documents. */
export function joined(a: Cell, b: Cell): Cell {
  if (a === null || b === null) return a ?? b;
  if (isArray(a) && isArray(b)) {
    if (a.elements.length === 0) return b;
    return arrayOf([...a.elements, ...b.elements], a.lowerBounds[0]!);
  }
  return written({ ...read(a), ...read(b) });
}

/** `a @> b`. */
export function contains(a: Cell, b: Cell): Cell {
  if (a === null || b === null) return null;
  if (isArray(a) && isArray(b)) {
    return b.elements.every((one) => one !== null && a.elements.includes(one));
  }
  const [all, some] = [read(a), read(b)];
  return Object.keys(some).every((name) => all[name] === some[name]);
}

/** `value operator ANY (array)`, the operator being `=`. */
export function isAny(value: Cell, array: Cell): Cell {
  if (!isArray(array)) return null;
  if (array.elements.length === 0) return false;
  if (value === null) return null;
  if (array.elements.includes(value)) return true;
  return array.elements.includes(null) ? null : false;
}

/** `document ->> name`. */
export function memberText(document: Cell, name: Cell): Cell {
  if (document === null || name === null) return null;
  const value = read(document)[String(name)];
  return value === undefined ? null : String(value);
}

export function hasMember(document: Cell, name: Cell): Cell {
  return document === null || name === null ? null : Object.hasOwn(read(document), String(name));
}

export function withoutMember(document: Cell, name: Cell): Cell {
  const { [String(name)]: _, ...rest } = read(document);
  return written(rest);
}

/** The value of `to_jsonb` goes in: a number, or a quoted text. */
export function withMember(document: Cell, name: string, value: Cell): Cell {
  if (document === null || value === null) return null;
  return written({ ...read(document), [name]: JSON.parse(String(value)) as number | string });
}

export function jsonOf(value: Cell): Cell {
  return value === null ? null : JSON.stringify(value);
}

export function written(document: Document): string {
  const names = Object.keys(document).sort((a, b) => (a < b ? -1 : 1));
  const members = names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(document[name])}`);
  return `{${members.join(', ')}}`;
}

function read(document: Cell): Document {
  assert(typeof document === 'string', 'documents are texts');
  return JSON.parse(document) as Document;
}
