/**
 * The SQL operation in the kernel: executes the request's statement on an overlay, in slices,
 * without changing the state, and hands over the answer and the records to put or delete.
 *
 * A statement that fails is an answer as well, without records. A damaged page ends a slice with
 * `STEP_NEEDS`; the statement then begins anew, because nothing of it is visible yet.
 */
import type { Limits } from '../limits.ts';
import type { Access } from './access.ts';
import type { OutcomeWriter, WrittenRecord } from './outcome.ts';
import { openStaged } from './staging.ts';
import { UNREADABLE_LOGS } from './log-table.ts';
import { Apply } from '../sql/apply.ts';
import type { ApplyOptions } from '../sql/apply.ts';
import { PageNeeded, SqlError } from '../sql/error.ts';
import type { StatementRun } from '../sql/run.ts';
import { encodeAnswer, isError } from '../sql/session/result.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import type { SqlRequest } from '../sql/session/request.ts';
import { decodeRequest, decodeStatementKey } from '../sql/session/request.ts';
import { copyBytes } from '../store/arena.ts';
import type { Store } from '../store/store.ts';
import { VALUE_BYTES_MAX } from '../store/store.ts';
import { assert } from '../types/assert.ts';

/** Rows that a query on a replica may look at, about; then it ends with 57014. */
const QUERY_ROWS_MAX: number = 1 << 22;
const QUERY_SLICE_ROWS: number = 1 << 14;
const OVERHEAD_BYTES = 1024;
/** In an outcome, of a record that gives room back. */
const FREED_BYTES = 64;

/** `needs`: a damaged page comes first. */
export type QueryAnswer =
  | { readonly failed: boolean; readonly body: Uint8Array }
  | 'malformed'
  | 'needs';

const STEP_DONE = 0;
const STEP_MORE = 1;
const STEP_NEEDS = 2;
const NO_RECORDS: readonly WrittenRecord[] = [];
const MALFORMED: SqlError = new SqlError('08P01', 'the staged request is malformed');
const NO_BYTES: Uint8Array = new Uint8Array(0);

interface Begun {
  readonly tenant: number;
  readonly position: number;
  readonly timestamp: number;
  readonly salt: Uint8Array;
  readonly request: ApplyOptions['request'];
}

export class SqlOperation {
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #access: Access;
  readonly #applies: Map<number, Apply> = new Map();
  #begun: Begun | null = null;
  #apply: Apply | null = null;
  #answer: StatementAnswer | null = null;
  /** Room that a staged request gives back, however it came out. */
  freed: readonly WrittenRecord[] = NO_RECORDS;
  /** The answer's bytes. */
  reply: Uint8Array = NO_BYTES;

  constructor(store: Store, limits: Limits, access: Access) {
    this.#store = store;
    this.#limits = limits;
    this.#access = access;
  }

  /** Forgets everything: the state was replaced. */
  reset(): void {
    this.#applies.clear();
    this.#begun = null;
    this.#apply = null;
  }

  /** False when the body is malformed. `timestamp`: microseconds since 1970. */
  begin(
    tenant: number,
    position: number,
    timestamp: number,
    salt: Uint8Array,
    body: Uint8Array,
  ): boolean {
    const request = decodeRequest(body, 0, body.length);
    if (request === null) return false;
    this.freed = NO_RECORDS;
    this.#begun = { tenant, position, timestamp, salt, request };
    this.#apply = null;
    this.#answer = null;
    return true;
  }

