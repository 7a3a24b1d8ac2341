/**
 * A client in the simulator: the same session client that real clients run, driven by the workload,
 * with every invocation and return written into the history. It also carries out what goes wrong
 * with clients (`vopr/sim/client-faults.ts`): crashes, repeated and conflicting requests, abandoned
 * sessions and floods.
 *
 * One operation is in flight at a time; what overlaps are the clients. After a crash the client
 * comes back under a new identity and never learns what became of the operation: its row stays
 * open. An interactive transaction (`transactions/`) is one operation; a crash strikes it at its
 * commit.
 *
 * Cost: about a microsecond an operation besides the session client's own.
 */
import { checksum128 } from '../../core/crypto/blake3.ts';
import { requestChecksum } from '../../core/codec/request.ts';
import {
  OPERATION_SQL,
  OPERATION_STAGE,
  STATUS_CONFLICT,
  STATUS_OK,
  STATUS_UNKNOWN_TENANT,
  decodeAppendReply,
  decodeConflictReply,
  decodeHeadReply,
} from '../../core/kernel/operation.ts';
import { readU64 } from '../../core/codec/bytes.ts';
import type { Address, Network } from '../../core/ports.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { equal128, read128 } from '../../core/types/hash128.ts';
import { SessionClient } from '../../core/vsr/client.ts';
import type {
  Message,
  QueryReplyMessage,
  ReplyMessage,
  RequestMessage,
} from '../../core/vsr/message.ts';
import { QUERY_REPLY, REPLY, REQUEST } from '../../core/vsr/message.ts';
import {
  CLIENT_ABANDON,
  CLIENT_CRASH,
  CLIENT_DUPLICATE,
  CLIENT_FAULTS,
  CLIENT_FLOOD,
  CLIENT_NONE,
  CLIENT_RETRY,
  DRAW_CLIENT_FAULT,
} from '../sim/client-faults.ts';
import type { ClientHost, SimClient } from '../sim/sim-node.ts';
import { anotherUser, drawUser, makesUsers, nextAccessWork } from './access/work.ts';
import type { History, TransactionRecord } from './history.ts';
import {
  LATEST,
  WORK_APPEND,
  WORK_BEGIN,
  WORK_COMMIT,
  WORK_HEAD,
  WORK_READ,
  WORK_REGISTER,
  WORK_STAGE,
  isWrite,
} from './history.ts';
import { committer } from './sql/body.ts';
import { drawSqlTenant, isTransaction, nextSqlRead, nextSqlWork } from './sql/work.ts';
import type { Ending } from './transactions/client.ts';
import { ClientTransaction } from './transactions/client.ts';
import { isFrame } from './transactions/frame.ts';
import { drawProgram } from './transactions/script.ts';
import { fitsPrepare, stagedBodies } from './transactions/staged.ts';
import type { Knowledge, Work } from './workload.ts';
import { SITE_THINK, nextRead, nextWork } from './workload.ts';

const NO_ROW = -1;
const NO_BODY: Uint8Array = new Uint8Array(0);
const THINK_MICROS = 2_000;
/** Copies of each request in a flood, to each replica. */
const FLOOD_COPIES = 2;
/** Tenant and stream numbers stay below this; a stream's knowledge is at tenant × this + stream. */
const SUBJECTS = 4;

const SITE_STAGED = 197;
/** One commit in this many is staged though it need not be. */
const STAGED_OF = 6;
const SITE_IMPOSTOR = 196;
/** Where there are users, one that is staged in this many is so in another's name. */
const IMPOSTOR_OF = 4;

const hash = { checksum128 };

export class KimberliteClient implements SimClient<Message>, Knowledge, Network<Message> {
  answered = 0;
  readonly history: History;

  private readonly host: ClientHost<Message>;
  private readonly index: number;
  private readonly work: Work;
  private readonly identityBytes: Uint8Array = new Uint8Array(16);
  private session: SessionClient;
  private identity: Hash128;
  private operations: number;
  /** Next operation to issue. */
  private k = 0;
  /** Row of the operation in flight, and of the newest write that was answered. */
  private row: number = NO_ROW;
  private rowAnswered: number = NO_ROW;
  private requestAnswered: RequestMessage | null = null;
  private requestSent: RequestMessage | null = null;
  /** The interactive transaction under way, until it ends or its commit is a request. */
  private transaction: ClientTransaction | null = null;
  private transactionRow: number = NO_ROW;
  /** The transaction whose commit is in flight, or what is still to be submitted of it. */
  private committing: TransactionRecord | null = null;
  private readonly pending: Uint8Array[] = [];
  private fault: number = CLIENT_NONE;
  /** Operation that the fault was drawn for. */
  private faultOf = -1;
  private thinksUntil = 0;
  /** Virtual time of the input being handled. */
  private now = 0;
  private readonly lengths: number[] = [];
  private readonly tokens: number[] = [];
  private readonly draw: (site: number, n: number) => number;

