/** A bound expression with its columns replaced. */
import type { Bound } from '../plan/expression.ts';

/** Members of nodes that hold expressions, or lists or pairs of them. */
const PARTS: readonly string[] = [
  'argument',
  'arguments',
  'fields',
  'left',
  'list',
  'otherwise',
  'result',
  'right',
  'when',
  'whens',
];

export function mapColumns(bound: Bound, change: (index: number) => Bound): Bound {
  return mapPart(bound, change) as Bound;
}

function mapPart(part: unknown, change: (index: number) => Bound): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((one) => mapPart(one, change));
  if ('kind' in part && part.kind === 'column' && 'index' in part) {
    return change(part.index as number);
  }
  const entries = Object.entries(part).map(([key, value]): readonly [string, unknown] => [
    key,
    PARTS.includes(key) ? mapPart(value, change) : value,
  ]);
  return Object.fromEntries(entries);
}
