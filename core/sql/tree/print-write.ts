/** INSERT, UPDATE, DELETE and MERGE as SQL text, on one line. Parses to the same tree. */
import { qualified, quoteName } from './name-print.ts';
import { printExpression, printExpressions, printSubscripts } from './print-expression.ts';
import { printQuery, printTables, printTargets, printWith } from './print-query.ts';
import type { Query, Target } from './query.ts';
import type {
  Assignment,
  ColumnName,
  Delete,
  ElementName,
  Insert,
  Merge,
  MergeAction,
  OnConflict,
  RowChange,
  TargetTable,
  Update,
} from './write.ts';

export function printRowStatement(statement: Query | RowChange): string {
  switch (statement.kind) {
    case 'query':
      return printQuery(statement);
    case 'insert':
      return printInsert(statement);
    case 'update':
      return printUpdate(statement);
    case 'delete':
      return printDelete(statement);
    case 'merge':
      return printMerge(statement);
  }
}

const OVERRIDING = {
  none: '',
  user: ' OVERRIDING USER VALUE',
  system: ' OVERRIDING SYSTEM VALUE',
} as const;

function printInsert(node: Insert): string {
  const columns = node.columns.map(printColumn).join(', ');
  const overriding = OVERRIDING[node.overriding];
  return (
    `${printWith(node.with)}INSERT INTO ${printTarget(node.table)}` +
    `${columns === '' ? '' : ` (${columns})`}${overriding} ` +
    `${node.source === null ? 'DEFAULT VALUES' : printQuery(node.source)}` +
    `${node.onConflict === null ? '' : printConflict(node.onConflict)}` +
    printReturning(node.returning)
  );
}

function printColumn(column: ColumnName | ElementName): string {
  return quoteName(column.name) + ('kind' in column ? printSubscripts(column.parts) : '');
}

function printTarget(table: TargetTable): string {
  const alias = table.alias === null ? '' : ` AS ${quoteName(table.alias)}`;
  return `${qualified(table.schema, table.name)}${alias}`;
}

function printReturning(targets: readonly Target[]): string {
  return targets.length === 0 ? '' : ` RETURNING ${printTargets(targets)}`;
}

function printConflict(node: OnConflict): string {
  const elements = node.elements.length === 0 ? '' : ` (${printExpressions(node.elements)})`;
  const partial =
    node.elementsWhere === null ? '' : ` WHERE ${printExpression(node.elementsWhere)}`;
  const constraint = node.constraint === null ? '' : ` ON CONSTRAINT ${quoteName(node.constraint)}`;
  const where = node.where === null ? '' : ` WHERE ${printExpression(node.where)}`;
  const action =
    node.action === 'nothing' ? 'NOTHING' : `UPDATE SET ${printAssignments(node.set)}${where}`;
  return ` ON CONFLICT${elements}${partial}${constraint} DO ${action}`;
}

function printAssignments(list: readonly Assignment[]): string {
  return list
    .map(({ columns, value }) => {
      const names = columns.map(printColumn).join(', ');
      return `${columns.length === 1 ? names : `(${names})`} = ${printExpression(value)}`;
    })
    .join(', ');
}

function printUpdate(node: Update): string {
  const from = node.from.length === 0 ? '' : ` FROM ${printTables(node.from)}`;
  const where = node.where === null ? '' : ` WHERE ${printExpression(node.where)}`;
  return (
    `${printWith(node.with)}UPDATE ${printTarget(node.table)} SET ` +
    `${printAssignments(node.set)}${from}${where}${printReturning(node.returning)}`
  );
}

function printDelete(node: Delete): string {
  const using = node.using.length === 0 ? '' : ` USING ${printTables(node.using)}`;
  const where = node.where === null ? '' : ` WHERE ${printExpression(node.where)}`;
  return (
    `${printWith(node.with)}DELETE FROM ${printTarget(node.table)}` +
    `${using}${where}${printReturning(node.returning)}`
  );
}

function printMerge(node: Merge): string {
  return (
    `${printWith(node.with)}MERGE INTO ${printTarget(node.table)} ` +
    `USING ${printTables([node.source])} ON ${printExpression(node.on)}` +
    node.actions.map(printAction).join('')
  );
}

function printAction(node: MergeAction): string {
  const when = node.matched ? 'MATCHED' : 'NOT MATCHED';
  const condition = node.condition === null ? '' : ` AND ${printExpression(node.condition)}`;
  return ` WHEN ${when}${condition} THEN ${printConsequence(node)}`;
}

function printConsequence(node: MergeAction): string {
  switch (node.action) {
    case 'nothing':
      return 'DO NOTHING';
    case 'delete':
      return 'DELETE';
    case 'update':
      return `UPDATE SET ${printAssignments(node.set)}`;
    case 'insert': {
      const names = node.columns.map(printColumn).join(', ');
      const columns = names === '' ? '' : ` (${names})`;
      const values = node.values.length === 0 ? 'DEFAULT VALUES' : '';
      const row = values === '' ? `VALUES (${printExpressions(node.values)})` : values;
      return `INSERT${columns}${OVERRIDING[node.overriding]} ${row}`;
    }
  }
}
