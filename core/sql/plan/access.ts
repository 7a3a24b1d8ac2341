/** How a base table is read: the cheapest path, as a scan, or as look-ups for the values of IN. */
import { bestPath } from './paths.ts';
import type { Bounded, Path } from './paths.ts';
import type { Bound } from './expression.ts';
import { layoutOf, lowerExpr, newFrame } from './lower-expression.ts';
import type { Frame, Layout } from './lower-expression.ts';
import { typesOf, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted, Wish } from './lower.ts';
import type { ColumnId, Expr, TableLogical } from './logical.ts';
import type { Plan, ScanPlan } from './plan.ts';
import { sameValue } from './same.ts';
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
  // Characters compare without their trailing blanks, which the stored key has: ask again.
  const exact = path.index.elements.every((element) => element.type.id !== BPCHAR);
  const left = conditions.filter((one) => !exact || !path.used.has(one));
  if (path.list !== null) return lookUps(lowering, logical, path, path.list, left, wanted, frame);
  const { plan, columns } = scan(lowering, logical, path, null, left, wanted, frame);
  return { plan, columns, ordered: path.ordered };
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

export function conjunction(filters: readonly Bound[]): Bound | null {
  const [first] = filters;
  if (first === undefined) return null;
  return filters.length === 1 ? first : { kind: 'and', type: first.type, arguments: filters };
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
  list: readonly Expr[],
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
  const left = distinctValues(lowering, list, type, frame);
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
