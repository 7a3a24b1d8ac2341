/**
 * The model: what the committed log means, worked out a second time, by other and much simpler code
 * than the kernel's. It is fed the committed entries in order and answers, for any op, what the
 * reply must be, and, for any position of a tenant's log, what a read must return.
 *
 * Nothing is hashed, paged or encoded: tenants and streams are arrays, events are ranges of the
 * prepares they came in. Pooled: `reset` forgets lengths and keeps memory. Cost: about half a
 * microsecond an entry; a read costs one compare an event it returns.
 */
import type { Prepare } from '../../core/codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../../core/codec/prepare.ts';
import type { AppendView } from '../../core/kernel/operation.ts';
import {
  OPERATION_ACCESS,
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  OPERATION_SQL,
  OPERATION_STAGE,
  POSITION_ANY,
  SQL_QUERY_HEADER_BYTES,
  STATUS_CONFLICT,
  STATUS_DUPLICATE,
  STATUS_FORBIDDEN,
  STATUS_MALFORMED,
  STATUS_NO_SESSION,
  STATUS_OK,
  STATUS_REQUEST_GAP,
  STATUS_SQL_ERROR,
  STATUS_TENANT_EXISTS,
  STATUS_TENANT_REFUSED,
  STATUS_UNKNOWN_OPERATION,
  STATUS_UNKNOWN_TENANT,
  STATUS_WRONG_TENANT,
  TENANT_SYSTEM,
  appendView,
  decodeAppend,
  decodeCreateTenant,
  nextEvent,
} from '../../core/kernel/operation.ts';
import type { Limits } from '../../core/limits.ts';
import { assert } from '../../core/types/assert.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { ZERO128, equal128, isZero128 } from '../../core/types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER } from '../../core/types/operation.ts';
import { decodeAccessRequest } from '../../core/kernel/access-request.ts';
import { decodeChunk } from '../../core/kernel/staging.ts';
import type { StagedRequest } from '../../core/sql/session/request.ts';
import type { TenantBook } from './access/model.ts';
import { AccessModel } from './access/model.ts';
import { HISTORY } from './history.ts';
import type { TransactionRecord, TransactionStep } from './history.ts';
import { committer, decodeShape, stagedName } from './sql/body.ts';
import type { ModelDatabase } from './sql/database.ts';
import type { Verdict } from './sql/model.ts';
import { SqlModel } from './sql/model.ts';
import { executeTransaction } from './sql/transactions.ts';
import { StagingModel, isChunk } from './transactions/staging-model.ts';

const EVENT_LENGTH_BYTES = 4;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** No such stream, or none yet at that position. */
export const NO_STREAM = -1;
/** No entry at that position. */
export const NO_OP = -1;

/** One stream: where each of its events lies, and the tenant position of the entry it came in. */
class StreamModel {
  name: Uint8Array = NO_BYTES;
  nameFrom = 0;
  nameBytes = 0;
  length = 0;
  readonly source: Uint8Array[] = [];
  readonly from: number[] = [];
  readonly end: number[] = [];
  readonly op: number[] = [];
}

/** One tenant: its streams, and the op behind each position of its log (from 1 on). */
class TenantModel {
  /** Op that created it; 0 for the system, `NO_OP` while it does not exist. */
  created = NO_OP;
  streams = 0;
  readonly stream: StreamModel[] = [];
  /** Newest position of its log. */
  position = 0;
  readonly opAt: number[] = [0];
  /** Its tables. */
  sql: SqlModel = new SqlModel();
  staging: StagingModel = new StagingModel();
}

/** A transaction's commit. */
interface Waiting {
  readonly op: number;
  readonly log: TenantModel;
  readonly record: TransactionRecord;
}

/** A live session. */
class SessionModel {
  client: Hash128 = ZERO128;
  /** Of its registration. */
  checksum: Hash128 = ZERO128;
  /** Op of its registration, and of its newest request that had an effect. */
  session = 0;
  lastOp = 0;
  request = 0;
}

/** A transaction's commit: null, or what is wrong with it in its place. */
export interface Judged {
  readonly complaint: string | null;
}

