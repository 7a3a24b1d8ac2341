/**
 * Access: nothing is changed or shown in the name of a user without the right, and nothing is
 * refused to one who has it. Held against another reading of the log
 * (`vopr/kimberlite/access/model.ts`):
 *
 * - every entry, once: what it refused for want of a right must be what had to be refused there,
 *   and then it holds no record but its session's; a change of access answers what the model says;
 * - every query beside the log: what was refused or shown must be right for some op whose state the
 *   answer may reflect, and for one that asks for the latest state, for none that was known before;
 * - at the end: users, their keys and named tenants are exactly those of the model, and each key
 *   leads to its user, or to nobody.
 *
 * Cost: nothing in a run without changes of access; else a microsecond an entry.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { Access } from '../core/kernel/access.ts';
import type { User } from '../core/kernel/access-records.ts';
import { outcomeFrom } from '../core/kernel/entry.ts';
import {
  OPERATION_ACCESS,
  OPERATION_SQL,
  STATUS_FORBIDDEN,
  STATUS_SQL_ERROR,
  STATUS_UNKNOWN_TENANT,
} from '../core/kernel/operation.ts';
import {
  firstRecord,
  nextRecord,
  outcomeReply,
  outcomeStatus,
  recordKey,
  recordValue,
} from '../core/kernel/outcome.ts';
import { KEYSPACE_SESSION, isReplyKey } from '../core/kernel/records.ts';
import { isStagingKey } from '../core/kernel/staging.ts';
import type { AppliedEntry } from '../core/observer.ts';
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import { decodeAnswer, isError } from '../core/sql/session/result.ts';
import type { QueryReplyMessage } from '../core/vsr/message.ts';
import { QUERY_REPLY } from '../core/vsr/message.ts';
import type { ModelUser } from '../vopr/kimberlite/access/model.ts';
import { isDenial } from '../vopr/kimberlite/access/model.ts';
import { KEY_HASHES } from '../vopr/kimberlite/access/work.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, LATEST, WORK_BEGIN, WORK_SQL_READ } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { NO_OP, isMisnamed } from '../vopr/kimberlite/model.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import type { Shared } from './shared.ts';

const ALL = 64;

class AccessChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  private readonly model: Model;
  /** Entries up to this op were looked at. */
  private seen = 0;
  /** No query invoked from now on that asks for the latest state may miss this op. */
  private floor = 0;
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
    this.seen = 0;
    this.floor = 0;
    HISTORY.listen(this.world, this);
  }

  step(node: number, kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    if (kind === STEP_COMMIT) {
      this.shared.witness.commit(op, ref as Prepare);
      this.model.commit(op, ref as Prepare);
      return;
    }
    if (op <= this.seen || op > this.model.head) return;
    this.seen = op;
    if (!this.model.access.used) return;
    this.world.evaluated(this.index);
    const complaint = this.entry(op, (ref as AppliedEntry).bytes);
    if (complaint !== null) this.fail(`r${node}, op ${op}: ${complaint}`);
  }

  private entry(op: number, bytes: Uint8Array): string | null {
    const { operation } = this.shared.witness.at(op)!.header;
    const status = outcomeStatus(bytes, outcomeFrom(bytes));
    const wanted = this.model.refusal[op]!;
    if (operation !== OPERATION_SQL && operation !== OPERATION_ACCESS) {
      const forbidden = this.model.status[op] === STATUS_FORBIDDEN;
      if (forbidden === (status === STATUS_FORBIDDEN)) return null;
      return forbidden ? `status ${status}, though it names no user` : 'forbidden without need';
    }
    const code = status === STATUS_SQL_ERROR ? refusalIn(bytes) : '';
    const judged = operation === OPERATION_ACCESS || isDenial(code) ? code : '';
    if (judged !== wanted) return `${said(code)}; it must be ${said(wanted)}`;
    return wanted === '' || touchesNothing(bytes) ? null : 'refused, and yet it changed something';
  }

  invoked(row: number): void {
    this.floorAt[row] = this.floor;
  }

  returned(row: number): void {
    const reply = HISTORY.reply[row]!;
    if (reply.kind !== QUERY_REPLY) {
      if (reply.op > this.floor) this.floor = reply.op;
      return;
    }
    if (!this.model.access.used || reply.status === STATUS_UNKNOWN_TENANT) return;
    // That a transaction began needs no right; what it says and its end do.
    if (HISTORY.kind[row] === WORK_BEGIN) return;
    const tenant = HISTORY.tenant[row]!;
    const position = reply.position;
    const created = this.model.createdAt(tenant);
    let lowest = position === 0 ? created : this.model.opAt(tenant, position);
    // An answer from nowhere is `linearizable`'s business.
    if (lowest === NO_OP) return;
    if (HISTORY.position[row] === LATEST) lowest = Math.max(lowest, this.floorAt[row]!);
    const following = this.model.opAt(tenant, position + 1);
    const next = following === NO_OP ? this.model.head + 1 : following;
    if (next <= lowest) return;
    this.world.evaluated(this.index);
    const complaint = this.query(row, reply, lowest, next);
    if (complaint !== null) this.fail(`c${HISTORY.client[row]!} (row ${row}): ${complaint}`);
  }

  private query(
    row: number,
    reply: QueryReplyMessage,
    lowest: number,
    next: number,
  ): string | null {
    const { status, body } = reply;
    if (HISTORY.kind[row] !== WORK_SQL_READ) {
      const { refused, done } = this.model.access.nameless(lowest, next);
      if (status === STATUS_FORBIDDEN ? refused : done) return null;
      return status === STATUS_FORBIDDEN ? 'forbidden without need' : 'a stream shown to nobody';
    }
    const answer = status === STATUS_SQL_ERROR ? decodeAnswer(body) : null;
    const code = answer !== null && isError(answer) ? answer.code : '';
    const asked = HISTORY.body[row]!;
    const tenant = HISTORY.tenant[row]!;
    // Whose name is wrong is told so before rows are asked for.
    const misnamed = isMisnamed(code);
    const fitting = this.model.queryRefusals(tenant, asked, misnamed, lowest, next);
    const judged = isDenial(code) ? code : '';
    if (fitting.includes(judged)) return null;
    return `${said(code)}; it must be ${[...new Set(fitting)].map(said).join(' or ')}`;
  }

  repeated(): void {
    // Equal replies are `exactly-once`'s business.
  }

  converged(): void {
    const { access } = this.model;
    if (!access.used) return;
    this.world.evaluated(this.index);
    const found = new Access(this.world.limits, this.shared.finalStore(this.world));
    const { users } = access.now;
    if (found.enforced !== access.now.enforced) this.fail('enforced is not what it must be');
    const there = found.users('', ALL);
    if (there.length !== users.size) this.fail(`${there.length} users; it must be ${users.size}`);
    for (const user of there) {
      if (!sameUser(user, users.get(user.name))) this.fail(`user ${user.name} is another`);
    }
    for (const hash of KEY_HASHES) {
      const owner = [...users].find(([, { keys }]) => keys.some((key) => key.hash[0] === hash[0]));
      const name = found.keyOwner(hash)?.name;
      if (name !== owner?.[0]) this.fail(`a key is ${name}'s; it must be ${owner?.[0]}'s`);
    }
    for (const [name, tenant] of access.tenantNames) {
      if (found.tenant(name) !== tenant) this.fail(`tenant ${name} is not ${tenant}`);
    }
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

/** The SQLSTATE of an outcome that is an error; the answer stands in it, or in a record of it. */
function refusalIn(bytes: Uint8Array): string {
  const from = outcomeFrom(bytes);
  let body = outcomeReply(bytes, from);
  for (let at = firstRecord(bytes, from); at < bytes.length; at = nextRecord(bytes, at)) {
    if (body.length > 0) break;
    if (isReplyKey(recordKey(bytes, at))) body = recordValue(bytes, at);
  }
  const answer = decodeAnswer(body);
  return answer !== null && isError(answer) ? answer.code : 'no error';
}

/**
 * Whether an entry changes no more than what its session is told. (A request that was staged gives
 * its room back, refused or not.)
 */
function touchesNothing(bytes: Uint8Array): boolean {
  const from = outcomeFrom(bytes);
  for (let at = firstRecord(bytes, from); at < bytes.length; at = nextRecord(bytes, at)) {
    const key = recordKey(bytes, at);
    if (key[0] !== KEYSPACE_SESSION && !isReplyKey(key) && !isStagingKey(key)) return false;
  }
  return true;
}

function sameUser(user: User, model: ModelUser | undefined): boolean {
  if (model === undefined || user.role !== model.role) return false;
  const { reach, keys } = model;
  const tenants = [...new Set(reach.tenants)].sort((a, b) => a - b).join();
  if (user.everyTenant !== reach.everyTenant || user.tenants.join() !== tenants) return false;
  const ids = (list: readonly { readonly id: string }[]): string => list.map(({ id }) => id).join();
  return ids(user.keys) === ids(keys);
}

function said(code: string): string {
  return code === '' ? 'let' : code;
}

export const access: Invariant = {
  name: 'access',
  holds: 'nothing is done or shown without the right to it, and nobody with it is refused',
  watches: [STEP_COMMIT, STEP_ENTRY],
  create: (world, index) => new AccessChecker(world, index),
};
