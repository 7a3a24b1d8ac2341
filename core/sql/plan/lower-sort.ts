/** ORDER BY and LIMIT: sorts that an index saves, sorts that need keep only the first rows. */
import { findOperator } from '../functions/resolve.ts';
import { plainType } from '../types/describe.ts';
import { INT8 } from '../types/type.ts';
import type { Bound } from './expression.ts';
import { isMostlyDistinct } from './estimate.ts';
import { forFirstRows } from './first-rows.ts';
import { layoutOf, lowerExpr, lowerSortKey } from './lower-expression.ts';
import type { Frame, Layout } from './lower-expression.ts';
import { lower, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted } from './lower.ts';
import type { Expr, LimitLogical, SortLogical } from './logical.ts';
import type { Plan } from './plan.ts';

const NOWHERE: Layout = new Map();

/** `count`: how many of the first rows matter; -1 all. */
export function lowerSort(
  lowering: Lowering,
  logical: SortLogical,
  wanted: Wanted,
  frame: Frame,
  count: number,
  limit: Bound | null = null,
): Lowered {
  const needed = wanting(
    wanted,
    logical.keys.map((key) => key.value),
  );
  const wish = { keys: logical.keys, limit: count };
  const chosen = forFirstRows(logical.input, logical.keys, count);
  const below = lower(lowering, chosen, needed, frame, wish);
  if (below.ordered) return below;
  const begun = limit === null ? null : presorted(lowering, logical, needed, frame, count);
  const { plan: input, columns } = begun ?? below;
  const layout = layoutOf(columns);
  const keys = logical.keys.map((key) => lowerSortKey(lowering, key, layout, frame));
  const { types } = input;
  const plan: Plan = { kind: 'sort', input, keys, count: limit, types };
  if (begun === null) return { plan, columns, ordered: true };
  return { plan: { ...plan, presorted: true }, columns, ordered: true };
}

/**
 * The input in the order of the first key, of which few are equal: the first rows of all are among
 * its first ones. Null: an index does not help.
 */
function presorted(
  lowering: Lowering,
  { input, keys }: SortLogical,
  needed: Wanted,
  frame: Frame,
  count: number,
): Lowered | null {
  const [first, ...others] = keys;
  if (first === undefined || others.length === 0 || count < 0) return null;
  if (!isMostlyDistinct(first.value, input)) return null;
  const wish = { keys: [first], limit: count };
  const begun = forFirstRows(input, wish.keys, wish.limit);
  const below = lower(lowering, begun, needed, frame, wish);
  return below.ordered ? below : null;
}

export function lowerLimit(
  lowering: Lowering,
  logical: LimitLogical,
  wanted: Wanted,
  frame: Frame,
): Lowered {
  const expr = (one: Expr | null): Bound | null =>
    one === null ? null : lowerExpr(lowering, one, NOWHERE, frame);
  const count = expr(logical.count);
  const offset = expr(logical.offset);
  const first = logical.tieKeys === null ? rowsWanted(logical.count, logical.offset) : -1;
  const ties = logical.tieKeys;
  const needed =
    ties === null
      ? wanted
      : wanting(
          wanted,
          ties.map((key) => key.value),
        );
  const { input } = logical;
  const below =
    input.kind === 'sort'
      ? lowerSort(
          lowering,
          input,
          needed,
          frame,
          first,
          ties === null ? total(count, offset) : null,
        )
      : lower(lowering, forFirstRows(input, [], first), needed, frame, null);
  const layout = layoutOf(below.columns);
  const tieKeys = ties?.map((key) => lowerSortKey(lowering, key, layout, frame)) ?? null;
  const { plan, columns, ordered } = below;
  const limited: Plan = { kind: 'limit', input: plan, count, offset, tieKeys, types: plan.types };
  return { plan: limited, columns, ordered };
}

/** What the sort below has to keep: count and offset together. */
function total(count: Bound | null, offset: Bound | null): Bound | null {
  if (count === null || offset === null) return count;
  const type = plainType(INT8);
  const plus = findOperator('+', type, type, -1);
  return { kind: 'call', type, function: plus.function, arguments: [count, offset], at: -1 };
}

/** Known only of constants. A parameter is taken for a small number: people page with them. */
export function rowsWanted(count: Expr | null, offset: Expr | null): number {
  const number = (one: Expr | null, unknown: number): number =>
    one?.kind === 'constant' && typeof one.value === 'number' ? one.value : unknown;
  if (count === null || (count.kind === 'constant' && count.value === null)) return -1;
  return number(count, 100) + (offset === null ? 0 : number(offset, 100));
}
