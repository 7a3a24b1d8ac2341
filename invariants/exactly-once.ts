/**
 * Exactly-once: a request of a session is one op of the log, requests of a session are in order,
 * and every reply to it, by whoever, whenever, says the same.
 *
 * A session is named by the op of its registration, so its table is an array; the registration
 * itself (request 0) is known by its client. Cost: a few array reads a commit, a few compares a
 * reply.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT, STEP_EVICT, STEP_REPLY } from '../core/observer.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { equal128, isZero128 } from '../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../core/types/operation.ts';
import type { ReplyMessage } from '../core/vsr/message.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY } from '../vopr/kimberlite/history.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { equalBytes } from './bytes.ts';
import { sharedOf } from './shared.ts';
import type { Witness } from './witness.ts';

/** `last` of an op that registered nobody. */
const NO_SESSION = -1;

class ExactlyOnceChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly witness: Witness;
  /** By session (op of a registration): newest request committed, and whether it was evicted. */
  private readonly last: number[] = [];
  private readonly evicted: boolean[] = [];
  /** By op: the first reply seen. */
  private readonly replies: (ReplyMessage | null)[] = [];
  private ops: number = 0;
  private seen: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    this.ops = 0;
    this.seen = 0;
    HISTORY.listen(this.world, this);
  }

  invoked(): void {
    // Requests count when they are committed.
  }

  returned(): void {
    // The first reply is what later ones are compared with.
  }

  /** A client was answered again. */
  repeated(row: number, reply: ReplyMessage): void {
    this.world.evaluated(this.index);
    const first = HISTORY.reply[row] as ReplyMessage;
    if (sameReply(first, reply)) return;
    this.fail(`c${HISTORY.client[row]!}: its retry of op ${first.op} got another reply`);
  }

  step(node: number, kind: number, op: number, b: number, _c: number, ref: unknown): void {
    for (; this.ops <= op; this.ops += 1) {
      this.last[this.ops] = NO_SESSION;
      this.evicted[this.ops] = false;
      this.replies[this.ops] = null;
    }
    if (kind === STEP_COMMIT) {
      this.witness.commit(op, ref as Prepare);
      if (op === this.seen + 1) this.committed(op, ref as Prepare);
    } else if (kind === STEP_EVICT) {
      if (b < this.ops) this.evicted[b] = true;
    } else {
      this.replied(node, op, b, ref as ReplyMessage);
    }
  }

  /** The first commit of this op by anyone. */
  private committed(op: number, prepare: Prepare): void {
    this.seen = op;
    const { header } = prepare;
    if (isZero128(header.client)) return;
    this.world.evaluated(this.index);
    if (header.operation === OPERATION_REGISTER) {
      this.registered(op, header.client, header.requestChecksum);
      return;
    }
    const { session, request } = header;
    const known = session < op && this.last[session] !== NO_SESSION;
    // Entries of an unknown or evicted session have no effect; `linearizable` checks that.
    if (!known || this.evicted[session]!) return;
    if (!equal128(this.witness.at(session)!.header.client, header.client)) return;
    const last = this.last[session]!;
    if (request <= last) this.fail(`session ${session}: request ${request} again at op ${op}`);
    if (request > last + 1) this.fail(`session ${session}: request ${request} follows ${last}`);
    this.last[session] = request;
  }

  private registered(op: number, client: Hash128, checksum: Hash128): void {
    this.last[op] = 0;
    // Registrations are few, and this looks only at ops of registrations.
    for (let session = op - 1; session >= 1; session -= 1) {
      if (this.last[session] === NO_SESSION || this.evicted[session]!) continue;
      const { header } = this.witness.at(session)!;
      if (equal128(header.client, client) && equal128(header.requestChecksum, checksum)) {
        this.fail(`one registration is op ${session} and op ${op}`);
      }
    }
  }

  private replied(node: number, op: number, request: number, reply: ReplyMessage): void {
    this.world.evaluated(this.index);
    if (reply.op !== op || reply.request !== request) {
      this.fail(`r${node} replied to request ${request} of op ${op} with another's reply`);
    }
    const prepare = this.witness.at(op);
    if (prepare === null) {
      this.fail(`r${node} replied to op ${op}, which nobody committed`);
      return;
    }
    if (!answers(prepare, reply)) this.fail(`r${node} replied to op ${op} for another request`);
    const first = this.replies[op]!;
    if (first === null) this.replies[op] = reply;
    else if (!sameReply(first, reply)) this.fail(`r${node} gave op ${op} another reply`);
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

function answers(prepare: Prepare, reply: ReplyMessage): boolean {
  const { header } = prepare;
  return (
    equal128(header.client, reply.client) &&
    equal128(header.requestChecksum, reply.requestChecksum) &&
    header.request === reply.request
  );
}

function sameReply(a: ReplyMessage, b: ReplyMessage): boolean {
  if (a === b) return true;
  return (
    a.op === b.op &&
    a.session === b.session &&
    a.position === b.position &&
    a.status === b.status &&
    (a.body === b.body || equalBytes(a.body, b.body))
  );
}

export const exactlyOnce: Invariant = {
  name: 'exactly-once',
  holds: 'a request of a session is one op, in order, and every reply to it is the same',
  watches: [STEP_COMMIT, STEP_EVICT, STEP_REPLY],
  create: (world, index) => new ExactlyOnceChecker(world, index),
};
