/**
 * What `sql-model` and `time-travel` have in common: a statement's answer, held against what the
 * model says for its op.
 *
 * The model (`vopr/kimberlite/sql`) is another and much simpler reading of the same statements, by
 * scans over plain arrays. Cost: some ten microseconds a statement.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STATUS_OK, STATUS_SQL_ERROR } from '../core/kernel/operation.ts';
import { decodeAnswer } from '../core/sql/session/result.ts';
import type { ReplyMessage } from '../core/vsr/message.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, WORK_SQL } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { wrongAnswer } from '../vopr/kimberlite/sql/judge.ts';
import type { Verdict } from '../vopr/kimberlite/sql/model.ts';
import type { Checker, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';

/** `past`: judges the queries that look into the past; else everything else. */
export class SqlAnswerChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly model: Model;
  private readonly past: boolean;

  constructor(world: World, index: number, past: boolean) {
    this.world = world;
    this.index = index;
    this.model = sharedOf(world).model;
    this.past = past;
  }

  reset(): void {
    this.model.reset();
    HISTORY.listen(this.world, this);
  }

  step(_node: number, _kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    this.model.commit(op, ref as Prepare);
  }

  invoked(): void {
    // Only answers count.
  }

  returned(row: number): void {
    if (HISTORY.kind[row] !== WORK_SQL) return;
    const reply = HISTORY.reply[row] as ReplyMessage;
    // An answer that nobody committed is `linearizable`'s business.
    const verdict = reply.op <= this.model.head ? this.model.verdict[reply.op]! : null;
    if (verdict === null || verdict.past !== this.past) return;
    this.world.evaluated(this.index);
    const complaint = answerComplaint(reply, verdict);
    if (complaint === null) return;
    const who = `c${HISTORY.client[row]!}, op ${reply.op} (row ${row})`;
    this.world.violate(this.index, `${who}: ${complaint}`);
  }

  repeated(): void {
    // Equal replies are `exactly-once`'s business.
  }
}

function answerComplaint(reply: ReplyMessage, verdict: Verdict): string | null {
  if (reply.status !== STATUS_OK && reply.status !== STATUS_SQL_ERROR) {
    return `status ${reply.status} for a statement`;
  }
  const answer = decodeAnswer(reply.body);
  if (answer === null) return 'a malformed answer';
  return wrongAnswer(answer, verdict);
}
