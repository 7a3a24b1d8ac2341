/**
 * GROUP BY: its keys and sets, and what may stand above it.
 *
 * Above the grouping an expression may use keys, aggregates, and columns of a table whose whole
 * primary key is grouped by: those become further keys. Anything else is 42803. A key that is not
 * simply a column is computed below and is a column from then on.
 */
import { SqlError, unsupported } from '../error.ts';
import type { ColumnId, Computed, Expr, Logical } from '../plan/logical.ts';
import { sameExpr } from '../plan/same.ts';
import { mapChildren, mapRelation, someExpr } from '../plan/walk.ts';
import type { Expression } from '../tree/expression.ts';
import type { GroupingElement, SelectBody } from '../tree/query.ts';
import { plainType } from '../types/describe.ts';
import { INT4 } from '../types/type.ts';
import type { Binder, Level } from './binder.ts';
import { columnOf, newColumn, within } from './binder.ts';
import { constant, settle } from './coerce.ts';
import { bindExpression } from './expression.ts';
import { applyOperator } from './predicate.ts';
import { requireEquality } from './sort.ts';
import { byName, byNumber } from './target.ts';
import type { BoundTarget } from './target.ts';

/** Of the integer that says which keys a row lacks. */
const MASK_BITS = 32;

/** PostgreSQL's limit on grouping sets. */
const SETS_MAX = 4096;

export interface Grouping {
  readonly keys: readonly { readonly id: ColumnId; readonly value: Expr }[];
  /** Indexes into `keys`. Null: one set of all. */
  readonly sets: readonly (readonly number[])[] | null;
}

export function bindGroupBy(
  binder: Binder,
  level: Level,
  targets: readonly BoundTarget[],
  body: SelectBody,
  inputs: ReadonlySet<ColumnId>,
): Grouping {
  const keys: { id: ColumnId; value: Expr }[] = [];
  const keyOf = (node: Expression): number => {
    const value = groupingValue(binder, level, targets, node);
    const found = keys.findIndex((key) => sameExpr(key.value, value));
    if (found >= 0) return found;
    const sets = level.setFunctions.some(({ id }) => value.kind === 'column' && value.index === id);
    const own = value.kind === 'column' && (sets || inputs.has(value.index));
    keys.push({ id: own ? value.index : newColumn(binder, value.type), value });
    return keys.length - 1;
  };
  const plain = body.groupBy.every((one) => one.kind === 'value');
  const parts = within(level, 'GROUP BY', () => body.groupBy.map((one) => setsOf(one, keyOf)));
  if (plain) return { keys, sets: null };
  const sets = body.groupDistinct ? distinctSets(product(parts)) : product(parts);
  return { keys, sets };
}

/** A name means a column of FROM first, and only then an output. */
function groupingValue(
  binder: Binder,
  level: Level,
  targets: readonly BoundTarget[],
  node: Expression,
): Expr {
  const target =
    byNumber(targets, node, 'GROUP BY') ??
    (isInputName(level, node) ? null : byName(targets, node, 'GROUP BY'));
  const before = level.setFunctions.length;
  const value = settle(
    binder,
    target?.value ?? sameSet(level, before, bindExpression(binder, level, node)),
  );
  if (target !== null) target.value = value;
  requireEquality(value, node.at);
  const mentions = (list: readonly { readonly id: ColumnId }[]): boolean =>
    someExpr(value, (one) => one.kind === 'column' && list.some(({ id }) => id === one.index));
  if (mentions(level.aggregates)) {
    throw new SqlError('42803', 'aggregate functions are not allowed in GROUP BY', { at: node.at });
  }
  if (mentions(level.windows)) {
    throw new SqlError('42P20', 'window functions are not allowed in GROUP BY', { at: node.at });
  }
  return value;
}

/** A set-returning function that stands among the targets too is that one. */
function sameSet(level: Level, before: number, value: Expr): Expr {
  const [own, more] = level.setFunctions.slice(before);
  if (own === undefined || more !== undefined) return value;
  if (value.kind !== 'column' || value.index !== own.id) return value;
  const known = level.setFunctions
    .slice(0, before)
    .find(
      (one) =>
        one.function === own.function &&
        one.function.volatility !== 'volatile' &&
        one.arguments.length === own.arguments.length &&
        one.arguments.every((each, i) => sameExpr(each, own.arguments[i]!)),
    );
  if (known === undefined) return value;
  level.setFunctions.pop();
  return { ...value, index: known.id };
}

function isInputName(level: Level, node: Expression): boolean {
  if (node.kind !== 'column' || node.parts.length !== 1) return false;
  const [name] = node.parts;
  return level.items.some(
    (item) => item.columnsVisible && item.columns.some((column) => column.name === name),
  );
}

