/**
 * Joins: which of hashing, looping and index look-ups.
 *
 * A side that names columns of the other is run for each of its rows. Equalities between the sides
 * become hash keys; everything else is the residual condition.
 */
import { findCast } from '../functions/casts.ts';
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import { conjunction, conjuncts, filterOf } from './conjunction.ts';
import { rows, rowsOfEach } from './estimate.ts';
import type { Bound } from './expression.ts';
import { layoutOf, lowerExpr, newFrame } from './lower-expression.ts';
import type { Frame } from './lower-expression.ts';
import { argumentsFor, lower, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted, Wish } from './lower.ts';
import type { ColumnId, Expr, JoinLogical, Logical } from './logical.ts';
import { bestPath } from './paths.ts';
import type { JoinType, KeysOfSides, Plan } from './plan.ts';
import { INT2, INT4, INT8 } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';

export function lowerJoin(
  lowering: Lowering,
  logical: JoinLogical,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const { left, right, type } = logical;
  const condition = logical.condition === null ? [] : conjuncts(logical.condition);
  const leftColumns = yields(left);
  const lateral = intersects(mentionsIn(right), leftColumns);
  const needed = wanting(wanted, condition);
  const keys = lateral ? [] : equalities(condition, leftColumns, yields(right));
  const byIndex = lateral ? null : lookUp(logical, condition, keys);
  if (byIndex !== null) {
    return loopJoin(lowering, byIndex, needed, frame, wish);
  }
  if (keys.length === 0) return loopJoin(lowering, { ...logical, condition }, needed, frame, wish);
  const rest = condition.filter((one) => !keys.some((key) => key.condition === one));
  const join: HashJoin = { type, left, right, keys, condition: rest };
  if (logical.first !== true) return hashJoin(lowering, turned(join), needed, frame, wish);
  const hashed = hashJoin(lowering, join, needed, frame, wish);
  return firstRowsJoin(lowering, logical, condition, hashed, needed, frame, wish) ?? hashed;
}

/** Looking up may take as long as hashing would: counts of rows are rounded down to half. */
const FIRST_ROWS_COST = 2;
/** Fewer are as well hashed from the beginning. */
const FIRST_ROWS_MIN = 8;

