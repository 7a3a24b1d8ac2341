/**
 * Types that users define. In the catalogue and in plans such a type is a number like any other:
 * `USER_TYPES_FROM` and twice the id of its object, and one more for arrays of it.
 *
 * A value of an enum is its label's rank: a text of ASCII letters and digits, such that ranks
 * compare as the labels were declared. So rows and keys hold ranks, labels may be added between
 * others and renamed without a row being touched, and nothing that compares, sorts, groups or
 * stores values knows more of an enum than that it is text.
 *
 * What a number means is in the catalogue. Whoever runs a piece of a statement says with `useTypes`
 * which one first, so that names and labels are found wherever values are read and shown. A piece
 * runs to its end: nothing in between says otherwise.
 */
import { SqlError, unsupported } from '../error.ts';
import { TEXT } from './type.ts';
import type { SqlType, TypeId } from './type.ts';

export const USER_TYPES_FROM = 16_777_216;
/** Types as they were at another time, numbered by the statement that reads of it. */
const FORMER_TYPES_FROM: number = USER_TYPES_FROM + 8_589_934_592;
const TEXT_ARRAY = 1009;

export interface EnumLabel {
  readonly name: string;
  /** Rows and keys hold it: it never changes. */
  readonly rank: string;
}

/** What there is to know about a type besides its number. */
export interface UserType {
  /** Of its object. */
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  /** In order of their ranks. */
  readonly labels: readonly EnumLabel[];
}

/** The types that a statement knows. */
export interface UserTypes {
  /** By its number, not of arrays. */
  get(id: TypeId): UserType | null;
  /** Along the search path, or in this schema. */
  find(schema: string | null, name: string): TypeId | null;
  /** As errors show it: with its schema where the name alone would not find it. */
  nameOf(type: UserType): string;
  /** Throws 55P04 for a label that this transaction has added. */
  checkLabel(id: TypeId, type: UserType, label: EnumLabel): void;
}

const NO_TYPES: UserTypes = {
  get: () => null,
  find: () => null,
  nameOf: ({ name }) => name,
  checkLabel: () => undefined,
};

let current: UserTypes = NO_TYPES;

/** From now on types mean what they mean here. */
export function useTypes(types: UserTypes): void {
  current = types;
}

export function currentTypes(): UserTypes {
  return current;
}

export function isUserType(id: TypeId): boolean {
  return id >= USER_TYPES_FROM;
}

/** An enum, not an array of one. */
export function isEnum(id: TypeId): boolean {
  return id >= USER_TYPES_FROM && id % 2 === 0;
}

export function userTypeOf(object: number): TypeId {
  return USER_TYPES_FROM + object * 2;
}

/** The object of a type or of its arrays. */
export function objectOf(id: TypeId): number {
  return (id - (id % 2) - USER_TYPES_FROM) / 2;
}

/** The `index`th type of another time. */
export function formerType(index: number): TypeId {
  return FORMER_TYPES_FROM + index * 2;
}

export function isFormer(id: TypeId): boolean {
  return id >= FORMER_TYPES_FROM;
}

/** Of a former type: its `index`. */
export function formerIndex(id: TypeId): number {
  return (id - (id % 2) - FORMER_TYPES_FROM) / 2;
}

/** What a type of another time is now, if it still is. */
export function presentType(id: TypeId): TypeId {
  return isFormer(id) ? userTypeOf(knownType(id).id) + (id % 2) : id;
}

/** In a definition: a type of another time as it is now. 0A000: it is no more. */
export function keptType(type: SqlType): SqlType {
  if (!isFormer(type.id)) return type;
  const id = presentType(type.id);
  if (current.get(id - (id % 2)) !== null) return { id, modifier: -1 };
  throw unsupported(`a column of the dropped type ${userTypeName(type.id)}`, -1);
}

/** Throws XX000 for one that is not there. */
export function knownType(id: TypeId): UserType {
  const found = current.get(id - (id % 2));
  if (found === null) throw new SqlError('XX000', `cache lookup failed for type ${id}`);
  return found;
}

/** As errors and `format_type` show it. */
export function userTypeName(id: TypeId): string {
  return current.nameOf(knownType(id)) + (id % 2 === 1 ? '[]' : '');
}

/** What clients see and send for a type: labels are text. */
export function shownType(type: SqlType): SqlType {
  if (type.id < USER_TYPES_FROM) return type;
  return { id: isEnum(type.id) ? TEXT : TEXT_ARRAY, modifier: -1 };
}

/** In definitions a type is named by the id of its object, in a schema that no text names. */
export const PINNED_SCHEMA = '\0type';

/** In definitions a label's rank stands for it, after what no text holds. */
const RANK_MARK = '\0';

/** What such text says; other text says itself. */
export function labelOfPinned(id: TypeId, text: string): string {
  return text.startsWith(RANK_MARK) ? formatLabel(id, text.slice(RANK_MARK.length)) : text;
}

/** A rank as text for `parseLabel`. */
export function pinnedRank(rank: string): string {
  return RANK_MARK + rank;
}

const byName: WeakMap<UserType, ReadonlyMap<string, EnumLabel>> = new WeakMap();
const byRank: WeakMap<UserType, ReadonlyMap<string, EnumLabel>> = new WeakMap();

function labelsBy(
  known: typeof byName,
  type: UserType,
  key: 'name' | 'rank',
): ReadonlyMap<string, EnumLabel> {
  const found = known.get(type);
  if (found !== undefined) return found;
  const made = new Map(type.labels.map((label) => [label[key], label]));
  known.set(type, made);
  return made;
}

/** The rank of a label. 22P02: there is none of this name. */
export function parseLabel(id: TypeId, text: string): string {
  const type = knownType(id);
  if (text.startsWith(RANK_MARK)) return knownRank(type, text.slice(RANK_MARK.length));
  const label = labelsBy(byName, type, 'name').get(text);
  if (label === undefined) {
    const message = `invalid input value for enum ${current.nameOf(type)}: "${text}"`;
    throw new SqlError('22P02', message);
  }
  current.checkLabel(id, type, label);
  return label.rank;
}

function knownRank(type: UserType, rank: string): string {
  if (labelsBy(byRank, type, 'rank').has(rank)) return rank;
  throw new SqlError('22P02', `invalid input value for enum ${current.nameOf(type)}`);
}

/** The label of a rank. */
export function formatLabel(id: TypeId, rank: string): string {
  const label = labelsBy(byRank, knownType(id), 'rank').get(rank);
  if (label === undefined) throw new SqlError('XX000', `type ${id} has no label of rank ${rank}`);
  return label.name;
}
