/**
 * The kernel: `apply` as a pure, resumable function of (state, prepare).
 *
 * `begin` takes a prepare; `step` executes it: it reads records, decides, and builds the outcome,
 * the reply and every record to put or delete, without changing anything. Only `install` changes
 * the store, all at once, after the caller has put the entry in the log. So a missing page or a
 * full disk ends a step with no effect, and nobody ever sees half an op.
 *
 * A failing request is an entry with an error outcome, on every replica alike. A request that was
 * committed before, or whose session is gone, is an entry without any effect: a request can reach
 * the log twice when a primary fails between proposing and answering. Such an entry has no reply
 * either; the client asks again and gets the stored one, or learns that its session is gone.
 *
 * The budget counts records and events; a step that runs out of it goes on in the next.
 *
 * Cost: about a microsecond besides the store, for an append of a few events.
 */
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import { writeU32, writeU64, readU32, readU64 } from '../codec/bytes.ts';
import type { Limits } from '../limits.ts';
import { encodeAnswer, isError } from '../sql/session/result.ts';
import { copyBytes } from '../store/arena.ts';
import type { Store } from '../store/store.ts';
import { ABSENT, KEY_BYTES_MAX, NEEDS, PRESENT } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128, isZero128 } from '../types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER, OPERATION_ROOT } from '../types/operation.ts';
import { Access } from './access.ts';
import { decideAccess } from './access-change.ts';
import { ENTRY_HEADER_BYTES, ENTRY_SALT_BYTES } from './entry.ts';
import * as operation from './operation.ts';
import { OutcomeWriter } from './outcome.ts';
import { OutcomeWalk } from './outcome-walk.ts';
import * as records from './records.ts';
import { writeRequestPart } from './request-part.ts';
import type { KernelReply } from './reply.ts';
import { Sessions } from './sessions.ts';
import type { QueryAnswer } from './sql.ts';
import { SqlOperation } from './sql.ts';
import { decideChunk } from './staging.ts';

export const STEP_DONE = 0;
export const STEP_MORE = 1;
export const STEP_NEEDS = 2;

/** What the kernel must know of the logs: their lengths. */
export interface LogLengths {
  /** Entries in the tenant's log, or `NEEDS`. */
  entries(tenant: number): number;
}

type Outcome = ReturnType<typeof decideChunk>;

const PHASE_IDLE = 0;
const PHASE_DECIDE = 1;
const PHASE_EVENTS = 2;
const PHASE_SQL = 3;
const PHASE_TOUCH = 4;
const PHASE_BUILT = 5;
const PHASE_INSTALL = 6;

