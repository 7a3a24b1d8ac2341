/** Queries as SQL text, on one line: for view definitions and EXPLAIN. Parses to the same tree. */
import { unreachable } from '../../types/assert.ts';
import type { Expression } from './expression.ts';
import { printType, qualified, quoteName, quoteNames } from './name-print.ts';
import { printExpression, printExpressions } from './print-expression.ts';
import { printRowStatement } from './print-write.ts';
import type {
  FrameBound,
  GroupingElement,
  JoinNode,
  Query,
  QueryBody,
  SelectBody,
  SortKey,
  TableExpression,
  Target,
  TimeClause,
  WindowSpecification,
  With,
} from './query.ts';

export function printQuery(query: Query): string {
  const order = query.orderBy.length === 0 ? '' : ` ORDER BY ${printSortKeys(query.orderBy)}`;
  const offset = query.offset === null ? '' : ` OFFSET ${printExpression(query.offset)}`;
  return `${printWith(query.with)}${printBody(query.body)}${order}${offset}${printLimit(query)}`;
}

function printLimit(query: Query): string {
  if (query.limit === null) return '';
  const limit = printExpression(query.limit);
  return query.withTies ? ` FETCH FIRST (${limit}) ROWS WITH TIES` : ` LIMIT ${limit}`;
}

export function printWith(clause: With | null): string {
  if (clause === null) return '';
  const tables = clause.tables.map((table) => {
    const columns = table.columns.length === 0 ? '' : `(${quoteNames(table.columns)})`;
    const kept = { default: '', yes: ' MATERIALIZED', no: ' NOT MATERIALIZED' }[table.materialized];
    const statement = printRowStatement(table.statement);
    return `${quoteName(table.name)}${columns} AS${kept} (${statement})`;
  });
  return `WITH ${clause.recursive ? 'RECURSIVE ' : ''}${tables.join(', ')} `;
}

function printBody(body: QueryBody): string {
  switch (body.kind) {
    case 'select':
      return printSelect(body);
    case 'values':
      return `VALUES ${body.rows.map((row) => `(${printExpressions(row)})`).join(', ')}`;
    case 'set': {
      const word = { union: 'UNION', intersect: 'INTERSECT', except: 'EXCEPT' }[body.operator];
      const all = body.all ? ' ALL' : '';
      return `${printOperand(body.left)} ${word}${all} ${printOperand(body.right)}`;
    }
    default:
      return unreachable(body);
  }
}

/** A side of a set operation: in brackets unless it is a plain SELECT or VALUES. */
function printOperand(query: Query): string {
  const plain =
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.offset === null &&
    query.body.kind !== 'set';
  return plain ? printQuery(query) : `(${printQuery(query)})`;
}

function printSelect(body: SelectBody): string {
  const parts = ['SELECT'];
  if (body.distinct === 'all') parts.push('DISTINCT');
  else if (body.distinct !== 'none') {
    parts.push(`DISTINCT ON (${printExpressions(body.distinct)})`);
  }
  if (body.targets.length > 0) parts.push(printTargets(body.targets));
  if (body.from.length > 0) parts.push('FROM', printTables(body.from));
  if (body.where !== null) parts.push('WHERE', printExpression(body.where));
  if (body.groupBy.length > 0) {
    const elements = body.groupBy.map(printGrouping).join(', ');
    parts.push('GROUP BY', `${body.groupDistinct ? 'DISTINCT ' : ''}${elements}`);
  }
  if (body.having !== null) parts.push('HAVING', printExpression(body.having));
  if (body.windows.length > 0) {
    const windows = body.windows.map(
      ({ name, window }) => `${quoteName(name)} AS (${windowText(window)})`,
    );
    parts.push('WINDOW', windows.join(', '));
  }
  return parts.join(' ');
}

export function printTargets(targets: readonly Target[]): string {
  return targets.map(printTarget).join(', ');
}

function printTarget(target: Target): string {
  if (target.kind === 'star') return [...target.qualifier.map(quoteName), '*'].join('.');
  const value = printExpression(target.value);
  return target.alias === null ? value : `${value} AS ${quoteName(target.alias)}`;
}

export function printSortKeys(keys: readonly SortKey[]): string {
  return keys
    .map(({ value, descending, nulls }) => {
      const place = { first: ' NULLS FIRST', last: ' NULLS LAST', default: '' }[nulls];
      return `${printExpression(value)}${descending ? ' DESC' : ''}${place}`;
    })
    .join(', ');
}

function printGrouping(element: GroupingElement): string {
  switch (element.kind) {
    case 'value':
      return printExpression(element.value);
    case 'row':
      return `(${printExpressions(element.values)})`;
    case 'empty':
      return '()';
    case 'rollup':
      return `ROLLUP(${element.sets.map(printSet).join(', ')})`;
    case 'cube':
      return `CUBE(${element.sets.map(printSet).join(', ')})`;
    case 'sets':
      return `GROUPING SETS (${element.elements.map(printGrouping).join(', ')})`;
    default:
      return unreachable(element);
  }
}

