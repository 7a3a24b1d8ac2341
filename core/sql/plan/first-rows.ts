/**
 * Joins of which only the first rows are wanted (LIMIT): begun with the relation whose index yields
 * the rows in the order that is asked for, and one by one the others are looked up for its rows.
 *
 *   orders JOIN customers … ORDER BY orders.placed DESC LIMIT 20
 *
 * reads the newest orders and the customers of these. How many rows that takes is a guess; where it
 * was wrong the executor goes over to hashing (`FirstRowsJoinPlan`), so that little is lost.
 */
import { intersects, mentions, mentionsIn, within, yields } from './columns.ts';
import { conjunction, conjuncts } from './conjunction.ts';
import { rows } from './estimate.ts';
import type { ColumnId, Expr, ExprSortKey, JoinLogical, Logical } from './logical.ts';
import { lookUpOf } from './lower-join.ts';
import { bestPath } from './paths.ts';

/** Choosing among more takes longer than it is worth. */
const RELATIONS_MAX = 12;
/** Handling a joined row, and sorting it, against reading one. */
const JOINED_COST = 0.5;
const SORTED_COST = 2;

/** `limit`: about how many rows are wanted; -1: all. Conditions and result stay the same. */
export function forFirstRows(input: Logical, keys: readonly ExprSortKey[], limit: number): Logical {
  if (limit < 0) return input;
  const begun = begin(input, (relation) => areOf(keys, relation));
  if (begun === null) return input;
  const sorting = keys.length === 0 ? 0 : rows(input) * SORTED_COST;
  return costOfFirst(begun, keys, limit) < costOfAll(input) + sorting ? begun : input;
}

/**
 * The step of a recursive query: of the rows that were new there are few as a rule, and never all
 * at once.
 */
export function forNewRows(step: Logical, table: number): Logical {
  return begin(step, (relation) => reads(relation, table)) ?? step;
}

function reads(plan: Logical, table: number): boolean {
  switch (plan.kind) {
    case 'common':
      return plan.id === table;
    case 'filter':
    case 'extend':
      return reads(plan.input, table);
    case 'join':
      return reads(plan.left, table);
    default:
      return false;
  }
}

type IsFirst = (relation: Logical) => boolean;

/** The joins below, marked and in such an order; null: there are none, or none can be found. */
function begin(plan: Logical, isFirst: IsFirst): Logical | null {
  switch (plan.kind) {
    case 'extend':
    case 'filter': {
      const input = begin(plan.input, isFirst);
      return input === null ? null : { ...plan, input };
    }
    case 'join': {
      if (plan.type === 'inner') return beginInner(plan, isFirst);
      if (plan.type === 'full' || !isFirst(plan.left)) return null;
      return { ...plan, left: begin(plan.left, isFirst) ?? plan.left, first: true };
    }
    default:
      return null;
  }
}

function areOf(keys: readonly ExprSortKey[], plan: Logical): boolean {
  const own = yields(plan);
  return keys.every(({ value }) => [...mentions(value)].every((id) => own.has(id)));
}

interface Group {
  readonly relations: Logical[];
  readonly conditions: Expr[];
}

function gather(plan: Logical, into: Group): void {
  if (plan.kind !== 'join' || plan.type !== 'inner') {
    into.relations.push(plan);
    return;
  }
  gather(plan.left, into);
  gather(plan.right, into);
  if (plan.condition !== null) into.conditions.push(...conjuncts(plan.condition));
}

function beginInner(plan: JoinLogical, isFirst: IsFirst): Logical | null {
  const group: Group = { relations: [], conditions: [] };
  gather(plan, group);
  const { relations } = group;
  const all = yields(plan);
  const isLateral = relations.some((one) => intersects(mentionsIn(one), all) && !isAlone(one, all));
  const driver = relations.find(isFirst);
  if (isLateral || driver === undefined || relations.length > RELATIONS_MAX) return null;
  const open = new Set(relations.filter((one) => one !== driver));
  const conditions = new Set(group.conditions);
  let result = begin(driver, isFirst) ?? driver;
  while (open.size > 0) {
    const next = choose(result, open, conditions, all);
    if (next === null) return null;
    open.delete(next.relation);
    for (const one of next.ready) conditions.delete(one);
    const condition = conjunction(next.ready);
    result = {
      kind: 'join',
      type: 'inner',
      left: result,
      right: next.relation,
      condition,
      first: true,
    };
  }
  return result;
}

