/** The codec of trees: every tree there and back, nothing else decodes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import {
  decodeExpression,
  decodeQuery,
  decodeStatement,
  encodeExpression,
  encodeQuery,
  encodeStatement,
} from './codec.ts';
import type { Expression } from './expression.ts';
import type { Query } from './query.ts';
import { FAMILIES } from './shapes.ts';
import type { Statement } from './statement.ts';
import { arbitraryTree } from './testing/arbitrary-tree.ts';

const one: Expression = { kind: 'literal', type: 'integer', text: '1', at: 7 };

function chain(length: number): Expression {
  let node = one;
  for (let i = 0; i < length; i += 1) node = { kind: 'not', argument: node, at: -1 };
  return node;
}

describe('tree codec', () => {
  test('a literal is seven bytes, for ever', () => {
    expect([...encodeExpression(one)]).toEqual([1, 1, 2, 1, 49, 8]);
  });

  test('round trip: every statement, expression and query', () => {
    fc.assert(
      fc.property(arbitraryTree('statement', 6), (tree) => {
        const bytes = encodeStatement(tree as unknown as Statement);
        expect(decodeStatement(bytes)).toEqual(tree);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(arbitraryTree('expression', 5), (tree) => {
        expect(decodeExpression(encodeExpression(tree as unknown as Expression))).toEqual(tree);
      }),
    );
    fc.assert(
      fc.property(arbitraryTree('query', 5), (tree) => {
        expect(decodeQuery(encodeQuery(tree as unknown as Query))).toEqual(tree);
      }),
    );
  });

  test('only what was encoded decodes: cut, lengthened or altered bytes are null or canonical', () => {
    const altered = fc.tuple(arbitraryTree('statement', 5), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(altered, ([tree, where, byte]) => {
        const bytes = encodeStatement(tree as unknown as Statement);
        expect(decodeStatement(bytes.subarray(0, where % bytes.length))).toBeNull();
        expect(decodeStatement(Uint8Array.from([...bytes, 0]))).toBeNull();
        bytes[where % bytes.length] = byte;
        const found = decodeStatement(bytes);
        if (found !== null) expect(encodeStatement(found)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('garbage is null or canonical', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const versioned = Uint8Array.from([1, ...bytes]);
        const found = decodeExpression(versioned);
        if (found !== null) expect(encodeExpression(found)).toEqual(versioned);
      }),
      { numRuns: 2000 },
    );
  });

  test('depth is bounded both ways', () => {
    expect(decodeExpression(encodeExpression(chain(1999)))).toEqual(chain(1999));
    expect(() => encodeExpression(chain(2000))).toThrow(SqlError);
    const bytes = new Uint8Array(100_000).fill(6);
    bytes[0] = 1;
    expect(decodeExpression(bytes)).toBeNull();
  });

  test('a list that lies about its length allocates nothing', () => {
    const bytes = Uint8Array.from([1, 17, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]);
    expect(decodeExpression(bytes)).toBeNull();
  });

  test('an unknown version or tag refuses', () => {
    expect(decodeExpression(Uint8Array.from([2, 1, 2, 1, 49, 8]))).toBeNull();
    expect(decodeExpression(Uint8Array.from([1, 120, 0]))).toBeNull();
    expect(decodeStatement(new Uint8Array(0))).toBeNull();
  });

  test('numbers are unique, and no kind of a family is written in two ways', () => {
    const shapes = new Set(Object.values(FAMILIES).flat());
    const numbers = [...shapes].map((shape) => shape.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
  });
});
