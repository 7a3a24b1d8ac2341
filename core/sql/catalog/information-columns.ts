/**
 * `information_schema.columns`.
 */
import { isArrayType } from '../types/array-type.ts';
import { numericPrecision, numericScale, typeDescription, typeName } from '../types/describe.ts';
import * as t from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';
import { isUserType } from '../types/user-type.ts';
import { quoteName } from '../tree/name-print.ts';
import { printExpression } from '../tree/print-expression.ts';
import type { Column, Relation, Sequence } from './model.ts';
import type { CatalogState } from './state.ts';
import { DATABASE_NAME, yesNo } from './system-table.ts';
import { writable } from './updatable.ts';
import type { CatalogView } from './view.ts';

export const COLUMNS = `
  table_catalog table_schema table_name column_name ordinal_position:int4 column_default
  is_nullable data_type character_maximum_length:int4 character_octet_length:int4
  numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4
  interval_type interval_precision:int4 character_set_catalog character_set_schema
  character_set_name collation_catalog collation_schema collation_name domain_catalog
  domain_schema domain_name udt_catalog udt_schema udt_name scope_catalog scope_schema
  scope_name maximum_cardinality:int4 dtd_identifier is_self_referencing is_identity
  identity_generation identity_start identity_increment identity_maximum identity_minimum
  identity_cycle is_generated generation_expression is_updatable
`;

const NO_SIZES: readonly Value[] = [null, null, null, null, null, null];
/** What PostgreSQL says of text without a length. */
const TEXT_OCTETS = 1_073_741_824;

/** Character length and octets, numeric precision, radix and scale, precision of times. */
function sizes({ id, modifier }: SqlType): readonly Value[] {
  switch (id) {
    case t.TEXT:
      return [null, TEXT_OCTETS, null, null, null, null];
    case t.VARCHAR:
    case t.BPCHAR:
      if (modifier < 0) return [null, TEXT_OCTETS, null, null, null, null];
      return [modifier, modifier * 4, null, null, null, null];
    case t.INT2:
      return [null, null, 16, 2, 0, null];
    case t.INT4:
      return [null, null, 32, 2, 0, null];
    case t.INT8:
      return [null, null, 64, 2, 0, null];
    case t.FLOAT4:
      return [null, null, 24, 2, null, null];
    case t.FLOAT8:
      return [null, null, 53, 2, null, null];
    case t.NUMERIC:
      if (modifier < 0) return [null, null, null, 10, null, null];
      return [null, null, numericPrecision(modifier), 10, numericScale(modifier), null];
    case t.DATE:
      return [null, null, null, null, null, 0];
    case t.TIME:
    case t.TIMESTAMP:
    case t.TIMESTAMPTZ:
    case t.INTERVAL:
      return [null, null, null, null, null, modifier < 0 || modifier > 6 ? 6 : modifier];
    default:
      return NO_SIZES;
  }
}

/** Of a view's column, from `is_self_referencing` to `generation_expression`. */
const VIEW_PARTS: readonly Value[] = Object.freeze([
  'NO',
  'NO',
  null,
  null,
  null,
  null,
  null,
  'NO',
  'NEVER',
  null,
]);

export function* columnRows(catalog: CatalogView): Generator<readonly Value[]> {
  const { state } = catalog;
  for (const relation of state.relations()) {
    if (relation.kind === 'table') {
      for (const [i, column] of relation.columns.entries()) {
        yield columnRow(state, relation, column, i + 1);
      }
    } else if (relation.kind === 'view') {
      for (const [i, { name, type, fallback = null }] of relation.columns.entries()) {
        yield [
          ...head(relation.schema, relation.name, name, i + 1),
          fallback === null ? null : printExpression(fallback),
          'YES',
          ...typeParts(type, i + 1),
          ...VIEW_PARTS,
          yesNo(writable(catalog, relation, new Set([i])).update),
        ];
      }
    }
  }
}

function head(schema: string, table: string, column: string, ordinal: number): readonly Value[] {
  return [DATABASE_NAME, schema, table, column, ordinal];
}

/** From `data_type` to `dtd_identifier`. */
function typeParts(type: SqlType, ordinal: number): readonly Value[] {
  const { internalName, schema } = typeDescription(type.id);
  const nothing = (count: number): null[] => Array.from({ length: count }, () => null);
  return [
    isArrayType(type.id) ? 'ARRAY' : isUserType(type.id) ? 'USER-DEFINED' : typeName(type.id),
    ...sizes(type),
    ...nothing(11),
    DATABASE_NAME,
    schema,
    internalName,
    ...nothing(4),
    String(ordinal),
  ];
}

function columnRow(
  state: CatalogState,
  table: Exclude<Relation, { kind: 'system' }>,
  column: Column,
  ordinal: number,
): readonly Value[] {
  const sequence = state.relationById(column.sequence);
  const own = sequence?.kind === 'sequence' ? sequence : null;
  return [
    ...head(table.schema, table.name, column.name, ordinal),
    defaultText(column, own),
    column.notNull ? 'NO' : 'YES',
    ...typeParts(column.type, ordinal),
    'NO',
    ...identityParts(column, own),
    column.generated ? 'ALWAYS' : 'NEVER',
    column.generated ? printExpression(column.fallback!) : null,
    'YES',
  ];
}

function defaultText(column: Column, sequence: Sequence | null): string | null {
  if (column.generated || column.identity !== 'none') return null;
  if (column.fallback !== null) return printExpression(column.fallback);
  if (sequence === null) return null;
  const { schema, name } = sequence;
  const shown = schema === 'public' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
  return `nextval('${shown}'::regclass)`;
}

function identityParts({ identity }: Column, sequence: Sequence | null): readonly Value[] {
  if (identity === 'none' || sequence === null) return ['NO', null, null, null, null, null, 'NO'];
  return [
    'YES',
    identity === 'always' ? 'ALWAYS' : 'BY DEFAULT',
    ...[sequence.start, sequence.increment, sequence.maximum, sequence.minimum].map(String),
    sequence.cycle ? 'YES' : 'NO',
  ];
}
