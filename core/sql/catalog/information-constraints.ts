/**
 * The relations of `information_schema` about constraints.
 */
import type { Value } from '../types/type.ts';
import { printExpression } from '../tree/print-expression.ts';
import type { Constraint, ForeignKey, Table } from './model.ts';
import type { CatalogState } from './state.ts';
import type { SystemSource } from './system-table.ts';
import { DATABASE_NAME, systemTable } from './system-table.ts';

const CONSTRAINT = 'constraint_catalog constraint_schema constraint_name';
const UNIQUE = 'unique_constraint_catalog unique_constraint_schema unique_constraint_name';
const TABLE = 'table_catalog table_schema table_name';

const TYPES = {
  primaryKey: 'PRIMARY KEY',
  unique: 'UNIQUE',
  check: 'CHECK',
  foreignKey: 'FOREIGN KEY',
} as const;

const RULES = {
  noAction: 'NO ACTION',
  restrict: 'RESTRICT',
  cascade: 'CASCADE',
  setNull: 'SET NULL',
  setDefault: 'SET DEFAULT',
} as const;

function* tables(state: CatalogState): Generator<Table> {
  for (const relation of state.relations()) if (relation.kind === 'table') yield relation;
}

function* constraints(state: CatalogState): Generator<readonly [Table, Constraint]> {
  for (const table of tables(state)) for (const one of table.constraints) yield [table, one];
}

function named(table: Table, name: string): readonly Value[] {
  return [DATABASE_NAME, table.schema, name];
}

/** Columns of a constraint, by ordinal. */
function columnsOf(table: Table, constraint: Constraint): readonly string[] {
  const ids =
    constraint.kind === 'foreignKey'
      ? constraint.columns
      : constraint.kind === 'check'
        ? []
        : table.indexes
            .find(({ id }) => id === constraint.index)!
            .elements.map(({ column }) => column);
  return ids.map((id) => table.columns.find((column) => column.id === id)!.name);
}

function* constraintRows(state: CatalogState): Generator<readonly Value[]> {
  for (const [table, one] of constraints(state)) {
    const deferred = one.kind !== 'check' && one.deferred === true ? 'YES' : 'NO';
    const deferrable = one.kind !== 'check' && one.deferrable === true ? 'YES' : deferred;
    const index = 'index' in one ? table.indexes.find(({ id }) => id === one.index) : undefined;
    const distinct = index?.nullsNotDistinct === true ? 'NO' : 'YES';
    yield [
      ...named(table, one.name),
      ...named(table, table.name),
      TYPES[one.kind],
      deferrable,
      deferred,
      'YES',
      one.kind === 'unique' ? distinct : null,
    ];
  }
  for (const table of tables(state)) {
    for (const name of notNullNames(table)) {
      const parts = [...named(table, name), ...named(table, table.name)];
      yield [...parts, 'CHECK', 'NO', 'NO', 'YES', null];
    }
  }
}

/** NOT NULL is a check without a name of its own: PostgreSQL makes one of ids. */
function notNullNames(table: Table): string[] {
  return table.columns.flatMap(({ notNull }, i) =>
    notNull ? [`2200_${table.id}_${i + 1}_not_null`] : [],
  );
}

function* checkRows(state: CatalogState): Generator<readonly Value[]> {
  for (const [table, one] of constraints(state)) {
    if (one.kind === 'check') yield [...named(table, one.name), `(${printExpression(one.value)})`];
  }
  for (const table of tables(state)) {
    const names = notNullNames(table);
    const columns = table.columns.filter(({ notNull }) => notNull);
    for (const [i, { name }] of columns.entries()) {
      yield [...named(table, names[i]!), `${name} IS NOT NULL`];
    }
  }
}

function* keyColumnRows(state: CatalogState): Generator<readonly Value[]> {
  for (const [table, one] of constraints(state)) {
    for (const [i, column] of columnsOf(table, one).entries()) {
      const parts = [...named(table, one.name), ...named(table, table.name), column, i + 1];
      yield [...parts, one.kind === 'foreignKey' ? placeInKey(state, one, i) : null];
    }
  }
}

/** Which element of the referenced key a column refers to, from 1. */
function placeInKey(state: CatalogState, key: ForeignKey, i: number): Value {
  const referenced = referencedKey(state, key);
  if (referenced === null) return null;
  const { table, constraint } = referenced;
  const column = table.columns.find(({ id }) => id === key.references[i])!;
  return columnsOf(table, constraint).indexOf(column.name) + 1;
}

function referencedKey(
  state: CatalogState,
  key: ForeignKey,
): { readonly table: Table; readonly constraint: Constraint } | null {
  const table = state.relationById(key.table);
  if (table?.kind !== 'table') return null;
  const constraint = table.constraints.find((one) => {
    if (one.kind !== 'primaryKey' && one.kind !== 'unique') return false;
    const { elements } = table.indexes.find(({ id }) => id === one.index)!;
    if (elements.length !== key.references.length) return false;
    return elements.every(({ column }) => key.references.includes(column));
  });
  return constraint === undefined ? null : { table, constraint };
}

function* referentialRows(state: CatalogState): Generator<readonly Value[]> {
  for (const [table, one] of constraints(state)) {
    if (one.kind !== 'foreignKey') continue;
    const found = referencedKey(state, one);
    const unique = found === null ? [null, null, null] : named(found.table, found.constraint.name);
    const match = one.match === 'full' ? 'FULL' : 'NONE';
    const rules = [RULES[one.onUpdate], RULES[one.onDelete]];
    yield [...named(table, one.name), ...unique, match, ...rules];
  }
}

function* usageRows(state: CatalogState): Generator<readonly Value[]> {
  for (const [table, one] of constraints(state)) {
    const name = named(table, one.name);
    if (one.kind === 'foreignKey') {
      const referenced = state.relationById(one.table);
      if (referenced?.kind !== 'table') continue;
      for (const id of one.references) {
        const column = referenced.columns.find((other) => other.id === id)!;
        yield [...named(referenced, referenced.name), column.name, ...name];
      }
    } else {
      for (const column of columnsOf(table, one)) {
        yield [...named(table, table.name), column, ...name];
      }
    }
  }
}

function source(
  name: string,
  columns: string,
  rows: (state: CatalogState) => Iterable<readonly Value[]>,
): SystemSource {
  const table = systemTable('information_schema', name, columns);
  return { table, rows: (catalog) => rows(catalog.state) };
}

export const CONSTRAINT_RELATIONS: readonly SystemSource[] = [
  source(
    'table_constraints',
    `${CONSTRAINT} ${TABLE} constraint_type is_deferrable initially_deferred enforced
     nulls_distinct`,
    constraintRows,
  ),
  source('check_constraints', `${CONSTRAINT} check_clause`, checkRows),
  source(
    'key_column_usage',
    `${CONSTRAINT} ${TABLE} column_name ordinal_position:int4 position_in_unique_constraint:int4`,
    keyColumnRows,
  ),
  source(
    'referential_constraints',
    `${CONSTRAINT} ${UNIQUE} match_option update_rule delete_rule`,
    referentialRows,
  ),
  source('constraint_column_usage', `${TABLE} column_name ${CONSTRAINT}`, usageRows),
];
