/**
 * The alphabet in which `shapes.ts` writes down what the statement tree looks like, so that one
 * table serves the codec, its checks and its tests.
 *
 * A `Field<T>` describes values of type `T`; the phantom makes the compiler refuse a table that
 * misses a field of a node, has one too many, or leaves out one of its choices.
 */

/** What the codec does with a value. `node` names a family of shapes (`shapes.ts`). */
export type FieldCode =
  | { readonly type: 'text' | 'flag' | 'integer' | 'offset' | 'distinct' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'maybe' | 'list'; readonly of: FieldCode }
  | { readonly type: 'node'; readonly family: string };

export interface Field<T> {
  readonly code: FieldCode;
  /** Never there: it only ties `T`, both ways. */
  readonly phantom?: (value: T) => T;
}

/** Fields of a node, without its `kind`, in the order in which they are written. */
export type Fields<T> = { readonly [K in Exclude<keyof T, 'kind'>]-?: Field<T[K]> };

/** One kind of node: its number in the encoding, for ever, and its fields. */
export interface Shape {
  readonly number: number;
  /** null: a record without `kind`, told by its place. */
  readonly kind: string | null;
  readonly names: readonly string[];
  readonly codes: readonly FieldCode[];
}

export const text: Field<string> = { code: { type: 'text' } };
export const flag: Field<boolean> = { code: { type: 'flag' } };
/** A safe integer of either sign. */
export const integer: Field<number> = { code: { type: 'integer' } };
/** A byte offset, or -1. */
export const offset: Field<number> = { code: { type: 'offset' } };

/** One of these texts; append only, their order is their encoding. */
export function choice<const C extends string>(...choices: readonly C[]): Field<C> {
  return { code: { type: 'choice', choices } };
}

export function maybe<T>(of: Field<T>): Field<T | null> {
  return { code: { type: 'maybe', of: of.code } };
}

export function list<T>(of: Field<T>): Field<readonly T[]> {
  return { code: { type: 'list', of: of.code } };
}

export function family<T>(name: string): Field<T> {
  return { code: { type: 'node', family: name } };
}

export function shape<T extends object>(
  number: number,
  kind: T extends { readonly kind: infer K extends string } ? K : null,
  fields: Fields<T>,
): Shape {
  const entries = Object.entries<{ readonly code: FieldCode }>(fields);
  return {
    number,
    kind,
    names: entries.map(([name]) => name),
    codes: entries.map(([, field]) => field.code),
  };
}
