/**
 * Ways to read a base table: for each index the range that the conditions allow, what that costs,
 * and whether its order is the one that was wished for.
 *
 * Costs are in rows read from the primary index; a row found through a secondary one costs a
 * look-up more.
 */
import { lookUpElements } from '../functions/array-sets.ts';
import type { SetFunction } from '../functions/function.ts';
import { elementOf } from '../types/array-type.ts';
import { mentions, mentionsAny, yields } from './columns.ts';
import { conjuncts } from './conjunction.ts';
import {
  ARRAY_ELEMENTS,
  BETWEEN_SHARE,
  HALF_OPEN_SHARE,
  indexedShare,
  selectivity,
  tableRows,
} from './estimate.ts';
import { implies } from './implies.ts';
import type { ColumnId, Expr, ExprSortKey, LogicalIndex, TableLogical } from './logical.ts';
import { asKey, compared, keyRange, quantifiedEquality, same } from './match.ts';
import type { Wish } from './lower.ts';
import { isVolatile } from './walk.ts';

/** Reading a row through a secondary index, against reading the next one of the primary. */
const LOOKUP_COST = 12;
/** Comparing two rows while sorting. */
const COMPARE_COST = 0.2;
/** Of the rows that a condition leaves in an order, the first ones may well be late. */
const PESSIMISM = 2;
/** What starting a scan costs. */
export const START_COST = 2;

const NO_CONDITIONS: ReadonlySet<Expr> = new Set();

export interface Bounded {
  readonly value: Expr;
  readonly inclusive: boolean;
}

/** Values written out, or those that are in an array. */
export type ValueList =
  | { readonly kind: 'values'; readonly values: readonly Expr[] }
  | { readonly kind: 'array'; readonly array: Expr; readonly elements: SetFunction };

export interface Path {
  readonly index: LogicalIndex;
  readonly equal: readonly Expr[];
  /** The next element takes each of these in turn. */
  readonly list: ValueList | null;
  readonly low: Bounded | null;
  readonly high: Bounded | null;
  readonly backward: boolean;
  readonly ordered: boolean;
  /** Conditions that the range already says. */
  readonly used: ReadonlySet<Expr>;
  /** Conditions that made the range, and still have to be asked for. */
  readonly implied: ReadonlySet<Expr>;
  readonly rows: number;
  readonly cost: number;
}

export function bestPath(table: TableLogical, all: readonly Expr[], wish: Wish | null): Path {
  // A bound is computed once; what is volatile has to be for each row.
  const conditions = all.filter((one) => !isVolatile(one));
  let best: Path | null = null;
  // All versions of rows are found by the primary index only.
  const versions = ['between', 'fromTo', 'all'].includes(table.moment.kind);
  if (versions && table.table.storage?.former !== undefined) return everyVersion(table);
  for (const index of table.indexes) {
    if (versions && !index.index.primary) continue;
    if (index.where !== null && !implies(conditions, index.where)) continue;
    for (const path of pathsOf(table, index, conditions, wish)) {
      if (best === null || path.cost < best.cost) best = path;
    }
  }
  if (best === null) throw new Error('a table has a primary index');
  return best;
}

/** Rows were under other keys before: all indexes that were primary are read, one by one. */
function everyVersion(table: TableLogical): Path {
  const index = table.indexes.find((one) => one.index.primary)!;
  const rows = tableRows(table);
  const none = {
    equal: [],
    list: null,
    low: null,
    high: null,
    used: new Set<Expr>(),
    implied: NO_CONDITIONS,
  };
  return { index, ...none, backward: false, ordered: false, rows, cost: START_COST + rows };
}

function pathsOf(
  table: TableLogical,
  index: LogicalIndex,
  conditions: readonly Expr[],
  wish: Wish | null,
): Path[] {
  const own = yields(table);
  const used = new Set<Expr>();
  const equal: Expr[] = [];
  const total = tableRows(table);
  let share = 1;
  for (const element of index.elements) {
    const found = conditionOn(conditions, element, own, '=');
    if (found === null) break;
    equal.push(found.value);
    used.add(found.condition);
    share = share === 1 ? indexedShare(total) : share * 0.1;
  }
  if (equal.length === index.elements.length && equal.length > 0 && index.index.unique) {
    share = 1 / Math.max(1, total);
  }
  const paths: Path[] = [];
  const add = (
    parts: Pick<Path, 'list' | 'low' | 'high'>,
    also: ReadonlySet<Expr>,
    part: number,
    implied: ReadonlySet<Expr> = NO_CONDITIONS,
  ): void => {
    const range = { index, equal, ...parts, used: new Set([...used, ...also]), implied };
    const found = Math.max(1, total * share * part);
    paths.push(priced(table, range, found, conditions, wish));
  };
  const next = index.elements[equal.length];
  const none = { list: null, low: null, high: null };
  add(none, new Set(), 1);
  if (next === undefined) return paths;
  const range = rangeOn(conditions, next, own);
  if (range.low !== null || range.high !== null) {
    const both = range.low !== null && range.high !== null;
    add(
      { list: null, low: range.low, high: range.high },
      range.used,
      both ? BETWEEN_SHARE : HALF_OPEN_SHARE,
      range.implied,
    );
  }
  const list = listOn(conditions, next, own);
  if (list !== null) {
    add(
      { ...none, list: list.list },
      new Set([list.condition]),
      selectivity(list.condition, table),
    );
  }
  return paths;
}

