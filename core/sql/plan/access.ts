/** How a base table is read: the cheapest path, as a scan, or as look-ups for the values of IN. */
import { lowerAnyIndex } from './any-index.ts';
import { mentions, yields } from './columns.ts';
import { conjunction } from './conjunction.ts';
import { equalities } from './lower-join.ts';
import type { KeyPair } from './lower-join.ts';
import { bestPath } from './paths.ts';
import type { Bounded, Path, ValueList } from './paths.ts';
import type { Bound } from './expression.ts';
import { layoutOf, lowerExpr, newFrame } from './lower-expression.ts';
import type { Frame, Layout } from './lower-expression.ts';
import { typesOf, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted, Wish } from './lower.ts';
import type { ColumnId, Expr, TableLogical } from './logical.ts';
import type { Plan, ScanPlan } from './plan.ts';
import { sameValue } from './same.ts';
import { hasQuery } from './walk.ts';
import { BPCHAR } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';

/** A place in a row that nobody asks for. */
const UNNAMED: ColumnId = -1;
const NOWHERE: Layout = new Map();

export function lowerTable(
  lowering: Lowering,
  logical: TableLogical,
  conditions: readonly Expr[],
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const path = bestPath(logical, conditions, wish);
  const probe = probeOf(logical, conditions, path);
  if (probe !== null) return probeByHash(lowering, logical, probe, wanted, frame);
  const ways = lowerAnyIndex(lowering, logical, conditions, path.cost, wanted, frame);
  if (ways !== null) return ways;
  // Characters compare without their trailing blanks, which the stored key has: ask again.
  const exact = path.index.elements.every((element) => element.type.id !== BPCHAR);
  const left = conditions.filter((one) => !exact || !path.used.has(one));
  if (path.list !== null) return lookUps(lowering, logical, path, path.list, left, wanted, frame);
  const { plan, columns } = scan(lowering, logical, path, null, left, wanted, frame);
  return { plan, columns, ordered: path.ordered };
}

/** Conditions of a sub-plan on a table without a suitable index. */
interface Probe {
  /** `table's = outer's`. */
  readonly keys: readonly KeyPair[];
  /** Without the outer row. */
  readonly own: readonly Expr[];
  readonly rest: readonly Expr[];
}

/** Fewer rows are as well read again each time. */
const PROBE_ROWS_MIN = 32;

/**
 * A sub-plan that is started for each outer row, and that compares columns with that row for
 * equality: without an index the table would be read each time.
 */
function probeOf(logical: TableLogical, conditions: readonly Expr[], path: Path): Probe | null {
  const columns = yields(logical);
  const outer = (one: Expr): boolean => [...mentions(one)].some((id) => !columns.has(id));
  const correlated = conditions.filter((one) => outer(one) && !hasQuery(one));
  if (correlated.length === 0 || correlated.some((one) => path.used.has(one))) return null;
  if (path.rows < PROBE_ROWS_MIN) return null;
  const keys = equalities(correlated, columns, outerColumns(correlated, columns));
  if (keys.length === 0) return null;
  const own = conditions.filter((one) => !outer(one));
  const used = new Set(keys.map((key) => key.condition));
  return { keys, own, rest: conditions.filter((one) => outer(one) && !used.has(one)) };
}

function outerColumns(conditions: readonly Expr[], own: ReadonlySet<ColumnId>): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  for (const one of conditions) for (const id of mentions(one)) if (!own.has(id)) ids.add(id);
  return ids;
}

/** The table is hashed once, by what is compared, and kept; each start looks one value up. */
function probeByHash(
  lowering: Lowering,
  logical: TableLogical,
  probe: Probe,
  wanted: Wanted,
  frame: Frame,
): Lowered {
  const { keys } = probe;
  const needed = wanting(wanted, [...keys.map((key) => key.left), ...probe.rest]);
  const inner = lowerTable(lowering, logical, probe.own, needed, frame, null);
  const keyTypes = keys.map((key) => key.right.type);
  const values = keys.map((key) => lowerExpr(lowering, key.right, NOWHERE, frame));
  const columns = [...keys.map(() => UNNAMED), ...inner.columns];
  const layout = layoutOf(columns);
  const types = [...keyTypes, ...inner.plan.types];
  const plan: Plan = {
    kind: 'hashJoin',
    type: 'inner',
    left: { kind: 'values', rows: [values], types: keyTypes },
    right: inner.plan,
    leftKeys: keyTypes.map((type, index) => ({ kind: 'column', type, index })),
    rightKeys: keys.map((key) => lowerExpr(lowering, key.left, layoutOf(inner.columns), frame)),
    condition: conjunction(probe.rest.map((one) => lowerExpr(lowering, one, layout, frame))),
    types,
  };
  return { plan, columns, ordered: false };
}

