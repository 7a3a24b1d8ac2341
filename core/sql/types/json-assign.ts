/**
 * Assignment to a part of a jsonb document: `doc['a'][2] = value`; text in, text out.
 *
 * What is missing on the way is made: an array where the subscript is a number, with null before
 * the place, else an object. A scalar in the way is an error.
 */
import { SqlError } from '../error.ts';
import { indexOf } from './json-change.ts';
import { arrayText, checkDepth, elementsOf, kindOf, membersOf, objectText } from './json-scan.ts';
import { compareNames } from './jsonb.ts';
import { tooLarge } from './length.ts';

/** Put in before a place: 54000 past it, where PostgreSQL runs out of memory. */
const NULLS_MAX = 1_048_576;

/** A subscript: as text, and whether it was written as a number. */
export interface Subscript {
  readonly text: string;
  readonly isNumber: boolean;
}

/** `document` null: there is none yet. */
export function assignPath(
  document: string | null,
  path: readonly Subscript[],
  value: string,
): string {
  return document === null ? made(path, 0, value) : assignAt(document, path, 0, value);
}

function assignAt(text: string, path: readonly Subscript[], level: number, value: string): string {
  if (level === path.length) return value;
  checkDepth(level);
  switch (kindOf(text)) {
    case 'object':
      return assignMember(text, path, level, value);
    case 'array':
      return assignElement(text, path, level, value);
    default:
      throw new SqlError('22023', 'cannot replace existing key', {
        detail: 'The path assumes key is a composite object, but it is a scalar value.',
      });
  }
}

function assignMember(
  text: string,
  path: readonly Subscript[],
  level: number,
  value: string,
): string {
  const { text: name } = path[level]!;
  const members = membersOf(text);
  const place = members.findIndex((member) => member.name === name);
  const found = members[place];
  if (found !== undefined) {
    members[place] = { name, value: assignAt(found.value, path, level + 1, value) };
    return objectText(members);
  }
  const next = members.findIndex((member) => compareNames(member.name, name) > 0);
  const member = { name, value: made(path, level + 1, value) };
  members.splice(next < 0 ? members.length : next, 0, member);
  return objectText(members);
}

function assignElement(
  text: string,
  path: readonly Subscript[],
  level: number,
  value: string,
): string {
  const { text: step } = path[level]!;
  const index = indexOf(step);
  if (index === null) {
    const message = `path element at position ${level + 1} is not an integer: "${step}"`;
    throw new SqlError('22P02', message);
  }
  const elements = elementsOf(text);
  const place = index < 0 ? elements.length + index : index;
  if (place < 0) throw outOfRange(level, step);
  const found = elements[place];
  if (found !== undefined) {
    elements[place] = assignAt(found, path, level + 1, value);
    return arrayText(elements);
  }
  const added = made(path, level + 1, value);
  return arrayText([...elements, ...nulls(place - elements.length), added]);
}

/** The value, in what the rest of the path says is around it. */
function made(path: readonly Subscript[], level: number, value: string): string {
  const step = path[level];
  if (step === undefined) return value;
  checkDepth(level);
  if (!step.isNumber) {
    return objectText([{ name: step.text, value: made(path, level + 1, value) }]);
  }
  const index = Number(step.text);
  if (index < 0 && level === 0) throw outOfRange(level, step.text);
  return arrayText([...nulls(index), made(path, level + 1, value)]);
}

function nulls(count: number): readonly string[] {
  if (count > NULLS_MAX) throw tooLarge();
  return Array.from({ length: Math.max(0, count) }, () => 'null');
}

function outOfRange(level: number, step: string): SqlError {
  return new SqlError('22023', `path element at position ${level + 1} is out of range: ${step}`);
}