export class Model {
  /** Ops 1 … head are known. */
  head = 0;
  /** By op: status of the outcome, and the log and position that the entry must have. */
  readonly status: number[] = [0];
  readonly tenant: number[] = [0];
  readonly position: number[] = [0];
  /** By op: of an append, stream position of its first event and length after it. */
  readonly first: number[] = [0];
  readonly length: number[] = [0];
  /** By op: of a registration, the session that it evicts; else 0. */
  readonly evicts: number[] = [0];
  /** By op: of a SQL request, what it must answer. */
  readonly verdict: (Verdict | null)[] = [null];
  /** By op: SQLSTATE of what must be refused for want of a right, ''; of a change, any refusal. */
  readonly refusal: string[] = [''];
  readonly access: AccessModel;
  /** By op: of a transaction's commit, whether it is in its place. */
  readonly judged: (Judged | null)[] = [null];
  /** Of ops 1 … told a replica has said how they came out. */
  told = 0;
  /** A commit that waits for that: of all requests, only these the model does not decide. */
  private waiting: Waiting | null = null;

  private readonly limits: Limits;
  private readonly tenants: TenantModel[] = [];
  private tenantCount = 0;
  private readonly sessions: SessionModel[] = [];
  private sessionCount = 0;
  private readonly view: AppendView = appendView();

  constructor(limits: Limits) {
    this.limits = limits;
    this.access = new AccessModel(limits);
    this.reset();
  }

  reset(): void {
    this.head = 0;
    this.told = 0;
    this.waiting = null;
    this.tenantCount = 0;
    this.sessionCount = 0;
    this.access.reset();
    this.tenantAt(TENANT_SYSTEM).created = 0;
  }

