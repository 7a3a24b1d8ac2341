/**
 * What there is to know about a type besides its values: its names, its category, its modifiers.
 *
 * Names are what PostgreSQL's `format_type` shows; categories and preferred types are those of
 * `pg_type`, on which the resolution of functions and operators hangs (`functions/resolve.ts`).
 */
import { SqlError, unsupported } from '../error.ts';
import type { TypeName } from '../tree/expression.ts';
import { ARRAY_TYPES, arrayOf, elementOf } from './array-type.ts';
import {
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSON,
  JSONB,
  JSONPATH,
  NAME,
  NUMERIC,
  OID,
  RECORD,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
  UUID,
  VARCHAR,
  VOID,
} from './type.ts';
import type { SqlType, TypeId } from './type.ts';
import { currentTypes, isUserType, knownType, userTypeName } from './user-type.ts';

/** `pg_type.typcategory`, spelled out. */
export type Category =
  | 'boolean'
  | 'number'
  | 'string'
  | 'dateTime'
  | 'timespan'
  | 'array'
  | 'enum'
  | 'user'
  | 'unknown'
  | 'pseudo';

export interface TypeDescription {
  readonly id: TypeId;
  /** As `format_type` shows it. */
  readonly name: string;
  /** `pg_type.typname`: what the parser calls it. */
  readonly internalName: string;
  readonly schema: string;
  readonly category: Category;
  readonly preferred: boolean;
}

const SCALARS: readonly TypeDescription[] = [
  describe(BOOL, 'boolean', 'bool', 'boolean', true),
  describe(BYTEA, 'bytea', 'bytea', 'user', false),
  describe(NAME, 'name', 'name', 'string', false),
  describe(INT8, 'bigint', 'int8', 'number', false),
  describe(INT2, 'smallint', 'int2', 'number', false),
  describe(INT4, 'integer', 'int4', 'number', false),
  describe(TEXT, 'text', 'text', 'string', true),
  describe(OID, 'oid', 'oid', 'number', true),
  describe(JSON, 'json', 'json', 'user', false),
  describe(FLOAT4, 'real', 'float4', 'number', false),
  describe(FLOAT8, 'double precision', 'float8', 'number', true),
  describe(UNKNOWN, 'unknown', 'unknown', 'unknown', false),
  describe(BPCHAR, 'character', 'bpchar', 'string', false),
  describe(VARCHAR, 'character varying', 'varchar', 'string', false),
  describe(DATE, 'date', 'date', 'dateTime', false),
  describe(TIME, 'time without time zone', 'time', 'dateTime', false),
  describe(TIMESTAMP, 'timestamp without time zone', 'timestamp', 'dateTime', false),
  describe(TIMESTAMPTZ, 'timestamp with time zone', 'timestamptz', 'dateTime', true),
  describe(INTERVAL, 'interval', 'interval', 'timespan', true),
  describe(NUMERIC, 'numeric', 'numeric', 'number', false),
  describe(RECORD, 'record', 'record', 'pseudo', false),
  describe(VOID, 'void', 'void', 'pseudo', false),
  describe(UUID, 'uuid', 'uuid', 'user', false),
  describe(JSONB, 'jsonb', 'jsonb', 'user', false),
  describe(JSONPATH, 'jsonpath', 'jsonpath', 'user', false),
];

function describe(
  id: TypeId,
  name: string,
  internalName: string,
  category: Category,
  preferred: boolean,
  schema: string = 'pg_catalog',
): TypeDescription {
  return { id, name, internalName, schema, category, preferred };
}

const ARRAYS: readonly TypeDescription[] = ARRAY_TYPES.map((id) => {
  const element = SCALARS.find((one) => one.id === elementOf(id))!;
  return describe(id, `${element.name}[]`, `_${element.internalName}`, 'array', false);
});

const DESCRIPTIONS: readonly TypeDescription[] = [...SCALARS, ...ARRAYS];

const BY_ID: ReadonlyMap<TypeId, TypeDescription> = new Map(DESCRIPTIONS.map((d) => [d.id, d]));
const BY_INTERNAL_NAME: ReadonlyMap<string, TypeDescription> = new Map(
  DESCRIPTIONS.map((d) => [d.internalName, d]),
);

