/**
 * A request that is longer than one prepare, put into the log in chunks first
 * (`core/kernel/staging.ts`). A few chunks are on their way at a time, so that others' requests
 * find room between them. Given up half-way, what came so far expires.
 *
 * Cost: one copy of the request, its SHA-256, and an op a chunk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { STAGED_NONCE_BYTES, chunkBytes, encodeChunk } from '../../core/kernel/staging.ts';
import type { Limits } from '../../core/limits.ts';
import { SqlError } from '../../core/sql/error.ts';
import { encodeStagedRequest } from '../../core/sql/session/request.ts';
import { isError } from '../../core/sql/session/result.ts';
import type { StatementAnswer } from '../../core/sql/session/result.ts';
import type { SubmitTask } from '../../core/sql/session/session.ts';
import type { CallEnd } from './limit.ts';

/** Chunks on their way. */
const WINDOW = 4;
/** Of the statement's text, what the entry that names it carries. */
const TEXT_UNITS_MAX = 4096;

/** Puts a chunk into the log. */
export type PutChunk = (body: Uint8Array) => Promise<StatementAnswer>;

/** Stages a request; answers the body of the one that names it. Throws `SqlError`. */
export async function stageRequest(
  put: PutChunk,
  limits: Limits,
  task: SubmitTask,
  limit: CallEnd,
): Promise<Uint8Array> {
  const bytes = STAGED_NONCE_BYTES + task.body.length;
  if (bytes > limits.stagedBytesMax) {
    throw new SqlError('54000', 'the request is too large', {
      detail: `It takes ${bytes} bytes; ${limits.stagedBytesMax} are possible.`,
      hint: 'Split it: a statement with fewer or shorter values, or a shorter transaction.',
    });
  }
  const whole = new Uint8Array(bytes);
  whole.set(randomBytes(STAGED_NONCE_BYTES));
  whole.set(task.body, STAGED_NONCE_BYTES);
  const name = new Uint8Array(createHash('sha256').update(whole).digest());
  const size = chunkBytes(limits);
  const { user } = task;
  for (let from = 0; from < bytes; from += size * WINDOW) {
    limit.check();
    const sent: Promise<StatementAnswer>[] = [];
    for (let at = from; at < Math.min(bytes, from + size * WINDOW); at += size) {
      const chunk = whole.subarray(at, Math.min(bytes, at + size));
      sent.push(put(encodeChunk({ user, name, bytes, index: at / size, chunk })));
    }
    for (const answer of await Promise.all(sent)) if (isError(answer)) throw answer;
  }
  return encodeStagedRequest({ kind: 'staged', user, text: beginning(task.text), name, bytes });
}

function beginning(text: string): string {
  if (text.length <= TEXT_UNITS_MAX) return text;
  const last = text.charCodeAt(TEXT_UNITS_MAX - 1) & 0xfc00;
  return text.slice(0, last === 0xd800 ? TEXT_UNITS_MAX - 1 : TEXT_UNITS_MAX);
}
