/**
 * Names in text, as `regclass` reads them: `t`, `s.t`, `"T"`; folded to lower case unless quoted.
 */
import { SqlError } from '../error.ts';

export interface NameParts {
  readonly schema: string | null;
  readonly name: string;
}

export function parseQualifiedName(text: string): NameParts {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = text[at] === '"';
    const [part, end] = quoted ? quotedPart(text, at + 1) : plainPart(text, at);
    if (end < 0 || (part === '' && !quoted)) throw invalid(text);
    parts.push(part);
    at = end;
    if (at === text.length) break;
    if (text[at] !== '.') throw invalid(text);
    at += 1;
  }
  if (parts.length > 2) throw invalid(text);
  return parts.length === 1
    ? { schema: null, name: parts[0]! }
    : { schema: parts[0]!, name: parts[1]! };
}

function invalid(text: string): SqlError {
  return new SqlError('42602', 'invalid name syntax', { detail: text });
}

function quotedPart(text: string, from: number): readonly [string, number] {
  let part = '';
  for (let at = from; at < text.length; at += 1) {
    if (text[at] !== '"') part += text[at]!;
    else if (text[at + 1] === '"') {
      part += '"';
      at += 1;
    } else return [part, at + 1];
  }
  return ['', -1];
}

function plainPart(text: string, from: number): readonly [string, number] {
  let end = from;
  while (end < text.length && text[end] !== '.' && text[end] !== '"') end += 1;
  let part = '';
  for (let at = from; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    part += unit >= 0x41 && unit <= 0x5a ? String.fromCharCode(unit + 32) : text[at]!;
  }
  return [part.trim(), end];
}
