/**
 * What a key does to the text that is being typed. Pure: keys are as Node.js names them
 * (`readline.emitKeypressEvents`), the answer is the next state, or a wish that only the editor
 * around it can fulfil.
 */
import * as edit from './edit.ts';
import type { Edit } from './edit.ts';

export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

export interface Typing {
  readonly edit: Edit;
  /** What was cut last. */
  readonly cut: string;
}

/** What the editor is asked for beyond the text. */
export type Wish =
  | 'enter'
  | 'complete'
  | 'older'
  | 'newer'
  | 'search'
  | 'clear'
  | 'interrupt'
  | 'end'
  | 'paste'
  | 'pasted';

export type Pressed = Typing | Wish;

const CONTROL: Readonly<Record<string, Wish>> = {
  c: 'interrupt',
  l: 'clear',
  r: 'search',
  p: 'older',
  n: 'newer',
};

export function press(typing: Typing, key: Key): Pressed {
  const { name = '' } = key;
  if (name === 'paste-start') return 'paste';
  if (name === 'paste-end') return 'pasted';
  if (key.ctrl === true) return pressControl(typing, name);
  if (key.meta === true) return pressMeta(typing, name);
  switch (name) {
    case 'return':
    case 'enter':
      return 'enter';
    case 'tab':
      return 'complete';
    case 'up':
      return moved(typing, edit.up(typing.edit)) ?? 'older';
    case 'down':
      return moved(typing, edit.down(typing.edit)) ?? 'newer';
    default:
      return pressPlain(typing, key);
  }
}

function pressPlain(typing: Typing, { name = '', sequence = '' }: Key): Typing {
  const now = typing.edit;
  switch (name) {
    case 'left':
      return goTo(typing, edit.before(now));
    case 'right':
      return goTo(typing, edit.after(now));
    case 'home':
      return goTo(typing, edit.lineStart(now));
    case 'end':
      return goTo(typing, edit.lineEnd(now));
    case 'backspace':
      return { ...typing, edit: edit.remove(now, edit.before(now), now.cursor) };
    case 'delete':
      return { ...typing, edit: edit.remove(now, now.cursor, edit.after(now)) };
    default:
      return isText(sequence) ? { ...typing, edit: edit.insert(now, sequence) } : typing;
  }
}

function pressControl(typing: Typing, name: string): Pressed {
  const now = typing.edit;
  const wish = CONTROL[name];
  if (wish !== undefined) return wish;
  switch (name) {
    case 'd':
      if (now.text === '') return 'end';
      return { ...typing, edit: edit.remove(now, now.cursor, edit.after(now)) };
    case 'a':
      return goTo(typing, edit.lineStart(now));
    case 'e':
      return goTo(typing, edit.lineEnd(now));
    case 'b':
      return goTo(typing, edit.before(now));
    case 'f':
      return goTo(typing, edit.after(now));
    case 'h':
      return { ...typing, edit: edit.remove(now, edit.before(now), now.cursor) };
    case 'left':
      return goTo(typing, edit.wordBefore(now));
    case 'right':
      return goTo(typing, edit.wordAfter(now));
    case 'w':
      return cut(typing, edit.wordBefore(now), now.cursor);
    case 'u':
      return cut(typing, edit.lineStart(now), now.cursor);
    case 'k':
      return cut(typing, now.cursor, edit.lineEnd(now));
    case 'y':
      return { ...typing, edit: edit.insert(now, typing.cut) };
    case 'j':
      return 'enter';
    default:
      return typing;
  }
}

function pressMeta(typing: Typing, name: string): Pressed {
  const now = typing.edit;
  switch (name) {
    case 'b':
    case 'left':
      return goTo(typing, edit.wordBefore(now));
    case 'f':
    case 'right':
      return goTo(typing, edit.wordAfter(now));
    case 'd':
      return cut(typing, now.cursor, edit.wordAfter(now));
    case 'backspace':
      return cut(typing, edit.wordBefore(now), now.cursor);
    case 'return':
    case 'enter':
      return { ...typing, edit: edit.insert(now, '\n') };
    default:
      return typing;
  }
}

function goTo(typing: Typing, cursor: number): Typing {
  return { ...typing, edit: edit.moveTo(typing.edit, cursor) };
}

function moved(typing: Typing, next: Edit | null): Typing | null {
  return next === null ? null : { ...typing, edit: next };
}

function cut(typing: Typing, from: number, to: number): Typing {
  const text = typing.edit.text.slice(from, to);
  return { edit: edit.remove(typing.edit, from, to), cut: text === '' ? typing.cut : text };
}

/** Neither a control character nor an escape sequence. */
function isText(sequence: string): boolean {
  const code = sequence.codePointAt(0) ?? 0;
  return code >= 0x20 && (code < 0x7f || code >= 0xa0);
}