  constructor(host: ClientHost<Message>, operations: number, history: History) {
    this.host = host;
    this.history = history;
    this.index = host.address - CLIENT_ADDRESS_MIN;
    this.operations = operations;
    this.work = { kind: 0, tenant: 0, operation: 0, subject: 0, position: LATEST, body: NO_BODY };
    this.draw = (site, n) => host.draw(this.k, site, n);
    for (let i = 0; i < SUBJECTS * SUBJECTS; i += 1) this.lengths.push(0);
    for (let i = 0; i < SUBJECTS; i += 1) this.tokens.push(LATEST);
    this.identity = this.newIdentity();
    this.session = this.newSession();
  }

  // What the simulator calls.

  receive(monotonic: number, from: Address, message: Message): void {
    this.now = monotonic;
    if (message.kind === REPLY && this.isRepeated(message)) {
      this.history.repeat(this.rowAnswered, message);
    }
    if (message.kind === QUERY_REPLY && isFrame(message.query)) {
      this.receiveInTransaction(from, message);
    } else {
      this.session.receive(monotonic, from, message);
    }
    this.proceed();
  }

  wake(monotonic: number): void {
    this.now = monotonic;
    this.session.wake(monotonic);
    const ending = this.transaction?.wake(monotonic) ?? null;
    if (ending !== null) this.endTransaction(ending);
    this.proceed();
  }

  deadline(): number {
    if (this.row !== NO_ROW) return this.session.deadline();
    if (this.transaction !== null) return this.transaction.deadline();
    const retry = this.session.deadline();
    const more = this.k < this.operations || this.pending.length > 0;
    const think = more ? this.thinksUntil : NEVER;
    return retry < think ? retry : think;
  }

  get idle(): boolean {
    const nothing = this.row === NO_ROW && this.transaction === null && this.pending.length === 0;
    return nothing && this.k >= this.operations;
  }

  drain(): void {
    if (this.operations > this.k) this.operations = this.k;
  }

  fingerprint(): number {
    const said = this.transaction === null ? 0 : this.transaction.fingerprint;
    const digest = Math.imul(this.session.fingerprint(), 31) + this.k + Math.imul(said, 4096);
    return (Math.imul(digest, 31) + this.row) | 0;
  }

  // What the workload asks.

  streamLength(tenant: number, stream: number): number {
    return this.lengths[tenant * SUBJECTS + stream]!;
  }

  token(tenant: number): number {
    return this.tokens[tenant]!;
  }

  // What the session client calls.

  send(to: Address, message: Message): void {
    if (message.kind === REQUEST) this.requestSent = message;
    this.host.network.send(to, message);
  }

  onReply(reply: ReplyMessage): void {
    assert(this.row !== NO_ROW, 'a reply answers an operation');
    const row = this.row;
    this.row = NO_ROW;
    this.history.return(row, reply, this.now);
    if (this.history.kind[row] === WORK_REGISTER) return;
    this.answered += 1;
    this.rowAnswered = row;
    this.requestAnswered = this.requestSent;
    this.learnFromWrite(reply);
    this.think();
    if (this.fault === CLIENT_RETRY) this.retry();
    else if (this.fault === CLIENT_DUPLICATE) this.conflict();
  }

  onQueryReply(reply: QueryReplyMessage): void {
    const row = this.row;
    assert(row !== NO_ROW, 'a query reply answers an operation');
    this.row = NO_ROW;
    this.history.return(row, reply, this.now);
    this.learnToken(reply.position);
    const ofStream = this.work.kind === WORK_READ || this.work.kind === WORK_HEAD;
    if (ofStream && reply.status === STATUS_OK)
      this.learnLength(lengthRead(this.work.kind, reply.body));
    this.think();
  }

  onEvicted(): void {
    // The outcome is unknown: the row stays open. `proceed` registers anew.
    if (this.row !== NO_ROW && this.history.session[this.row] !== 0) this.row = NO_ROW;
    // Without its session a transaction cannot be committed.
    this.pending.length = 0;
    if (this.transaction !== null) this.endTransaction({ kind: 'over' });
    this.think();
  }

