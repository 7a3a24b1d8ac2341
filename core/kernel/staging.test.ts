/** Requests in chunks: put in any order and as often as one likes, named once, or left behind. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { sha256Into } from '../crypto/sha256.ts';
import { EMBEDDED, PRODUCTION, TINY } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { Parser } from '../sql/parser/parser.ts';
import {
  NO_SEQUENCES,
  encodeFloorRequest,
  encodeStagedRequest,
  encodeStatementRequest,
} from '../sql/session/request.ts';
import { decodeAnswer, isError } from '../sql/session/result.ts';
import { Settings } from '../sql/session/settings.ts';
import { statementOf } from '../sql/session/statement.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { PRESENT } from '../store/store.ts';
import { loadParser } from '../../shells/parser.ts';
import { Kernel, STEP_DONE } from './kernel.ts';
import { OPERATION_SQL, OPERATION_STAGE, STATUS_MALFORMED } from './operation.ts';
import { reexecute } from './rebuild.ts';
import { STAGED_NONCE_BYTES, chunkBytes, encodeChunk, mustStage } from './staging.ts';
import { TestPrimary } from './testing/prepares.ts';
import type { TestSession } from './testing/prepares.ts';

const LIMITS: Limits = TINY;
const TENANT = 1;
const SIZE = chunkBytes(LIMITS);
let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

/** A replica without disk, one session, and a table. */
class World {
  readonly primary = new TestPrimary();
  readonly store = new MemoryStore();
  private readonly lengths = new Map<number, number>();
  private readonly kernel: Kernel;
  private readonly session: TestSession;

  constructor() {
    const entries = (tenant: number): number => this.lengths.get(tenant) ?? 0;
    this.kernel = new Kernel(LIMITS, this.store, { entries });
    const { prepare, session } = this.primary.register(0);
    this.apply(prepare);
    this.apply(this.primary.createTenant(session, TENANT));
    this.session = session;
    this.request(OPERATION_SQL, statement('CREATE TABLE t (v text)'));
  }

  private apply(prepare: Parameters<Kernel['begin']>[0]): { status: number; body: Uint8Array } {
    const { kernel } = this;
    kernel.begin(prepare);
    while (kernel.step(3) !== STEP_DONE);
    kernel.install();
    this.lengths.set(kernel.logTenant, kernel.position);
    return kernel.reply!;
  }

  /** An SQLSTATE, a tag, or a status. */
  request(operation: number, body: Uint8Array): string {
    const reply = this.apply(this.primary.request(this.session, operation, TENANT, body));
    const answer = decodeAnswer(reply.body);
    if (answer === null) return `status ${reply.status}`;
    return isError(answer) ? answer.code : answer.tag;
  }

  put(staged: Staged, index: number): string {
    return this.request(OPERATION_STAGE, chunkOf(staged, index));
  }

  name(staged: Staged, user = 'ann'): string {
    const { name, whole } = staged;
    const { length: bytes } = whole;
    const body = encodeStagedRequest({ kind: 'staged', user, text: '', name, bytes });
    return this.request(OPERATION_SQL, body);
  }

  /** Records of staging that are left. */
  left(): number {
    const { store } = this;
    let count = 0;
    const key = Uint8Array.of(26);
    for (let found = store.seek(TENANT, key, 0, 1, false); found === PRESENT;) {
      if (store.key[store.keyFrom]! > 28) return count;
      count += 1;
      found = store.next();
    }
    return count;
  }
}

interface Staged {
  readonly whole: Uint8Array;
  readonly name: Uint8Array;
}

function statement(sql: string): Uint8Array {
  const known = statementOf(parser.parse(sql)[0]!);
  const key = known.keyBytes(new Settings(), 'ann', []);
  return encodeStatementRequest(key, known.text, [], NO_SEQUENCES);
}

function staged(body: Uint8Array, nonce = 1): Staged {
  const whole = new Uint8Array(STAGED_NONCE_BYTES + body.length).fill(nonce, 0, STAGED_NONCE_BYTES);
  whole.set(body, STAGED_NONCE_BYTES);
  const name = new Uint8Array(32);
  sha256Into(whole, 0, whole.length, name, 0);
  return { whole, name };
}

function chunkOf({ whole, name }: Staged, index: number): Uint8Array {
  const chunk = whole.slice(index * SIZE, (index + 1) * SIZE);
  return encodeChunk({ user: 'ann', name, bytes: whole.length, index, chunk });
}

/** Two chunks long. */
const LONG = `INSERT INTO t VALUES ('${'x'.repeat(SIZE / 2)}')`;
let w: World;