  /** How the op, which is committed, came out on a replica. Ops known already are ignored. */
  tell(op: number, status: number): void {
    if (op !== this.told + 1 || op > this.head) return;
    this.told = op;
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) return;
    assert(waiting.op === op, 'only the last op can be a commit that waits');
    this.settle(waiting, status);
  }

  /** The entry at the next op. Ops known already are ignored, so that several may feed it. */
  commit(op: number, prepare: Prepare): void {
    if (op !== this.head + 1) return;
    assert(this.waiting === null, 'a replica applies an op before it commits the next');
    this.head = op;
    this.first[op] = 0;
    this.length[op] = 0;
    this.evicts[op] = 0;
    this.verdict[op] = null;
    this.refusal[op] = '';
    this.judged[op] = null;
    this.tenant[op] = TENANT_SYSTEM;
    this.status[op] = this.apply(op, prepare);
    const log = this.tenantAt(this.tenant[op]!);
    log.position += 1;
    log.opAt[log.position] = op;
    this.position[op] = log.position;
  }

  /** Op of the entry at this position of the tenant's log, or `NO_OP`. */
  opAt(tenant: number, position: number): number {
    if (tenant >= this.tenantCount || position < 1) return NO_OP;
    const log = this.tenants[tenant]!;
    return position <= log.position ? log.opAt[position]! : NO_OP;
  }

  /** Newest position of the tenant's log; 0: it has no entry. */
  positionOf(tenant: number): number {
    return tenant < this.tenantCount ? this.tenants[tenant]!.position : 0;
  }

  /** What a SQL query beside the log must answer, as of a position; null: nobody committed that. */
  sqlRead(tenant: number, body: Uint8Array, position: number): Verdict | null {
    if (tenant === TENANT_SYSTEM || this.createdAt(tenant) === NO_OP) return null;
    const { statement, parameters } = decodeShape(body, SQL_QUERY_HEADER_BYTES, body.length);
    const log = this.tenantAt(tenant);
    return position > log.position ? null : log.sql.read(statement, parameters, position);
  }

  /** What is wrong with the answers of a transaction on this snapshot; null: nothing. */
  atSnapshot(tenant: number, snapshot: number, steps: readonly TransactionStep[]): string | null {
    const log = this.tenantAt(tenant);
    if (snapshot > log.position) return 'its snapshot is what nobody has committed';
    return executeTransaction(log.sql.fork(snapshot), steps, snapshot + 1);
  }

  /** Whether any SQL was committed. */
  get hasSql(): boolean {
    for (let i = 0; i < this.tenantCount; i += 1) if (this.tenants[i]!.sql.used) return true;
    return false;
  }

  /** A tenant's tables as its SQL must have left them. */
  tablesOf(tenant: number): ModelDatabase {
    return this.tenantAt(tenant).sql.database;
  }

  /** Op that created the tenant, or `NO_OP`. */
  createdAt(tenant: number): number {
    return tenant < this.tenantCount ? this.tenants[tenant]!.created : NO_OP;
  }

  /** Events in the stream after op `op`, or `NO_STREAM`. */
  lengthAt(tenant: number, name: Uint8Array, from: number, bytes: number, op: number): number {
    const stream = this.find(tenant, name, from, bytes);
    if (stream === null) return NO_STREAM;
    let length = stream.length;
    while (length > 0 && stream.op[length - 1]! > op) length -= 1;
    return length === 0 ? NO_STREAM : length;
  }

  /** Whether event `index` of the stream is exactly these bytes. */
  isEvent(
    tenant: number,
    name: Uint8Array,
    nameFrom: number,
    nameBytes: number,
    index: number,
    bytes: Uint8Array,
    from: number,
    end: number,
  ): boolean {
    const stream = this.find(tenant, name, nameFrom, nameBytes);
    if (stream === null || index >= stream.length) return false;
    const at = stream.from[index]!;
    if (stream.end[index]! - at !== end - from) return false;
    const source = stream.source[index]!;
    for (let i = 0; i < end - from; i += 1) if (source[at + i] !== bytes[from + i]) return false;
    return true;
  }

  private apply(op: number, prepare: Prepare): number {
    const { header } = prepare;
    if (header.operation === OPERATION_NOOP) return STATUS_OK;
    if (isZero128(header.client)) return STATUS_NO_SESSION;
    const session = this.sessionOf(header.client);
    if (header.operation === OPERATION_REGISTER) return this.register(op, prepare, session);
    if (session === null || session.session !== header.session) return STATUS_NO_SESSION;
    if (header.request <= session.request) return STATUS_DUPLICATE;
    if (header.request !== session.request + 1) return STATUS_REQUEST_GAP;
    session.request = header.request;
    session.lastOp = op;
    const { tenant } = header;
    if (tenant !== TENANT_SYSTEM && this.createdAt(tenant) === NO_OP) return STATUS_UNKNOWN_TENANT;
    this.tenant[op] = tenant;
    if (header.operation === OPERATION_SQL) return this.sql(op, prepare);
    if (header.operation === OPERATION_STAGE) return this.stage(op, prepare);
    if (header.operation === OPERATION_ACCESS) return this.changeAccess(op, prepare);
    if (this.access.now.enforced) return STATUS_FORBIDDEN;
    if (header.operation === OPERATION_CREATE_TENANT) return this.createTenant(op, prepare);
    if (header.operation === OPERATION_APPEND) return this.append(op, prepare);
    return STATUS_UNKNOWN_OPERATION;
  }

  private register(op: number, prepare: Prepare, known: SessionModel | null): number {
    const { client, requestChecksum } = prepare.header;
    if (known !== null) {
      if (known.request > 0 || equal128(known.checksum, requestChecksum)) return STATUS_DUPLICATE;
      // A session that was never used gives way to another registration of its client.
      this.evicts[op] = known.session;
      this.begin(known, op, client, requestChecksum);
      return STATUS_OK;
    }
    if (this.sessionCount < this.limits.sessionsMax) {
      if (this.sessions.length === this.sessionCount) this.sessions.push(new SessionModel());
      this.sessionCount += 1;
      this.begin(this.sessions[this.sessionCount - 1]!, op, client, requestChecksum);
      return STATUS_OK;
    }
    // A full table gives up the session whose last request is the oldest.
    let oldest = this.sessions[0]!;
    for (let i = 1; i < this.sessionCount; i += 1) {
      const session = this.sessions[i]!;
      if (session.lastOp < oldest.lastOp) oldest = session;
    }
    this.evicts[op] = oldest.session;
    this.begin(oldest, op, client, requestChecksum);
    return STATUS_OK;
  }

  private begin(session: SessionModel, op: number, client: Hash128, checksum: Hash128): void {
    session.client = client;
    session.checksum = checksum;
    session.session = op;
    session.lastOp = op;
    session.request = 0;
  }

  private sessionOf(client: Hash128): SessionModel | null {
    for (let i = 0; i < this.sessionCount; i += 1) {
      const session = this.sessions[i]!;
      if (equal128(session.client, client)) return session;
    }
    return null;
  }

  private createTenant(op: number, prepare: Prepare): number {
    if (prepare.header.tenant !== TENANT_SYSTEM) return STATUS_WRONG_TENANT;
    const { bytes } = prepare;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    const tenant = decodeCreateTenant(bytes, from, bytes.length);
    if (tenant < 0) return STATUS_MALFORMED;
    if (tenant === TENANT_SYSTEM || tenant >= this.limits.tenantsMax) return STATUS_TENANT_REFUSED;
    const log = this.tenantAt(tenant);
    if (log.created !== NO_OP) return STATUS_TENANT_EXISTS;
    log.created = op;
    return STATUS_OK;
  }

  private append(op: number, prepare: Prepare): number {
    const { tenant } = prepare.header;
    if (tenant === TENANT_SYSTEM) return STATUS_WRONG_TENANT;
    const { bytes } = prepare;
    const { view } = this;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    if (!decodeAppend(bytes, from, bytes.length, this.limits, view)) return STATUS_MALFORMED;
    if (!wellFormedEvents(bytes, view)) return STATUS_MALFORMED;
    const known = this.find(tenant, bytes, view.nameFrom, view.nameBytes);
    const length = known === null ? 0 : known.length;
    this.length[op] = length;
    if (view.expectedPosition !== POSITION_ANY && view.expectedPosition !== length) {
      return STATUS_CONFLICT;
    }
    const stream = known ?? this.newStream(tenant, bytes, view);
    let at = view.eventsFrom;
    for (let i = 0; i < view.eventCount; i += 1) {
      const next = nextEvent(bytes, at, view.eventsEnd);
      const index = stream.length;
      stream.source[index] = bytes;
      stream.from[index] = at + EVENT_LENGTH_BYTES;
      stream.end[index] = next;
      stream.op[index] = op;
      stream.length += 1;
      at = next;
    }
    this.first[op] = length;
    this.length[op] = stream.length;
    return STATUS_OK;
  }

  private sql(op: number, prepare: Prepare): number {
    const { tenant } = prepare.header;
    if (tenant === TENANT_SYSTEM) return STATUS_WRONG_TENANT;
    const { bytes } = prepare;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    const { access } = this;
    const log = this.tenantAt(tenant);
    const record = HISTORY.transactionOf(prepare.header.requestChecksum);
    const staged = stagedName(bytes, from, bytes.length);
    const ends = staged?.user ?? committer(bytes, from, bytes.length);
    if (ends !== null) {
      const misused = staged === null ? '' : misuse(log.staging, staged);
      const refusal = misused === '' ? access.denial(ends, tenant, 'write') : '';
      this.refusal[op] = refusal;
      if (misused !== '' || refusal !== '') {
        this.verdict[op] = refused(misused + refusal);
        return STATUS_SQL_ERROR;
      }
      if (record !== null) this.waiting = { op, log, record };
      return STATUS_OK;
    }
    const { user, statement, parameters } = decodeShape(bytes, from, bytes.length);
    // What is wrong with the names of a query is said before that its rows may not be read.
    const need = statement.kind === 'query' ? 'nothing' : 'write';
    let refusal = access.denial(user, tenant, need);
    let verdict = refusal === '' ? null : refused(refusal);
    verdict ??= log.sql.commit(statement, parameters, log.position + 1);
    if (need === 'nothing' && !isMisnamed(verdict.code)) {
      refusal = access.denial(user, tenant, 'rows');
      if (refusal !== '') verdict = refused(refusal);
    }
    this.refusal[op] = refusal;
    this.verdict[op] = verdict;
    return verdict.code === '' ? STATUS_OK : STATUS_SQL_ERROR;
  }

  private stage(op: number, { header, bytes }: Prepare): number {
    const { tenant } = header;
    if (tenant === TENANT_SYSTEM) return STATUS_WRONG_TENANT;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    const chunk = decodeChunk(bytes, from, bytes.length);
    if (chunk === null || !isChunk(chunk, this.limits)) return STATUS_MALFORMED;
    const refusal = this.access.denial(chunk.user, tenant, 'write');
    this.refusal[op] = refusal;
    if (refusal !== '') return STATUS_SQL_ERROR;
    const code = this.tenantAt(tenant).staging.put(chunk, op, this.limits);
    return code === '' ? STATUS_OK : STATUS_SQL_ERROR;
  }

  private changeAccess(op: number, { header, bytes }: Prepare): number {
    if (header.tenant !== TENANT_SYSTEM) return STATUS_WRONG_TENANT;
    const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
    const request = decodeAccessRequest(bytes, from, bytes.length);
    if (request === null) return STATUS_MALFORMED;
    const book: TenantBook = {
      exists: (tenant) => tenant !== TENANT_SYSTEM && this.createdAt(tenant) !== NO_OP,
      create: (tenant) => void (this.tenantAt(tenant).created = op),
    };
    const refusal = this.access.commit(op, header.timestamp, request, book);
    this.refusal[op] = refusal;
    return refusal === '' ? STATUS_OK : STATUS_SQL_ERROR;
  }

  /**
   * SQLSTATEs with which a query beside the log may be refused for want of a right; '' among them:
   * it may be answered. For an answer that reflects the state after some op from `lowest` on and
   * before `next`; `misnamed`: one that says so, which needs no right to rows.
   */
  queryRefusals(
    tenant: number,
    body: Uint8Array,
    misnamed: boolean,
    lowest: number,
    next: number,
  ): string[] {
    const { user } = decodeShape(body, SQL_QUERY_HEADER_BYTES, body.length);
    return this.access.denials(user, tenant, misnamed ? 'nothing' : 'rows', lowest, next);
  }

  /** The replicas say whether a commit was taken, the model whether that could be so. */
  private settle({ op, log, record }: Waiting, status: number): void {
    const { snapshot, steps } = record;
    const refused = status !== STATUS_OK;
    this.status[op] = status;
    this.verdict[op] = { code: refused ? '40001' : '', count: 0, rows: null, past: false };
    let complaint: string | null = null;
    if (!refused) complaint = executeTransaction(log.sql, steps, this.position[op]!, true);
    else if (log.sql.changed <= snapshot) {
      complaint = `refused, though nothing changed since its snapshot, position ${snapshot}`;
    }
    this.judged[op] = { complaint };
  }

  private find(
    tenant: number,
    name: Uint8Array,
    nameFrom: number,
    nameBytes: number,
  ): StreamModel | null {
    if (tenant >= this.tenantCount) return null;
    const log = this.tenants[tenant]!;
    for (let i = 0; i < log.streams; i += 1) {
      const stream = log.stream[i]!;
      if (sameName(stream, name, nameFrom, nameBytes)) return stream;
    }
    return null;
  }

  private newStream(tenant: number, bytes: Uint8Array, view: AppendView): StreamModel {
    const log = this.tenantAt(tenant);
    if (log.stream.length === log.streams) log.stream.push(new StreamModel());
    const stream = log.stream[log.streams]!;
    log.streams += 1;
    stream.name = bytes;
    stream.nameFrom = view.nameFrom;
    stream.nameBytes = view.nameBytes;
    stream.length = 0;
    return stream;
  }

  private tenantAt(tenant: number): TenantModel {
    assert(tenant <= this.limits.tenantsMax, 'a tenant number within the limit');
    for (; this.tenantCount <= tenant; this.tenantCount += 1) {
      if (this.tenants.length === this.tenantCount) this.tenants.push(new TenantModel());
      const fresh = this.tenants[this.tenantCount]!;
      fresh.created = NO_OP;
      fresh.streams = 0;
      fresh.position = 0;
      if (fresh.sql.used) fresh.sql = new SqlModel();
      if (fresh.staging.used) fresh.staging = new StagingModel();
    }
    return this.tenants[tenant]!;
  }
}

/** Why a request that was staged is not executed; '': it is. */
function misuse(staging: StagingModel, { name, bytes, user }: StagedRequest): string {
  const body = staging.take(name, bytes);
  if (body === null) return '55000';
  return committer(body, 0, body.length) === user ? '' : '08P01';
}

function refused(code: string): Verdict {
  return { code, count: 0, rows: null, past: false };
}

/** Codes of what is found out before anything is read. */
export function isMisnamed(code: string): boolean {
  return code === '42P01' || code === '42703' || code === '22023';
}

function sameName(
  stream: StreamModel,
  name: Uint8Array,
  nameFrom: number,
  nameBytes: number,
): boolean {
  if (stream.nameBytes !== nameBytes) return false;
  for (let i = 0; i < nameBytes; i += 1) {
    if (stream.name[stream.nameFrom + i] !== name[nameFrom + i]) return false;
  }
  return true;
}

function wellFormedEvents(bytes: Uint8Array, view: AppendView): boolean {
  let at = view.eventsFrom;
  for (let i = 0; i < view.eventCount; i += 1) {
    at = nextEvent(bytes, at, view.eventsEnd);
    if (at < 0) return false;
  }
  return at === view.eventsEnd;
}