/** Whether what it mentions of these columns is its own. */
function isAlone(relation: Logical, all: ReadonlySet<ColumnId>): boolean {
  const own = yields(relation);
  return [...mentionsIn(relation)].every((id) => own.has(id) || !all.has(id));
}

interface Next {
  readonly relation: Logical;
  readonly ready: readonly Expr[];
}

/** The connected relation that is looked up at least cost, or else the smallest. */
function choose(
  left: Logical,
  open: ReadonlySet<Logical>,
  conditions: ReadonlySet<Expr>,
  all: ReadonlySet<ColumnId>,
): Next | null {
  let best: (Next & { readonly cost: number }) | null = null;
  for (const relation of open) {
    const there = new Set([...yields(left), ...yields(relation)]);
    const ready = [...conditions].filter((one) => within(one, all, there));
    if (!ready.some((one) => intersects(mentions(one), yields(relation)))) continue;
    const found = lookUpOf(left, relation, ready);
    const cost = found === null ? rows(left) + rows(relation) : found.perRow;
    if (best === null || cost < best.cost) best = { relation, ready, cost };
  }
  return best;
}

function costOfFirst(plan: Logical, keys: readonly ExprSortKey[], limit: number): number {
  const joins: JoinLogical[] = [];
  let base = plan;
  while (base.kind !== 'table' && !(base.kind === 'filter' && base.input.kind === 'table')) {
    if (base.kind === 'join' && base.first === true) {
      joins.push(base);
      base = base.left;
    } else if (base.kind === 'filter' || base.kind === 'extend') {
      base = base.input;
    } else {
      return Infinity;
    }
  }
  const table = base.kind === 'filter' ? base.input : base;
  if (table.kind !== 'table') return Infinity;
  const own = base.kind === 'filter' ? conjuncts(base.condition) : [];
  const wanted = Math.min(rows(base), (limit * rows(base)) / rows(plan));
  const path = bestPath(table, own, keys.length === 0 ? null : { keys, limit: Math.ceil(wanted) });
  if (keys.length > 0 && !path.ordered) return Infinity;
  let cost = keys.length === 0 ? (path.cost * wanted) / rows(base) : path.cost;
  for (const { left, right, condition } of joins) {
    const found = lookUpOf(left, right, condition === null ? [] : conjuncts(condition));
    const each = (wanted * rows(left)) / rows(base);
    const hashed = costOfAll(right) + rows(right);
    // Where many come it is both.
    cost += found === null ? hashed + each : Math.min(each * found.perRow, 2 * hashed + each);
  }
  return cost;
}

/** Reading everything, as the joins would be done without a limit. */
function costOfAll(plan: Logical): number {
  switch (plan.kind) {
    case 'table':
      return bestPath(plan, [], null).cost;
    case 'filter':
      return plan.input.kind === 'table'
        ? bestPath(plan.input, conjuncts(plan.condition), null).cost
        : costOfAll(plan.input) + rows(plan.input) * JOINED_COST;
    case 'extend':
      return costOfAll(plan.input);
    case 'join': {
      const conditions = plan.condition === null ? [] : conjuncts(plan.condition);
      const { left, right } = plan;
      const ways = [costOfAll(left) + costOfAll(right) + rows(right)];
      const one = lookUpOf(left, right, conditions);
      if (one !== null) ways.push(costOfAll(left) + rows(left) * one.perRow);
      const other = plan.type === 'inner' ? lookUpOf(right, left, conditions) : null;
      if (other !== null) ways.push(costOfAll(right) + rows(right) * other.perRow);
      return Math.min(...ways) + rows(plan) * JOINED_COST;
    }
    default:
      return rows(plan) * SORTED_COST;
  }
}