/** `last`: the value of the element after the equal ones, when it is looked up one by one. */
function scan(
  lowering: Lowering,
  logical: TableLogical,
  path: Path,
  last: Bound | null,
  conditions: readonly Expr[],
  wanted: Wanted,
  frame: Frame,
): { readonly plan: ScanPlan; readonly columns: readonly ColumnId[] } {
  const { columns, ordinals } = columnsRead(logical, wanting(wanted, conditions));
  const layout = layoutOf(columns);
  const filters = conditions.map((one) => lowerExpr(lowering, one, layout, frame));
  const value = (one: Expr): Bound => lowerExpr(lowering, one, NOWHERE, frame);
  const bounded = (one: Bounded | null): ScanPlan['range']['low'] =>
    one === null ? null : { value: value(one.value), inclusive: one.inclusive };
  const equal = path.equal.map(value);
  if (last !== null) equal.push(last);
  const plan: ScanPlan = {
    kind: 'scan',
    table: logical.table,
    index: path.index.index,
    range: { equal, low: bounded(path.low), high: bounded(path.high) },
    backward: path.backward,
    moment: logical.moment,
    columns: ordinals,
    types: typesOf(lowering, columns),
    filter: conjunction(filters),
  };
  return { plan, columns };
}

function columnsRead(
  logical: TableLogical,
  needed: Wanted,
): { readonly columns: readonly ColumnId[]; readonly ordinals: readonly number[] } {
  const columns: ColumnId[] = [];
  const ordinals: number[] = [];
  logical.columns.forEach((id, i) => {
    if (!needed.has(id)) return;
    columns.push(id);
    ordinals.push(i);
  });
  logical.hidden.forEach((id, i) => {
    if (!needed.has(id)) return;
    columns.push(id);
    ordinals.push(-1 - i);
  });
  return { columns, ordinals };
}

/** `a IN (1, 2, 3)`: a loop over the values, each looked up in the index. */
function lookUps(
  lowering: Lowering,
  logical: TableLogical,
  path: Path,
  list: ValueList,
  conditions: readonly Expr[],
  wanted: Wanted,
  frame: Frame,
): Lowered {
  const inner = newFrame();
  const type = (path.index.elements[path.equal.length] as Expr).type;
  // The scan's own argument comes first; what it needs of the surroundings follows.
  inner.ids.push(UNNAMED);
  const last: Bound = { kind: 'argument', type, index: 0 };
  const { plan, columns } = scan(lowering, logical, path, last, conditions, wanted, inner);
  const left =
    list.kind === 'values'
      ? distinctValues(lowering, list.values, type, frame)
      : distinctElements(lowering, list, type, frame);
  const outer = inner.ids.slice(1).map((id): Bound => {
    return lowerExpr(
      lowering,
      { kind: 'column', type: lowering.types[id] as SqlType, index: id },
      NOWHERE,
      frame,
    );
  });
  const all = [UNNAMED, ...columns];
  const types = [type, ...plan.types];
  const joined: Plan = {
    kind: 'loopJoin',
    type: 'inner',
    left,
    right: { plan, arguments: [{ kind: 'column', type, index: 0 }, ...outer] },
    condition: null,
    types,
  };
  return { plan: joined, columns: all, ordered: false };
}

/** As `distinctValues`, of what an array holds when the plan is run. */
function distinctElements(
  lowering: Lowering,
  list: ValueList & { readonly kind: 'array' },
  type: SqlType,
  frame: Frame,
): Plan {
  const types = [type];
  const input: Plan = {
    kind: 'functionScan',
    function: list.elements,
    arguments: [lowerExpr(lowering, list.array, NOWHERE, frame)],
    ordinality: false,
    types,
  };
  return { kind: 'distinct', input, keys: null, types };
}

/** A value that comes twice must find its rows once. */
function distinctValues(
  lowering: Lowering,
  list: readonly Expr[],
  type: SqlType,
  frame: Frame,
): Plan {
  const types = [type];
  const constants: Expr[] = [];
  for (const one of list) {
    const seen = constants.some(
      (other) =>
        one.kind === 'constant' && other.kind === 'constant' && sameValue(one.value, other.value),
    );
    if (!seen) constants.push(one);
  }
  const rows = constants.map((one) => [lowerExpr(lowering, one, NOWHERE, frame)]);
  const values: Plan = { kind: 'values', rows, types };
  // Numbers that are equal need not look the same (1.0, 1.00), nor do parameters show themselves.
  const plain = constants.every((one) => one.kind === 'constant' && typeof one.value !== 'object');
  return plain ? values : { kind: 'distinct', input: values, keys: null, types };
}
