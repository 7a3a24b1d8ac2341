/**
 * What `sql-model` and `time-travel` have in common: a statement's answer, held against what the
 * model says for its op.
 *
 * The model (`vopr/kimberlite/sql`) is another and much simpler reading of the same statements, by
 * scans over plain arrays. Cost: some ten microseconds a statement.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STATUS_OK, STATUS_SQL_ERROR, STATUS_UNKNOWN_TENANT } from '../core/kernel/operation.ts';
import { decodeAnswer, isError } from '../core/sql/session/result.ts';
import type { QueryReplyMessage, ReplyMessage } from '../core/vsr/message.ts';
import { REPLY } from '../core/vsr/message.ts';
import { isDenial } from '../vopr/kimberlite/access/model.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, WORK_COMMIT, WORK_SQL, WORK_SQL_READ } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { alive, filled, scopeOf } from '../vopr/kimberlite/sql/database.ts';
import { wrongAnswer } from '../vopr/kimberlite/sql/judge.ts';
import type { Verdict } from '../vopr/kimberlite/sql/model.ts';
import type { Checker, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import type { Shared } from './shared.ts';

/** `past`: judges the queries that look into the past; else everything else. */
export class SqlAnswerChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  private readonly model: Model;
  private readonly past: boolean;

  constructor(world: World, index: number, past: boolean) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
    this.model = this.shared.model;
    this.past = past;
  }

  reset(): void {
    this.shared.reset();
    HISTORY.listen(this.world, this);
  }

  step(_node: number, _kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    this.shared.witness.commit(op, ref as Prepare);
    this.model.commit(op, ref as Prepare);
  }

  /** What is there at the end, asked for or not, is what the model says. */
  converged(): void {
    if (this.past) return;
    for (const { tenant, table, database } of this.shared.finalTables(this.world)) {
      this.world.evaluated(this.index);
      const position = this.model.positionOf(tenant);
      const known = this.model.tablesOf(tenant).table(table.name, position);
      const places = [...scopeOf(known, position).columns.values()];
      const current = known.rows.filter((row) => alive(row, position));
      const wanted = current.map((row) => {
        const cells = filled(known, row);
        return JSON.stringify(places.map((place) => cells[place]!));
      });
      const rows = database.rows(table, table.indexes[0]!).map((row) => JSON.stringify(row));
      const missing = wanted.find((row) => !rows.includes(row));
      const surplus = rows.find((row) => !wanted.includes(row));
      if (missing === undefined && surplus === undefined && rows.length === wanted.length) continue;
      const what = `table ${table.name} of tenant ${tenant}`;
      const how = `has ${surplus ?? 'fewer rows'} where ${missing ?? 'none'} must be`;
      this.world.violate(this.index, `${what} ${how}`);
    }
  }

  invoked(): void {
    // Only answers count.
  }

  returned(row: number): void {
    const kind = HISTORY.kind[row]!;
    if (kind !== WORK_SQL && kind !== WORK_COMMIT && kind !== WORK_SQL_READ) return;
    const reply = HISTORY.reply[row]!;
    const verdict = reply.kind === REPLY ? this.ofWrite(reply) : this.ofRead(row, reply);
    if (verdict === null || verdict.past !== this.past) return;
    this.world.evaluated(this.index);
    const complaint = answerComplaint(reply, verdict);
    if (complaint === null) return;
    const place = reply.kind === REPLY ? `op ${reply.op}` : `read at position ${reply.position}`;
    const who = `c${HISTORY.client[row]!}, ${place} (row ${row})`;
    this.world.violate(this.index, `${who}: ${complaint}`);
  }

  /** An answer that nobody committed is `linearizable`'s business. */
  private ofWrite(reply: ReplyMessage): Verdict | null {
    return reply.op <= this.model.head ? this.model.verdict[reply.op]! : null;
  }

  private ofRead(row: number, reply: QueryReplyMessage): Verdict | null {
    // Whether there was such a tenant is judged there, too.
    if (reply.status === STATUS_UNKNOWN_TENANT) return null;
    // Which rights its user had is `access`'s business.
    if (this.model.access.used && isRefusal(reply)) return null;
    return this.model.sqlRead(HISTORY.tenant[row]!, HISTORY.body[row]!, reply.position);
  }

  repeated(): void {
    // Equal replies are `exactly-once`'s business.
  }
}

/** Refused for want of a right. */
function isRefusal(reply: ReplyMessage | QueryReplyMessage): boolean {
  if (reply.status !== STATUS_SQL_ERROR) return false;
  const answer = decodeAnswer(reply.body);
  return answer !== null && isError(answer) && isDenial(answer.code);
}

function answerComplaint(reply: ReplyMessage | QueryReplyMessage, verdict: Verdict): string | null {
  if (reply.status !== STATUS_OK && reply.status !== STATUS_SQL_ERROR) {
    return `status ${reply.status} for a statement`;
  }
  const answer = decodeAnswer(reply.body);
  if (answer === null) return 'a malformed answer';
  if (isError(answer) !== (reply.status === STATUS_SQL_ERROR)) {
    return `status ${reply.status} beside ${isError(answer) ? answer.code : answer.tag}`;
  }
  return wrongAnswer(answer, verdict);
}
