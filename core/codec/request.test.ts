/** The request's checksum covers every field, and nothing but the fields. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equal128, hex128, make128 } from '../types/hash128.ts';
import type { RequestFields } from './request.ts';
import { requestChecksum } from './request.ts';
import { HASH, hash, u32, u64 } from './testing/messages.ts';

const fields: RequestFields = {
  client: make128(1, 2, 3, 4),
  session: 5,
  request: 6,
  parent: make128(7, 8, 9, 10),
  operation: 16,
  tenant: 1,
  body: Uint8Array.of(1, 2, 3),
};

describe('request checksum', () => {
  test('is stable: clients of older releases compute the same', () => {
    expect(hex128(requestChecksum(fields, HASH))).toBe('6ac3057aaf9e9a5633f25b9b7e02af6a');
  });

  test('changes with each field', () => {
    const changed: RequestFields[] = [
      { ...fields, client: make128(1, 2, 3, 5) },
      { ...fields, session: 6 },
      { ...fields, session: 5 + 2 ** 32 },
      { ...fields, request: 7 },
      { ...fields, parent: make128(7, 8, 9, 11) },
      { ...fields, operation: 17 },
      { ...fields, tenant: 2 },
      { ...fields, body: Uint8Array.of(1, 2, 4) },
      { ...fields, body: Uint8Array.of(1, 2, 3, 0) },
      { ...fields, body: Uint8Array.of(1, 2) },
    ];
    const sums = [fields, ...changed].map((one) => hex128(requestChecksum(one, HASH)));
    expect(new Set(sums).size).toBe(changed.length + 1);
  });

  test('depends on the fields alone, not on what was hashed before', () => {
    const any = fc.record({
      client: hash,
      session: u64,
      request: u32,
      parent: hash,
      operation: fc.nat(0xffff),
      tenant: u32,
      body: fc.uint8Array({ maxLength: 80 }),
    });
    fc.assert(
      fc.property(any, any, (x, y) => {
        const first = requestChecksum(x, HASH);
        requestChecksum(y, HASH);
        expect(equal128(requestChecksum({ ...x }, HASH), first)).toBe(true);
      }),
    );
  });
});
