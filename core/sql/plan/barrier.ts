/**
 * Security barriers: views behind which a reader's conditions see no row that the view hides.
 *
 * We have no functions of users' own that could tell what they see, but errors do: `1 / (n - 7)`
 * fails where a hidden row has 7. So only conditions that cannot fail go below a barrier; those
 * are enough for keys to be looked up.
 */
import type { Expr, Logical } from './logical.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

export function behindBarrier(input: Logical): Logical {
  return { kind: 'limit', input, count: null, offset: null, tieKeys: null, barrier: true };
}

/** It has a value for every row, whatever is in it. */
export function cannotFail(expr: Expr): boolean {
  switch (expr.kind) {
    case 'constant':
    case 'column':
    case 'argument':
    case 'parameter':
      return true;
    case 'call':
      return COMPARISONS.has(expr.function.name) && expr.arguments.every(cannotFail);
    case 'and':
    case 'or':
      return expr.arguments.every(cannotFail);
    case 'not':
    case 'isNull':
    case 'isTruth':
      return cannotFail(expr.argument);
    case 'inList':
      return cannotFail(expr.argument) && expr.list.every(cannotFail);
    case 'distinctFrom':
      return cannotFail(expr.left) && cannotFail(expr.right);
    default:
      return false;
  }
}
