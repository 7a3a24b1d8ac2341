/** All families of tables. A run names one by its place here, from 1 on; new ones come last. */
import { ARRAYS } from './arrays.ts';
import { DEFERRED } from './deferred.ts';
import { DOCUMENTS } from './documents.ts';
import type { Family } from './family.ts';
import { GENERATED } from './generated.ts';
import { MERGES } from './merges.ts';
import { QUERIES } from './queries.ts';
import { VIEWS } from './views.ts';

export type { Family } from './family.ts';

export const FAMILIES: readonly Family[] = [
  GENERATED,
  DEFERRED,
  ARRAYS,
  DOCUMENTS,
  MERGES,
  VIEWS,
  QUERIES,
];

/** Of a run; null: its statements are about `a` and `b`. */
export function familyOf(variant: number): Family | null {
  return variant === 0 ? null : FAMILIES[(variant - 1) % FAMILIES.length]!;
}