/** `(a, (a, b))` groups by its columns. */
function flat(node: Expression): readonly Expression[] {
  return node.kind === 'row' ? node.fields.flatMap(flat) : [node];
}

type Sets = readonly (readonly number[])[];

function setsOf(element: GroupingElement, keyOf: (node: Expression) => number): Sets {
  switch (element.kind) {
    case 'value': {
      const { value } = element;
      return [unique(flat(value).map(keyOf))];
    }
    case 'row':
      return [unique(element.values.flatMap(flat).map(keyOf))];
    case 'empty':
      return [[]];
    case 'sets':
      return bounded(element.elements.flatMap((one) => setsOf(one, keyOf)));
    case 'rollup': {
      const parts = element.sets.map((set) => set.flatMap(flat).map(keyOf));
      return parts
        .concat([[]])
        .map((_, i) => parts.slice(0, parts.length - i).flat())
        .map(unique);
    }
    default: {
      if (element.sets.length > 12) throw tooMany();
      const parts = element.sets.map((set) => set.flatMap(flat).map(keyOf));
      const result: number[][] = [];
      for (let mask = (1 << parts.length) - 1; mask >= 0; mask--) {
        // The first part is the highest bit, so that sets come in PostgreSQL's order.
        const chosen = parts.filter((_, i) => (mask & (1 << (parts.length - 1 - i))) !== 0);
        result.push(unique(chosen.flat()));
      }
      return result;
    }
  }
}

function unique(keys: readonly number[]): number[] {
  return keys.filter((key, i) => keys.indexOf(key) === i);
}

function tooMany(): SqlError {
  return new SqlError('54001', `too many grouping sets present (maximum ${SETS_MAX})`);
}

function bounded(sets: Sets): Sets {
  if (sets.length > SETS_MAX) throw tooMany();
  return sets;
}

/** `GROUP BY a, ROLLUP (b, c)`: every set of the one with every set of the other. */
function product(parts: readonly Sets[]): Sets {
  let result: Sets = [[]];
  for (const part of parts) {
    if (result.length * part.length > SETS_MAX) throw tooMany();
    result = result.flatMap((left) => part.map((right) => unique([...left, ...right])));
  }
  return result;
}

