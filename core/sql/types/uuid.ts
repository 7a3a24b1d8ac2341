/** Text of uuid: 32 hexadecimal digits, hyphens after any group of four, braces allowed. */
import { SqlError } from '../error.ts';
import { lowerAscii } from './text.ts';

const FORM = /^(\{)?[0-9a-fA-F]{4}(?:-?[0-9a-fA-F]{4}){7}(\})?$/;

/** In lower case with hyphens, so that text order is byte order. */
export function parseUuid(text: string): string {
  const match = FORM.exec(text);
  if (match === null || (match[1] === undefined) !== (match[2] === undefined)) {
    throw new SqlError('22P02', `invalid input syntax for type uuid: "${text}"`);
  }
  const hex = lowerAscii(text.replace(/[{}-]/g, ''));
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}
