/**
 * Messages to bytes and back: every kind returns unchanged, and nothing that was touched on its way
 * is taken for a message.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PRODUCTION, TINY } from '../limits.ts';
import { make128, write128 } from '../types/hash128.ts';
import type { Message } from '../vsr/message.ts';
import * as m from '../vsr/message.ts';
import { readU32, writeU16, writeU32, writeU64 } from './bytes.ts';
import {
  ENVELOPE_BYTES,
  LENGTH_BAD,
  LENGTH_UNKNOWN,
  decodeMessage,
  encodeMessage,
  encodeMessageInto,
  messageBytes,
  messageLength,
} from './message.ts';
import { MESSAGE_KIND_NAMES } from './message-traits.ts';
import {
  CLUSTER,
  HASH,
  MESSAGES,
  anyMessage,
  chain,
  prepareAt,
  suffix,
} from './testing/messages.ts';

function encode(message: Message): Uint8Array {
  return encodeMessage(message, CLUSTER, HASH);
}

function decode(bytes: Uint8Array): Message | null {
  return decodeMessage(bytes, CLUSTER, TINY, HASH);
}

/** Makes changed bytes pass the envelope's checks, so that what is inside gets tested. */
function reseal(bytes: Uint8Array): Uint8Array {
  writeU32(bytes, 24, bytes.length);
  write128(HASH.checksum128(bytes, 16, bytes.length - 16), bytes, 0);
  return bytes;
}

const ping: Message = { kind: m.PING, view: 7, monotonic: 123, checkpoint: 8, release: 1 };

describe('codec: round trips', () => {
  test('the arbitraries cover every kind', () => {
    const seen = new Set<number>();
    for (const arbitrary of MESSAGES) {
      for (const message of fc.sample(arbitrary, { numRuns: 40, seed: 1 })) seen.add(message.kind);
    }
    expect(seen.size).toBe(m.MESSAGE_KINDS - 1);
    expect(MESSAGE_KIND_NAMES).toHaveLength(m.MESSAGE_KINDS);
  });

  test.each(MESSAGES.map((arbitrary, index) => ({ index, arbitrary })))(
    'messages[$index] come back equal, and messageBytes knew their size',
    ({ arbitrary }) => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const bytes = encode(message);
          expect(bytes.length).toBe(messageBytes(message));
          expect(decode(bytes)).toEqual(message);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('encoding is canonical: what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encode(message);
        expect(encode(decode(bytes)!)).toEqual(bytes);
      }),
    );
  });

  test('encodes into the middle of a dirty buffer without touching its surroundings', () => {
    const buffer = new Uint8Array(600).fill(0xee);
    const length = encodeMessageInto(ping, CLUSTER, HASH, buffer, 100);
    expect(decode(buffer.subarray(100, 100 + length))).toEqual(ping);
    expect(buffer.subarray(0, 100).every((byte) => byte === 0xee)).toBe(true);
    expect(buffer.subarray(100 + length).every((byte) => byte === 0xee)).toBe(true);
  });

  test('a decoded message survives the reuse of the buffer it came from', () => {
    const message: Message = {
      kind: m.QUERY,
      client: CLUSTER,
      query: 1,
      tenant: 2,
      position: -1,
      body: Uint8Array.of(1, 2, 3),
    };
    const bytes = encode(message);
    const decoded = decode(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(message);
  });
});

