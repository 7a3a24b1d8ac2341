/**
 * Coercion: making an expression have a type, as PostgreSQL's `parse_coerce.c` does.
 *
 * A quoted literal has type `unknown` until a context gives it one, and is read as that type at
 * once; a parameter without declared type gets the type of its first context. Casts that change no
 * bytes (varchar to text) are no casts here: the expression only says its new type.
 */
import { SqlError } from '../error.ts';
import { findCast, lengthCast } from '../functions/casts.ts';
import { commonType } from '../functions/coercion.ts';
import type { CastContext } from '../functions/function.ts';
import { ANY, ANYELEMENT } from '../functions/function.ts';
import type { Expr } from '../plan/logical.ts';
import { elementOf } from '../types/array-type.ts';
import { typeName as nameOf, plainType } from '../types/describe.ts';
import { BOOL, INTERVAL, RECORD, TEXT, UNKNOWN } from '../types/type.ts';
import type { SqlType, TypeId, Value } from '../types/type.ts';
import { dependsOnClock } from '../types/datetime-text.ts';
import { parseValue } from '../types/text-io.ts';
import { shownType } from '../types/user-type.ts';
import type { Binder } from './binder.ts';

export const BOOLEAN: SqlType = { id: BOOL, modifier: -1 };

export function constant(type: SqlType, value: Value): Expr {
  return { kind: 'constant', type, value };
}

/** With the type, or null when there is no such cast in this context. */
export function tryCoerce(
  binder: Binder,
  expr: Expr,
  target: SqlType,
  context: CastContext,
  at: number,
): Expr | null {
  const from = expr.type.id;
  if (target.id === ANY || target.id === ANYELEMENT) {
    return from === UNKNOWN ? tryCoerce(binder, expr, plainType(TEXT), 'implicit', at) : expr;
  }
  if (from === target.id) {
    const isFreed = context === 'explicit' && target.modifier < 0;
    return isFreed ? freed(expr, at) : applyModifier(expr, target, context, at);
  }
  if (from === UNKNOWN) {
    const settled = settleUnknown(binder, expr, target, context, at);
    if (settled !== null) return settled;
  }
  if (target.id === UNKNOWN) return expr;
  const cast = findCast(from, target.id, context);
  if (cast === null) return null;
  // A cast's own type says what it does (its length, say), so that one is wrapped instead.
  if (cast.relabels === true && expr.kind !== 'cast') {
    return applyModifier(relabel(expr, plainType(target.id)), target, context, at);
  }
  const explicit = context === 'explicit';
  // A constant of an inexact kind still waits for `fold`: its errors belong to run time.
  return { kind: 'cast', type: target, cast, explicit, argument: expr, at };
}

/** The same value under another type: no work at run time. Not of casts. */
export function relabel(expr: Expr, type: SqlType): Expr {
  return { ...expr, type };
}

/** Cast to its own type without a modifier: nothing changes but what the expression promises. */
function freed(expr: Expr, at: number): Expr {
  const { id, modifier } = expr.type;
  if (modifier < 0) return expr;
  const cast = lengthCast(id);
  if (expr.kind !== 'cast' || cast === null) return relabel(expr, plainType(id));
  return { kind: 'cast', type: plainType(id), cast, explicit: true, argument: expr, at };
}

/** Length of varchar and char, scale of numeric, digits of seconds. */
function applyModifier(expr: Expr, target: SqlType, context: CastContext, at: number): Expr {
  if (target.modifier < 0 || expr.type.modifier === target.modifier) return expr;
  if (expr.kind === 'constant' && expr.value === null) return relabel(expr, target);
  const cast = lengthCast(target.id);
  if (cast === null) return relabel(expr, target);
  const explicit = context === 'explicit';
  return { kind: 'cast', type: target, cast, explicit, argument: expr, at };
}

function settleUnknown(
  binder: Binder,
  expr: Expr,
  target: SqlType,
  context: CastContext,
  at: number,
): Expr | null {
  if (expr.kind === 'constant') {
    if (expr.value === null) return constant(target, null);
    if (target.id === RECORD) return null;
    const plain = plainType(target.id);
    // Read when it is run: a kept plan would say the same moment for ever.
    if (dependsOnClock(target.id, expr.value as string)) {
      const cast = findCast(UNKNOWN, target.id, 'implicit');
      if (cast !== null) {
        const read: Expr = { kind: 'cast', type: plain, cast, explicit: false, argument: expr, at };
        return applyModifier(read, target, context, at);
      }
    }
    const value = parse(binder, target, expr.value, at);
    binder.context.literals?.read(expr, target.id, value);
    return applyModifier(constant(plain, value), target, context, at);
  }
  if (expr.kind === 'parameter') {
    const known = binder.parameters[expr.index];
    if (known !== null && known !== undefined && known.id !== target.id) {
      throw new SqlError('42P08', `inconsistent types deduced for parameter $${expr.index + 1}`, {
        at,
        detail: `${nameOf(known.id)} versus ${nameOf(target.id)}`,
      });
    }
    const plain = plainType(target.id);
    binder.parameters[expr.index] = plain;
    return applyModifier(parameterOf(expr.index, plain), target, context, at);
  }
  return null;
}

