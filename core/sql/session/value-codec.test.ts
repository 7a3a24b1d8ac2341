/** Values, requests and answers as bytes: there and back, and nothing else is taken. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { VALUES } from '../types/testing/arbitrary.ts';
import { INT4, TEXT } from '../types/type.ts';
import type { Value } from '../types/type.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import {
  decodeRequest,
  decodeStatementKey,
  encodeCommitRequest,
  encodeStatementKey,
  encodeStatementRequest,
} from './request.ts';
import { decodeAnswer, encodeAnswer, isError } from './result.ts';
import type { StatementAnswer, StatementResult } from './result.ts';
import { readValue, writeValue } from './value-codec.ts';

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>(null),
  ...[...VALUES.values()].map((one) => one as fc.Arbitrary<Value>),
);

function bytesOf(one: Value): Uint8Array {
  const out = new ByteWriter();
  writeValue(out, one);
  return out.copy();
}

describe('values', () => {
  test('any value comes back as it was, of every type', () => {
    fc.assert(
      fc.property(value, (one) => {
        const from = new ByteReader(bytesOf(one));
        expect(readValue(from)).toStrictEqual(one);
        expect(from.complete).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('numbers at the edges come back exactly', () => {
    const edges = [0, -0, 1, -1, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1), 0.1];
    for (const edge of [...edges, 2 ** 53, 2 ** 63, NaN, Infinity, -Infinity, 2n ** 63n - 1n]) {
      const from = new ByteReader(bytesOf(edge));
      expect(Object.is(readValue(from), edge)).toBe(true);
      expect(from.complete).toBe(true);
    }
  });

  test('bad bytes are refused, and what is taken has one form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const from = new ByteReader(bytes);
        const one = readValue(from);
        if (from.complete) expect(bytesOf(one)).toStrictEqual(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});

const text = fc.string({ unit: 'binary', maxLength: 20 });
const type = fc.record({ id: fc.nat(4000), modifier: fc.integer({ min: -1, max: 1000 }) });

describe('requests', () => {
  const key = fc.record({
    settings: fc.array(fc.tuple(text, text), { maxLength: 3 }),
    user: text,
    tree: fc.uint8Array({ maxLength: 50 }),
    types: fc.array(type, { maxLength: 4 }),
  });

  test('a statement comes back as it was sent', () => {
    const current = fc.array(fc.tuple(text, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })));
    const sequences = fc.record({ current, last: text });
    fc.assert(
      fc.property(key, text, fc.array(value), sequences, (one, sql, values, drawn) => {
        const keyBytes = encodeStatementKey(one);
        expect(decodeStatementKey(keyBytes)).toEqual(one);
        const body = encodeStatementRequest(keyBytes, sql, values, drawn);
        const request = { kind: 'statement', keyBytes, text: sql, values, sequences: drawn };
        expect(decodeRequest(body, 0, body.length)).toEqual(request);
      }),
    );
  });

  test('a commit comes back as it was sent', () => {
    const bytes = fc.uint8Array();
    fc.assert(
      fc.property(fc.nat(), text, bytes, bytes, (snapshot, sql, reads, writes) => {
        const request = {
          kind: 'commit' as const,
          snapshot,
          user: 'ann',
          text: sql,
          reads,
          writes,
        };
        const body = encodeCommitRequest(request);
        expect(decodeRequest(body, 0, body.length)).toEqual(request);
      }),
    );
  });

  test('a cut, stretched or changed request never throws', () => {
    const keyBytes = encodeStatementKey({
      settings: [],
      user: 'u',
      tree: new Uint8Array(9),
      types: [],
    });
    const body = encodeStatementRequest(keyBytes, 'SELECT 1', [1, 'a'], { current: [], last: '' });
    for (let end = 0; end < body.length; end += 1) expect(decodeRequest(body, 0, end)).toBeNull();
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const changed = body.slice();
        changed[at] = byte;
        decodeRequest(changed, 0, changed.length);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        decodeRequest(Uint8Array.of(1, 1, ...bytes), 0, bytes.length + 2);
        decodeStatementKey(bytes);
      }),
    );
  });
});

describe('answers', () => {
  const result: StatementResult = {
    tag: 'SELECT 2',
    count: 2,
    columns: [
      { name: 'a', type: { id: INT4, modifier: -1 } },
      { name: 'ü', type: { id: TEXT, modifier: 12 } },
    ],
    rows: [
      [1, 'x'],
      [null, 'y'],
    ],
    notices: ['careful'],
    drawn: [['17', 5n]],
  };

  function back(answer: StatementAnswer): StatementAnswer | null {
    return decodeAnswer(encodeAnswer(answer));
  }

  test('results come back, with rows, without, and without columns', () => {
    expect(back(result)).toStrictEqual(result);
    const bare = { ...result, columns: null, rows: [] };
    expect(back(bare)).toStrictEqual(bare);
    const rows = { ...result, columns: [], rows: [[], []] };
    expect(back(rows)).toStrictEqual(rows);
  });

  test('errors come back with all that they say', () => {
    const fields = { detail: 'd', hint: 'h', at: 7, constraint: 'c', table: 't', column: 'x' };
    const answer = back(new SqlError('23505', 'duplicate', fields));
    expect(answer !== null && isError(answer)).toBe(true);
    expect(answer).toMatchObject({ code: '23505', message: 'duplicate', ...fields });
  });

  test('half a pair in a message is replaced, not refused', () => {
    const answer = back(new SqlError('42601', 'at \ud800 or \udc00\ud83d\ude00'));
    expect(answer).toMatchObject({ message: 'at \ufffd or \ufffd\ud83d\ude00' });
  });

  test('bad bytes are null', () => {
    const bytes = encodeAnswer(result);
    for (let end = 0; end < bytes.length; end += 1) {
      expect(decodeAnswer(bytes.subarray(0, end))).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array(), (more) => {
        decodeAnswer(Uint8Array.of(1, 0, ...more));
      }),
    );
  });
});
