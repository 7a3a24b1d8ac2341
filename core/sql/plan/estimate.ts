/**
 * How many rows, from what is known exactly: row counts of tables and unique keys. The rest are
 * fixed guesses. Costs nothing but planning time when wrong.
 */
import { mentions, yields } from './columns.ts';
import type { ColumnId, Expr, Logical, TableLogical } from './logical.ts';
import { conjuncts } from './conjunction.ts';
import { rowsWanted } from './lower-sort.ts';
import { quantifiedEquality, same } from './match.ts';
import { DATE, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';

const UNKNOWN_ROWS = 1000;
/** What a group is taken to have. */
export const ROWS_OF_GROUP = 3;
const cached = new WeakMap<Logical, number>();

/** At least one, so that products stay meaningful. */
export function rows(plan: Logical): number {
  let count = cached.get(plan);
  if (count === undefined) {
    count = Math.max(1, compute(plan));
    cached.set(plan, count);
  }
  return count;
}

function compute(plan: Logical): number {
  switch (plan.kind) {
    case 'table':
      return tableRows(plan);
    case 'values':
      return plan.rows.length;
    case 'filter':
      return filteredRows(plan.input, conjuncts(plan.condition));
    case 'extend':
    case 'sort':
    case 'window':
      return rows(plan.input);
    case 'projectSet':
      return rows(plan.input) * 10;
    case 'aggregate':
      return plan.keys.length === 0 ? 1 : rows(plan.input) / ROWS_OF_GROUP;
    case 'distinct':
      return rows(plan.input) / 2;
    case 'limit': {
      const wanted = rowsWanted(plan.count, plan.offset);
      return wanted < 0 ? rows(plan.input) : Math.min(wanted, rows(plan.input));
    }
    case 'set':
      return plan.operator === 'union'
        ? rows(plan.left) + rows(plan.right)
        : Math.min(rows(plan.left), rows(plan.right));
    case 'join':
      return joinRows(plan);
    case 'with':
      return rows(plan.body);
    default:
      return UNKNOWN_ROWS;
  }
}

export function tableRows(table: TableLogical): number {
  const count = table.catalog.rowCount(table.table.id);
  return count < 0 ? UNKNOWN_ROWS : count;
}

function joinRows(plan: Extract<Logical, { readonly kind: 'join' }>): number {
  const left = rows(plan.left);
  if (plan.type === 'semi' || plan.type === 'anti') return left / 2;
  const right = rows(plan.right);
  const list = plan.condition === null ? [] : conjuncts(plan.condition);
  const inner = joinedRows(left, right, [plan.left], plan.right, list);
  if (plan.type === 'left') return Math.max(left, inner);
  return plan.type === 'full' ? Math.max(left + right, inner) : inner;
}

/** Of a join of relations that make `leftRows` with one more, under these conditions. */
export function joinedRows(
  leftRows: number,
  rightRows: number,
  left: readonly Logical[],
  right: Logical,
  conditions: readonly Expr[],
): number {
  let result = leftRows * rightRows;
  for (const one of conditions) {
    const pair = equalColumns(one);
    if (pair === null) {
      result *= selectivity(one, null);
      continue;
    }
    const distinct = pair.map((id) => distinctValues(id, left, right));
    result /= Math.max(1, ...distinct);
  }
  return result;
}

/**
 * Rows of the table for each left row, at least: no column has more values than the table of the
 * unique column that it is compared with has rows.
 */
export function rowsOfEach(
  left: Logical,
  table: TableLogical,
  conditions: readonly Expr[],
): number {
  let most = 1;
  for (const one of conditions) {
    const id = equalColumns(one)?.find((column) => yields(left).has(column));
    const owner = id === undefined ? null : ownerOf(left, id);
    if (id === undefined || owner === null || !isUnique(owner, id)) continue;
    most = Math.max(most, tableRows(table) / tableRows(owner));
  }
  return most;
}

function equalColumns(condition: Expr): readonly [ColumnId, ColumnId] | null {
  if (condition.kind !== 'call' || condition.function.name !== '=') return null;
  const [left, right] = condition.arguments.map(bare);
  if (left?.kind !== 'column' || right?.kind !== 'column') return null;
  return [left.index, right.index];
}

/** Without widening casts. */
function bare(expr: Expr): Expr {
  return expr.kind === 'cast' ? bare(expr.argument) : expr;
}

function distinctValues(id: ColumnId, left: readonly Logical[], right: Logical): number {
  for (const relation of [...left, right]) {
    if (!yields(relation).has(id)) continue;
    const owner = ownerOf(relation, id);
    if (owner === null) return Math.max(1, rows(relation) / 3);
    const total = tableRows(owner);
    if (isUnique(owner, id)) return total;
    return Math.max(1, isIndexed(owner, id) ? 1 / indexedShare(total) : total / 10);
  }
  return 1;
}

/** The base table of a column, through operators that hand it on. */
export function ownerOf(relation: Logical, id: ColumnId): TableLogical | null {
  switch (relation.kind) {
    case 'table':
      return relation.columns.includes(id) ? relation : null;
    case 'join':
      return ownerOf(relation.left, id) ?? ownerOf(relation.right, id);
    case 'filter':
    case 'extend':
    case 'sort':
    case 'limit':
    case 'window':
      return ownerOf(relation.input, id);
    default:
      return null;
  }
}

/** Times, and columns that have each value once. */
export function isMostlyDistinct(value: Expr, relation: Logical): boolean {
  if (value.kind !== 'column') return false;
  if (TIMES.includes(value.type.id)) return true;
  const owner = ownerOf(relation, value.index);
  return owner !== null && isUnique(owner, value.index);
}

const TIMES: readonly number[] = [DATE, TIMESTAMP, TIMESTAMPTZ];

function isUnique(table: TableLogical, id: ColumnId): boolean {
  return table.indexes.some(
    ({ index, elements, where }) =>
      index.unique &&
      where === null &&
      elements.length === 1 &&
      elements[0]?.kind === 'column' &&
      elements[0].index === id,
  );
}

export function filteredRows(input: Logical, conditions: readonly Expr[]): number {
  const table = input.kind === 'table' ? input : null;
  if (table !== null && pinsOne(table, conditions)) return 1;
  let result = rows(input);
  for (const one of conditions) result *= selectivity(one, table);
  return result * closedRanges(conditions);
}

/** What two half-open ranges of one expression leave, against what each of them does. */
function closedRanges(conditions: readonly Expr[]): number {
  const bounded: Expr[] = [];
  let factor = 1;
  for (const one of conditions) {
    if (one.kind !== 'call' || !RANGES.has(one.function.name)) continue;
    const argument = one.arguments.find((side) => mentions(side).size > 0);
    if (argument === undefined) continue;
    const other = bounded.findIndex((known) => same(known, argument));
    if (other < 0) {
      bounded.push(argument);
    } else {
      bounded.splice(other, 1);
      factor *= BETWEEN_SHARE / (HALF_OPEN_SHARE * HALF_OPEN_SHARE);
    }
  }
  return factor;
}

/** Equalities give every element of some unique index. */
function pinsOne(table: TableLogical, conditions: readonly Expr[]): boolean {
  const own = yields(table);
  return table.indexes.some(
    ({ index, elements, where }) =>
      index.unique &&
      where === null &&
      elements.length > 0 &&
      elements.every((element) => conditions.some((one) => equalsFixed(one, element, own))),
  );
}

/** `element = value` where the value does not depend on the table's row. */
function equalsFixed(condition: Expr, element: Expr, own: ReadonlySet<ColumnId>): boolean {
  if (condition.kind !== 'call' || condition.function.name !== '=') return false;
  const [left, right] = condition.arguments;
  if (left === undefined || right === undefined) return false;
  const fixed = (one: Expr): boolean => [...mentions(one)].every((id) => !own.has(id));
  return (same(left, element) && fixed(right)) || (same(right, element) && fixed(left));
}

/** What an array is taken to hold that is not known yet. */
export const ARRAY_ELEMENTS = 10;

const RANGES: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);
/** What lies above a value, or below one. */
export const HALF_OPEN_SHARE = 0.3;
/** What lies between two. */
export const BETWEEN_SHARE = 0.02;