  /** `STEP_…`. */
  step(budget: number): number {
    assert(this.#begun !== null, 'step follows begin');
    try {
      if (this.#apply === null) {
        const begun = this.#unstaged(this.#begun);
        this.#apply = this.#of(begun.tenant);
        this.#apply.begin(begun);
      }
      const answer = this.#apply.step(budget);
      if (answer === null) return STEP_MORE;
      this.#answer = answer;
      return STEP_DONE;
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
      this.#apply = null;
      return STEP_NEEDS;
    }
  }

  /** With the request that was staged in place of the one that names it. Throws `PageNeeded`. */
  #unstaged(begun: Begun): Begun {
    const { request, tenant } = begun;
    if (request.kind !== 'staged') return begun;
    const opened = openStaged(this.#store, tenant, this.#limits, request);
    let staged: SqlRequest | null = null;
    if (!(opened instanceof SqlError)) {
      this.freed = opened.freed;
      staged = decodeRequest(opened.body, 0, opened.body.length);
    }
    // `Apply` refuses what names another, and says why.
    const refusal = opened instanceof SqlError ? opened : MALFORMED;
    const good = staged !== null && userOf(staged) === request.user;
    this.#begun = { ...begun, request: good ? staged! : { kind: 'refused', refusal } };
    return this.#begun;
  }

  get failed(): boolean {
    return this.#answer === null || isError(this.#answer);
  }

  /** Turns an answer that would make the entry too long into an error, and fills in `reply`. */
  bound(bytesMax: number): void {
    assert(this.#answer !== null && this.#apply !== null, 'bound follows a step that is done');
    this.reply = encodeAnswer(this.#answer);
    if (this.failed) return;
    const freed = this.freed.length * FREED_BYTES;
    const total = this.#apply.bytes + freed + this.reply.length;
    const replyMax = Math.min(VALUE_BYTES_MAX, this.#limits.messageBytesMax - OVERHEAD_BYTES);
    if (total <= bytesMax && this.reply.length <= replyMax) return;
    const what = total > bytesMax ? 'changes too much' : 'returns too much';
    this.#answer = new SqlError('54000', `the statement ${what} for one entry of the log`, {
      detail: `The entry would take ${total} bytes; ${bytesMax} are possible.`,
      hint: 'Split it into several statements.',
    });
    this.reply = encodeAnswer(this.#answer);
  }

  /**
   * Writes what to put and delete, in key order; nothing for a failed statement. False: a page is
   * needed, and what was written counts for nothing.
   */
  writeTo(writer: OutcomeWriter, tenant: number): boolean {
    for (const record of this.freed) writer.record(tenant, record);
    if (this.failed) return true;
    try {
      this.#apply!.records((key, from, keyBytes, value, valueFrom, valueBytes) => {
        if (value === null) writer.delete(tenant, key, keyBytes, from);
        else {
          const at = writer.put(tenant, key, keyBytes, valueBytes, from);
          copyBytes(value, valueFrom, valueBytes, writer.bytes, at);
        }
      });
      return true;
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
      return false;
    }
  }

  /** The outcome is part of the state now. A request that was refused before it began has none. */
  installed(): void {
    if (this.#begun === null) return;
    if (!this.failed) this.#apply!.installed();
    this.#begun = null;
  }

  /** A statement that reads, on the state as of `snapshot`. Bounded; no op is touched by it. */
  query(
    tenant: number,
    snapshot: number,
    timestamp: number,
    bytes: Uint8Array,
    from: number,
  ): QueryAnswer {
    const request = decodeRequest(bytes, from, bytes.length);
    if (request === null || request.kind !== 'statement') return 'malformed';
    let answer: StatementAnswer;
    try {
      const run = this.#of(tenant).query(request, snapshot, timestamp);
      answer = finish(run);
    } catch (error) {
      if (error instanceof PageNeeded) return 'needs';
      if (!(error instanceof SqlError)) throw error;
      answer = error;
    }
    const body = encodeAnswer(answer);
    if (body.length <= this.#limits.messageBytesMax - OVERHEAD_BYTES) {
      return { failed: isError(answer), body };
    }
    const refusal = new SqlError('54000', 'the statement returns too much for one message', {
      hint: 'Use LIMIT.',
    });
    return { failed: true, body: encodeAnswer(refusal) };
  }

  #of(tenant: number): Apply {
    const known = this.#applies.get(tenant);
    if (known !== undefined) return known;
    const rights = this.#access.rights(tenant);
    const apply = new Apply(this.#store, tenant, UNREADABLE_LOGS, rights);
    this.#applies.set(tenant, apply);
    return apply;
  }
}

function finish(run: StatementRun): StatementAnswer {
  for (let rows = 0; rows < QUERY_ROWS_MAX; rows += QUERY_SLICE_ROWS) {
    const answer = run.step(QUERY_SLICE_ROWS);
    if (answer !== null) return answer;
  }
  throw new SqlError('57014', 'canceling statement due to statement timeout', {
    detail: `A query on a replica may look at about ${QUERY_ROWS_MAX} rows.`,
  });
}

/** In whose name a request is made; null: of those that cannot be staged. */
function userOf(request: SqlRequest): string | null {
  if (request.kind === 'statement') return decodeStatementKey(request.keyBytes)?.user ?? null;
  return request.kind === 'commit' ? request.user : null;
}
