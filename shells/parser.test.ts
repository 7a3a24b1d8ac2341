/** The loader: a grammar that survives its own breaking. */
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../core/codec/utf8.ts';
import { loadGrammar, loadParser } from './parser.ts';

describe('parser', () => {
  test('parses as soon as it is loaded', async () => {
    const parser = await loadParser();
    expect(parser.parse('SELECT 1')).toHaveLength(1);
  });

  test('an instance that overflows is replaced, and the next statement is answered', async () => {
    const grammar = await loadGrammar();
    const good = encodeUtf8('SELECT 1')!;
    // What the core would never let through.
    const deep = encodeUtf8(`SELECT 1${'+1'.repeat(100_000)}`)!;
    expect(grammar.parse(good).kind).toBe('tree');
    for (let i = 0; i < 3; i += 1) {
      const answer = grammar.parse(deep);
      expect(answer.kind).not.toBe('tree');
      for (let waited = 0; waited < 50 && grammar.parse(good).kind === 'broken'; waited += 1) {
        await Promise.resolve();
      }
    }
    const later = await loadGrammar();
    expect(later.parse(good).kind).toBe('tree');
  });

  test('memory is given back', async () => {
    const grammar = await loadGrammar();
    const text = encodeUtf8(`SELECT '${'x'.repeat(100_000)}', é FROM (`)!;
    for (let i = 0; i < 2000; i += 1) expect(grammar.parse(text).kind).toBe('refused');
  });
});