type Range = Pick<Path, 'index' | 'equal' | 'list' | 'low' | 'high' | 'used' | 'implied'>;

function priced(
  table: TableLogical,
  range: Range,
  found: number,
  conditions: readonly Expr[],
  wish: Wish | null,
): Path {
  const perRow = range.index.index.primary ? 1 : LOOKUP_COST;
  let cost = START_COST * (range.list === null ? 1 : listLength(range.list)) + found * perRow;
  const order = wish === null || range.list !== null ? null : orderOf(table, range, wish.keys);
  if (wish !== null) {
    let left = found;
    for (const one of conditions) {
      if (!range.used.has(one) && !range.implied.has(one)) left *= selectivity(one, table);
    }
    if (order === null) {
      cost += left * COMPARE_COST * log2(left);
    } else if (wish.limit >= 0 && left > wish.limit) {
      // Reading stops when enough rows have come through the remaining conditions.
      const enough = (PESSIMISM * Math.max(1, wish.limit)) / left;
      cost =
        START_COST + found * perRow * (left < found ? Math.min(1, enough) : enough / PESSIMISM);
    }
  }
  const backward = order === 'backward';
  return { ...range, backward, ordered: order !== null, rows: found, cost };
}

function listLength(list: ValueList): number {
  return list.kind === 'values' ? list.values.length : ARRAY_ELEMENTS;
}

function log2(count: number): number {
  let result = 0;
  for (let left = count; left > 1; left /= 2) result++;
  return result;
}

function conditionOn(
  conditions: readonly Expr[],
  element: Expr,
  own: ReadonlySet<ColumnId>,
  operator: '=' | '<' | '<=' | '>' | '>=',
): { readonly condition: Expr; readonly value: Expr } | null {
  for (const condition of conditions) {
    const found = compared(condition, element, own);
    if (found !== null && found.operator === operator) return { condition, value: found.value };
  }
  return null;
}

interface RangeOn {
  readonly low: Bounded | null;
  readonly high: Bounded | null;
  readonly used: ReadonlySet<Expr>;
  readonly implied: ReadonlySet<Expr>;
}

function rangeOn(conditions: readonly Expr[], element: Expr, own: ReadonlySet<ColumnId>): RangeOn {
  const used = new Set<Expr>();
  const implied = new Set<Expr>();
  const bound = (strict: '<' | '>', loose: '<=' | '>='): Bounded | null => {
    const exact = conditionOn(conditions, element, own, strict);
    const found = exact ?? conditionOn(conditions, element, own, loose);
    if (found !== null) {
      used.add(found.condition);
      return { value: found.value, inclusive: exact === null };
    }
    const every = boundOfAll(conditions, element, own, [strict, loose, '=']);
    if (every === null) return null;
    implied.add(every.condition);
    return { value: every.value, inclusive: true };
  };
  const low = bound('>', '>=');
  const high = bound('<', '<=');
  if (low !== null || high !== null) return { low, high, used, implied };
  return prefixOn(conditions, element) ?? { low, high, used, implied };
}

/**
 * `(a, b) > (1, 2)`, which is `a > 1 OR a = 1 AND b > 2`, implies `a >= 1`: every alternative
 * bounds the element by one value. The condition stays.
 */
function boundOfAll(
  conditions: readonly Expr[],
  element: Expr,
  own: ReadonlySet<ColumnId>,
  operators: readonly string[],
): { readonly condition: Expr; readonly value: Expr } | null {
  for (const condition of conditions) {
    if (condition.kind !== 'or') continue;
    const values = condition.arguments.map((way) => {
      const found = conjuncts(way).map((one) => compared(one, element, own));
      return found.find((one) => one !== null && operators.includes(one.operator))?.value;
    });
    const [first] = values;
    if (first === undefined) continue;
    if (values.every((one) => one !== undefined && same(one, first))) {
      return { condition, value: first };
    }
  }
  return null;
}