export function selectivity(condition: Expr, table: TableLogical | null): number {
  switch (condition.kind) {
    case 'constant':
      return condition.value === true ? 1 : 0;
    case 'call': {
      const member = quantifiedEquality(condition);
      if (member !== null) {
        return Math.min(0.5, ARRAY_ELEMENTS * equalSelectivity([member.value], table));
      }
      const { name } = condition.function;
      if (name === '=') return equalSelectivity(condition.arguments, table);
      if (RANGES.has(name)) return HALF_OPEN_SHARE;
      if (name === '<>') return 0.9;
      return name === '~~' ? 0.1 : 0.4;
    }
    case 'and':
      return condition.arguments.reduce((part, one) => part * selectivity(one, table), 1);
    case 'or': {
      const sum = condition.arguments.reduce((part, one) => part + selectivity(one, table), 0);
      return Math.min(1, sum);
    }
    case 'not':
      return Math.max(0.05, 1 - selectivity(condition.argument, table));
    case 'inList': {
      const some = Math.min(
        0.5,
        condition.list.length * equalSelectivity([condition.argument], table),
      );
      return condition.negated ? 1 - some : some;
    }
    case 'isNull':
      return condition.negated ? 0.95 : 0.05;
    default:
      return 0.5;
  }
}

function equalSelectivity(operands: readonly Expr[], table: TableLogical | null): number {
  if (table === null) return 0.05;
  const columns = operands.flatMap((one) => (one.kind === 'column' ? [one.index] : []));
  const total = Math.max(1, tableRows(table));
  if (columns.some((id) => isUnique(table, id))) return 1 / total;
  return columns.some((id) => isIndexed(table, id)) ? indexedShare(total) : 0.05;
}

/**
 * What is indexed without being unique is taken to be selective: 20 rows a value in 10,000, 63 in a
 * million. Where a value has more, looking up costs some factor of the rows that are found, which
 * are wanted; where it has fewer, reading all would cost whatever there is.
 */
export function indexedShare(total: number): number {
  const rowsOfValue = 2 * Math.sqrt(Math.sqrt(Math.max(1, total)));
  return Math.min(1, rowsOfValue / Math.max(1, total));
}

function isIndexed(table: TableLogical, id: ColumnId): boolean {
  return table.indexes.some(
    ({ elements, where }) =>
      where === null && elements[0]?.kind === 'column' && elements[0].index === id,
  );
}