/** `hashed` for later rows; as many first ones are looked up as cost what hashing does. */
function firstRowsJoin(
  lowering: Lowering,
  { type, left, right }: JoinLogical,
  condition: readonly Expr[],
  hashed: Lowered,
  needed: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered | null {
  const found = lookUpOf(left, right, condition);
  const { plan: hash } = hashed;
  if (found === null || hash.kind !== 'hashJoin') return null;
  const first = Math.floor((FIRST_ROWS_COST * found.hashCost) / found.perRow);
  if (first < FIRST_ROWS_MIN) return null;
  const looked = loopJoin(lowering, { type, left, ...found }, needed, frame, wish);
  const { plan: lookUp } = looked;
  const isSame = looked.columns.every((id, i) => id === hashed.columns[i]);
  if (lookUp.kind !== 'loopJoin' || !isSame || looked.columns.length !== hashed.columns.length) {
    return null;
  }
  const { types } = hash;
  const plan: Plan = { kind: 'firstRowsJoin', rows: first, lookUp, hash, types };
  return { ...hashed, plan };
}

interface HashJoin {
  readonly type: JoinType;
  readonly left: Logical;
  readonly right: Logical;
  readonly keys: readonly KeyPair[];
  readonly condition: readonly Expr[];
}

/** How much smaller the left side must be to change places: it is the right one that is hashed. */
const TURN_FACTOR = 1.5;

function turned(join: HashJoin): HashJoin {
  const { type, left, right } = join;
  if (type !== 'inner' && type !== 'left') return join;
  if (rows(left) * TURN_FACTOR >= rows(right)) return join;
  return {
    ...join,
    type: type === 'inner' ? 'inner' : 'right',
    left: right,
    right: left,
    keys: join.keys.map((key) => ({ ...key, left: key.right, right: key.left })),
  };
}

function hashJoin(
  lowering: Lowering,
  join: HashJoin,
  needed: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const { type, keys } = join;
  const passed = leftWish(type, join.left, wish);
  const first = lower(lowering, join.left, needed, frame, passed);
  const second = lower(lowering, join.right, needed, frame, null);
  const leftLayout = layoutOf(first.columns);
  const rightLayout = layoutOf(second.columns);
  const row = joinedRow(type, first, second);
  const plan: Plan = {
    kind: 'hashJoin',
    type,
    left: first.plan,
    right: second.plan,
    leftKeys: keys.map((key) => lowerExpr(lowering, key.left, leftLayout, frame)),
    rightKeys: keys.map((key) => lowerExpr(lowering, key.right, rightLayout, frame)),
    condition: lowerAll(lowering, join.condition, [...first.columns, ...second.columns], frame),
    types: row.types,
  };
  return { plan, columns: row.columns, ordered: passed !== null && first.ordered };
}

/** The order of the left side stays, unless rows of the right one are added after it. */
function leftWish(type: JoinType, left: Logical, wish: Wish | null): Wish | null {
  if (wish === null || type === 'right' || type === 'full') return null;
  const own = yields(left);
  const from = (key: Wish['keys'][number]): boolean =>
    key.value.kind === 'column' && own.has(key.value.index);
  return wish.keys.every(from) ? wish : null;
}

function joinedRow(
  type: JoinType,
  first: Lowered,
  second: Lowered,
): { readonly columns: readonly ColumnId[]; readonly types: readonly SqlType[] } {
  if (type === 'semi' || type === 'anti') {
    return { columns: first.columns, types: first.plan.types };
  }
  return {
    columns: [...first.columns, ...second.columns],
    types: [...first.plan.types, ...second.plan.types],
  };
}

function lowerAll(
  lowering: Lowering,
  conditions: readonly Expr[],
  columns: readonly ColumnId[],
  frame: Frame,
): Bound | null {
  const condition = conjunction(conditions);
  return condition === null ? null : lowerExpr(lowering, condition, layoutOf(columns), frame);
}

interface LoopJoin {
  readonly type: JoinType;
  readonly left: Logical;
  readonly right: Logical;
  readonly condition: readonly Expr[];
}

/** A look-up in an index, started anew for each row, against one more row read in a scan. */
const RESTART_COST = 50;

/**
 * The right side is a table with an index on what the condition compares: then, when the left side
 * is small, the condition goes into the right side, which is looked up for each left row.
 */
function lookUp(
  logical: JoinLogical,
  condition: readonly Expr[],
  keys: readonly KeyPair[],
): LoopJoin | null {
  const { type, left, right } = logical;
  if (type === 'full') return null;
  const one = lookUpRight(left, right, condition);
  const from = type === 'inner' ? right : type === 'semi' ? keysOf(right, condition, keys) : null;
  const other = from === null ? null : lookUpRight(from, left, condition);
  if (from !== null && other !== null && (one === null || other.cost < one.cost)) {
    return { type: 'inner', left: from, ...other };
  }
  return one === null ? null : { type, left, ...one };
}

/**
 * Each value that the right side of a semi-join has, once: the left rows that are looked up for
 * them are those of the join, each found by one value. Null: other conditions ask for more.
 */
function keysOf(
  right: Logical,
  condition: readonly Expr[],
  keys: readonly KeyPair[],
): Logical | null {
  if (keys.length < condition.length) return null;
  const columns: ColumnId[] = [];
  for (const key of keys) {
    if (key.right.kind !== 'column') return null;
    if (!columns.includes(key.right.index)) columns.push(key.right.index);
  }
  return { kind: 'distinct', input: right, columns, on: null };
}

function lookUpRight(
  left: Logical,
  right: Logical,
  condition: readonly Expr[],
): (LookUp & { readonly cost: number }) | null {
  const found = lookUpOf(left, right, condition);
  if (found === null) return null;
  const cost = rows(left) * found.perRow;
  return cost < found.hashCost ? { ...found, cost } : null;
}

/** A right side that is looked up for each left row. */
export interface LookUp {
  readonly right: Logical;
  readonly condition: readonly Expr[];
  readonly perRow: number;
  /** Reading and hashing it once. */
  readonly hashCost: number;
}

/** Null: no index of the right side helps. */
export function lookUpOf(left: Logical, right: Logical, condition: readonly Expr[]): LookUp | null {
  const own = right.kind === 'filter' ? conjuncts(right.condition) : [];
  const table = right.kind === 'filter' ? right.input : right;
  if (table.kind !== 'table') return null;
  const columns = yields(left);
  const down = condition.filter((one) => intersects(mentions(one), yields(table)));
  const path = bestPath(table, [...own, ...down], null);
  const helps = down.some((one) => path.used.has(one) && intersects(mentions(one), columns));
  if (!helps || path.list?.kind === 'values') return null;
  const more = Math.max(1, rowsOfEach(left, table, down) / path.rows);
  const rest = condition.filter((one) => !down.includes(one));
  return {
    right: filterOf(table, [...own, ...down]),
    condition: rest,
    perRow: RESTART_COST + path.cost * more,
    hashCost: bestPath(table, own, null).cost + rows(right),
  };
}

function loopJoin(
  lowering: Lowering,
  join: LoopJoin,
  needed: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const { type, condition } = join;
  const passed = leftWish(type, join.left, wish);
  const asked = new Set([...needed, ...mentionsIn(join.right)]);
  const first = lower(lowering, join.left, asked, frame, passed);
  const inner = newFrame();
  // Nobody sees the right rows of these.
  const isTest = type === 'semi' || type === 'anti';
  const shown = isTest ? wanting(new Set(), condition) : needed;
  const second = lower(lowering, join.right, shown, inner, null);
  const row = joinedRow(type, first, second);
  const both = [...first.columns, ...second.columns];
  const ways = inner.ids.length > 0 ? null : alternatives(join);
  const lowered = (pairs: readonly KeyPair[]): KeysOfSides => ({
    left: pairs.map(({ left }) => lowerExpr(lowering, left, layoutOf(first.columns), frame)),
    right: pairs.map(({ right }) => lowerExpr(lowering, right, layoutOf(second.columns), frame)),
  });
  const plan: Plan = {
    kind: 'loopJoin',
    type,
    left: first.plan,
    right: {
      plan: second.plan,
      arguments: argumentsFor(lowering, inner, layoutOf(first.columns), frame),
    },
    condition: lowerAll(lowering, condition, both, frame),
    ...(ways === null ? {} : { alternatives: ways.map(lowered) }),
    types: row.types,
  };
  return { plan, columns: row.columns, ordered: passed !== null && first.ordered };
}

/** Equalities one of which must hold, as `a = b OR c = d AND e` says; null: there are none. */
function alternatives({
  left,
  right,
  condition,
}: LoopJoin): readonly (readonly KeyPair[])[] | null {
  const [first, second] = [yields(left), yields(right)];
  for (const one of condition) {
    if (one.kind !== 'or') continue;
    const ways = one.arguments.map((way) => {
      const pairs = equalities(conjuncts(way), first, second);
      return pairs.filter((pair) => isPlain(pair.left) && isPlain(pair.right));
    });
    if (ways.every((pairs) => pairs.length > 0)) return ways;
  }
  return null;
}

/** Keys are made of every row, also of one that another alternative settles: none may fail. */
function isPlain(expr: Expr): boolean {
  if (expr.kind === 'column') return true;
  if (expr.kind === 'cast')
    return isPlain(expr.argument) && INTEGERS.includes(expr.argument.type.id);
  if (expr.kind !== 'call') return false;
  return UNFAILING.includes(expr.function.name) && expr.arguments.every(isPlain);
}

const INTEGERS: readonly number[] = [INT2, INT4, INT8];
const UNFAILING: readonly string[] = ['lower', 'upper'];

export interface KeyPair {
  readonly condition: Expr;
  readonly left: Expr;
  readonly right: Expr;
}

/** Conditions that say: something of the left equals something of the right. */
export function equalities(
  conditions: readonly Expr[],
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly KeyPair[] {
  const pairs: KeyPair[] = [];
  for (const condition of conditions) {
    if (condition.kind !== 'call' || condition.function.name !== '=') continue;
    const [one, two] = condition.arguments;
    if (one === undefined || two === undefined) continue;
    const pair = sides(one, two, left, right) ?? sides(two, one, left, right);
    if (pair === null) continue;
    const same = sameType(pair[0], pair[1]);
    if (same !== null) pairs.push({ condition, left: same[0], right: same[1] });
  }
  return pairs;
}

function sides(
  one: Expr,
  two: Expr,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly [Expr, Expr] | null {
  const first = mentions(one);
  const second = mentions(two);
  if (!intersects(first, left) || intersects(first, right)) return null;
  if (!intersects(second, right) || intersects(second, left)) return null;
  return [one, two];
}

/** Keys are compared as they are stored, so they must be of one type. */
export function sameType(left: Expr, right: Expr): readonly [Expr, Expr] | null {
  if (left.type.id === right.type.id) return [left, right];
  const there = widened(left, right.type.id);
  if (there !== null) return [there, right];
  const back = widened(right, left.type.id);
  return back === null ? null : [left, back];
}

function widened(expr: Expr, type: number): Expr | null {
  const cast = findCast(expr.type.id, type, 'implicit');
  if (cast === null || cast.volatility !== 'immutable') return null;
  const target = { id: type, modifier: -1 };
  if (cast.relabels === true && expr.kind !== 'cast') return { ...expr, type: target };
  return { kind: 'cast', type: target, cast, explicit: false, argument: expr, at: -1 };
}
