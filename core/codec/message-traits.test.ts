/** Kinds and subjects: small integers that stay put while unrelated things change. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { make128 } from '../types/hash128.ts';
import type { Message } from '../vsr/message.ts';
import * as m from '../vsr/message.ts';
import { MESSAGE_KIND_NAMES, messageKind, messageSubject } from './message-traits.ts';
import { CLUSTER, anyMessage, prepareAt } from './testing/messages.ts';

describe('message traits: kinds', () => {
  test('every kind has its own name, which is that of its constant', () => {
    expect(new Set(MESSAGE_KIND_NAMES).size).toBe(m.MESSAGE_KINDS);
    for (const [name, value] of Object.entries(m)) {
      const isKind = !name.startsWith('UNIT_') && !name.startsWith('EVICTED_');
      if (!isKind || name === 'MESSAGE_KINDS') continue;
      expect(MESSAGE_KIND_NAMES[value]).toBe(name.toLowerCase());
    }
  });
});

describe('message traits: subjects', () => {
  test('are small non-negative integers, equal for equal messages', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const subject = messageSubject(message);
        expect(Number.isInteger(subject) && subject >= 0 && subject < 2 ** 30).toBe(true);
        expect(messageSubject({ ...message })).toBe(subject);
        expect(messageKind(message)).toBe(message.kind);
      }),
    );
  });

  test('follow the op and the view, and ignore the commit number riding along', () => {
    const prepare = prepareAt(7, CLUSTER, 1, new Uint8Array(0));
    const proposal: Message = { kind: m.PREPARE, view: 2, commit: 3, prepare };
    const subject = messageSubject(proposal);
    expect(messageSubject({ ...proposal, commit: 6 })).toBe(subject);
    expect(messageSubject({ ...proposal, view: 3 })).not.toBe(subject);
    expect(messageSubject({ ...proposal, kind: m.REPAIR_PREPARE })).not.toBe(subject);
    const next = prepareAt(8, CLUSTER, 1, new Uint8Array(0));
    expect(messageSubject({ ...proposal, prepare: next })).not.toBe(subject);
  });

  test('a retry, and a reply resent in a newer view, are about the same request', () => {
    const reply: Message = {
      kind: m.REPLY,
      view: 1,
      client: CLUSTER,
      session: 4,
      request: 2,
      requestChecksum: CLUSTER,
      op: 9,
      position: 3,
      status: 0,
      body: new Uint8Array(3),
    };
    expect(messageSubject({ ...reply, view: 5 })).toBe(messageSubject(reply));
    expect(messageSubject({ ...reply, request: 3 })).not.toBe(messageSubject(reply));
    const other = make128(9, 2, 3, 4);
    expect(messageSubject({ ...reply, client: other })).not.toBe(messageSubject(reply));
  });

  test('a ping is a ping whenever it is sent', () => {
    const ping: Message = { kind: m.PING, view: 1, monotonic: 1, checkpoint: 0, release: 1 };
    const later = { ...ping, monotonic: 999, view: 4, checkpoint: 8 };
    expect(messageSubject(later)).toBe(messageSubject(ping));
  });

  test('a unit and the request for it name the same thing under different kinds', () => {
    const unit = { kind: m.UNIT_LOG, tenant: 1, index: 5, count: 2, checksum: CLUSTER };
    const asked = messageSubject({ kind: m.REQUEST_UNIT, unit });
    expect(messageSubject({ kind: m.REQUEST_UNIT, unit: { ...unit, tenant: 2 } })).not.toBe(asked);
    expect(messageSubject({ kind: m.UNIT, unit, bytes: null })).toBe(
      messageSubject({ kind: m.UNIT, unit, bytes: new Uint8Array(9) }),
    );
  });

  test('neighbouring ops and views hardly ever collide', () => {
    const subjects = new Set<number>();
    for (let op = 0; op < 200; op += 1) {
      for (let view = 0; view < 20; view += 1) {
        subjects.add(messageSubject({ kind: m.REQUEST_PREPARE, view, op, checksum: CLUSTER }));
      }
    }
    expect(subjects.size).toBeGreaterThan(3990);
  });
});