/** `text LIKE 'abc%'` lies from `abc` up to, not including, `abd`. The condition stays. */
function prefixOn(conditions: readonly Expr[], element: Expr): RangeOn | null {
  if (element.type.id !== 25 && element.type.id !== 1043) return null;
  for (const condition of conditions) {
    if (condition.kind !== 'call' || condition.function.name !== '~~') continue;
    const [value, pattern] = condition.arguments;
    if (value === undefined || !same(value, element)) continue;
    if (pattern?.kind !== 'constant' || typeof pattern.value !== 'string') continue;
    const prefix = /^[^%_\\]*/.exec(pattern.value)?.[0] ?? '';
    const after = successor(prefix);
    if (after === null) continue;
    const literal = (text: string): Expr => ({ kind: 'constant', type: element.type, value: text });
    return {
      low: { value: literal(prefix), inclusive: true },
      high: { value: literal(after), inclusive: false },
      used: NO_CONDITIONS,
      implied: new Set([condition]),
    };
  }
  return null;
}

/** The least text greater than every text that begins so; null when that is not simple to say. */
function successor(prefix: string): string | null {
  const last = prefix.charCodeAt(prefix.length - 1);
  // Beyond ASCII the order of UTF-16 units is not that of code points.
  if (prefix === '' || last >= 0x7f) return null;
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}

/** Few enough to be looked up one by one. */
const LIST_MAX = 1000;

function listOn(
  conditions: readonly Expr[],
  element: Expr,
  own: ReadonlySet<ColumnId>,
): { readonly condition: Expr; readonly list: ValueList } | null {
  for (const condition of conditions) {
    const list = arrayOn(condition, element, own);
    if (list !== null) return { condition, list };
    if (condition.kind !== 'inList' || condition.negated) continue;
    if (condition.operator.name !== '=' || condition.list.length > LIST_MAX) continue;
    if (!same(condition.argument, element)) continue;
    const values = condition.list.map((one) =>
      mentionsAny(one, own) ? null : asKey(one, element),
    );
    const known = values.filter((one) => one !== null);
    if (known.length === values.length) {
      return { condition, list: { kind: 'values', values: known } };
    }
  }
  return null;
}

/** `element = ANY (array)`. The array's elements are looked up as the index holds them. */
function arrayOn(condition: Expr, element: Expr, own: ReadonlySet<ColumnId>): ValueList | null {
  const quantified = quantifiedEquality(condition);
  if (quantified === null || mentionsAny(quantified.array, own)) return null;
  const { value, array } = quantified;
  const type = elementOf(array.type.id);
  if (type === null || !same(value, element)) return null;
  const range = keyRange(type, element.type.id);
  if (range === undefined) return null;
  return { kind: 'array', array, elements: lookUpElements(array.type.id, element.type.id, range) };
}

/** Whether reading the range yields this order, forward or backward. */
function orderOf(
  table: TableLogical,
  range: Range,
  keys: readonly ExprSortKey[],
): 'forward' | 'backward' | null {
  const { index, equal } = range;
  const pinned = (value: Expr): boolean =>
    equal.some((_, i) => same(value, index.elements[i] as Expr)) || mentions(value).size === 0;
  let direction: 'forward' | 'backward' | null = null;
  let place = equal.length;
  const unique = index.index.unique && index.elements.length > 0;
  for (const key of keys) {
    if (pinned(key.value)) continue;
    // Beyond a whole unique key without nulls there is nothing left to order.
    if (unique && place >= index.elements.length && neverNull(table, index))
      return direction ?? 'forward';
    const element = index.elements[place];
    const written = index.index.elements[place];
    if (element === undefined || written === undefined || !same(key.value, element)) return null;
    const flipped = key.descending !== written.descending;
    const nulls = key.nullsFirst !== written.nullsFirst;
    if (flipped !== nulls && !isNotNull(table, element)) return null;
    const wanted = flipped ? 'backward' : 'forward';
    if (direction !== null && direction !== wanted) return null;
    direction = wanted;
    place++;
  }
  return direction ?? 'forward';
}

function isNotNull(table: TableLogical, element: Expr): boolean {
  if (element.kind !== 'column') return false;
  const place = table.columns.indexOf(element.index);
  return table.table.columns[place]?.notNull ?? false;
}

function neverNull(table: TableLogical, index: LogicalIndex): boolean {
  return index.elements.every((element) => isNotNull(table, element));
}
