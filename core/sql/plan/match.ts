/** Whether an expression is an index element, and what else a condition says of it. */
import { findCast } from '../functions/casts.ts';
import { intersects, mentions } from './columns.ts';
import type { TypeId } from '../types/type.ts';
import type { ColumnId, Expr } from './logical.ts';
import { sameExpr } from './same.ts';

/** The same expression, whatever it was relabelled to: varchar compared as text. */
export function same(one: Expr, element: Expr): boolean {
  if (one.kind === 'column' && element.kind === 'column') return one.index === element.index;
  return sameExpr(one, element) || sameExpr({ ...one, type: element.type }, element);
}

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

const FLIPPED: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `element op value`, the value not depending on `own` columns and of the element's type. */
export function compared(
  condition: Expr,
  element: Expr,
  own: ReadonlySet<ColumnId>,
): { readonly operator: Comparison; readonly value: Expr } | null {
  if (condition.kind !== 'call') return null;
  const flipped = FLIPPED[condition.function.name];
  const [left, right] = condition.arguments;
  if (flipped === undefined || left === undefined || right === undefined) return null;
  if (same(left, element) && !intersects(mentions(right), own)) {
    const value = asKey(right, element);
    return value === null ? null : { operator: FLIPPED[flipped] as Comparison, value };
  }
  if (same(right, element) && !intersects(mentions(left), own)) {
    const value = asKey(left, element);
    return value === null ? null : { operator: flipped, value };
  }
  return null;
}

const INTEGER_RANGES: ReadonlyMap<number, readonly [number, number]> = new Map([
  [21, [-32768, 32767]],
  [23, [-2147483648, 2147483647]],
]);

/** The value as the index holds it, or null where that might change it. */
export function asKey(value: Expr, element: Expr): Expr | null {
  const { id } = element.type;
  if (value.type.id === id) return value;
  const cast = findCast(value.type.id, id, 'implicit');
  if (cast !== null && cast.volatility === 'immutable') {
    const type = { id, modifier: -1 };
    if (cast.relabels === true && value.kind !== 'cast') return { ...value, type };
    if (cast.relabels === true) {
      return { kind: 'cast', type, cast, explicit: false, argument: value, at: -1 };
    }
    // Widening integers loses nothing; other casts (to float, to timestamp) might.
    if (!isInteger(value.type.id) || !isInteger(id)) return null;
    if (value.kind === 'constant') return { ...value, type };
    return { kind: 'cast', type, cast, explicit: false, argument: value, at: -1 };
  }
  if (value.kind !== 'constant' || !isInteger(value.type.id)) return null;
  const range = INTEGER_RANGES.get(id);
  if (range === undefined || typeof value.value !== 'number') return null;
  if (value.value < range[0] || value.value > range[1]) return null;
  return { ...value, type: { id, modifier: -1 } };
}

/**
 * Whether values of one type are keys of an index on another as they are: null, if all of them are;
 * a range, if those within it are and no others can be equal; undefined: no.
 */
export function keyRange(from: TypeId, to: TypeId): readonly [number, number] | null | undefined {
  if (from === to) return null;
  if (isInteger(from) && isInteger(to)) return INTEGER_RANGES.get(to) ?? null;
  return findCast(from, to, 'implicit')?.relabels === true ? null : undefined;
}

/** Of `value = ANY (array)`; null: the condition is something else. */
export function quantifiedEquality(
  condition: Expr,
): { readonly value: Expr; readonly array: Expr } | null {
  if (condition.kind !== 'call') return null;
  const { quantifies } = condition.function;
  if (quantifies === undefined || quantifies.all || quantifies.operator.name !== '=') return null;
  const [value, array] = condition.arguments;
  return value === undefined || array === undefined ? null : { value, array };
}

function isInteger(type: number): boolean {
  return type === 20 || type === 21 || type === 23;
}
