/**
 * Which type may stand for which: implicit coercion, and the one type that several expressions
 * (UNION, CASE, VALUES, IN) share. PostgreSQL's `parse_coerce.c`.
 */
import { SqlError } from '../error.ts';
import { findCast } from './casts.ts';
import {
  ANY,
  ANYARRAY,
  ANYELEMENT,
  ANYENUM,
  ANYNONARRAY,
  COMPATIBLE,
  COMPATIBLE_ARRAY,
} from './function.ts';
import type { CastContext } from './function.ts';
import { isArrayType } from '../types/array-type.ts';
import { category, typeName, isPreferred } from '../types/describe.ts';
import { TEXT, UNKNOWN } from '../types/type.ts';
import type { SqlType, TypeId } from '../types/type.ts';
import { isEnum } from '../types/user-type.ts';

export function canCoerce(from: TypeId, to: TypeId, context: CastContext = 'implicit'): boolean {
  if (from === to || to === ANY || to === ANYELEMENT || from === UNKNOWN) return true;
  if (to === ANYARRAY || to === COMPATIBLE_ARRAY) return isArrayType(from);
  if (to === ANYENUM) return isEnum(from);
  if (to === COMPATIBLE) return true;
  if (to === ANYNONARRAY) return !isArrayType(from);
  return findCast(from, to, context) !== null;
}

/**
 * The type that all can be brought to. Literals of unknown type follow the others; only such make
 * text. `context` (`UNION`, `CASE`, …) is for the error, `42804`.
 */
export function commonType(types: readonly SqlType[], context: string, at: number): SqlType {
  const id = commonTypeId(
    types.map((type) => type.id),
    context,
    at,
  );
  const [first] = types;
  const same = types.every((type) => type.id === id && type.modifier === first?.modifier);
  return { id, modifier: same ? (first?.modifier ?? -1) : -1 };
}

function commonTypeId(types: readonly TypeId[], context: string, at: number): TypeId {
  let chosen = UNKNOWN;
  for (const type of types) {
    if (type === UNKNOWN || type === chosen) continue;
    if (chosen === UNKNOWN) {
      chosen = type;
      continue;
    }
    if (category(type) !== category(chosen)) {
      const names = `${typeName(chosen)} and ${typeName(type)}`;
      throw new SqlError('42804', `${context} types ${names} cannot be matched`, { at });
    }
    const better = !isPreferred(chosen) && canCoerce(chosen, type) && !canCoerce(type, chosen);
    if (better) chosen = type;
  }
  return chosen === UNKNOWN ? TEXT : chosen;
}
