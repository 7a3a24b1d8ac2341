/**
 * New jsonb from old: `||`, `-`, `#-`, `jsonb_set` and its like, containment; text in, text out.
 *
 * All texts are canonical (`jsonb.ts`), and so is what is made of them: parts are cut out and put
 * together again, never read any deeper than they change.
 */
import { requireLength } from './length.ts';
import { SqlError } from '../error.ts';
import {
  JsonParts,
  arrayText,
  checkDepth,
  countParts,
  elementsOf,
  isScalar,
  kindOf,
  memberOf,
  membersOf,
  objectText,
  sameScalar,
} from './json-scan.ts';
import type { MemberText } from './json-scan.ts';
import { compareNames, quoteJson } from './jsonb.ts';

/** A path's step: a member's name, or an element's number in digits. */
export type Path = readonly (string | null)[];

/** `a || b`: two objects merge, all else is joined as arrays, of one element where it is none. */
export function concatenate(a: string, b: string): string {
  const left = kindOf(a);
  const right = kindOf(b);
  if (left === 'object' && right === 'object') return merge(a, b);
  return joinTexts(left === 'array' ? a : `[${a}]`, right === 'array' ? b : `[${b}]`);
}

function joinTexts(a: string, b: string): string {
  if (a === '[]') return b;
  if (b === '[]') return a;
  requireLength(a.length + b.length);
  return `${a.slice(0, -1)}, ${b.slice(1)}`;
}

/** Both are in order already. */
function merge(a: string, b: string): string {
  const left = membersOf(a);
  const right = membersOf(b);
  const merged: MemberText[] = [];
  let i = 0;
  for (const member of right) {
    for (; i < left.length; i += 1) {
      const other = left[i] as MemberText;
      const order = compareNames(other.name, member.name);
      if (order < 0) merged.push(other);
      else if (order > 0) break;
    }
    merged.push(member);
  }
  for (; i < left.length; i += 1) merged.push(left[i] as MemberText);
  return objectText(merged);
}

/** Whether an object has the member, an array the string, or a scalar is the string. */
export function exists(text: string, name: string): boolean {
  switch (kindOf(text)) {
    case 'object':
      return memberOf(text, name) !== null;
    case 'array': {
      const wanted = quoteJson(name);
      const parts = new JsonParts(text);
      while (parts.next()) {
        const same = parts.end - parts.start === wanted.length;
        if (same && text.startsWith(wanted, parts.start)) return true;
      }
      return false;
    }
    case 'string':
      return text === quoteJson(name);
    default:
      return false;
  }
}

/** `jsonb - names`: members of an object, or strings of an array. */
export function deleteNames(text: string, names: readonly (string | null)[]): string {
  const kind = kindOf(text);
  if (isScalar(kind)) throw new SqlError('22023', 'cannot delete from scalar');
  if (kind === 'object') {
    return objectText(membersOf(text).filter(({ name }) => !names.includes(name)));
  }
  const strings = names.map((name) => (name === null ? null : quoteJson(name)));
  return arrayText(elementsOf(text).filter((element) => !strings.includes(element)));
}

/** `jsonb - index`. */
export function deleteElement(text: string, index: number): string {
  const kind = kindOf(text);
  if (isScalar(kind)) throw new SqlError('22023', 'cannot delete from scalar');
  if (kind === 'object') {
    throw new SqlError('22023', 'cannot delete from object using integer index');
  }
  const elements = elementsOf(text);
  const place = index < 0 ? elements.length + index : index;
  return arrayText(elements.filter((_, i) => i !== place));
}

/** What happens at a path's end. `set` and `insert…` make what is not there. */
export type Change =
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'replace' | 'set' | 'insertBefore' | 'insertAfter';
      readonly value: string;
    };

export function deletePath(text: string, path: Path): string {
  if (isScalar(kindOf(text))) throw new SqlError('22023', 'cannot delete path in scalar');
  if (path.length === 0 || countParts(text) === 0) return text;
  return changeAt(text, path, 0, { kind: 'delete' });
}

/** `create` false: nothing happens where there is nothing yet. */
export function setPath(text: string, path: Path, value: string, create: boolean): string {
  if (isScalar(kindOf(text))) throw new SqlError('22023', 'cannot set path in scalar');
  if (path.length === 0 || (!create && countParts(text) === 0)) return text;
  return changeAt(text, path, 0, { kind: create ? 'set' : 'replace', value });
}

export function insertAt(text: string, path: Path, value: string, after: boolean): string {
  if (isScalar(kindOf(text))) throw new SqlError('22023', 'cannot set path in scalar');
  if (path.length === 0) return text;
  return changeAt(text, path, 0, { kind: after ? 'insertAfter' : 'insertBefore', value });
}