describe('codec: refusals', () => {
  test('every single flipped bit of a message of each kind is refused', () => {
    for (const arbitrary of MESSAGES) {
      const message = fc.sample(arbitrary, { numRuns: 1, seed: 42 })[0]!;
      const bytes = encode(message);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        if (decode(bytes) !== null) expect.fail(`kind ${message.kind}: bit ${bit} was accepted`);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
      expect(decode(bytes)).toEqual(message);
    }
  });

  test('every truncation and every extension is refused', () => {
    for (const arbitrary of MESSAGES) {
      const bytes = encode(fc.sample(arbitrary, { numRuns: 1, seed: 7 })[0]!);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(decode(bytes.subarray(0, length))).toBe(null);
      }
      const longer = new Uint8Array(bytes.length + 8);
      longer.set(bytes);
      expect(decode(longer)).toBe(null);
    }
  });

  test('truncated and extended payloads are refused even with a fresh checksum', () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        (message, at, tail) => {
          const bytes = encode(message);
          const cut = ENVELOPE_BYTES + (at % Math.max(1, bytes.length - ENVELOPE_BYTES));
          if (cut < bytes.length) expect(decode(reseal(bytes.slice(0, cut)))).toBe(null);
          expect(decode(reseal(Uint8Array.of(...bytes, ...tail)))).toBe(null);
        },
      ),
    );
  });

  test('random bytes in a valid envelope never throw; what they decode to encodes back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: m.MESSAGE_KINDS + 1 }),
        fc.uint8Array({ maxLength: 500 }),
        (kind, payload) => {
          const bytes = encode(ping);
          const whole = Uint8Array.of(...bytes.subarray(0, ENVELOPE_BYTES), ...payload);
          writeU16(whole, 22, kind);
          const decoded = decode(reseal(whole));
          if (decoded !== null) expect(encode(decoded)).toEqual(whole);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('mutated messages under a fresh checksum never throw, and are canonical if accepted', () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (message, edits) => {
          const bytes = encode(message);
          for (const [at, value] of edits) {
            const room = bytes.length - ENVELOPE_BYTES;
            if (room > 0) bytes[ENVELOPE_BYTES + (at % room)] = value;
          }
          const decoded = decode(reseal(bytes));
          if (decoded !== null) expect(encode(decoded)).toEqual(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('wholly random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decode(bytes)).toBe(null);
      }),
    );
  });

  test('another cluster, another format, another magic, and an oversized message', () => {
    const bytes = encode(ping);
    expect(decodeMessage(bytes, make128(1, 2, 3, 5), TINY, HASH)).toBe(null);
    const format = bytes.slice();
    writeU16(format, 20, 2);
    expect(decode(reseal(format))).toBe(null);
    const spare = bytes.slice();
    writeU32(spare, 28, 1);
    expect(decode(reseal(spare))).toBe(null);
    const magic = bytes.slice();
    writeU32(magic, 16, 1);
    expect(decode(reseal(magic))).toBe(null);
    const body = new Uint8Array(TINY.messageBytesMax);
    const big: Message = { kind: m.QUERY, client: CLUSTER, query: 1, tenant: 0, position: 0, body };
    expect(decode(encode(big))).toBe(null);
    expect(decodeMessage(encode(big), CLUSTER, PRODUCTION, HASH)).toEqual(big);
  });

  test('a request whose own checksum lies, inside a perfect envelope', () => {
    const message = fc.sample(MESSAGES[0]!, { numRuns: 1, seed: 3 })[0]! as m.RequestMessage;
    const forged: Message = { ...message, checksum: make128(1, 1, 1, 1) };
    expect(decode(encode(forged))).toBe(null);
    const other: Message = { ...message, tenant: message.tenant ^ 1 };
    expect(decode(encode(other))).toBe(null);
  });

  test('a prepare whose body, header or cluster is not its own, inside a perfect envelope', () => {
    const prepare = chain(4, 1, 2)[0]!;
    const message: Message = { kind: m.PREPARE, view: 2, commit: 3, prepare };
    for (const at of [0, 40, 191, 192, prepare.bytes.length - 1]) {
      const bytes = encode(message);
      bytes[ENVELOPE_BYTES + 16 + at]! ^= 1;
      expect(decode(reseal(bytes))).toBe(null);
    }
    const elsewhere = make128(5, 5, 5, 5);
    expect(decodeMessage(encodeMessage(message, elsewhere, HASH), elsewhere, TINY, HASH)).toBe(
      null,
    );
  });
});

describe('codec: prepares that no slot can hold', () => {
  test('are refused although the message would do', () => {
    const prepare = prepareAt(4, CLUSTER, 1, new Uint8Array(TINY.prepareBytesMax));
    const message: Message = { kind: m.PREPARE, view: 2, commit: 3, prepare };
    expect(messageBytes(message)).toBeLessThan(TINY.messageBytesMax);
    expect(decode(encode(message))).toBe(null);
    expect(decodeMessage(encode(message), CLUSTER, PRODUCTION, HASH)).toEqual(message);
  });
});

