/** Whether columns of two types may be joined by a foreign key. */
import { findCast } from '../functions/casts.ts';
import { isComparable } from '../types/compare.ts';
import type { TypeId } from '../types/type.ts';
import { areAlike } from '../write/convert.ts';

/** Either an operator compares the two as they are, or the referring value becomes the other. */
export function canCompare(referring: TypeId, referenced: TypeId): boolean {
  if (!isComparable(referring) || !isComparable(referenced)) return false;
  if (areAlike(referring, referenced)) return true;
  return findCast(referring, referenced, 'implicit') !== null;
}
