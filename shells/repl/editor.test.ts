/** The editor on a terminal that is made of streams: keys go in, what is drawn comes out. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Editor } from './editor.ts';
import type { Keyboard, Screen } from './editor.ts';
import { History } from './history.ts';
import { readStatements } from './read-statements.ts';

const PROMPTS = ['db=> ', 'db-> '] as const;
const [UP, LEFT, TAB, ENTER] = ['\u001b[A', '\u001b[D', '\t', '\r'];
const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) - 96);

let keyboard: PassThrough & Keyboard;
let drawn: string;
let raw: boolean[];
let history: History;
let editor: Editor;

beforeEach(() => {
  [drawn, raw] = ['', []];
  keyboard = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => raw.push(on) });
  const screen: Screen = Object.assign(new PassThrough(), { columns: 60, rows: 10 });
  screen.on('data', (bytes) => (drawn += String(bytes)));
  history = new History('');
  editor = new Editor({
    input: keyboard,
    output: screen,
    history,
    complete: ({ text }) => {
      const all = ['natural', 'name'].filter((each) => each.startsWith(text.slice(7)));
      return { from: 7, candidates: all };
    },
    isComplete: (text) => readStatements(text).open === '=',
    paint: (_, text) => text,
  });
});
afterEach(() => editor.close());

function ask(...keys: readonly string[]): Promise<string | null> {
  const answer = editor.ask(PROMPTS);
  for (const key of keys) keyboard.write(key);
  return answer;
}

test('Enter hands over what is complete, and else begins a line', async () => {
  expect(await ask('select', ENTER, '1;', ENTER)).toBe('select\n1;');
  expect(drawn).toContain('db=> select\r\ndb-> 1;');
  expect(history.at(0)).toBe('select\n1;');
});

test('what is typed while nobody asks is kept for the next prompt', async () => {
  expect(await ask('a;', ENTER, 'b;', ENTER)).toBe('a;');
  expect(await ask()).toBe('b;');
});

test('Ctrl-C takes back what is typed; while a statement runs it interrupts that', async () => {
  expect(await ask('select', ctrl('c'))).toBe('');
  let interrupted = 0;
  editor.onInterrupt = () => (interrupted += 1);
  keyboard.write(`x${ctrl('c')}`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(interrupted).toBe(1);
  expect(await ask('y;', ENTER)).toBe('y;');
});

test('Ctrl-D at an empty prompt ends, and so does the end of the input', async () => {
  expect(await ask(ctrl('d'))).toBeNull();
  const answer = editor.ask(PROMPTS);
  keyboard.end();
  expect(await answer).toBeNull();
});

test('the history comes back, is edited, and searched', async () => {
  await ask('select 1;', ENTER);
  await ask('select 22;', ENTER);
  expect(await ask(UP, UP, LEFT, '0', ENTER)).toBe('select 10;');
  expect(await ask(ctrl('r'), '22', ENTER)).toBe('select 22;');
  expect(drawn).toContain("search '22': select 22;");
  expect(await ask('draft', UP, '\u001b[B', ';', ENTER)).toBe('draft;');
});

test('Tab completes what is clear, and lists what is not', async () => {
  expect(await ask('select nat', TAB, ';', ENTER)).toBe('select natural ;');
  expect(await ask('select n', TAB, TAB, ctrl('c'))).toBe('');
  expect(drawn).toContain('natural  name\r\n');
});

test('what is pasted is text, line breaks and tabs included', async () => {
  const paste = '\u001b[200~select 1;\r\tselect 2;\u001b[201~';
  expect(await ask(paste, ENTER)).toBe('select 1;\n  select 2;');
});

test('the terminal is given back as it was', () => {
  editor.close();
  expect(raw).toEqual([true, false]);
  expect(drawn.endsWith('\u001b[?2004l')).toBe(true);
});
