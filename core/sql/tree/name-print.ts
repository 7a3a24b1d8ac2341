/** Names and type names as SQL text, quoted where PostgreSQL would quote them. */
import { PINNED_SCHEMA, userTypeName, userTypeOf } from '../types/user-type.ts';
import type { TypeName } from './expression.ts';

/** Words that PostgreSQL does not take as a name everywhere (pg_get_keywords: not unreserved). */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit ' +
    'boolean both case cast char character check coalesce collate collation column concurrently ' +
    'constraint create cross current_catalog current_date current_role current_schema ' +
    'current_time current_timestamp current_user dec decimal default deferrable desc distinct do ' +
    'else end except exists extract false fetch float for foreign freeze from full grant greatest ' +
    'group grouping having ilike in initially inner inout int integer intersect interval into is ' +
    'isnull join lateral leading least left like limit localtime localtimestamp national natural ' +
    'nchar none normalize not notnull null nullif numeric offset on only or order out outer ' +
    'overlaps overlay placing position precision primary real references returning right row ' +
    'select session_user setof similar smallint some substring symmetric system_user table ' +
    'tablesample then time timestamp to trailing treat trim true union unique user using values ' +
    'varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists ' +
    'xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable json_array ' +
    'json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize ' +
    'json_table json_value json merge_action'
  ).split(' '),
);

/** As `quote_ident`. */
export function quoteName(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !KEYWORDS.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}

export function qualified(schema: string | null, name: string): string {
  return schema === null ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}

/** As `quote_literal` under standard_conforming_strings. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** PostgreSQL's internal names whose SQL name is another; `$` is where a modifier goes. */
const SPELLINGS: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying$',
  numeric: 'numeric$',
  time: 'time$ without time zone',
  timetz: 'time$ with time zone',
  timestamp: 'timestamp$ without time zone',
  timestamptz: 'timestamp$ with time zone',
  bit: 'bit$',
  varbit: 'bit varying$',
};

export function printType(type: TypeName): string {
  return `${printElementType(type)}${'[]'.repeat(type.arrayDimensions)}`;
}

function printElementType(type: TypeName): string {
  const { schema, name, modifiers, fields } = type;
  if (schema === PINNED_SCHEMA) return userTypeName(userTypeOf(Number(name)));
  const modifier = modifiers.length === 0 ? '' : `(${modifiers.join(',')})`;
  if (schema === null && name === 'interval') {
    return `interval${fields === null ? '' : ` ${fields}`}${modifier}`;
  }
  if (schema === null && name === 'bpchar' && modifiers.length > 0) return `character${modifier}`;
  // `bit` alone would be `bit(1)`.
  const spelling = name === 'bit' && modifiers.length === 0 ? undefined : SPELLINGS[name];
  if (schema !== null || spelling === undefined) return `${qualified(schema, name)}${modifier}`;
  return spelling.replace('$', modifier);
}
