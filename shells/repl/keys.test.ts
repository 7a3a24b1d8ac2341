/** Keys and what they do to a text, without a terminal. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY, atEnd, charactersOf } from './edit.ts';
import type { Edit } from './edit.ts';
import { press } from './keys.ts';
import type { Key, Typing } from './keys.ts';

const ctrl = (name: string): Key => ({ name, ctrl: true });
const meta = (name: string): Key => ({ name, meta: true });
const named = (name: string): Key => ({ name });
const typed = (sequence: string): Key => ({ sequence });

/** `|` is the cursor. */
function state(text: string): Edit {
  return { text: text.replace('|', ''), cursor: text.indexOf('|') };
}

function shown({ text, cursor }: Edit): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function after(text: string, ...keys: readonly Key[]): string {
  let typing: Typing = { edit: state(text), cut: '' };
  for (const key of keys) {
    const next = press(typing, key);
    if (typeof next === 'string') return next;
    typing = next;
  }
  return shown(typing.edit);
}

describe('keys', () => {
  test.each([
    ['sel|', typed('e'), 'sele|'],
    ['a👩‍👧b|', named('left'), 'a👩‍👧|b'],
    ['a👩‍👧|b', named('left'), 'a|👩‍👧b'],
    ['a|👩‍👧b', named('right'), 'a👩‍👧|b'],
    ['a👩‍👧|b', named('backspace'), 'a|b'],
    ['a|👩‍👧b', named('delete'), 'a|b'],
    ['a\n|b', named('backspace'), 'a|b'],
    ['one\ntwo|', named('home'), 'one\n|two'],
    ['one|\ntwo', ctrl('e'), 'one|\ntwo'],
    ['select a_b|', ctrl('w'), 'select |'],
    ['select a|', meta('b'), 'select |a'],
    ['|select a', meta('f'), 'select| a'],
    ['select |a, b', ctrl('k'), 'select |'],
    ['x\nselect |a', ctrl('u'), 'x\n|a'],
    ['abc\nde|', named('up'), 'ab|c\nde'],
    ['ab|c\nd', named('down'), 'abc\nd|'],
    ['a|', named('up'), 'older'],
    ['a|', named('down'), 'newer'],
    ['|', ctrl('d'), 'end'],
    ['|a', ctrl('d'), '|'],
    ['a|', named('return'), 'enter'],
    ['a|', meta('return'), 'a\n|'],
    ['a|', named('tab'), 'complete'],
    ['a|', ctrl('c'), 'interrupt'],
    ['a|', { name: 'f5', sequence: '\u001b[15~' }, 'a|'],
  ])('%j %j %j', (text, key, expected) => {
    expect(after(text, key)).toBe(expected);
  });

  test('what was cut comes back', () => {
    expect(after('select |a, b', ctrl('k'), ctrl('a'), ctrl('y'))).toBe('a, b|select ');
  });

  test('before an empty first line nothing moves the cursor', () => {
    for (const key of [named('left'), named('home'), named('backspace'), ctrl('a'), ctrl('u')])
      expect(after('|\nselect', key)).toBe('|\nselect');
  });

  test('whatever is pressed, the cursor stands between characters', () => {
    const keys: readonly Key[] = [
      ...['left', 'right', 'up', 'down', 'home', 'end', 'backspace', 'delete'].map(named),
      ...['a', 'e', 'b', 'f', 'w', 'u', 'k', 'y', 'h', 'd'].map(ctrl),
      ...['b', 'f', 'd', 'return', 'backspace'].map(meta),
      ...['x', 'é', '👩‍👧', ' '].map(typed),
    ];
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.array(fc.constantFrom(...keys)),
        (text, all) => {
          let typing: Typing = { edit: text === '' ? EMPTY : atEnd(text), cut: '' };
          for (const key of all) {
            const next = press(typing, key);
            if (typeof next !== 'string') typing = next;
            const { edit } = typing;
            expect(edit.cursor).toBeGreaterThanOrEqual(0);
            expect(edit.cursor).toBeLessThanOrEqual(edit.text.length);
            const joined = charactersOf(edit.text.slice(0, edit.cursor)).join('');
            expect(joined + edit.text.slice(edit.cursor)).toBe(edit.text);
          }
        },
      ),
    );
  });
});
