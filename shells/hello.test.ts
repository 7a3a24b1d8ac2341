/** The greeting: what is accepted, and that nothing else is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { make128 } from '../core/types/hash128.ts';
import { HELLO_BYTES, encodeHello, readHello } from './hello.ts';

const CLUSTER = make128(-1, 2, -3, 4);

describe('a greeting', () => {
  test('of a peer and of a client is read back by the replica that is meant', () => {
    const peer = encodeHello({ cluster: CLUSTER, from: 2, to: 1 });
    expect(peer).toHaveLength(HELLO_BYTES);
    expect(readHello(peer, CLUSTER, 1, 3)).toEqual({ from: 2 });
    const client = encodeHello({ cluster: CLUSTER, from: null, to: 1 });
    expect(readHello(client, CLUSTER, 1, 3)).toEqual({ from: null });
  });

  test('is refused when any byte of it differs', () => {
    const good = encodeHello({ cluster: CLUSTER, from: 2, to: 1 });
    fc.assert(
      fc.property(fc.nat(HELLO_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bad = good.slice();
        bad[at]! ^= by;
        const read = readHello(bad, CLUSTER, 1, 3);
        // Only the sender's number may turn into another sender's.
        if (at === 24 && typeof read !== 'string') expect(read.from).not.toBe(2);
        else expect(read).toBeTypeOf('string');
      }),
    );
  });

  test('of another length, or of a later format, is refused with its reason', () => {
    expect(readHello(new Uint8Array(0), CLUSTER, 0, 3)).toBe('not our protocol');
    expect(readHello(new Uint8Array(HELLO_BYTES), CLUSTER, 0, 3)).toBe('not our protocol');
    const later = encodeHello({ cluster: CLUSTER, from: 2, to: 0 });
    later[4] = 2;
    expect(readHello(later, CLUSTER, 0, 3)).toBe('unknown hello format 2');
  });
});