/** Types of PostgreSQL that we know of and do not have: `0A000` instead of "does not exist". */
const ABSENT_TYPES: ReadonlySet<string> = new Set([
  'bit',
  'box',
  'char',
  'cidr',
  'circle',
  'inet',
  'int4range',
  'int8range',
  'line',
  'lseg',
  'macaddr',
  'money',
  'path',
  'pg_lsn',
  'point',
  'polygon',
  'regclass',
  'regproc',
  'regtype',
  'timetz',
  'tsquery',
  'tsvector',
  'varbit',
  'xid',
  'xml',
]);

export function typeDescription(id: TypeId): TypeDescription {
  if (isUserType(id)) return userDescription(id);
  const found = BY_ID.get(id);
  if (found === undefined) throw new SqlError('XX000', `cache lookup failed for type ${id}`);
  return found;
}

function userDescription(id: TypeId): TypeDescription {
  const { name, schema } = knownType(id);
  const isArray = elementOf(id) !== null;
  const kind = isArray ? 'array' : 'enum';
  return describe(id, userTypeName(id), isArray ? `_${name}` : name, kind, false, schema);
}

/** The type of this internal name (`int4`, `bpchar`, …), or null. */
export function typeIdByName(internalName: string): TypeId | null {
  return BY_INTERNAL_NAME.get(internalName)?.id ?? null;
}

export function category(id: TypeId): Category {
  if (isUserType(id)) return elementOf(id) === null ? 'enum' : 'array';
  return BY_ID.get(id)?.category ?? 'pseudo';
}

export function isPreferred(id: TypeId): boolean {
  return BY_ID.get(id)?.preferred ?? false;
}

/** The type without modifier. */
export function plainType(id: TypeId): SqlType {
  return { id, modifier: -1 };
}

/** As errors show it, without modifier. */
export function typeName(id: TypeId): string {
  return typeDescription(id).name;
}

/** As `format_type`: `character varying(10)`, `timestamp(3) without time zone`. */
export function formatType(type: SqlType): string {
  if (isUserType(type.id)) return userTypeName(type.id);
  const element = elementOf(type.id);
  if (element !== null) return `${formatType({ id: element, modifier: type.modifier })}[]`;
  const { name } = typeDescription(type.id);
  const { id, modifier } = type;
  // Without a length it is the internal type, not the standard's char(1).
  if (id === BPCHAR && modifier < 0) return 'bpchar';
  if (modifier < 0) return name;
  if (id === VARCHAR || id === BPCHAR) return `${name}(${modifier})`;
  if (id === NUMERIC) return `${name}(${numericPrecision(modifier)},${numericScale(modifier)})`;
  if (id === TIME || id === TIMESTAMP || id === TIMESTAMPTZ) {
    const space = name.indexOf(' ');
    return `${name.slice(0, space)}(${modifier})${name.slice(space)}`;
  }
  if (id === INTERVAL) return `${name}${intervalSuffix(modifier)}`;
  return name;
}

export function numericModifier(precision: number, scale: number): number {
  return precision * 65536 + (scale & 0x7ff);
}

export function numericPrecision(modifier: number): number {
  return modifier >> 16;
}

/** Negative scales are kept in eleven bits, as PostgreSQL does. */
export function numericScale(modifier: number): number {
  return ((modifier & 0x7ff) ^ 1024) - 1024;
}

/** Fields of `INTERVAL YEAR TO MONTH` and its like: PostgreSQL's bit mask. */
export const INTERVAL_FIELDS: readonly (readonly [string, number])[] = [
  ['year', 1 << 2],
  ['month', 1 << 1],
  ['day', 1 << 3],
  ['hour', 1 << 10],
  ['minute', 1 << 11],
  ['second', 1 << 12],
  ['year to month', (1 << 2) | (1 << 1)],
  ['day to hour', (1 << 3) | (1 << 10)],
  ['day to minute', (1 << 3) | (1 << 10) | (1 << 11)],
  ['day to second', (1 << 3) | (1 << 10) | (1 << 11) | (1 << 12)],
  ['hour to minute', (1 << 10) | (1 << 11)],
  ['hour to second', (1 << 10) | (1 << 11) | (1 << 12)],
  ['minute to second', (1 << 11) | (1 << 12)],
];
export const INTERVAL_ALL_FIELDS = 0x7fff;
export const INTERVAL_FULL_PRECISION = 0xffff;

