/** The search-based oracle over our histories: it knows no log, and yet finds the same lies. */
import { afterEach, describe, expect, it } from 'vitest';
import { writeU64 } from '../../core/codec/bytes.ts';
import {
  POSITION_ANY,
  STATUS_CONFLICT,
  STATUS_OK,
  STATUS_UNKNOWN_TENANT,
  encodeAppend,
  encodeCreateTenant,
  encodeHead,
  encodeRead,
} from '../../core/kernel/operation.ts';
import { TINY } from '../../core/limits.ts';
import { ZERO128 } from '../../core/types/hash128.ts';
import { QUERY_REPLY, REPLY } from '../../core/vsr/message.ts';
import {
  HISTORY,
  LATEST,
  WORK_APPEND,
  WORK_CREATE_TENANT,
  WORK_HEAD,
  WORK_READ,
} from './history.ts';
import { searchHistory } from './oracle.ts';

const STREAM = Uint8Array.of(1);

function invokeCreate(): number {
  return HISTORY.invokeWrite(0, ZERO128, WORK_CREATE_TENANT, 0, encodeCreateTenant(1), 0);
}

function invokeAppend(event: number, expectedPosition: number = POSITION_ANY): number {
  const body = encodeAppend({ stream: STREAM, expectedPosition, events: [Uint8Array.of(event)] });
  return HISTORY.invokeWrite(0, ZERO128, WORK_APPEND, 1, body, 0);
}

function invokeHead(position: number = LATEST): number {
  return HISTORY.invokeRead(1, WORK_HEAD, 1, position, encodeHead(STREAM), 0);
}

function answerWrite(row: number, status: number, ...numbers: number[]): void {
  const body = new Uint8Array(8 * numbers.length);
  numbers.forEach((number, i) => writeU64(body, 8 * i, number));
  const identity = { client: ZERO128, session: 1, request: 1, requestChecksum: ZERO128 };
  HISTORY.return(row, { kind: REPLY, view: 0, ...identity, op: 1, position: 1, status, body }, 0);
}

function answerRead(row: number, status: number, body: Uint8Array): void {
  const reply = { kind: QUERY_REPLY, client: ZERO128, query: 1, view: 0, position: 1 } as const;
  HISTORY.return(row, { ...reply, status, body }, 0);
}

function head(length: number): Uint8Array {
  const body = new Uint8Array(8);
  writeU64(body, 0, length);
  return body;
}

function events(from: number, length: number, ...values: number[]): Uint8Array {
  const body = new Uint8Array(20 + 5 * values.length);
  writeU64(body, 0, from);
  writeU64(body, 8, length);
  body[16] = values.length;
  values.forEach((value, i) => {
    body[20 + 5 * i] = 1;
    body[24 + 5 * i] = value;
  });
  return body;
}

function verdict(): string {
  return searchHistory(HISTORY, TINY) === null ? 'linearizable' : 'not-linearizable';
}

function createdTenant(): void {
  HISTORY.begin();
  answerWrite(invokeCreate(), STATUS_OK);
}

afterEach(() => HISTORY.begin());

describe('oracle', () => {
  it('accepts appends and reads in order', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerWrite(invokeAppend(2), STATUS_OK, 1, 2);
    answerRead(invokeHead(), STATUS_OK, head(2));
    const row = HISTORY.invokeRead(1, WORK_READ, 1, LATEST, encodeRead(STREAM, 0, 8), 0);
    answerRead(row, STATUS_OK, events(0, 2, 1, 2));
    expect(verdict()).toBe('linearizable');
  });

  it('rejects a stale head, unless the read only asked for a token', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerRead(invokeHead(0), STATUS_OK, head(0));
    expect(verdict()).toBe('linearizable');
    answerRead(invokeHead(), STATUS_OK, head(0));
    expect(verdict()).toBe('not-linearizable');
  });

  it('rejects events in another order than that of the appends', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerWrite(invokeAppend(2), STATUS_OK, 1, 2);
    const row = HISTORY.invokeRead(1, WORK_READ, 1, LATEST, encodeRead(STREAM, 0, 8), 0);
    answerRead(row, STATUS_OK, events(0, 2, 2, 1));
    expect(verdict()).toBe('not-linearizable');
  });

  it('rejects two appends that were told the same position', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerWrite(invokeAppend(2), STATUS_OK, 0, 1);
    expect(verdict()).toBe('not-linearizable');
  });

  it('an abandoned append may have happened, or not', () => {
    for (const length of [1, 2]) {
      createdTenant();
      answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
      invokeAppend(2);
      answerRead(invokeHead(), STATUS_OK, head(length));
      expect(verdict()).toBe('linearizable');
    }
  });

  it('but not happen and then unhappen', () => {
    createdTenant();
    invokeAppend(2);
    answerRead(invokeHead(), STATUS_OK, head(1));
    answerRead(invokeHead(), STATUS_OK, head(0));
    expect(verdict()).toBe('not-linearizable');
  });

  it('judges conflicts by the length they tell', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerWrite(invokeAppend(2, 5), STATUS_CONFLICT, 1);
    expect(verdict()).toBe('linearizable');
    answerWrite(invokeAppend(3, 5), STATUS_CONFLICT, 0);
    expect(verdict()).toBe('not-linearizable');
  });

  it('rejects a conflict where the expected position was right', () => {
    createdTenant();
    answerWrite(invokeAppend(1), STATUS_OK, 0, 1);
    answerWrite(invokeAppend(2, 1), STATUS_CONFLICT, 1);
    expect(verdict()).toBe('not-linearizable');
  });

  it('a tenant that was created does not vanish', () => {
    createdTenant();
    answerRead(invokeHead(), STATUS_UNKNOWN_TENANT, new Uint8Array(0));
    expect(verdict()).toBe('not-linearizable');
  });
});