describe('codec: what a log claims about itself', () => {
  const headers = suffix(10, 4, 1);
  const change = {
    kind: m.DO_VIEW_CHANGE,
    view: 3,
    logView: 2,
    op: 13,
    commit: 9,
    checkpoint: 8,
    present: 0b1111,
    nack: 0,
  } as const;
  const SETS_AT = ENVELOPE_BYTES + 36;

  test('do_view_change: a gapless chain passes, blanks included', () => {
    const full: Message = { ...change, headers };
    expect(decode(encode(full))).toEqual(full);
    const blank: Message = {
      ...change,
      headers: [headers[0]!, null, headers[2]!, headers[3]!],
      present: 0b1101,
      nack: 0b0010,
    };
    expect(decode(encode(blank))).toEqual(blank);
  });

  test('do_view_change: gaps, broken chains and wrong heads are refused, and not sent', () => {
    const stranger = suffix(10, 4, 9);
    const bad: Message[] = [
      { ...change, headers: [headers[0]!, headers[2]!], present: 0 },
      { ...change, headers: [headers[0]!, stranger[1]!], present: 0 },
      { ...change, op: 14, headers },
      { ...change, headers: headers.toReversed() },
    ];
    for (const message of bad) expect(() => encode(message)).toThrow();
    const bytes = encode({ ...change, headers });
    writeU64(bytes, ENVELOPE_BYTES, 14);
    expect(decode(reseal(bytes))).toBe(null);
  });

  test('do_view_change: sets that contradict each other or their headers are refused', () => {
    const cases: [known: number, present: number, nack: number][] = [
      [0b1111, 0b0001, 0b0001],
      [0b1111, 0b10000, 0],
      [0b1111, 0, 0b10000],
      [0b11111, 0, 0],
      [0b1111, 0, 0x8000_0000],
    ];
    for (const [known, present, nack] of cases) {
      const bytes = encode({ ...change, headers });
      expect(readU32(bytes, SETS_AT)).toBe(0b1111);
      writeU32(bytes, SETS_AT, known);
      writeU32(bytes, SETS_AT + 4, present);
      writeU32(bytes, SETS_AT + 8, nack);
      expect(decode(reseal(bytes))).toBe(null);
    }
    const unknown: Message = { ...change, headers: [null], present: 1 };
    expect(() => encode(unknown)).toThrow();
  });

  test('do_view_change: blanks below op 0 are refused, and not sent', () => {
    const message = { ...change, op: 1, headers: [null, null], present: 0 };
    const bytes = encode(message);
    expect(decode(bytes)).toEqual(message);
    writeU64(bytes, ENVELOPE_BYTES, 0);
    expect(decode(reseal(bytes))).toBe(null);
    expect(() => encode({ ...message, op: 0 })).toThrow();
  });

  test('do_view_change: more headers than a pipeline and one are refused', () => {
    const six = suffix(8, 6, 1);
    const bytes = encode({ ...change, headers: six, present: 0 });
    expect(decode(bytes)).toBe(null);
    expect(decodeMessage(bytes, CLUSTER, PRODUCTION, HASH)).not.toBe(null);
  });

  test('do_view_change: the largest that production allows keeps its sets', () => {
    const count = PRODUCTION.pipelineMax + 1;
    const many = suffix(100, count, 1);
    const present = 0x2aaa_aaaa;
    const nack = 0x5555_5555;
    const message: Message = { ...change, op: 100 + count - 1, headers: many, present, nack };
    const bytes = encode(message);
    expect(decodeMessage(bytes, CLUSTER, PRODUCTION, HASH)).toEqual(message);
  });

  test('start_view: gaps and foreign heads are refused, and not sent', () => {
    const checkpoint = { op: 8, head: CLUSTER, timestamp: 5, rootPage: 1, root: CLUSTER };
    const good = {
      kind: m.START_VIEW,
      view: 3,
      op: 13,
      commit: 9,
      checkpoint,
      headers,
      nonce: CLUSTER,
    } as const;
    expect(decode(encode(good))).toEqual(good);
    expect(() => encode({ ...good, op: 12 })).toThrow();
    expect(() => encode({ ...good, headers: [headers[0]!, headers[2]!] })).toThrow();
    const bytes = encode(good);
    writeU64(bytes, ENVELOPE_BYTES + 72, 12);
    expect(decode(reseal(bytes))).toBe(null);
  });

  test('a count of more headers than there are bytes is refused before it allocates', () => {
    const bytes = encode({ kind: m.HEADERS, view: 1, headers });
    for (const count of [5, 17, 0xffff_ffff]) {
      writeU32(bytes, ENVELOPE_BYTES + 4, count);
      expect(decode(reseal(bytes))).toBe(null);
    }
  });

  test('numbers beyond the safe integers are refused', () => {
    const bytes = encode(ping);
    writeU32(bytes, ENVELOPE_BYTES + 4, 0x20_0000);
    expect(decode(reseal(bytes))).toBe(null);
  });

  test('units that cannot be are refused, and not sent', () => {
    const unit = { kind: m.UNIT_PAGE, tenant: 0, index: 4, count: 1, checksum: CLUSTER };
    expect(() => encode({ kind: m.REQUEST_UNIT, unit: { ...unit, count: 2 } })).toThrow();
    expect(() => encode({ kind: m.REQUEST_UNIT, unit: { ...unit, kind: 3 } })).toThrow();
    const bytes = encode({ kind: m.UNIT, unit, bytes: null });
    writeU32(bytes, ENVELOPE_BYTES + 40, 2);
    expect(decode(reseal(bytes))).toBe(null);
  });
});

describe('codec: framing of streams', () => {
  test('a stream of messages is cut where each was joined, however it arrives', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { minLength: 1, maxLength: 4 }), (messages) => {
        const stream = Uint8Array.of(...messages.flatMap((message) => [...encode(message)]));
        const got: (Message | null)[] = [];
        let at = 0;
        while (at < stream.length) {
          const length = messageLength(stream, at, TINY);
          expect(length).toBeGreaterThan(0);
          got.push(decode(stream.subarray(at, at + length)));
          at += length;
        }
        expect(got).toEqual(messages);
      }),
      { numRuns: 30 },
    );
  });

  test('too few bytes are unknown; foreign bytes and absurd lengths are bad', () => {
    const bytes = encode(ping);
    for (let length = 0; length < 28; length += 1) {
      expect(messageLength(bytes.subarray(0, length), 0, TINY)).toBe(LENGTH_UNKNOWN);
    }
    expect(messageLength(bytes.subarray(0, 28), 0, TINY)).toBe(bytes.length);
    for (const length of [0, ENVELOPE_BYTES - 1, TINY.messageBytesMax + 1, 0xffff_ffff]) {
      writeU32(bytes, 24, length);
      expect(messageLength(bytes, 0, TINY)).toBe(LENGTH_BAD);
    }
    expect(messageLength(new Uint8Array(28), 0, TINY)).toBe(LENGTH_BAD);
  });
});
