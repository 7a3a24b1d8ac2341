/**
 * A line editor for statements of several lines, on a terminal: paints while one types, completes,
 * and goes through the history. Keys come from Node.js' own reader of terminals; what they do is
 * decided in `keys.ts`, how it looks in `screen.ts`.
 *
 * The terminal stays in raw mode from `open` to `close`: a Ctrl-C while a statement runs is a key
 * like any other, and what is typed meanwhile is kept for the next prompt.
 */
import { emitKeypressEvents } from 'node:readline';
import { commonStart } from './complete.ts';
import type { Completion } from './complete.ts';
import { EMPTY, atEnd, insert } from './edit.ts';
import type { Edit } from './edit.ts';
import { highlight } from './highlight.ts';
import type { Hue } from './highlight.ts';
import type { History } from './history.ts';
import { press } from './keys.ts';
import type { Key, Typing, Wish } from './keys.ts';
import { picture, windowOf } from './screen.ts';

/** What is used of a terminal's input. */
export interface Keyboard extends NodeJS.ReadableStream {
  setRawMode(on: boolean): unknown;
}

/** What is used of a terminal's output. */
export interface Screen extends NodeJS.WritableStream {
  readonly columns: number;
  readonly rows: number;
}

export interface EditorOptions {
  readonly input: Keyboard;
  readonly output: Screen;
  readonly history: History;
  readonly complete: (edit: Edit) => Completion;
  /** Whether Enter hands the text over; else it begins a new line. */
  readonly isComplete: (text: string) => boolean;
  readonly paint: (hue: Hue | 'prompt', text: string) => string;
}

type Prompts = readonly [first: string, more: string];

const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
const COLUMNS_USUAL = 80;
const ROWS_USUAL = 24;
const KEPT_KEYS_MAX = 65_536;

export class Editor {
  private readonly options: EditorOptions;
  private typing: Typing = { edit: EMPTY, cut: '' };
  private prompts: Prompts = ['', ''];
  private resolve: ((text: string | null) => void) | null = null;
  /** Keys that were pressed while nobody asked. */
  private readonly kept: Key[] = [];
  private pasting: boolean = false;
  /** What is typed at Ctrl-R; null: nothing is searched. */
  private wanted: string | null = null;
  private foundAt: number = -1;
  /** Place in the history; its length: the text that is being typed. */
  private place: number = 0;
  private draft: string = '';
  /** Rows from the cursor up to the first one drawn. */
  private above: number = 0;
  /** Called when Ctrl-C is pressed while nobody asked. */
  onInterrupt: () => void = () => undefined;

  private readonly onKey = (text: string | undefined, key: Key): void => {
    this.pressed({ ...key, sequence: key.sequence ?? text });
  };
  private readonly onResize = (): void => {
    if (this.resolve !== null) this.draw();
  };
  private readonly onEnd = (): void => this.finish(null);

  constructor(options: EditorOptions) {
    this.options = options;
    const { input, output } = options;
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.on('keypress', this.onKey);
    input.on('end', this.onEnd);
    input.resume();
    output.on('resize', this.onResize);
    output.write(PASTE_ON);
  }

  close(): void {
    const { input, output } = this.options;
    input.off('keypress', this.onKey);
    input.off('end', this.onEnd);
    output.off('resize', this.onResize);
    output.write(PASTE_OFF);
    input.setRawMode(false);
    input.pause();
  }

