/**
 * Serializable: the order of the log explains every transaction. Its statements, executed by the
 * model where its commit stands in the log, answer what the client was told when they ran on a
 * fork; so does, by construction, everybody who comes after. A transaction that is refused (40001)
 * has no effect, and somebody has changed something since it began. And whether it committed or
 * not, each answer is that of one state, its snapshot, with its own changes over it.
 *
 * Whether a commit was refused is read from the entry; that replicas agree on that is the business
 * of `state-equality`. Cost: the model's execution of each statement, twice.
 */
import { readU16 } from '../core/codec/bytes.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import { outcomeFrom } from '../core/kernel/entry.ts';
import { OPERATION_SQL } from '../core/kernel/operation.ts';
import { outcomeStatus } from '../core/kernel/outcome.ts';
import type { AppliedEntry } from '../core/observer.ts';
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import type { HistoryListener, TransactionRecord } from '../vopr/kimberlite/history.ts';
import { HISTORY } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';

/** Of an entry's header (docs/formats-kernel.md). */
const ENTRY_OPERATION_AT = 6;

class SerializableChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly model: Model;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.model = sharedOf(world).model;
  }

  reset(): void {
    this.model.reset();
    HISTORY.listen(this.world, this);
  }

  step(_node: number, kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    if (kind === STEP_COMMIT) this.model.commit(op, ref as Prepare);
    else if (op === this.model.told + 1) this.applied(op, ref as AppliedEntry);
  }

  /** A transaction is over: what it saw was its snapshot, and what it did itself. */
  ended(transaction: TransactionRecord): void {
    const { client, tenant, snapshot, steps } = transaction;
    if (steps.length === 0) return;
    this.world.evaluated(this.index);
    const complaint = this.model.atSnapshot(tenant, snapshot, steps);
    if (complaint === null) return;
    const who = `a transaction of c${client} on position ${snapshot} of tenant ${tenant}`;
    this.world.violate(this.index, `${who}: ${complaint}`);
  }

  invoked(): void {
    // What counts is what the log says.
  }

  returned(): void {
    // Answers to commits are `sql-model`'s business.
  }

  repeated(): void {
    // Equal replies are `exactly-once`'s business.
  }

  /** The first replica has applied it: tells the model how it came out, and asks for the reason. */
  private applied(op: number, { bytes }: AppliedEntry): void {
    const { model, world, index } = this;
    const sql = readU16(bytes, ENTRY_OPERATION_AT) === OPERATION_SQL;
    model.tell(op, sql ? outcomeStatus(bytes, outcomeFrom(bytes)) : 0);
    const judged = op <= model.head ? model.judged[op]! : null;
    if (judged === null) return;
    world.evaluated(index);
    if (judged.complaint === null) return;
    world.violate(index, `the transaction at op ${op}: ${judged.complaint}`);
  }
}

export const serializable: Invariant = {
  name: 'serializable',
  holds:
    'the order of the log explains every answer in every transaction; a refused one did nothing',
  watches: [STEP_COMMIT, STEP_ENTRY],
  create: (world, index) => new SerializableChecker(world, index),
};
