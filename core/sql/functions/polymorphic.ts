/**
 * Polymorphic arguments: what type `ANYELEMENT`, `ANYARRAY` and their like stand for in a call.
 *
 * One signature has one element type, taken from what is given; arrays in it are arrays of that.
 */
import { SqlError, unsupported } from '../error.ts';
import { canCoerce, commonType } from './coercion.ts';
import {
  ANYARRAY,
  ANYELEMENT,
  ANYENUM,
  ANYNONARRAY,
  COMPATIBLE,
  COMPATIBLE_ARRAY,
} from './function.ts';
import { arrayOf, elementOf } from '../types/array-type.ts';
import { plainType, typeName } from '../types/describe.ts';
import { RECORD, UNKNOWN } from '../types/type.ts';
import type { SqlType, TypeId } from '../types/type.ts';
import { presentType } from '../types/user-type.ts';

const ELEMENTS: readonly TypeId[] = [ANYELEMENT, ANYNONARRAY, ANYENUM, COMPATIBLE];
const ARRAYS: readonly TypeId[] = [ANYARRAY, COMPATIBLE_ARRAY];

export function isPolymorphic(type: TypeId): boolean {
  return ELEMENTS.includes(type) || ARRAYS.includes(type);
}

/** What is known of the element type: from elements, and from elements of arrays. */
export function polymorphs(
  declared: readonly TypeId[],
  given: readonly SqlType[],
): readonly SqlType[] {
  return given.flatMap((type, i): readonly SqlType[] => {
    const place = declared[i] ?? UNKNOWN;
    if (ELEMENTS.includes(place)) return [type];
    return ARRAYS.includes(place) ? [plainType(elementOf(type.id) ?? UNKNOWN)] : [];
  });
}

/** Whether there is one element type for all of them. */
export function polymorphsAgree(declared: readonly TypeId[], inputs: readonly TypeId[]): boolean {
  const exact = new Set<TypeId>();
  for (const [i, type] of inputs.entries()) {
    if (declared[i] === ANYARRAY && type !== UNKNOWN) exact.add(type);
  }
  if (exact.size > 1 || !enumsAgree(declared, inputs)) return false;
  if (!declared.includes(COMPATIBLE_ARRAY)) return true;
  const alike = polymorphs(declared, inputs.map(plainType));
  try {
    const element = commonType(alike, '', -1).id;
    const array = arrayOf(element);
    if (array === null) return false;
    return declared.every((type, i) => {
      const input = inputs[i] ?? UNKNOWN;
      if (type === COMPATIBLE) return canCoerce(input, element);
      return type !== COMPATIBLE_ARRAY || canCoerce(input, array);
    });
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

/** One enum, as it is or was: there is none that a bare literal could be. */
function enumsAgree(declared: readonly TypeId[], inputs: readonly TypeId[]): boolean {
  if (!declared.includes(ANYENUM)) return true;
  const exact = new Set<TypeId>();
  for (const [i, type] of inputs.entries()) {
    if (declared[i] === ANYENUM && type !== UNKNOWN) exact.add(presentType(type));
  }
  return exact.size === 1;
}

/** What a polymorphic type is, once the element type is known. */
export function actualType(type: TypeId, element: TypeId, at: number): TypeId {
  if (!ARRAYS.includes(type)) return element;
  const array = arrayOf(element);
  if (array !== null) return array;
  throw noArrayType(element, at);
}

export function noArrayType(element: TypeId, at: number): SqlError {
  if (element === RECORD) return unsupported('an array of rows', at);
  const message = `could not find array type for data type ${typeName(element)}`;
  return new SqlError('42704', message, { at });
}
