/**
 * `information_schema`: the SQL standard's view of the catalogue, as PostgreSQL fills it.
 */
import { typeName } from '../types/describe.ts';
import type { Value } from '../types/type.ts';
import { INT2, INT4 } from '../types/type.ts';
import { COLUMNS, columnRows } from './information-columns.ts';
import { CONSTRAINT_RELATIONS } from './information-constraints.ts';
import type { SystemSource } from './system-table.ts';
import { DATABASE_NAME, systemTable, yesNo } from './system-table.ts';
import { writable } from './updatable.ts';
import type { CatalogView } from './view.ts';
import { SYSTEM_SCHEMAS, isTemporary } from './view.ts';

function source(
  name: string,
  columns: string,
  rows: (catalog: CatalogView) => Iterable<readonly Value[]>,
): SystemSource {
  return { table: systemTable('information_schema', name, columns), rows };
}

/** Of a table, what only typed ones have. */
const NOTHING: readonly Value[] = Object.freeze([null, null, null, null, null]);

function* schemaRows({ state }: CatalogView): Generator<readonly Value[]> {
  const names = [...SYSTEM_SCHEMAS];
  for (const { name } of state.schemas()) names.push(name);
  for (const name of names) yield [DATABASE_NAME, name, DATABASE_NAME, null, null, null, null];
}

function* tableRows(catalog: CatalogView): Generator<readonly Value[]> {
  const row = (schema: string, name: string, type: string, insertable: string): Value[] => [
    DATABASE_NAME,
    schema,
    name,
    type,
    ...NOTHING,
    insertable,
    'NO',
    null,
  ];
  for (const relation of catalog.state.relations()) {
    const { schema, name, kind } = relation;
    const base = isTemporary(schema) ? 'LOCAL TEMPORARY' : 'BASE TABLE';
    if (kind === 'table') yield row(schema, name, base, 'YES');
    else if (kind === 'view') {
      yield row(schema, name, 'VIEW', yesNo(writable(catalog, relation).insert));
    }
  }
  for (const { schema, name } of catalog.system.all()) yield row(schema, name, 'VIEW', 'NO');
}

function* viewRows(catalog: CatalogView): Generator<readonly Value[]> {
  for (const one of catalog.state.relations()) {
    if (one.kind !== 'view') continue;
    const can = writable(catalog, one);
    const check = one.checkOption?.toUpperCase() ?? 'NONE';
    const parts = [DATABASE_NAME, one.schema, one.name, one.text, check];
    yield [...parts, yesNo(can.update && can.delete), yesNo(can.insert), 'NO', 'NO', 'NO'];
  }
}

function* sequenceRows({ state }: CatalogView): Generator<readonly Value[]> {
  for (const one of state.relations()) {
    if (one.kind !== 'sequence') continue;
    const owner = state.relationById(one.ownerTable);
    const identity =
      owner?.kind === 'table' &&
      owner.columns.some(({ sequence, identity: by }) => sequence === one.id && by !== 'none');
    // PostgreSQL leaves out those that stand behind identity columns.
    if (identity) continue;
    const { id } = one.type;
    const bits = id === INT2 ? 16 : id === INT4 ? 32 : 64;
    yield [
      DATABASE_NAME,
      one.schema,
      one.name,
      typeName(id),
      bits,
      2,
      0,
      ...[one.start, one.minimum, one.maximum, one.increment].map(String),
      one.cycle ? 'YES' : 'NO',
    ];
  }
}

const TABLE = 'table_catalog table_schema table_name';

export const INFORMATION_SCHEMA: readonly SystemSource[] = [
  source(
    'schemata',
    `catalog_name schema_name schema_owner default_character_set_catalog
     default_character_set_schema default_character_set_name sql_path`,
    schemaRows,
  ),
  source(
    'tables',
    `${TABLE} table_type self_referencing_column_name reference_generation
     user_defined_type_catalog user_defined_type_schema user_defined_type_name is_insertable_into
     is_typed commit_action`,
    tableRows,
  ),
  source('columns', COLUMNS, columnRows),
  source(
    'views',
    `${TABLE} view_definition check_option is_updatable is_insertable_into is_trigger_updatable
     is_trigger_deletable is_trigger_insertable_into`,
    viewRows,
  ),
  source(
    'sequences',
    `sequence_catalog sequence_schema sequence_name data_type numeric_precision:int4
     numeric_precision_radix:int4 numeric_scale:int4 start_value minimum_value maximum_value
     increment cycle_option`,
    sequenceRows,
  ),
  ...CONSTRAINT_RELATIONS,
];