  /** The next complete text; null: no more comes. An interrupted one is the empty text. */
  ask(prompts: Prompts): Promise<string | null> {
    this.prompts = prompts;
    this.typing = { ...this.typing, edit: EMPTY };
    this.place = this.options.history.length;
    this.above = 0;
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.draw();
      while (this.resolve !== null && this.kept.length > 0) this.pressed(this.kept.shift()!);
    });
  }

  private pressed(key: Key): void {
    if (this.resolve === null) {
      if (key.ctrl === true && key.name === 'c') {
        this.kept.length = 0;
        this.onInterrupt();
      } else if (this.kept.length < KEPT_KEYS_MAX) this.kept.push(key);
      return;
    }
    if (this.wanted !== null && this.searching(key)) return;
    const result = press(this.typing, key);
    if (typeof result === 'string') return this.fulfil(result);
    this.typing = result;
    // A paste is drawn when it is whole.
    if (!this.pasting) this.draw();
  }

  private fulfil(wish: Wish): void {
    switch (wish) {
      case 'enter':
        return this.enter();
      case 'complete':
        return this.pasting ? this.type('  ') : this.complete();
      case 'older':
        return this.recall(this.place - 1);
      case 'newer':
        return this.recall(this.place + 1);
      case 'search':
        this.wanted = '';
        this.foundAt = this.options.history.length;
        return this.draw();
      case 'clear':
        this.options.output.write('\u001b[2J\u001b[H');
        this.above = 0;
        return this.draw();
      case 'interrupt':
        this.type('', this.typing.edit.text.length);
        this.options.output.write('^C\r\n');
        return this.finish('');
      case 'end':
        this.options.output.write('\r\n');
        return this.finish(null);
      case 'paste':
        this.pasting = true;
        return;
      case 'pasted':
        this.pasting = false;
        return this.draw();
    }
  }

  private enter(): void {
    const { text } = this.typing.edit;
    if (this.pasting || !this.options.isComplete(text)) return this.type('\n');
    this.type('', text.length);
    this.options.output.write('\r\n');
    this.options.history.add(text);
    this.finish(text);
  }

  private finish(text: string | null): void {
    const { resolve } = this;
    this.resolve = null;
    this.wanted = null;
    resolve?.(text);
  }

  private type(text: string, at: number = this.typing.edit.cursor): void {
    const edit = insert({ text: this.typing.edit.text, cursor: at }, text);
    this.typing = { ...this.typing, edit };
    if (!this.pasting) this.draw();
  }

  private recall(place: number): void {
    const { history } = this.options;
    if (place < 0 || place > history.length) return;
    if (this.place === history.length) this.draft = this.typing.edit.text;
    this.place = place;
    const text = place === history.length ? this.draft : history.at(place);
    this.typing = { ...this.typing, edit: atEnd(text) };
    this.draw();
  }

  private complete(): void {
    const { edit } = this.typing;
    const { from, candidates } = this.options.complete(edit);
    if (candidates.length === 0) {
      // At the beginning of a line a tab means to indent.
      if (/(^|\n)[ ]*$/.test(edit.text.slice(0, edit.cursor))) this.type('  ');
      return;
    }
    const typed = edit.text.slice(from, edit.cursor);
    const start = candidates.length === 1 ? `${candidates[0]!} ` : commonStart(candidates);
    if (start.length > typed.length) {
      const text = edit.text.slice(0, from) + start + edit.text.slice(edit.cursor);
      this.typing = { ...this.typing, edit: { text, cursor: from + start.length } };
      return this.draw();
    }
    this.list(candidates);
  }

  /** The candidates in columns, above the text. */
  private list(candidates: readonly string[]): void {
    const { output } = this.options;
    const { columns } = size(output);
    const width = Math.max(...candidates.map(({ length }) => length)) + 2;
    const across = Math.max(1, Math.floor(columns / width));
    let text = '';
    for (let i = 0; i < candidates.length; i += across) {
      const row = candidates.slice(i, i + across).map((each) => each.padEnd(width));
      text += `${row.join('').trimEnd()}\r\n`;
    }
    this.clear();
    output.write(text);
    this.draw();
  }

  /** Whether the search took the key. */
  private searching(key: Key): boolean {
    const { history } = this.options;
    const { name = '', sequence = '', ctrl = false } = key;
    if (ctrl && name === 'r') {
      const older = history.search(this.wanted!, this.foundAt);
      if (older >= 0) this.foundAt = older;
    } else if (name === 'backspace') {
      this.wanted = this.wanted!.slice(0, -1);
      this.foundAt = history.search(this.wanted, history.length);
    } else if (!ctrl && key.meta !== true && name !== 'return' && sequence >= ' ') {
      if (sequence.length !== 1 && name !== undefined && name !== '') return this.endSearch();
      this.wanted += sequence;
      this.foundAt = history.search(this.wanted!, this.foundAt + 1);
    } else {
      return this.endSearch(ctrl && (name === 'c' || name === 'g'));
    }
    if (this.foundAt >= 0 && this.foundAt < history.length) {
      this.typing = { ...this.typing, edit: atEnd(history.at(this.foundAt)) };
    }
    this.draw();
    return true;
  }

  /** Keeps what was found, unless it is given up. */
  private endSearch(given: boolean = false): boolean {
    this.wanted = null;
    if (given) this.typing = { ...this.typing, edit: EMPTY };
    this.draw();
    return given;
  }

  private clear(): void {
    const upwards = this.above > 0 ? `\u001b[${this.above}A` : '';
    this.options.output.write(`${upwards}\r\u001b[J`);
    this.above = 0;
  }

  private draw(): void {
    const { output, paint } = this.options;
    const { edit } = this.typing;
    const { columns, rows: height } = size(output);
    const search = this.wanted === null ? null : `search '${this.wanted}': `;
    const prompts: Prompts = search === null ? this.prompts : [search, ' '.repeat(search.length)];
    const spans = highlight(edit.text);
    const whole = picture(edit, { prompts, spans, columns, paint });
    const { rows, cursorRow, cursorColumn } = windowOf(whole, Math.max(1, height - 1));
    const back = rows.length - 1 - cursorRow;
    const upwards = this.above > 0 ? `\u001b[${this.above}A` : '';
    const rise = back > 0 ? `\u001b[${back}A` : '';
    const right = cursorColumn > 0 ? `\u001b[${cursorColumn}C` : '';
    output.write(`${upwards}\r\u001b[J${rows.join('\r\n')}${rise}\r${right}`);
    this.above = cursorRow;
  }
}

/** A terminal may say that it has no columns: one behind a serial line, say. */
function size({ columns, rows }: Screen): { readonly columns: number; readonly rows: number } {
  return {
    columns: columns > 0 ? columns : COLUMNS_USUAL,
    rows: rows > 0 ? rows : ROWS_USUAL,
  };
}