function intervalSuffix(modifier: number): string {
  const mask = (modifier >> 16) & 0x7fff;
  const precision = modifier & 0xffff;
  const fields = INTERVAL_FIELDS.find(([, bits]) => bits === mask)?.[0] ?? '';
  return `${fields === '' ? '' : ` ${fields}`}${precision === INTERVAL_FULL_PRECISION ? '' : `(${precision})`}`;
}

/** The type that a name in a statement means, its modifiers checked. */
export function typeFromName(name: TypeName): SqlType {
  const { at, arrayDimensions } = name;
  // How many dimensions were written says nothing: arrays of one type have any.
  const brackets = arrayDimensions > 0 ? '[]' : '';
  const shown = (name.schema === null ? name.name : `${name.schema}.${name.name}`) + brackets;
  const id = typeNamed(name);
  if (id === null || id === RECORD || id === UNKNOWN || id === VOID) {
    if (ABSENT_TYPES.has(name.name)) throw unsupported(`type ${name.name}`, at);
    throw new SqlError('42704', `type "${shown}" does not exist`, { at });
  }
  const modifier = modifierFor(id, name);
  if (arrayDimensions === 0) return { id, modifier };
  const array = arrayOf(id);
  if (array !== null) return { id: array, modifier };
  throw new SqlError('42704', `type "${shown}" does not exist`, { at });
}

function typeNamed({ schema, name }: TypeName): TypeId | null {
  const own = schema === null || schema === 'pg_catalog' ? typeIdByName(name) : null;
  return own ?? currentTypes().find(schema, name);
}

function modifierFor(id: TypeId, name: TypeName): number {
  const { modifiers, at } = name;
  if (id === INTERVAL) return intervalModifier(name);
  if (modifiers.length === 0) return -1;
  if (id === VARCHAR || id === BPCHAR)
    return lengthModifier(id === VARCHAR ? 'varchar' : 'char', name);
  if (id === NUMERIC) return checkedNumericModifier(modifiers, at);
  if (id === TIME || id === TIMESTAMP || id === TIMESTAMPTZ) {
    return precisionModifier(id === TIME ? 'TIME' : 'TIMESTAMP', id === TIMESTAMPTZ, modifiers, at);
  }
  throw new SqlError('42601', `type modifier is not allowed for type "${name.name}"`, { at });
}

function invalid(message: string, at: number): SqlError {
  return new SqlError('22023', message, { at });
}

function lengthModifier(shown: string, { modifiers, at }: TypeName): number {
  const [length = 0] = modifiers;
  if (modifiers.length !== 1) throw invalid('invalid type modifier', at);
  if (length < 1) throw invalid(`length for type ${shown} must be at least 1`, at);
  if (length > 10485760) throw invalid(`length for type ${shown} cannot exceed 10485760`, at);
  return length;
}

function checkedNumericModifier(modifiers: readonly number[], at: number): number {
  const [precision = 0, scale = 0] = modifiers;
  if (modifiers.length > 2) throw invalid('invalid NUMERIC type modifier', at);
  if (precision < 1 || precision > 1000) {
    throw invalid(`NUMERIC precision ${precision} must be between 1 and 1000`, at);
  }
  if (scale < -1000 || scale > 1000) {
    throw invalid(`NUMERIC scale ${scale} must be between -1000 and 1000`, at);
  }
  return numericModifier(precision, scale);
}

/** More than six digits are six, as in PostgreSQL (which says so in a warning). */
function precisionModifier(
  shown: string,
  zoned: boolean,
  modifiers: readonly number[],
  at: number,
): number {
  const [precision = 0] = modifiers;
  if (modifiers.length !== 1) throw invalid('invalid type modifier', at);
  if (precision < 0) {
    const zone = zoned ? ' WITH TIME ZONE' : '';
    throw invalid(`${shown}(${precision})${zone} precision must not be negative`, at);
  }
  return precision > 6 ? 6 : precision;
}

function intervalModifier({ modifiers, fields, at }: TypeName): number {
  const [precision = INTERVAL_FULL_PRECISION] = modifiers;
  if (precision < 0) throw invalid(`INTERVAL(${precision}) precision must not be negative`, at);
  if (modifiers.length === 0 && fields === null) return -1;
  const mask = INTERVAL_FIELDS.find(([words]) => words === fields)?.[1] ?? INTERVAL_ALL_FIELDS;
  const kept = precision === INTERVAL_FULL_PRECISION || precision <= 6 ? precision : 6;
  return mask * 65536 + kept;
}
