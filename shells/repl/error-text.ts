/** An error as people read it: what, where in the statement, and what to do. */
import type { DatabaseError } from '../embedded/errors.ts';
import type { Paint } from './shell.ts';

const SHOWN_MAX = 100;

/** `line`: of the file in which the statement begins, or null. Ends in a line break. */
export function errorText(
  error: DatabaseError,
  statement: string,
  line: number | null,
  paint: Paint,
): string {
  const { code, message, detail, hint, position } = error;
  const place = line === null ? '' : `line ${line}: `;
  const lines = [`${place}${paint('error', `ERROR ${code}:`)} ${message}`];
  if (position > 0) lines.push(...pointer(statement, position));
  if (detail !== '') lines.push(`DETAIL: ${detail}`);
  if (hint !== '') lines.push(`HINT: ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** The line of the statement at a 1-based character, and a mark below the character. */
function pointer(statement: string, position: number): readonly string[] {
  const characters = Array.from(statement);
  const before = characters.slice(0, position - 1).join('');
  const number = before.split('\n').length;
  const from = before.lastIndexOf('\n') + 1;
  const line = statement.slice(from).split('\n', 1)[0]!;
  const column = Array.from(before.slice(from)).length;
  const cut = Math.max(0, column - SHOWN_MAX / 2);
  const label = `LINE ${number}: ${cut > 0 ? '…' : ''}`;
  const shown = Array.from(line)
    .slice(cut, cut + SHOWN_MAX)
    .join('')
    .replaceAll('\t', ' ');
  return [`${label}${shown}`, `${' '.repeat(label.length + column - cut)}^`];
}
