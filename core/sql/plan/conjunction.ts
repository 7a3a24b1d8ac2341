/** Conditions as lists: taken apart, put together, and put over a relation. */
import type { Bound } from './expression.ts';
import type { Expr, Logical } from './logical.ts';

export function conjuncts(condition: Expr): readonly Expr[] {
  return condition.kind === 'and' ? condition.arguments.flatMap(conjuncts) : [condition];
}

/** Null: of nothing. */
export function conjunction<Query>(conditions: readonly Bound<Query>[]): Bound<Query> | null {
  const [first] = conditions;
  if (first === undefined) return null;
  return conditions.length === 1 ? first : { kind: 'and', type: first.type, arguments: conditions };
}

export function filterOf(input: Logical, conditions: readonly Expr[]): Logical {
  const condition = conjunction(conditions);
  return condition === null ? input : { kind: 'filter', input, condition };
}