/** Room for outcome records besides the events, in a size check before they are built. */
const OUTCOME_OVERHEAD_BYTES = 1024;
/** Of `messageBytesMax`, what a message that carries one entry needs for itself. */
const MESSAGE_OVERHEAD_BYTES = 1024;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class Kernel {
  readonly sessions: Sessions;
  readonly access: Access;
  readonly #limits: Limits;
  readonly #store: Store;
  readonly #logs: LogLengths;
  readonly #writer: OutcomeWriter = new OutcomeWriter(2048);
  /** Over the records of the outcome in it. */
  readonly #walk: OutcomeWalk;
  readonly #append: operation.AppendView = operation.appendView();
  readonly #session: records.SessionView = records.sessionView();
  readonly #oldest: records.SessionView = records.sessionView();
  readonly #key: Uint8Array = new Uint8Array(KEY_BYTES_MAX);
  readonly #small: Uint8Array = new Uint8Array(records.STORED_REPLY_BYTES_MAX);
  /** `small`, or a longer reply, which is stored apart from the session's record. */
  #reply: Uint8Array = this.#small;
  #replyBytes = 0;
  readonly #sql: SqlOperation;
  /** Tenants known to exist: none is ever removed. */
  readonly #tenants: Set<number> = new Set();
  #prepare: Prepare | null = null;
  #phase = PHASE_IDLE;
  #outcomeFrom = 0;
  /** Progress through the events of an append. */
  #eventAt = 0;
  #eventsSeen = 0;
  #streamOp = 0;
  #streamLength = 0;

  /** The log that gets the entry, and its position there; valid once `step` is done. */
  logTenant = 0;
  position = 0;
  status = 0;
  /** Client and session that this registration evicts; zero when none. */
  evicted: Hash128 = ZERO128;
  evictedSession = 0;
  /** Sessions after a registration that found room; 0 otherwise. */
  sessionCount = 0;
  /** The client's reply; null for an op without one. Valid until the next `begin`. */
  reply: KernelReply | null = null;

  constructor(limits: Limits, store: Store, logs: LogLengths) {
    assert(1 + limits.streamNameBytesMax <= KEY_BYTES_MAX, 'a stream name fits a key');
    this.#limits = limits;
    this.#store = store;
    this.#logs = logs;
    this.#walk = new OutcomeWalk(store, this.#writer);
    this.sessions = new Sessions(store);
    this.access = new Access(limits, store);
    this.#sql = new SqlOperation(store, limits, this.access);
  }

  get busy(): boolean {
    return this.#phase !== PHASE_IDLE;
  }

  begin(prepare: Prepare): void {
    assert(this.#phase === PHASE_IDLE, 'one op at a time');
    assert(prepare.header.operation !== OPERATION_ROOT, 'op 0 is never executed');
    assert(prepare.header.bodyBytes >= PREPARE_SALT_BYTES, 'a body begins with its salts');
    this.#prepare = prepare;
    this.#phase = PHASE_DECIDE;
    this.reply = null;
  }

  /** Gives up the begun op: the state was replaced under it. */
  abandon(): void {
    this.#phase = PHASE_IDLE;
    this.#prepare = null;
    this.sessions.reset();
    this.#tenants.clear();
    this.access.reset();
    this.#sql.reset();
  }

  step(budget: number): number {
    assert(budget > 0, 'a step has a budget');
    const prepare = this.#prepare;
    assert(prepare !== null && this.#phase !== PHASE_IDLE, 'step follows begin');
    let left = budget;
    if (this.#phase === PHASE_DECIDE) {
      if (this.#decide(prepare) === NEEDS) return STEP_NEEDS;
      left -= 1;
    }
    if (this.#phase === PHASE_EVENTS) {
      while (this.#eventsSeen < this.#append.eventCount && left > 0) {
        if (!this.#checkEvent(prepare)) break;
        left -= 1;
      }
      const seen = this.#eventsSeen;
      if (seen >= 0 && seen < this.#append.eventCount) return STEP_MORE;
      if (this.#finishAppend(prepare) === NEEDS) return STEP_NEEDS;
    }
    return this.#phase === PHASE_SQL || this.#phase === PHASE_TOUCH
      ? this.#stepSql(prepare, left)
      : STEP_DONE;
  }

  /** The entry's buffer: header room, request part and outcome part, ready to be sealed. */
  get entryBytes(): Uint8Array {
    return this.#writer.bytes;
  }
  get requestPartBytes(): number {
    return this.#outcomeFrom - ENTRY_SALT_BYTES - ENTRY_HEADER_BYTES;
  }
  get outcomePartBytes(): number {
    return this.#writer.end - (this.#outcomeFrom - ENTRY_SALT_BYTES);
  }

  /** Part of the outcome is state, and part is not yet: nobody may read. */
  get installing(): boolean {
    return this.#phase === PHASE_INSTALL;
  }

  /** Makes the built outcome state; its entry is in the log by now. False: there is more. */
  install(budget: number = Number.MAX_SAFE_INTEGER): boolean {
    if (this.#phase === PHASE_BUILT) this.#walk.begin(this.#outcomeFrom);
    else assert(this.#phase === PHASE_INSTALL, 'install follows a step that is done');
    this.#phase = PHASE_INSTALL;
    this.#walk.install(budget);
    if (!this.#walk.done) return false;
    const kind = this.#prepare!.header.operation;
    if (kind === operation.OPERATION_SQL) this.#sql.installed();
    else if (kind === operation.OPERATION_ACCESS) this.access.reset();
    this.#phase = PHASE_IDLE;
    this.#prepare = null;
    return true;
  }

  /** What a statement returns that only reads, as of now; whatever op is under way. */
  query(tenant: number, timestamp: number, bytes: Uint8Array, from: number): QueryAnswer {
    const entries = this.#logs.entries(tenant);
    return entries === NEEDS ? 'needs' : this.#sql.query(tenant, entries, timestamp, bytes, from);
  }

  // Deciding ------------------------------------------------------------------------------------

  /** Runs up to the built outcome, or into `PHASE_EVENTS`. `NEEDS` leaves everything as it was. */
  #decide(prepare: Prepare): number {
    const { header } = prepare;
    this.evicted = ZERO128;
    this.evictedSession = 0;
    this.sessionCount = 0;
    this.#reply = this.#small;
    this.#replyBytes = 0;
    if (header.operation === OPERATION_NOOP || isZero128(header.client)) {
      const noop = header.operation === OPERATION_NOOP;
      return this.#buildPlain(prepare, noop ? operation.STATUS_OK : operation.STATUS_NO_SESSION);
    }
    const found = this.sessions.find(header.client, this.#session);
    if (found === NEEDS) return NEEDS;
    if (header.operation === OPERATION_REGISTER) return this.#register(prepare, found);
    const session = this.#session;
    if (found === ABSENT || session.session !== header.session) {
      return this.#buildPlain(prepare, operation.STATUS_NO_SESSION);
    }
    if (header.request <= session.request)
      return this.#buildPlain(prepare, operation.STATUS_DUPLICATE);
    if (header.request !== session.request + 1) {
      return this.#buildPlain(prepare, operation.STATUS_REQUEST_GAP);
    }
    return this.#execute(prepare);
  }

  #execute(prepare: Prepare): number {
    const { header } = prepare;
    if (this.#session.apart) {
      // This request's answer replaces the last one, wherever that stands.
      records.replyKey(header.client, this.#key);
      const touched = this.#store.touch(0, this.#key, 0, records.SESSION_KEY_BYTES);
      if (touched === NEEDS) return NEEDS;
    }
    if (header.tenant !== operation.TENANT_SYSTEM) {
      const exists = this.#tenantExists(header.tenant);
      if (exists === NEEDS) return NEEDS;
      if (exists === ABSENT) return this.#buildFailure(prepare, operation.STATUS_UNKNOWN_TENANT, 0);
    }
    if (header.operation === operation.OPERATION_SQL) return this.#beginSql(prepare);
    if (header.operation === operation.OPERATION_ACCESS) return this.#changeAccess(prepare);
    if (header.operation === operation.OPERATION_STAGE) return this.#stage(prepare);
    const { tenant } = header;
    const forbidden = this.access.enforcement();
    if (forbidden === NEEDS) return NEEDS;
    // Whatever else there is names no user who could have the right.
    if (forbidden) return this.#buildFailure(prepare, operation.STATUS_FORBIDDEN, tenant);
    if (header.operation === operation.OPERATION_CREATE_TENANT) return this.#createTenant(prepare);
    if (header.operation === operation.OPERATION_APPEND) return this.#beginAppend(prepare);
    return this.#buildFailure(prepare, operation.STATUS_UNKNOWN_OPERATION, tenant);
  }

  #register(prepare: Prepare, found: number): number {
    const { header } = prepare;
    if (found === PRESENT) {
      const { session, request, requestChecksum } = this.#session;
      if (request > 0 || equal128(requestChecksum, header.requestChecksum)) {
        return this.#buildPlain(prepare, operation.STATUS_DUPLICATE);
      }
      // 1. A client was evicted; a late copy of its first registration opens a session again.
      // 2. It registers anew. Were that refused, nobody would ever answer it.
      if (this.#open(prepare, 0, operation.STATUS_OK) === NEEDS) return NEEDS;
      this.evicted = header.client;
      this.evictedSession = session;
      this.#answer(header, header.op);
      return PRESENT;
    }
    records.countsKey(this.#key);
    const counted = this.#get(0, records.COUNTS_KEY_BYTES);
    if (counted === NEEDS) return NEEDS;
    const count = counted === ABSENT ? 0 : readU32(this.#store.value, this.#store.valueFrom);
    const full = count >= this.#limits.sessionsMax;
    if (full) {
      if (this.sessions.findOldest(this.#oldest) === NEEDS) return NEEDS;
      records.replyKey(this.#oldest.client, this.#key);
      const { apart } = this.#oldest;
      if (apart && this.#store.touch(0, this.#key, 0, records.SESSION_KEY_BYTES) === NEEDS) {
        return NEEDS;
      }
      this.evicted = this.#oldest.client;
      this.evictedSession = this.#oldest.session;
    }
    if (this.#open(prepare, 0, operation.STATUS_OK) === NEEDS) return NEEDS;
    const writer = this.#writer;
    if (full) {
      records.sessionKey(this.evicted, this.#key);
      writer.delete(0, this.#key, records.SESSION_KEY_BYTES);
      if (this.#oldest.apart) {
        records.replyKey(this.evicted, this.#key);
        writer.delete(0, this.#key, records.SESSION_KEY_BYTES);
      }
    } else {
      records.countsKey(this.#key);
      const at = writer.put(0, this.#key, records.COUNTS_KEY_BYTES, records.COUNTS_BYTES);
      writeU32(writer.bytes, at, count + 1);
      this.sessionCount = count + 1;
    }
    this.#answer(header, header.op);
    return PRESENT;
  }

  #createTenant(prepare: Prepare): number {
    const { header, bytes } = prepare;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    if (header.tenant !== operation.TENANT_SYSTEM) {
      return this.#buildFailure(prepare, operation.STATUS_WRONG_TENANT, header.tenant);
    }
    const tenant = operation.decodeCreateTenant(bytes, from, bytes.length);
    if (tenant < 0) return this.#buildFailure(prepare, operation.STATUS_MALFORMED, 0);
    if (tenant === operation.TENANT_SYSTEM || tenant >= this.#limits.tenantsMax) {
      return this.#buildFailure(prepare, operation.STATUS_TENANT_REFUSED, 0);
    }
    const exists = this.#tenantExists(tenant);
    if (exists === NEEDS) return NEEDS;
    if (exists === PRESENT) return this.#buildFailure(prepare, operation.STATUS_TENANT_EXISTS, 0);
    if (this.#open(prepare, 0, operation.STATUS_OK) === NEEDS) return NEEDS;
    records.tenantKey(tenant, this.#key);
    const at = this.#writer.put(0, this.#key, records.TENANT_KEY_BYTES, records.TENANT_BYTES);
    writeU64(this.#writer.bytes, at, header.op);
    this.#answer(header, header.session);
    return PRESENT;
  }

  // Appending -----------------------------------------------------------------------------------

  #beginAppend(prepare: Prepare): number {
    const { header, bytes } = prepare;
    const tenant = header.tenant;
    if (tenant === operation.TENANT_SYSTEM) {
      return this.#buildFailure(prepare, operation.STATUS_WRONG_TENANT, tenant);
    }
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    const append = this.#append;
    if (!operation.decodeAppend(bytes, from, bytes.length, this.#limits, append)) {
      return this.#buildFailure(prepare, operation.STATUS_MALFORMED, tenant);
    }
    this.#eventAt = append.eventsFrom;
    this.#eventsSeen = 0;
    this.#phase = PHASE_EVENTS;
    return PRESENT;
  }

  /** Checks one event's frame; false, and `eventsSeen` -1, when it is malformed. */
  #checkEvent(prepare: Prepare): boolean {
    const next = operation.nextEvent(prepare.bytes, this.#eventAt, this.#append.eventsEnd);
    if (next < 0) {
      this.#eventsSeen = -1;
      return false;
    }
    this.#eventAt = next;
    this.#eventsSeen += 1;
    return true;
  }

  #finishAppend(prepare: Prepare): number {
    const { header, bytes } = prepare;
    const append = this.#append;
    const tenant = header.tenant;
    if (this.#eventsSeen < 0 || this.#eventAt !== append.eventsEnd) {
      return this.#buildFailure(prepare, operation.STATUS_MALFORMED, tenant);
    }
    // Both parts carry the events, and one message must be able to carry the entry.
    const events = append.eventsEnd - append.eventsFrom;
    const bytesMax = this.#limits.messageBytesMax - MESSAGE_OVERHEAD_BYTES;
    if (bytes.length + events + OUTCOME_OVERHEAD_BYTES > bytesMax) {
      return this.#buildFailure(prepare, operation.STATUS_TOO_LARGE, tenant);
    }
    const nameBytes = records.streamKey(bytes, append.nameFrom, append.nameBytes, this.#key);
    const found = this.#get(tenant, nameBytes);
    if (found === NEEDS) return NEEDS;
    const { value, valueFrom } = this.#store;
    this.#streamOp = found === ABSENT ? header.op : readU64(value, valueFrom);
    this.#streamLength = found === ABSENT ? 0 : readU64(value, valueFrom + 8);
    const expected = append.expectedPosition;
    if (expected !== operation.POSITION_ANY && expected !== this.#streamLength) {
      writeU64(this.#reply, 0, this.#streamLength);
      this.#replyBytes = operation.CONFLICT_REPLY_BYTES;
      return this.#buildFailure(prepare, operation.STATUS_CONFLICT, tenant);
    }
    return this.#buildAppend(prepare, nameBytes);
  }

  #buildAppend(prepare: Prepare, streamKeyBytes: number): number {
    const { header, bytes } = prepare;
    const { eventCount, eventsFrom, eventsEnd } = this.#append;
    const tenant = header.tenant;
    const first = this.#streamLength;
    writeU64(this.#reply, 0, first);
    writeU64(this.#reply, 8, first + eventCount);
    this.#replyBytes = operation.APPEND_REPLY_BYTES;
    if (this.#open(prepare, tenant, operation.STATUS_OK) === NEEDS) return NEEDS;
    const writer = this.#writer;
    let at = writer.put(tenant, this.#key, streamKeyBytes, records.STREAM_BYTES);
    writeU64(writer.bytes, at, this.#streamOp);
    writeU64(writer.bytes, at + 8, first + eventCount);
    records.eventKey(this.#streamOp, first, this.#key);
    const touched = this.#store.touch(tenant, this.#key, 0, records.EVENT_KEY_BYTES);
    if (touched === NEEDS) return NEEDS;
    assert(touched === ABSENT, 'a new event has no record yet');
    const eventsBytes = eventsEnd - eventsFrom;
    const valueBytes = records.EVENT_FIXED_BYTES + eventsBytes;
    at = writer.put(tenant, this.#key, records.EVENT_KEY_BYTES, valueBytes);
    writeU64(writer.bytes, at, header.timestamp);
    writeU64(writer.bytes, at + 8, header.op);
    writeU32(writer.bytes, at + 16, eventCount);
    writeU32(writer.bytes, at + 20, 0);
    copyBytes(bytes, eventsFrom, eventsBytes, writer.bytes, at + records.EVENT_FIXED_BYTES);
    this.#answer(header, header.session);
    return PRESENT;
  }

  // SQL -----------------------------------------------------------------------------------------

  #beginSql(prepare: Prepare): number {
    const { header, bytes } = prepare;
    const { tenant } = header;
    if (tenant === operation.TENANT_SYSTEM) {
      return this.#buildFailure(prepare, operation.STATUS_WRONG_TENANT, tenant);
    }
    const entries = this.#logs.entries(tenant);
    if (entries === NEEDS) return NEEDS;
    const salt = bytes.subarray(PREPARE_HEADER_BYTES, PREPARE_HEADER_BYTES + ENTRY_SALT_BYTES);
    const body = bytes.subarray(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
    if (!this.#sql.begin(tenant, entries + 1, header.timestamp, salt, body)) {
      return this.#buildFailure(prepare, operation.STATUS_MALFORMED, tenant);
    }
    this.#phase = PHASE_SQL;
    return PRESENT;
  }

  /** Executes, then touches what the outcome will change, both in slices. */
  #stepSql(prepare: Prepare, budget: number): number {
    let left = budget;
    if (this.#phase === PHASE_SQL) {
      const code = this.#sql.step(left);
      if (code !== STEP_DONE) return code;
      if (this.#buildSql(prepare) === NEEDS) return STEP_NEEDS;
      this.#beginTouch();
      left -= 1;
    }
    if (!this.#walk.touch(left)) return STEP_NEEDS;
    if (!this.#walk.done) return STEP_MORE;
    this.#phase = PHASE_BUILT;
    return STEP_DONE;
  }

  #beginTouch(): void {
    this.#walk.begin(this.#outcomeFrom);
    this.#phase = PHASE_TOUCH;
  }

  #buildSql(prepare: Prepare): number {
    const { header, bytes } = prepare;
    const { tenant } = header;
    const sql = this.#sql;
    const entryMax = this.#limits.messageBytesMax - MESSAGE_OVERHEAD_BYTES;
    sql.bound(entryMax - bytes.length - OUTCOME_OVERHEAD_BYTES);
    this.#reply = sql.reply;
    this.#replyBytes = sql.reply.length;
    const status = sql.failed ? operation.STATUS_SQL_ERROR : operation.STATUS_OK;
    if (this.#open(prepare, tenant, status) === NEEDS) return NEEDS;
    if (!sql.writeTo(this.#writer, tenant)) return NEEDS;
    this.#answer(header, header.session);
    return PRESENT;
  }

  // Access --------------------------------------------------------------------------------------

  #changeAccess(prepare: Prepare): number {
    const { header } = prepare;
    const { tenant } = header;
    if (tenant !== operation.TENANT_SYSTEM) {
      return this.#buildFailure(prepare, operation.STATUS_WRONG_TENANT, tenant);
    }
    return this.#decided(prepare, decideAccess(this.access, prepare));
  }

  #stage(prepare: Prepare): number {
    if (prepare.header.tenant === operation.TENANT_SYSTEM) {
      return this.#buildFailure(prepare, operation.STATUS_WRONG_TENANT, 0);
    }
    return this.#decided(prepare, decideChunk(this.#store, this.access, prepare));
  }

  /** Builds what was decided: an answer, and records of the prepare's tenant. */
  #decided(prepare: Prepare, outcome: Outcome): number {
    const { header } = prepare;
    const { tenant } = header;
    if (outcome === 'needs') return NEEDS;
    if (outcome === 'malformed') {
      return this.#buildFailure(prepare, operation.STATUS_MALFORMED, tenant);
    }
    this.#reply = encodeAnswer(outcome.answer);
    this.#replyBytes = this.#reply.length;
    const failed = isError(outcome.answer);
    const status = failed ? operation.STATUS_SQL_ERROR : operation.STATUS_OK;
    if (this.#open(prepare, tenant, status) === NEEDS) return NEEDS;
    for (const record of outcome.records) this.#writer.record(tenant, record);
    this.#answer(header, header.session);
    this.#beginTouch();
    return PRESENT;
  }

  // Building ------------------------------------------------------------------------------------

  /** An entry without effect and without an answer: the client learns by asking again. */
  #buildPlain(prepare: Prepare, status: number): number {
    if (this.#open(prepare, 0, status) === NEEDS) return NEEDS;
    this.#phase = PHASE_BUILT;
    return PRESENT;
  }

  /** An error outcome: nothing changes but the session, which remembers the answer. */
  #buildFailure(prepare: Prepare, status: number, logTenant: number): number {
    const { header } = prepare;
    if (this.#open(prepare, logTenant, status) === NEEDS) return NEEDS;
    this.#answer(header, header.session);
    return PRESENT;
  }

  /** Writes the request part and begins the outcome, for the given log. */
  #open(prepare: Prepare, logTenant: number, status: number): number {
    const entries = this.#logs.entries(logTenant);
    if (entries === NEEDS) return NEEDS;
    this.logTenant = logTenant;
    this.position = entries + 1;
    this.status = status;
    const writer = this.#writer;
    this.#outcomeFrom = writeRequestPart(writer, prepare);
    writer.begin(this.#outcomeFrom, status, this.#reply, this.#isApart ? 0 : this.#replyBytes);
    return PRESENT;
  }

  get #isApart(): boolean {
    return this.#replyBytes > records.STORED_REPLY_BYTES_MAX;
  }

  /** The reply, and the session's new record, of which it is a part or beside which it stands. */
  #answer(header: PrepareHeader, session: number): void {
    const writer = this.#writer;
    const apart = this.#isApart;
    records.replyKey(header.client, this.#key);
    if (apart) {
      const { length } = this.#reply;
      const to = writer.put(0, this.#key, records.SESSION_KEY_BYTES, length);
      writer.bytes.set(this.#reply, to);
    } else if (this.#session.apart && header.operation !== OPERATION_REGISTER) {
      writer.delete(0, this.#key, records.SESSION_KEY_BYTES);
    }
    records.sessionKey(header.client, this.#key);
    const inlineBytes = apart ? 0 : this.#replyBytes;
    const bytes = records.SESSION_FIXED_BYTES + inlineBytes;
    const at = writer.put(0, this.#key, records.SESSION_KEY_BYTES, bytes);
    records.writeSession(
      session,
      header.op,
      header.request,
      this.status,
      header.requestChecksum,
      this.position,
      this.#reply,
      inlineBytes,
      apart,
      writer.bytes,
      at,
    );
    this.reply = {
      client: header.client,
      session,
      request: header.request,
      requestChecksum: header.requestChecksum,
      op: header.op,
      position: this.position,
      status: this.status,
      body: this.#replyBytes === 0 ? NO_BYTES : this.#reply.slice(0, this.#replyBytes),
    };
    this.#phase = PHASE_BUILT;
  }

  #tenantExists(tenant: number): number {
    if (this.#tenants.has(tenant)) return PRESENT;
    records.tenantKey(tenant, this.#key);
    const found = this.#get(0, records.TENANT_KEY_BYTES);
    if (found === PRESENT) this.#tenants.add(tenant);
    return found;
  }

  #get(tenant: number, keyBytes: number): number {
    return this.#store.get(tenant, this.#key, 0, keyBytes);
  }
}