function printSet(values: readonly Expression[]): string {
  return values.length === 1 ? printExpression(values[0]!) : `(${printExpressions(values)})`;
}

/** Behind OVER: a name alone, or a definition in brackets. */
export function printWindow(window: WindowSpecification): string {
  const { name, partitionBy, orderBy, frame } = window;
  const alone = partitionBy.length === 0 && orderBy.length === 0 && frame === null;
  return alone && name !== null ? quoteName(name) : `(${windowText(window)})`;
}

function windowText(window: WindowSpecification): string {
  const { name, partitionBy, orderBy, frame } = window;
  const parts = name === null ? [] : [quoteName(name)];
  if (partitionBy.length > 0) parts.push(`PARTITION BY ${printExpressions(partitionBy)}`);
  if (orderBy.length > 0) parts.push(`ORDER BY ${printSortKeys(orderBy)}`);
  if (frame !== null) {
    const unit = { rows: 'ROWS', range: 'RANGE', groups: 'GROUPS' }[frame.unit];
    const exclude = {
      none: '',
      current: ' EXCLUDE CURRENT ROW',
      group: ' EXCLUDE GROUP',
      ties: ' EXCLUDE TIES',
    }[frame.exclude];
    parts.push(`${unit} BETWEEN ${printBound(frame.start)} AND ${printBound(frame.end)}${exclude}`);
  }
  return parts.join(' ');
}

function printBound(bound: FrameBound): string {
  switch (bound.kind) {
    case 'unboundedPreceding':
      return 'UNBOUNDED PRECEDING';
    case 'currentRow':
      return 'CURRENT ROW';
    case 'unboundedFollowing':
      return 'UNBOUNDED FOLLOWING';
    case 'preceding':
      return `${printExpression(bound.offset)} PRECEDING`;
    case 'following':
      return `${printExpression(bound.offset)} FOLLOWING`;
  }
}

export function printTables(tables: readonly TableExpression[]): string {
  return tables.map(printTable).join(', ');
}

function printTable(table: TableExpression): string {
  switch (table.kind) {
    case 'table': {
      const time = table.time === null ? '' : ` ${printTime(table.time)}`;
      return `${qualified(table.schema, table.name)}${time}${printAlias(table)}`;
    }
    case 'derived':
      return `${lateral(table.lateral)}( ${printQuery(table.query)})${printAlias(table)}`;
    case 'function': {
      const ordinality = table.ordinality ? ' WITH ORDINALITY' : '';
      const call = `${lateral(table.lateral)}${printExpression(table.call)}${ordinality}`;
      if (table.columnTypes.length === 0) return `${call}${printAlias(table)}`;
      const columns = table.columnTypes.map(
        (type, i) => `${quoteName(table.columnAliases[i]!)} ${printType(type)}`,
      );
      const name = table.alias === null ? '' : quoteName(table.alias);
      return `${call} AS ${name}(${columns.join(', ')})`;
    }
    case 'join':
      return printJoin(table);
    default:
      return unreachable(table);
  }
}

function lateral(is: boolean): string {
  return is ? 'LATERAL ' : '';
}

function printAlias(table: {
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
}): string {
  if (table.alias === null) return '';
  const columns = table.columnAliases.length === 0 ? '' : `(${quoteNames(table.columnAliases)})`;
  return ` AS ${quoteName(table.alias)}${columns}`;
}

function printJoin(join: JoinNode): string {
  const word = {
    inner: 'JOIN',
    left: 'LEFT JOIN',
    right: 'RIGHT JOIN',
    full: 'FULL JOIN',
    cross: 'CROSS JOIN',
  }[join.type];
  const natural = join.natural ? 'NATURAL ' : '';
  const usingAlias = join.usingAlias === null ? '' : ` AS ${quoteName(join.usingAlias)}`;
  const using = join.using.length === 0 ? '' : ` USING (${quoteNames(join.using)})${usingAlias}`;
  const on = join.on === null ? '' : ` ON ${printExpression(join.on)}`;
  const sides = `${printTable(join.left)} ${natural}${word} ${printTable(join.right)}`;
  return `(${sides}${using}${on})${printAlias(join)}`;
}

function printTime(time: TimeClause): string {
  switch (time.kind) {
    case 'timestamp':
      return `AS OF TIMESTAMP ${printMoment(time.operand)}`;
    case 'position':
      return `AS OF POSITION ${printMoment(time.operand)}`;
    case 'between':
      return `FOR SYSTEM_TIME BETWEEN ${printMoment(time.low)} AND ${printMoment(time.high)}`;
    case 'fromTo':
      return `FOR SYSTEM_TIME FROM ${printMoment(time.low)} TO ${printMoment(time.high)}`;
    case 'all':
      return 'FOR SYSTEM_TIME ALL';
  }
}

/** Anything but a plain literal or a parameter stands in brackets. */
function printMoment(operand: Expression): string {
  const text = printExpression(operand);
  const plain =
    operand.kind === 'parameter' ||
    (operand.kind === 'literal' && /^('|\d)/.test(text)) ||
    (text.startsWith('(') && operand.kind !== 'cast');
  return plain ? text : `(${text})`;
}
