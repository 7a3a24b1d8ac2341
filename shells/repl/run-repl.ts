/**
 * The REPL around a shell: on a terminal with an editor, else from a pipe. A terminal goes on after
 * an error, a pipe ends at the first one; its exit code says so.
 */
import { COMMAND_NAMES } from './commands.ts';
import { complete } from './complete.ts';
import { Editor } from './editor.ts';
import type { Keyboard, Screen } from './editor.ts';
import type { Hue } from './highlight.ts';
import { History } from './history.ts';
import { readLast, readStatements } from './read-statements.ts';
import type { Item } from './read-statements.ts';
import type { Shell } from './shell.ts';
import { NotUtf8Error, Utf8Reader } from '../utf8-reader.ts';

/** Runs statements from a pipe as they come. False: one failed, and none after it was run. */
export async function runPiped(shell: Shell, input: AsyncIterable<Buffer>): Promise<boolean> {
  try {
    return await runStream(shell, input);
  } catch (error) {
    if (!(error instanceof NotUtf8Error)) throw error;
    shell.options.err(`line ${error.line}: ${error.message}\n`);
    return false;
  }
}

async function runStream(shell: Shell, input: AsyncIterable<Buffer>): Promise<boolean> {
  const decoder = new Utf8Reader();
  let rest = '';
  let line = 1;
  const runAll = async (items: readonly Item[]): Promise<boolean> => {
    for (const item of items) {
      if (shell.ended) return true;
      if (!(await shell.run(item, line + item.line - 1))) return false;
    }
    return true;
  };
  for await (const chunk of input) {
    const added = decoder.write(chunk);
    rest += added;
    if (!/[;\n]/.test(added)) continue;
    const reading = readStatements(rest);
    if (!(await runAll(reading.items))) return false;
    line += linesIn(rest) - linesIn(reading.rest);
    ({ rest } = reading);
    if (shell.ended) return true;
  }
  return runAll(readLast(rest + decoder.end()));
}

function linesIn(text: string): number {
  return text.split('\n').length;
}

export interface TerminalOptions {
  readonly input: Keyboard;
  readonly output: Screen;
  readonly history: string;
  /** What stands before the mark of a prompt. */
  readonly name: () => string;
  readonly paint: (hue: Hue | 'prompt', text: string) => string;
}

/** Asks and runs until the user has enough. */
export async function runTerminal(shell: Shell, options: TerminalOptions): Promise<void> {
  const { input, output, paint, name } = options;
  const editor = new Editor({
    input,
    output,
    paint,
    history: new History(options.history),
    complete: (edit) => complete(edit, shell.tables, COMMAND_NAMES),
    isComplete: (text) => readText(text) !== null,
  });
  editor.onInterrupt = () => void shell.cancel();
  try {
    while (!shell.ended) {
      // Beside the prompt: nobody waits for names.
      void shell.learn();
      const { status } = shell.session;
      const mark = status === 'idle' ? '' : status === 'transaction' ? '*' : '!';
      const text = await editor.ask([`${name()}=${mark}> `, `${name()}-${mark}> `]);
      if (text === null) return;
      for (const item of readText(text) ?? []) {
        if (shell.ended || !(await shell.run(item))) break;
      }
    }
  } finally {
    editor.close();
  }
}

/** The items of a text, if it is complete. */
function readText(text: string): readonly Item[] | null {
  if (text.trim() === '') return [];
  const isCommand = /^\s*\\/.test(text);
  const { items, open } = readStatements(isCommand ? `${text}\n` : text);
  return open === '=' ? items : null;
}
