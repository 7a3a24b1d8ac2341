/**
 * Rows of styled text: what every part of the screen is made of. Each character takes one column:
 * `plain` sees to that for text of unknown origin. Cost: proportional to the text.
 */

/** `dim`, `bold`, a colour, or two of them with a space between. */
export type Style =
  | ''
  | 'bold'
  | 'dim'
  | 'red'
  | 'green'
  | 'yellow'
  | 'cyan'
  | 'magenta'
  | 'bold red'
  | 'bold green'
  | 'bold cyan'
  | 'inverse';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Row = readonly Span[];

export function span(text: string, style: Style = ''): Span {
  return { text, style };
}

export function row(text: string, style: Style = ''): Row {
  return [span(text, style)];
}

export function rowText(spans: Row): string {
  return spans.map(({ text }) => text).join('');
}

export function rowWidth(spans: Row): number {
  return spans.reduce((sum, { text }) => sum + text.length, 0);
}

/** Exactly `width` columns: cut with an ellipsis, or filled up with blanks. */
export function fit(spans: Row, width: number): Row {
  const excess = rowWidth(spans) - width;
  if (excess === 0) return spans;
  if (excess < 0) return [...spans, span(' '.repeat(-excess))];
  const out: Span[] = [];
  let left = Math.max(0, width - 1);
  for (const { text, style } of spans) {
    if (left === 0) break;
    out.push(span(text.slice(0, left), style));
    left -= Math.min(left, text.length);
  }
  return width > 0 ? [...out, span('…', 'dim')] : out;
}

/** `left` and `right` at the two ends of a row; the right end gives way. */
export function ends(left: Row, right: Row, width: number): Row {
  const room = width - rowWidth(left);
  if (room <= 0) return fit(left, width);
  const shown = rowWidth(right) + 1 > room ? fit(right, room - 1) : right;
  return [...left, span(' '.repeat(room - rowWidth(shown))), ...shown];
}

/** Two blocks of rows beside one another. */
export function beside(left: readonly Row[], leftWidth: number, right: readonly Row[]): Row[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, i) => [
    ...fit(left[i] ?? [], leftWidth),
    ...(right[i] ?? []),
  ]);
}

/** Words broken into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}

/**
 * Text from outside (a trace's note, a message with a name in it) as one line of characters that
 * take one column each: no controls, no escapes, nothing wide or combining.
 */
export function plain(text: string): string {
  let out = '';
  for (const character of text) out += narrow(character.codePointAt(0) ?? 0) ? character : '?';
  return out;
}

function narrow(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  if (code >= 0x300 && code < 0x370) return false;
  if (code < 0x590) return true;
  // Punctuation, arrows, mathematics, boxes and shapes that are no emoji.
  if (code >= 0x2010 && code < 0x2028) return true;
  if (code >= 0x2030 && code < 0x205f) return code !== 0x203c && code !== 0x2049;
  if (code >= 0x2190 && code < 0x2300) return code < 0x2194 || (code > 0x21aa && code < 0x231a);
  return code >= 0x2500 && code < 0x25aa;
}