function changeAt(text: string, path: Path, level: number, change: Change): string {
  checkDepth(level);
  const step = path[level] ?? null;
  if (step === null) {
    throw new SqlError('22004', `path element at position ${level + 1} is null`);
  }
  const kind = kindOf(text);
  if (kind === 'object') return changeObject(text, path, level, step, change);
  return kind === 'array' ? changeArray(text, path, level, step, change) : text;
}

function changeObject(
  text: string,
  path: Path,
  level: number,
  name: string,
  change: Change,
): string {
  const members = membersOf(text);
  const last = level === path.length - 1;
  const place = members.findIndex((member) => member.name === name);
  const found = members[place];
  if (found === undefined) {
    if (!last || change.kind === 'delete' || change.kind === 'replace') return text;
    const at = members.findIndex((member) => compareNames(member.name, name) > 0);
    members.splice(at < 0 ? members.length : at, 0, { name, value: change.value });
    return objectText(members);
  }
  if (!last) {
    members[place] = { name, value: changeAt(found.value, path, level + 1, change) };
    return objectText(members);
  }
  if (change.kind === 'insertBefore' || change.kind === 'insertAfter') {
    throw new SqlError('22023', 'cannot replace existing key', {
      hint: 'Try using the function jsonb_set to replace key value.',
    });
  }
  if (change.kind === 'delete') members.splice(place, 1);
  else members[place] = { name, value: change.value };
  return objectText(members);
}

function changeArray(
  text: string,
  path: Path,
  level: number,
  step: string,
  change: Change,
): string {
  const elements = elementsOf(text);
  const index = indexOf(step);
  if (index === null) {
    const message = `path element at position ${level + 1} is not an integer: "${step}"`;
    throw new SqlError('22P02', message);
  }
  const place = index < 0 ? elements.length + index : index;
  const found = place < 0 ? undefined : elements[place];
  if (level < path.length - 1) {
    if (found === undefined) return text;
    elements[place] = changeAt(found, path, level + 1, change);
    return arrayText(elements);
  }
  if (found !== undefined) {
    if (change.kind === 'delete') elements.splice(place, 1);
    else if (change.kind === 'insertBefore') elements.splice(place, 0, change.value);
    else if (change.kind === 'insertAfter') elements.splice(place + 1, 0, change.value);
    else elements[place] = change.value;
    return arrayText(elements);
  }
  if (change.kind === 'delete' || change.kind === 'replace') return text;
  // Beyond an end is at that end.
  elements.splice(place < 0 ? 0 : elements.length, 0, change.value);
  return arrayText(elements);
}

/** A path's step as an index, as C's `strtol` reads it; null: it is none. */
export function indexOf(step: string): number | null {
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(step)) return null;
  const value = Number(step);
  return value >= -2147483648 && value <= 2147483647 ? value : null;
}

/** `a @> b`: order and repetition in arrays do not count. */
export function contains(a: string, b: string): boolean {
  const left = kindOf(a);
  const right = kindOf(b);
  if (isScalar(right)) {
    if (left === 'array') return elementsOf(a).some((element) => sameScalar(element, b));
    return isScalar(left) && sameScalar(a, b);
  }
  return left === right && containsDeep(a, b, 0);
}

/** Of two objects or two arrays. */
function containsDeep(a: string, b: string, depth: number): boolean {
  checkDepth(depth);
  return kindOf(b) === 'object' ? containsObject(a, b, depth) : containsArray(a, b, depth);
}

/** Members are in the same order on both sides: one pass over each. */
function containsObject(a: string, b: string, depth: number): boolean {
  const wanted = new JsonParts(b);
  const parts = new JsonParts(a);
  while (wanted.next()) {
    const { name } = wanted;
    do {
      if (!parts.next()) return false;
    } while (!parts.hasName(name));
    const kind = kindOf(wanted.value);
    if (isScalar(kind)) {
      if (!sameScalar(parts.value, wanted.value)) return false;
    } else if (
      kindOf(parts.value) !== kind ||
      !containsDeep(parts.value, wanted.value, depth + 1)
    ) {
      return false;
    }
  }
  return true;
}

function containsArray(a: string, b: string, depth: number): boolean {
  const elements = elementsOf(a);
  return elementsOf(b).every((wanted) => {
    const kind = kindOf(wanted);
    if (isScalar(kind)) return elements.some((element) => sameScalar(element, wanted));
    return elements.some(
      (element) => kindOf(element) === kind && containsDeep(element, wanted, depth + 1),
    );
  });
}
