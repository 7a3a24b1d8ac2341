/**
 * Operator classes of PostgreSQL's B-trees: how an index orders a type. Here a type has one order,
 * so a class is accepted where it means that order; those of patterns do, since text is compared
 * by code point.
 */
import { SqlError, unsupported } from '../error.ts';
import { typeDescription, typeName } from '../types/describe.ts';
import { isArrayType } from '../types/array-type.ts';
import type { TypeId } from '../types/type.ts';
import { BPCHAR, INT4, TEXT, VARCHAR } from '../types/type.ts';
import { isUserType } from '../types/user-type.ts';

/** Every class that PostgreSQL 15 has for B-trees. */
const KNOWN: ReadonlySet<string> = new Set(
  `array_ops bit_ops bool_ops bpchar_ops bpchar_pattern_ops bytea_ops char_ops cidr_ops date_ops
   enum_ops float4_ops float8_ops inet_ops int2_ops int4_ops int8_ops interval_ops jsonb_ops
   macaddr8_ops macaddr_ops money_ops multirange_ops name_ops numeric_ops oid_ops oidvector_ops
   pg_lsn_ops range_ops record_image_ops record_ops text_ops text_pattern_ops tid_ops time_ops
   timestamp_ops timestamptz_ops timetz_ops tsquery_ops tsvector_ops uuid_ops varbit_ops varchar_ops
   varchar_pattern_ops xid8_ops`.split(/\s+/),
);

/** Two names of one class. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['varchar_ops', 'text_ops'],
  ['varchar_pattern_ops', 'text_pattern_ops'],
]);

/** The class that a name means. 42704: none. */
export function operatorClass(name: readonly string[], at: number): string {
  const last = name[name.length - 1] as string;
  const schema = name.length > 1 ? name[name.length - 2] : 'pg_catalog';
  if (schema === 'pg_catalog' && KNOWN.has(last)) return SAME.get(last) ?? last;
  const message = `operator class "${name.join('.')}" does not exist for access method "btree"`;
  throw new SqlError('42704', message, { at });
}

export function defaultOperatorClass(type: TypeId): string {
  const { internalName } = typeDescription(type);
  if (isArrayType(type)) return 'array_ops';
  if (isUserType(type)) return 'enum_ops';
  const own = `${internalName}_ops`;
  return SAME.get(own) ?? own;
}

/** The class, if values of the type can be ordered by it. 42804: they cannot. */
export function operatorClassFor(type: TypeId, name: readonly string[], at: number): string {
  const found = operatorClass(name, at);
  if (found === defaultOperatorClass(type)) return found;
  const isText = type === TEXT || type === VARCHAR;
  if (isText && found === 'text_pattern_ops') return found;
  if (type === BPCHAR && found === 'bpchar_pattern_ops') return found;
  // PostgreSQL takes these, and then has another equality or order than ours.
  const other = isText ? found.startsWith('bpchar_') : type === INT4 && found === 'oid_ops';
  const shown = typeName(type);
  if (other) throw unsupported(`operator class "${found}" of type ${shown}`, at);
  const message = `operator class "${name.join('.')}" does not accept data type ${shown}`;
  throw new SqlError('42804', message, { at });
}
