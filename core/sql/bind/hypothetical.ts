/** `rank(1, 'a') WITHIN GROUP (ORDER BY x, y)`: which function it is, and of which types. */
import { SqlError } from '../error.ts';
import { hypotheticalAggregate, isHypothetical } from '../functions/hypothetical.ts';
import type { ResolvedCall } from '../functions/resolve.ts';
import type { Expr, ExprSortKey } from '../plan/logical.ts';
import type { CallNode } from '../tree/expression.ts';
import { plainType } from '../types/describe.ts';
import type { Binder } from './binder.ts';
import { typeName, unify } from './coerce.ts';

/** Null: the call is of another kind. Errors: 42883, 42809. */
export function findHypothetical(
  binder: Binder,
  node: CallNode,
  direct: readonly Expr[],
  keys: readonly ExprSortKey[],
): ResolvedCall | null {
  const { name, at } = node;
  if (!isHypothetical(name) || direct.length === 0) return null;
  if (!node.withinGroup) {
    const message = `WITHIN GROUP is required for ordered-set aggregate ${name}`;
    throw new SqlError('42809', message, { at });
  }
  if (node.over !== null) {
    throw new SqlError('0A000', `OVER is not supported for ordered-set aggregate ${name}`, { at });
  }
  if (direct.length !== keys.length) throw wrongCount(name, direct, keys, at);
  const orders = keys.map(({ value, descending, nullsFirst }, i) => {
    const { type } = unify(binder, [value, direct[i]!], 'WITHIN GROUP', at);
    return { type: type.id, descending, nullsFirst };
  });
  const aggregate = hypotheticalAggregate(name, orders);
  return {
    kind: 'call',
    function: aggregate,
    argumentTypes: aggregate.arguments,
    result: plainType(aggregate.result),
  };
}

function wrongCount(
  name: string,
  direct: readonly Expr[],
  keys: readonly ExprSortKey[],
  at: number,
): SqlError {
  const types = [...direct, ...keys.map(({ value }) => value)].map(({ type }) => typeName(type));
  const hint =
    `To use the hypothetical-set aggregate ${name}, the number of hypothetical direct arguments ` +
    `(here ${direct.length}) must match the number of ordering columns (here ${keys.length}).`;
  return new SqlError('42883', `function ${name}(${types.join(', ')}) does not exist`, {
    at,
    hint,
  });
}