beforeEach(() => {
  w = new World();
});

test('chunks in any order, more than once, then the request; nothing of them is left', () => {
  const long = staged(statement(LONG));
  expect(long.whole.length).toBeGreaterThan(SIZE);
  for (const index of [1, 0, 0, 1]) expect(w.put(long, index)).toBe('STAGE');
  expect(w.name(long)).toBe('INSERT 0 1');
  expect(w.left()).toBe(0);
  // Named once: it is not there a second time.
  expect(w.name(long)).toBe('55000');
});

test('executing all again gives the same state', () => {
  const long = staged(statement(LONG));
  w.put(long, 0);
  w.put(long, 1);
  w.name(long);
  w.put(staged(statement(LONG), 2), 0);
  const again = reexecute(w.primary.prepares, LIMITS);
  expect([again.stateHashA, again.stateHashB]).toEqual([w.store.stateHashA, w.store.stateHashB]);
});

test('what fails gives its room back, too', () => {
  const wrong = staged(statement(LONG.replace(' t ', ' u ')));
  w.put(wrong, 0);
  w.put(wrong, 1);
  expect(w.name(wrong)).toBe('42P01');
  expect(w.left()).toBe(0);
});

test('a request that is not all there, is not what its name says, or is no statement', () => {
  const long = staged(statement(LONG));
  w.put(long, 0);
  expect(w.name(long)).toBe('55000');
  const lie = { whole: long.whole, name: new Uint8Array(32).fill(7) };
  w.put(lie, 0);
  w.put(lie, 1);
  expect(w.name(lie)).toBe('22023');
  const floor = staged(encodeFloorRequest('ann'));
  w.put(floor, 0);
  expect(w.name(floor)).toBe('08P01');
  const other = staged(statement(LONG), 3);
  w.put(other, 0);
  w.put(other, 1);
  expect(w.name(other, 'bob')).toBe('08P01');
});

test('chunks of no use are refused', () => {
  const long = staged(statement(LONG));
  const { whole, name } = long;
  const chunk = whole.slice(0, SIZE);
  const good = { user: 'ann', name, bytes: whole.length, index: 0, chunk };
  const malformed = `status ${STATUS_MALFORMED}`;
  for (const bad of [
    { ...good, index: 2 },
    { ...good, chunk: chunk.slice(1) },
    { ...good, bytes: 0 },
    { ...good, bytes: LIMITS.stagedBytesMax + 1 },
    { ...good, name: name.slice(1) },
  ]) {
    expect(w.request(OPERATION_STAGE, encodeChunk(bad))).toBe(malformed);
  }
  expect(w.request(OPERATION_STAGE, Uint8Array.of(1, 2, 3))).toBe(malformed);
  expect(w.put(long, 0)).toBe('STAGE');
  const longer = { ...good, bytes: whole.length + 1 };
  expect(w.request(OPERATION_STAGE, encodeChunk(longer))).toBe('22023');
});

test('what nobody names expires by ops, and a tenant holds only so much', () => {
  const most = (LIMITS.stagedBytesMax * 4) / SIZE;
  const answers: string[] = [];
  for (let nonce = 1; nonce < LIMITS.stagedOpsMax; nonce += 1) {
    answers.push(w.put(staged(statement(LONG), nonce), 0));
  }
  expect(answers.slice(0, Math.floor(most))).toEqual(Array(Math.floor(most)).fill('STAGE'));
  expect(answers.at(-1)).toBe('53400');
  for (let nonce = 30; nonce < 90; nonce += 1)
    answers.push(w.put(staged(statement(LONG), nonce), 0));
  expect(answers.at(-1)).toBe('STAGE');
  expect(w.left()).toBeLessThanOrEqual(3 * most);
  expect(w.name(staged(statement(LONG), 1))).toBe('55000');
});

test('in every profile a chunk fits a prepare, and its entry a message', () => {
  for (const limits of [PRODUCTION, EMBEDDED, TINY]) {
    const chunk = new Uint8Array(chunkBytes(limits));
    const user = 'u'.repeat(limits.accessNameBytesMax);
    const bytes = limits.stagedBytesMax;
    const body = encodeChunk({ user, name: new Uint8Array(32), bytes, index: 0, chunk });
    expect(256 + body.length).toBeLessThanOrEqual(limits.prepareBytesMax);
    expect(chunk.length + body.length + 2048).toBeLessThanOrEqual(limits.messageBytesMax);
    expect(mustStage(limits, 1024)).toBe(false);
    expect(mustStage(limits, chunk.length + 4096)).toBe(true);
  }
});