function distinctSets(sets: Sets): Sets {
  const seen = new Set<string>();
  return sets.filter((set) => {
    const name = set.toSorted((a, b) => a - b).join(',');
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** What was grouped: rewrites expressions to stand above, and makes the operator. */
export interface Grouped {
  readonly above: (expr: Expr) => Expr;
  /** To be called when every expression has been through `above`. */
  readonly plan: (input: Logical) => Logical;
}

export function groupLevel(
  binder: Binder,
  level: Level,
  grouping: Grouping,
  inputs: ReadonlySet<ColumnId>,
): Grouped {
  const keys = new Set(grouping.keys.map((key) => key.id));
  const common = commonKeys(grouping);
  const computed = grouping.keys.filter(
    (key) => !(key.value.kind === 'column' && key.value.index === key.id),
  );
  const dependent = new Set<ColumnId>();
  const column = (expr: Expr & { readonly kind: 'column' }, nested: boolean): Expr => {
    if (!inputs.has(expr.index) || keys.has(expr.index) || dependent.has(expr.index)) return expr;
    const behind = level.merged.get(expr.index);
    if (behind !== undefined) return rewrite(behind, nested);
    if (isDependent(level, common, expr.index)) {
      dependent.add(expr.index);
      return expr;
    }
    throw ungrouped(binder, level, expr, nested);
  };
  const rewrite = (expr: Expr, nested: boolean): Expr => {
    // A varchar that is taken for text is the same value: only its label differs.
    const key = computed.find((one) => sameExpr(one.value, { ...expr, type: one.value.type }));
    if (key !== undefined) return { ...columnOf(binder, key.id), type: expr.type };
    if (expr.kind === 'column') return column(expr, nested);
    return mapChildren(
      expr,
      (child) => rewrite(child, nested),
      (query) => {
        const plan = mapRelation(query.plan, (inner) => rewrite(inner, true));
        return plan === query.plan ? query : { ...query, plan };
      },
    );
  };
  const plan = (input: Logical): Logical =>
    aggregatePlan(binder, level, grouping, computed, dependent, input);
  return { above: (expr) => rewrite(expr, false), plan };
}

/** Keys of every set: on what is missing in one, nothing depends. */
function commonKeys({ keys, sets }: Grouping): ReadonlySet<ColumnId> {
  const common = keys.filter((_, i) => sets === null || sets.every((set) => set.includes(i)));
  return new Set(common.map((key) => key.id));
}

/** Whether the whole primary key of the column's table is among the keys. */
function isDependent(level: Level, keys: ReadonlySet<ColumnId>, id: ColumnId): boolean {
  const owner = level.tables.find((one) => one.columns.includes(id) || one.hidden.includes(id));
  if (owner === undefined) return false;
  const { table } = owner;
  const index = table.indexes.find((one) => one.primary);
  if (index === undefined || index.elements.length === 0) return false;
  return index.elements.every((element) => {
    const place = table.columns.findIndex((one) => one.id === element.column);
    return place >= 0 && keys.has(owner.columns[place] as ColumnId);
  });
}

function ungrouped(
  binder: Binder,
  level: Level,
  expr: Expr & { readonly kind: 'column' },
  nested: boolean,
): SqlError {
  let shown = binder.places.get(expr)?.name ?? '?';
  for (const item of level.items) {
    const found = [...item.columns, ...item.hidden].find((one) => one.id === expr.index);
    if (found === undefined || item.name === null) continue;
    shown = `${item.name}.${found.name}`;
    break;
  }
  const at = binder.places.get(expr)?.at ?? -1;
  const message = nested
    ? `subquery uses ungrouped column "${shown}" from outer query`
    : `column "${shown}" must appear in the GROUP BY clause or be used in an aggregate function`;
  return new SqlError('42803', message, { at });
}

function aggregatePlan(
  binder: Binder,
  level: Level,
  grouping: Grouping,
  computed: readonly Computed[],
  dependent: ReadonlySet<ColumnId>,
  input: Logical,
): Logical {
  const below: Logical =
    computed.length === 0 ? input : { kind: 'extend', input, values: computed };
  const mask = level.groupings.length > 0 && grouping.sets !== null;
  if (mask && grouping.keys.length > MASK_BITS) {
    const [call] = level.groupings;
    throw unsupported(`GROUPING beside more than ${MASK_BITS} grouping columns`, call?.at ?? -1);
  }
  const id = mask ? newColumn(binder, plainType(INT4)) : null;
  const shared: Computed[] = [];
  const aggregates: (typeof level.aggregates)[number][] = [];
  for (const one of level.aggregates) {
    const same = aggregates.find((other) => sameAggregate(one.aggregate, other.aggregate));
    if (same === undefined) aggregates.push(one);
    else shared.push({ id: one.id, value: columnOf(binder, same.id) });
  }
  // What depends on keys of every set is in every set.
  const more = [...dependent].map((_, i) => grouping.keys.length + i);
  const plan: Logical = {
    kind: 'aggregate',
    input: below,
    keys: [...grouping.keys.map((key) => key.id), ...dependent],
    sets: grouping.sets === null ? null : grouping.sets.map((set) => [...set, ...more]),
    grouping: id,
    aggregates,
  };
  const calls = level.groupings.map((call) => groupingCall(binder, grouping, call, id));
  const values = [...shared, ...calls];
  return values.length === 0 ? plan : { kind: 'extend', input: plan, values };
}

type Aggregate = Level['aggregates'][number]['aggregate'];

function sameAggregate(left: Aggregate, right: Aggregate): boolean {
  return (
    left.function === right.function &&
    left.distinct === right.distinct &&
    left.arguments.length === right.arguments.length &&
    left.arguments.every((one, i) => sameExpr(one, right.arguments[i] as Expr)) &&
    left.orderBy.length === 0 &&
    right.orderBy.length === 0 &&
    (left.filter === null || right.filter === null
      ? left.filter === right.filter
      : sameExpr(left.filter, right.filter))
  );
}

/** `GROUPING(a, b)`: bit 1 for a, bit 0 for b, from the mask of the set's absent keys. */
function groupingCall(
  binder: Binder,
  grouping: Grouping,
  call: Level['groupings'][number],
  mask: ColumnId | null,
): Computed {
  const int4 = (value: number): Expr => constant(plainType(INT4), value);
  const { at } = call;
  let result: Expr = int4(0);
  for (const argument of call.arguments) {
    const key = grouping.keys.findIndex((one) => sameExpr(one.value, argument));
    if (key < 0) {
      throw new SqlError(
        '42803',
        'arguments to GROUPING must be grouping expressions of the associated query level',
        { at },
      );
    }
    if (mask === null) continue;
    const shifted = applyOperator(binder, '>>', columnOf(binder, mask), int4(key), at);
    const bit = applyOperator(binder, '&', shifted, int4(1), at);
    const doubled = applyOperator(binder, '*', result, int4(2), at);
    result = applyOperator(binder, '+', doubled, bit, at);
  }
  return { id: call.id, value: result };
}
