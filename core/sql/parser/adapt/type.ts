/** Type names: `numeric(10,2)`, `timestamp with time zone`, `int[]`. */
import { unsupported } from '../../error.ts';
import type { TypeName } from '../../tree/expression.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, flag, has, integer, kindOf, place, strings } from './raw.ts';

/** Fields of INTERVAL, by PostgreSQL's masks; the full range says nothing. */
const INTERVAL_FIELDS: Readonly<Record<number, string | null>> = {
  2: 'month',
  4: 'year',
  6: 'year to month',
  8: 'day',
  1024: 'hour',
  1032: 'day to hour',
  2048: 'minute',
  3072: 'hour to minute',
  3080: 'day to minute',
  4096: 'second',
  6144: 'minute to second',
  7168: 'hour to second',
  7176: 'day to second',
  32767: null,
};

export function typeName(c: Context, node: Raw): TypeName {
  const at = place(c, node);
  if (flag(node, 'setof')) throw unsupported('SETOF', at);
  if (flag(node, 'pct_type')) throw unsupported('%TYPE', at);
  const names = strings(children(node, 'names'));
  if (names.length > 2) throw unsupported('a type of another database', at);
  const name = names[names.length - 1]!;
  const schema = names.length === 2 && names[0] !== 'pg_catalog' ? names[0]! : null;
  const modifiers = children(node, 'typmods').map((modifier) => typeModifier(modifier, at));
  const arrayDimensions = children(node, 'arrayBounds').length;
  if (name !== 'interval' || schema !== null || modifiers.length === 0) {
    return { schema, name, modifiers, fields: null, arrayDimensions, at };
  }
  const fields = INTERVAL_FIELDS[modifiers[0]!];
  if (fields === undefined) throw unsupported('these fields of INTERVAL', at);
  return { schema, name, modifiers: modifiers.slice(1), fields, arrayDimensions, at };
}

function typeModifier(node: Raw, at: number): number {
  const constant = child(node, 'A_Const');
  if (kindOf(node) !== 'A_Const' || !has(constant, 'ival')) {
    throw unsupported('a type modifier that is no integer', at);
  }
  return integer(child(constant, 'ival'), 'ival');
}
