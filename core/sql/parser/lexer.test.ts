/** The lexer against PostgreSQL's own, through libpg-query's `scan`. */
import { scanSync, loadModule } from 'libpg-query';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../codec/utf8.ts';
import { lex } from './lexer.ts';
import { Tokens, UNTERMINATED } from './tokens.ts';

beforeAll(loadModule);

interface Span {
  readonly start: number;
  readonly end: number;
}

function ours(text: string): { readonly spans: readonly Span[]; readonly junk: string } {
  const bytes = encodeUtf8(text)!;
  const tokens = new Tokens();
  lex(bytes, 0, bytes.length, tokens, 100_000);
  const spans: Span[] = [];
  for (let i = 0; i < tokens.count; i += 1) {
    spans.push({ start: tokens.starts[i]!, end: tokens.ends[i]! });
  }
  const open = tokens.count > 0 && tokens.kinds[tokens.count - 1] === UNTERMINATED;
  // libpg-query, unlike PostgreSQL, joins no strings across a comment.
  if (tokens.innerComments.length > 0) return { spans, junk: 'joined' };
  return { spans, junk: open ? 'unterminated' : tokens.junkMessage };
}

/** Without comments; null where the scanner refuses. */
function theirs(text: string): readonly Span[] | null {
  try {
    const { tokens } = scanSync(text);
    return tokens
      .filter(({ tokenName }) => tokenName !== 'SQL_COMMENT' && tokenName !== 'C_COMMENT')
      .map(({ start, end }) => ({ start, end }));
  } catch {
    return null;
  }
}

const pieces = fc.constantFrom(
  'select',
  'a',
  'E',
  'e',
  'x',
  'U&',
  'n',
  '_b$1',
  'é',
  '日本',
  '"q"',
  '"a""b"',
  'U&"d\\0061"',
  "'s'",
  "'it''s'",
  "e'\\''",
  "E'a\\\\'",
  "x'1f'",
  "b'01'",
  "n'x'",
  "U&'\\0061'",
  "''",
  '$$d$$',
  '$t$ $$ $t$',
  '$é$x$é$',
  '$1',
  '$12',
  '1',
  '12',
  '1.5',
  '.5',
  '1.',
  '1e5',
  '1.5e-3',
  '1..2',
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '>',
  '=',
  '<=',
  '>=',
  '<>',
  '!=',
  '=>',
  '::',
  ':=',
  '..',
  '.',
  ',',
  ';',
  ':',
  '(',
  ')',
  '[',
  ']',
  '^',
  '|',
  '||',
  '&',
  '~',
  '!',
  '@',
  '#',
  '?',
  '@-',
  '+-',
  '*-',
  '<->',
  '->>',
  '#>',
  '@>',
  '~~*',
  '!~',
  '--c\n',
  '-- c\r',
  '/* c */',
  '/* a /* b */ c */',
  '/*',
  '*/',
  ' ',
  '  ',
  '\n',
  '\t',
  '\r\n',
  '\f',
  '\v',
  "'",
  '"',
  '\\',
  '{',
);

describe('lexer', () => {
  test('its tokens are PostgreSQL’s, wherever PostgreSQL has any', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const expected = text === '' ? [] : theirs(text);
        const { spans, junk } = ours(text);
        if (expected === null || junk !== '') return;
        compared += 1;
        expect(spans, JSON.stringify(text)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  test('with spaces between the pieces nearly all are compared', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.filter((part) => !/^(['"\\{]|\/\*|\*\/)$/.test(part)).join(' ');
        const expected = text.trim() === '' ? [] : theirs(text);
        const { spans, junk } = ours(text);
        if (expected === null || junk !== '') return;
        compared += 1;
        expect(spans, JSON.stringify(text)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(600);
  });

  test('numbers are PostgreSQL 15’s: what follows one at once is junk', () => {
    expect(ours('123abc').junk).toBe('trailing junk after numeric literal at or near "123a"');
    expect(ours('0x1F').junk).toBe('trailing junk after numeric literal at or near "0x"');
    expect(ours('1_000').junk).toBe('trailing junk after numeric literal at or near "1_"');
    expect(ours('1.5é').junk).toBe('trailing junk after numeric literal at or near "1.5é"');
    expect(ours('1e+').junk).toBe('trailing junk after numeric literal at or near "1e+"');
    expect(ours('$1a').junk).toBe('trailing junk after parameter at or near "$1a"');
    expect(ours('1e5 1.e5 .5 1..2 1.5.5').junk).toBe('');
  });

  test('any bytes are lexed within themselves, in order', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const tokens = new Tokens();
        lex(bytes, 0, bytes.length, tokens, 100_000);
        let before = 0;
        for (let i = 0; i < tokens.count; i += 1) {
          expect(tokens.starts[i]).toBeGreaterThanOrEqual(before);
          expect(tokens.ends[i]).toBeGreaterThan(tokens.starts[i]!);
          before = tokens.ends[i]!;
        }
        expect(before).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
