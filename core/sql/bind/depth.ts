/**
 * Which query an aggregate call belongs to: the innermost one whose columns its arguments name,
 * counting neither those of subqueries inside it nor, when it names none, any but its own.
 */
import type { Binder } from './binder.ts';

export interface DepthWatch {
  /** Depth of the level in which the call stands: deeper mentions are local to a subquery. */
  readonly limit: number;
  deepest: number;
}

/** A column (or an outer aggregate) of the level at this depth was mentioned. */
export function noteDepth(binder: Binder, depth: number): void {
  for (const watch of binder.watches) {
    if (depth <= watch.limit && depth > watch.deepest) watch.deepest = depth;
  }
}

/** Runs `work`, and says the greatest depth up to `limit` mentioned in it; -1: none. */
export function watchDepth<T>(
  binder: Binder,
  limit: number,
  work: () => T,
): { readonly result: T; readonly deepest: number } {
  const watch: DepthWatch = { limit, deepest: -1 };
  binder.watches.push(watch);
  try {
    return { result: work(), deepest: watch.deepest };
  } finally {
    binder.watches.pop();
  }
}