  // How it goes on.

  private proceed(): void {
    if (this.row !== NO_ROW || this.now < this.thinksUntil) return;
    if (this.session.busy || this.transaction !== null) return;
    if (this.pending.length > 0) {
      this.submitNext();
      return;
    }
    if (this.k >= this.operations) return;
    if (!this.session.registered) {
      this.register();
      return;
    }
    this.drawFault();
    if (this.fault === CLIENT_ABANDON) {
      this.fault = CLIENT_NONE;
      this.comeBack();
      this.register();
      return;
    }
    const { host } = this;
    const early = host.accessOf100 > 0 && makesUsers(this.k);
    if (!early && !host.reader && isTransaction(this.k, this.draw, host)) {
      this.beginTransaction();
      return;
    }
    this.issue();
    if (this.fault === CLIENT_CRASH) this.crash();
  }

  private crash(): void {
    this.row = NO_ROW;
    this.comeBack();
    this.think();
  }

  /** Once an operation: an abandoned session must not be abandoned for the same reason again. */
  private drawFault(): void {
    if (this.faultOf === this.k) return;
    this.faultOf = this.k;
    this.fault = this.host.draw(this.k, DRAW_CLIENT_FAULT, CLIENT_FAULTS.length);
  }

  private issue(): void {
    const { work } = this;
    const { index, k, draw } = this;
    const { host } = this;
    if (host.reader) {
      if (!nextSqlRead(k, draw, this, host, work)) nextRead(draw, this, host.limits, work);
    } else if (
      !nextAccessWork(index, k, draw, host.accessOf100, work) &&
      !nextSqlWork(index, k, draw, this, host, work)
    ) {
      nextWork(index, k, draw, this, host.limits, work);
    }
    if (isWrite(work.kind)) this.issueWrite();
    else {
      const { kind, tenant, position, body } = work;
      this.row = this.history.invokeRead(this.index, kind, tenant, position, body, this.now);
      this.session.query(this.now, tenant, body, position);
    }
    this.k += 1;
  }

  private issueWrite(): void {
    const { kind, tenant, operation, body } = this.work;
    // The row comes first: the network may deliver, in principle, within `send`.
    const row = this.history.invokeWrite(this.index, this.identity, kind, tenant, body, this.now);
    this.row = row;
    this.session.submit(this.now, tenant, operation, body);
    this.note(row);
    if (kind === WORK_COMMIT) {
      this.history.committing(this.requestSent!.checksum, this.committing!);
    }
    if (this.fault !== CLIENT_FLOOD) return;
    for (let copy = 0; copy < FLOOD_COPIES; copy += 1) this.sendToAll(this.requestSent!);
  }

  // Interactive transactions.

  private beginTransaction(): void {
    const { host, draw, now } = this;
    const { replicaCount, limits, variant } = host;
    const tenant = drawSqlTenant(draw, variant);
    this.transaction = new ClientTransaction({
      number: this.k,
      client: this.index,
      identity: this.identity,
      tenant,
      ...(host.accessOf100 === 0 ? {} : { user: drawUser(this.k, draw) }),
      program: drawProgram(draw, this.tokens[tenant]!, variant),
      network: host.network,
      replicaCount,
      retryMicros: limits.clientRetryMicros,
      primary: this.session.viewKnown % replicaCount,
    });
    const row = this.history.invokeRead(this.index, WORK_BEGIN, tenant, LATEST, NO_BODY, now);
    this.transactionRow = row;
    this.work.tenant = tenant;
    this.transaction.begin(now);
  }

  private receiveInTransaction(from: Address, reply: QueryReplyMessage): void {
    const { transaction, now } = this;
    if (transaction === null || !equal128(reply.client, this.identity)) return;
    if (!transaction.expects(reply)) return;
    if (this.transactionRow !== NO_ROW) {
      this.history.return(this.transactionRow, reply, now);
      this.transactionRow = NO_ROW;
      this.learnToken(reply.position);
    }
    const ending = transaction.receive(now, from, reply);
    if (ending !== null) this.endTransaction(ending);
  }

  private endTransaction(ending: Ending): void {
    const record = this.transaction!.record;
    this.transaction = null;
    this.transactionRow = NO_ROW;
    if (record !== null) this.history.ended(record);
    const bodies = ending.kind === 'submit' ? this.bodiesOf(ending.body) : [];
    if (bodies.length > 0) {
      this.committing = record;
      this.pending.push(...bodies);
      this.submitNext();
    } else {
      this.think();
    }
    this.k += 1;
    if (bodies.length > 0 && this.fault === CLIENT_CRASH) this.crash();
  }

