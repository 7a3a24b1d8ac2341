/**
 * Linearizable: every answer a client gets is right for one moment between its question and the
 * answer, and these moments have one order: that of the log.
 *
 * The log position is the witness, so checking is not a search. Each write takes effect at its op.
 * Each read reflects its tenant's log up to a position, that is, any op from the one at that
 * position to the one before the next; it is given the lowest. Then
 *  1. the answer must be what the model says for that op or position;
 *  2. an operation invoked after another one returned must not come before it.
 * With the lowest choice for reads, (2) holds for some choice exactly if it holds for this one.
 *
 * One seed in 64 the search-based oracle, which knows nothing of the log, looks at the same
 * history. Cost: a few array reads an operation, and a compare of the bytes that a read returned.
 */
import { readU32, readU64 } from '../core/codec/bytes.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import type { QueryView } from '../core/kernel/operation.ts';
import {
  APPEND_REPLY_BYTES,
  CONFLICT_REPLY_BYTES,
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  OPERATION_ACCESS,
  OPERATION_SQL,
  OPERATION_STAGE,
  STATUS_CONFLICT,
  STATUS_FORBIDDEN,
  STATUS_OK,
  STATUS_SQL_ERROR,
  STATUS_UNKNOWN_STREAM,
  STATUS_UNKNOWN_TENANT,
  decodeQuery,
  nextEvent,
  queryView,
} from '../core/kernel/operation.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { QueryReplyMessage, ReplyMessage } from '../core/vsr/message.ts';
import { QUERY_REPLY } from '../core/vsr/message.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import {
  HISTORY,
  LATEST,
  WORK_BEGIN,
  WORK_HEAD,
  WORK_KINDS,
  WORK_SQL_READ,
} from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { NO_OP, NO_STREAM } from '../vopr/kimberlite/model.ts';
import { searchHistory } from '../vopr/kimberlite/oracle.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { Shared } from './shared.ts';
import { sharedOf } from './shared.ts';

/** Layout of a read's reply: from u64, length u64, events u32, then each as bytes u32, payload. */
const READ_HEADER_BYTES = 20;
const EVENT_HEADER_BYTES = 4;
const HEAD_BYTES = 8;

const ANSWERING: readonly number[] = [OPERATION_SQL, OPERATION_ACCESS, OPERATION_STAGE];

/** The search-based oracle looks at one seed in this many. */
const SEARCHED_OF = 64;

class LinearizableChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  private readonly model: Model;
  private readonly query: QueryView = queryView();
  /** No operation invoked from now on may take effect before this op. */
  private floor: number = 0;
  /** By row: `floor` at its invocation. */
  private readonly floorAt: number[] = [];

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
    this.model = this.shared.model;
  }

  reset(): void {
    this.shared.reset();
    this.floor = 0;
    HISTORY.listen(this.world, this);
  }

  step(_node: number, _kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    this.shared.witness.commit(op, ref as Prepare);
    this.model.commit(op, ref as Prepare);
  }

  invoked(row: number): void {
    this.floorAt[row] = this.floor;
  }

  returned(row: number): void {
    this.world.evaluated(this.index);
    const reply = HISTORY.reply[row]!;
    const complaint = reply.kind === QUERY_REPLY ? this.read(row, reply) : this.write(row, reply);
    if (complaint === null) return;
    const kind = WORK_KINDS[HISTORY.kind[row]!]!;
    this.world.violate(this.index, `c${HISTORY.client[row]!}, ${kind} (row ${row}): ${complaint}`);
  }

  repeated(): void {
    // Equal replies are `exactly-once`'s business.
  }

  finish(): void {
    if (this.world.seed % SEARCHED_OF !== 0) return;
    this.world.evaluated(this.index);
    const complaint = searchHistory(HISTORY, this.world.limits);
    if (complaint !== null) this.world.violate(this.index, complaint);
  }

  private write(row: number, reply: ReplyMessage): string | null {
    const { op } = reply;
    const prepare = this.shared.witness.at(op);
    if (prepare === null) return `answered with op ${op}, which nobody committed`;
    const { header } = prepare;
    if (!equal128(header.requestChecksum, HISTORY.checksum[row]!)) {
      return `answered with op ${op}, which is another request`;
    }
    const floor = this.floorAt[row]!;
    if (op <= floor) return `takes effect at op ${op}, though op ${floor} was known before it`;
    if (op > this.floor) this.floor = op;
    const session = header.session === 0 ? op : header.session;
    if (reply.session !== session) return `answered for session ${reply.session}, not ${session}`;
    return this.outcome(op, header.operation, reply);
  }

  private outcome(op: number, operation: number, reply: ReplyMessage): string | null {
    const { model } = this;
    const status = model.status[op]!;
    // What a statement answers is the business of `sql-model`; that it answers is not.
    if (isStatement(operation) && answered(status) && answered(reply.status)) {
      if (reply.body.length === 0) return `an empty answer at op ${op}`;
    } else if (reply.status !== status)
      return `status ${reply.status} at op ${op}; it is ${status}`;
    const position = model.position[op]!;
    if (reply.position !== position) {
      return `position ${reply.position} at op ${op}; it is ${position}`;
    }
    const { body } = reply;
    const length = model.length[op]!;
    if (operation === OPERATION_APPEND && status === STATUS_OK) {
      const right =
        body.length === APPEND_REPLY_BYTES &&
        readU64(body, 0) === model.first[op]! &&
        readU64(body, 8) === length;
      return right ? null : `wrong stream position at op ${op}; its length is ${length}`;
    }
    if (operation === OPERATION_APPEND && status === STATUS_CONFLICT) {
      const right = body.length === CONFLICT_REPLY_BYTES && readU64(body, 0) === length;
      return right ? null : `wrong length in the conflict at op ${op}; it is ${length}`;
    }
    if (isStatement(operation) && answered(status)) return null;
    const silent = operation === OPERATION_CREATE_TENANT || body.length === 0;
    return silent && body.length === 0 ? null : `an answer of ${body.length} bytes at op ${op}`;
  }

  private read(row: number, reply: QueryReplyMessage): string | null {
    const { model } = this;
    const tenant = HISTORY.tenant[row]!;
    const created = model.createdAt(tenant);
    // The ops that the answer may reflect: from `lowest` to `next` - 1; `NO_OP`: without end.
    let lowest: number;
    let next: number;
    if (reply.status === STATUS_UNKNOWN_TENANT) {
      lowest = 0;
      next = created;
    } else {
      lowest = reply.position === 0 ? created : model.opAt(tenant, reply.position);
      next = model.opAt(tenant, reply.position + 1);
      if (lowest === NO_OP) return `reflects position ${reply.position}, which nobody committed`;
    }
    const floor = this.floorAt[row]!;
    if (HISTORY.position[row] === LATEST && next !== NO_OP && next <= floor) {
      return `misses op ${next}, though op ${floor} was known before it`;
    }
    if (lowest > this.floor) this.floor = lowest;
    const silent = reply.status === STATUS_UNKNOWN_TENANT || reply.status === STATUS_FORBIDDEN;
    return silent ? null : this.content(row, reply, lowest);
  }

  /** Compares a read's answer with the streams as they were after op `op`. */
  private content(row: number, reply: QueryReplyMessage, op: number): string | null {
    const { model, query } = this;
    // So is what a transaction's statements answer, that of `serializable`.
    if (HISTORY.kind[row] === WORK_SQL_READ || HISTORY.kind[row] === WORK_BEGIN) {
      return answered(reply.status) ? null : `status ${reply.status} for a statement`;
    }
    const asked = HISTORY.body[row]!;
    const tenant = HISTORY.tenant[row]!;
    if (!decodeQuery(asked, this.world.limits, query)) return 'a malformed question';
    const length = model.lengthAt(tenant, asked, query.nameFrom, query.nameBytes, op);
    if (length === NO_STREAM) {
      const right = reply.status === STATUS_UNKNOWN_STREAM && reply.body.length === 0;
      return right ? null : `status ${reply.status} for a stream that is not there at op ${op}`;
    }
    if (reply.status !== STATUS_OK) return `status ${reply.status} for a stream of ${length}`;
    const { body } = reply;
    if (HISTORY.kind[row] === WORK_HEAD) {
      const right = body.length === HEAD_BYTES && readU64(body, 0) === length;
      return right ? null : `wrong head at op ${op}; it is ${length}`;
    }
    const room = length - query.from;
    const count = room <= 0 ? 0 : room < query.limit ? room : query.limit;
    const framed =
      body.length >= READ_HEADER_BYTES &&
      readU64(body, 0) === query.from &&
      readU64(body, 8) === length &&
      readU32(body, 16) === count;
    if (!framed) return `not ${count} events from ${query.from} on of ${length} at op ${op}`;
    return this.events(tenant, asked, body, count);
  }

  private events(
    tenant: number,
    asked: Uint8Array,
    body: Uint8Array,
    count: number,
  ): string | null {
    const { model, query } = this;
    let at = READ_HEADER_BYTES;
    for (let i = 0; i < count; i += 1) {
      const next = nextEvent(body, at, body.length);
      if (next < 0) return 'a malformed list of events';
      const event = query.from + i;
      const from = at + EVENT_HEADER_BYTES;
      if (!model.isEvent(tenant, asked, query.nameFrom, query.nameBytes, event, body, from, next)) {
        return `event ${event} is not what was appended`;
      }
      at = next;
    }
    return at === body.length ? null : 'bytes after the last event';
  }
}

/** What is answered as statements are; what it is answered, others judge. */
function isStatement(operation: number): boolean {
  return ANSWERING.includes(operation);
}

/** By an execution of a statement, whatever it came to. */
function answered(status: number): boolean {
  return status === STATUS_OK || status === STATUS_SQL_ERROR;
}

export const linearizable: Invariant = {
  name: 'linearizable',
  holds: 'client histories are linearizable, with the log position as the witness',
  watches: [STEP_COMMIT],
  create: (world, index) => new LinearizableChecker(world, index),
};