/** `$1` as what it is: of a type that was defined, its text comes. */
export function parameterOf(index: number, type: SqlType): Expr {
  const sent = shownType(type);
  const parameter: Expr = { kind: 'parameter', type: sent, index };
  if (sent === type) return parameter;
  const cast = findCast(sent.id, type.id, 'explicit')!;
  return { kind: 'cast', type, cast, explicit: false, argument: parameter, at: -1 };
}

/** Interval's modifier says how the text is read; others are applied afterwards. */
function parse(binder: Binder, target: SqlType, value: Value, at: number): Value {
  const modifier = (elementOf(target.id) ?? target.id) === INTERVAL ? target.modifier : -1;
  try {
    return parseValue(target.id, value as string, binder.context.environment, modifier);
  } catch (error) {
    if (error instanceof SqlError && error.at < 0) throw placed(error, at);
    throw error;
  }
}

/** The same error, with a position. */
export function placed(error: SqlError, at: number): SqlError {
  const { code, message, detail, hint, constraint, table, column } = error;
  return new SqlError(code, message, { detail, hint, constraint, table, column, at });
}

/** As if assigned, or 42804 with this message. */
export function coerceOr(
  binder: Binder,
  expr: Expr,
  target: SqlType,
  message: () => string,
  at: number,
): Expr {
  const result = tryCoerce(binder, expr, target, 'assignment', at);
  if (result === null) throw new SqlError('42804', message(), { at });
  return result;
}

/** A condition: `argument of WHERE must be type boolean, not type integer`. */
export function coerceBoolean(binder: Binder, expr: Expr, what: string, at: number): Expr {
  return coerceOr(
    binder,
    expr,
    BOOLEAN,
    () => `argument of ${what} must be type boolean, not type ${typeName(expr.type)}`,
    at,
  );
}

/** What LIMIT, frames and positions want. */
export function coerceTo(binder: Binder, expr: Expr, type: TypeId, what: string, at: number): Expr {
  const target = plainType(type);
  return coerceOr(
    binder,
    expr,
    target,
    () => `argument of ${what} must be type ${typeName(target)}, not type ${typeName(expr.type)}`,
    at,
  );
}

/** `CAST`: 42846 when there is none. */
export function castExplicitly(binder: Binder, expr: Expr, target: SqlType, at: number): Expr {
  const result = tryCoerce(binder, expr, target, 'explicit', at);
  if (result !== null) return result;
  throw new SqlError('42846', `cannot cast type ${typeName(expr.type)} to ${typeName(target)}`, {
    at,
  });
}

/** For a column: 42804 with PostgreSQL's words. */
export function coerceForColumn(
  binder: Binder,
  expr: Expr,
  column: { readonly name: string; readonly type: SqlType },
  at: number,
): Expr {
  const result = tryCoerce(binder, expr, column.type, 'assignment', at);
  if (result !== null) return result;
  const target = typeName(column.type);
  throw new SqlError(
    '42804',
    `column "${column.name}" is of type ${target} but expression is of type ${typeName(expr.type)}`,
    { at, hint: 'You will need to rewrite or cast the expression.', column: column.name },
  );
}

/** A literal that nothing gave a type is text. */
export function settle(binder: Binder, expr: Expr): Expr {
  if (expr.type.id !== UNKNOWN) return expr;
  return tryCoerce(binder, expr, plainType(TEXT), 'implicit', -1) ?? expr;
}

/** All of one type: that of CASE, COALESCE, VALUES, UNION, named in the error. */
export function unify(
  binder: Binder,
  exprs: readonly Expr[],
  construct: string,
  at: number,
): { readonly type: SqlType; readonly values: readonly Expr[] } {
  const type = commonType(
    exprs.map((expr) => expr.type),
    construct,
    at,
  );
  const values = exprs.map((expr) => {
    const value = tryCoerce(binder, expr, plainType(type.id), 'implicit', at);
    if (value !== null) return relabelModifier(value, type);
    throw new SqlError(
      '42846',
      `${construct} could not convert type ${typeName(expr.type)} to ${typeName(type)}`,
      { at },
    );
  });
  return { type, values };
}

function relabelModifier(value: Expr, type: SqlType): Expr {
  if (value.type.modifier === type.modifier || value.kind === 'cast') return value;
  return relabel(value, type);
}

/** As error texts name a type: without its modifier. */
export function typeName(type: SqlType): string {
  return nameOf(type.id);
}