  /** A commit in one piece, or in chunks where it is too long, and now and then for no reason. */
  private bodiesOf(body: Uint8Array): readonly Uint8Array[] {
    const { limits, accessOf100 } = this.host;
    if (fitsPrepare(body, limits) && this.draw(SITE_STAGED, STAGED_OF) > 0) return [body];
    const impostor = accessOf100 > 0 && this.draw(SITE_IMPOSTOR, IMPOSTOR_OF) === IMPOSTOR_OF - 1;
    const user = committer(body, 0, body.length);
    assert(user !== null, 'only commits are staged');
    const name = impostor ? anotherUser(user) : user;
    return stagedBodies(body, name, limits, (out) => this.host.random(out)) ?? [];
  }

  private submitNext(): void {
    this.work.body = this.pending.shift()!;
    const last = this.pending.length === 0;
    this.work.kind = last ? WORK_COMMIT : WORK_STAGE;
    this.work.operation = last ? OPERATION_SQL : OPERATION_STAGE;
    this.issueWrite();
  }

  private learnToken(position: number): void {
    const { tenant } = this.work;
    if (position > this.tokens[tenant]!) this.tokens[tenant] = position;
  }

  private register(): void {
    this.row = this.history.invokeWrite(
      this.index,
      this.identity,
      WORK_REGISTER,
      0,
      NO_BODY,
      this.now,
    );
    this.session.register(this.now);
    this.note(this.row);
  }

  /** Writes down what the request just sent is called. */
  private note(row: number): void {
    const sent = this.requestSent;
    assert(sent !== null, 'a request was sent');
    this.history.named(row, sent.session, sent.request, sent.checksum);
  }

  /** A new incarnation: another identity, no session, nothing in flight. */
  private comeBack(): void {
    this.identity = this.newIdentity();
    this.session = this.newSession();
    this.rowAnswered = NO_ROW;
    this.requestAnswered = null;
    this.pending.length = 0;
  }

  private retry(): void {
    if (this.requestAnswered !== null) this.sendToAll(this.requestAnswered);
  }

  /** Another request under the number of the one just answered: it must have no effect. */
  private conflict(): void {
    const answered = this.requestAnswered;
    if (answered === null) return;
    const body = answered.body.slice();
    body[body.length - 1]! ^= 1;
    const checksum = requestChecksum({ ...answered, body }, hash);
    this.sendToAll({ ...answered, body, checksum });
  }

  private sendToAll(message: Message): void {
    for (let to = 0; to < this.host.replicaCount; to += 1) this.host.network.send(to, message);
  }

  private think(): void {
    this.thinksUntil = this.now + this.host.draw(this.k, SITE_THINK, THINK_MICROS);
  }

  private isRepeated(reply: ReplyMessage): boolean {
    const { requestAnswered } = this;
    return requestAnswered !== null && equal128(reply.requestChecksum, requestAnswered.checksum);
  }

  private learnFromWrite(reply: ReplyMessage): void {
    // The entry of a tenant that does not exist stands in the system's log.
    const own = reply.status !== STATUS_UNKNOWN_TENANT;
    if (own) this.learnToken(reply.position);
    if (this.work.kind !== WORK_APPEND) return;
    if (reply.status === STATUS_CONFLICT) this.learnLength(decodeConflictReply(reply.body));
    else if (reply.status === STATUS_OK) {
      const appended = decodeAppendReply(reply.body);
      this.learnLength(appended === null ? -1 : appended.length);
    }
  }

  private learnLength(length: number): void {
    if (length >= 0) this.lengths[this.work.tenant * SUBJECTS + this.work.subject] = length;
  }

  private newIdentity(): Hash128 {
    this.host.random(this.identityBytes);
    return read128(this.identityBytes, 0);
  }

  private newSession(): SessionClient {
    const { replicaCount, limits } = this.host;
    return new SessionClient({
      clientId: this.identity,
      replicaCount,
      limits,
      checksum: hash,
      network: this,
      handler: this,
    });
  }
}

/** Length of the stream that a query's reply tells, or -1 when malformed. */
function lengthRead(kind: number, body: Uint8Array): number {
  if (kind !== WORK_READ) return decodeHeadReply(body);
  return body.length >= 16 ? readU64(body, 8) : -1;
}
