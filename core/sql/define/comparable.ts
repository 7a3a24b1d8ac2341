/** Whether columns of two types may be joined by a foreign key. */
import { findCast } from '../functions/casts.ts';
import { isComparable } from '../types/compare.ts';
import type { TypeId } from '../types/type.ts';

export function canCompare(referring: TypeId, referenced: TypeId): boolean {
  if (!isComparable(referring) || !isComparable(referenced)) return false;
  if (referring === referenced) return true;
  return findCast(referring, referenced, 'implicit') !== null ||
    findCast(referenced, referring, 'implicit') !== null
    ? findCast(referring, referenced, 'explicit') !== null
    : false;
}
