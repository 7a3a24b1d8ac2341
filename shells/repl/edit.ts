/**
 * Editing of a text of several lines: pure functions from a text with a cursor to the next one.
 * Steps go by what people see as one character.
 */

export interface Edit {
  readonly text: string;
  /** In UTF-16 units, between characters. */
  readonly cursor: number;
}

export const EMPTY: Edit = { text: '', cursor: 0 };

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The characters of a text, as people count them. */
export function charactersOf(text: string): readonly string[] {
  return Array.from(characters.segment(text), ({ segment }) => segment);
}

export function insert({ text, cursor }: Edit, added: string): Edit {
  return {
    text: text.slice(0, cursor) + added + text.slice(cursor),
    cursor: cursor + added.length,
  };
}

export function atEnd(text: string): Edit {
  return { text, cursor: text.length };
}

export function moveTo({ text }: Edit, cursor: number): Edit {
  return { text, cursor };
}

/** Where the character before the cursor begins. */
export function before(edit: Edit): number {
  const { text, cursor } = edit;
  const line = lineStart(edit);
  if (cursor === line) return Math.max(0, cursor - 1);
  return cursor - charactersOf(text.slice(line, cursor)).at(-1)!.length;
}

/** Where the character at the cursor ends. */
export function after({ text, cursor }: Edit): number {
  if (cursor === text.length) return cursor;
  const end = text.indexOf('\n', cursor);
  if (end === cursor) return cursor + 1;
  const rest = text.slice(cursor, end < 0 ? undefined : end);
  return cursor + charactersOf(rest)[0]!.length;
}

export function wordBefore({ text, cursor }: Edit): number {
  const found = /[\p{L}\p{N}_$]+[^\p{L}\p{N}_$]*$|[^\p{L}\p{N}_$]+$/u.exec(text.slice(0, cursor));
  return found === null ? 0 : found.index;
}

export function wordAfter({ text, cursor }: Edit): number {
  const found = /^[^\p{L}\p{N}_$]*[\p{L}\p{N}_$]*/u.exec(text.slice(cursor));
  return cursor + (found === null ? 0 : found[0].length);
}

export function lineStart({ text, cursor }: Edit): number {
  // Asked to search from before the beginning, `lastIndexOf` searches from the beginning.
  return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
}

export function lineEnd({ text, cursor }: Edit): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}

/** Removes from `from` to `to`; the cursor goes there. */
export function remove({ text }: Edit, from: number, to: number): Edit {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

/** One line up; null: it is the first. */
export function up(edit: Edit): Edit | null {
  const start = lineStart(edit);
  if (start === 0) return null;
  const above = lineStart({ text: edit.text, cursor: start - 1 });
  return moveTo(edit, Math.min(above + edit.cursor - start, start - 1));
}

/** One line down; null: it is the last. */
export function down(edit: Edit): Edit | null {
  const end = lineEnd(edit);
  if (end === edit.text.length) return null;
  const column = edit.cursor - lineStart(edit);
  const below = end + 1;
  return moveTo(edit, Math.min(below + column, lineEnd({ text: edit.text, cursor: below })));
}
