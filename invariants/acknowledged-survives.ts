/**
 * Acknowledged-survives: whatever a client was told is done stands in the final log, at the op it
 * was told, once; and the healed core has all of it.
 *
 * Looked at when everything is over: an acknowledgement must outlive every later fault. Cost: two
 * array reads an acknowledged write.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { ReplyMessage } from '../core/vsr/message.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, isWrite } from '../vopr/kimberlite/history.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import type { Witness } from './witness.ts';

class AcknowledgedSurvivesChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly witness: Witness;
  /** Highest op that any client was told of. */
  private told: number = 0;
  /** By op: the row that was answered with it, plus one. */
  private readonly rowOf: number[] = [];
  /** By session: the newest op of it seen so far in the last look. */
  private readonly newest: number[] = [];

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    this.told = 0;
    HISTORY.listen(this.world, this);
  }

  step(_node: number, _kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    this.witness.commit(op, ref as Prepare);
  }

  invoked(): void {
    // Only answers count.
  }

  returned(row: number): void {
    if (!isWrite(HISTORY.kind[row]!)) return;
    const { op } = HISTORY.reply[row] as ReplyMessage;
    if (op > this.told) this.told = op;
  }

  repeated(): void {
    // The same answer again.
  }

  converged(): void {
    for (let node = 0; node < this.world.replicaCount; node += 1) {
      if (!this.world.inCore(node)) continue;
      const seen = this.world.inspect(node);
      this.world.evaluated(this.index);
      // It may not know yet that the end of its log is committed; but there it must stand.
      if (seen !== null && seen.op >= this.told) continue;
      this.fail(
        `r${node} converged with its log ending at op ${seen?.op ?? 0}; ` +
          `op ${this.told} was acknowledged`,
      );
    }
  }

  finish(): void {
    const last = Math.max(this.told, this.witness.head);
    for (let op = 0; op <= last; op += 1) this.rowOf[op] = 0;
    for (let row = 0; row < HISTORY.rows; row += 1) {
      const reply = HISTORY.reply[row]!;
      if (reply === null || !isWrite(HISTORY.kind[row]!)) continue;
      this.world.evaluated(this.index);
      const { op } = reply as ReplyMessage;
      const prepare = this.witness.at(op);
      const there =
        prepare !== null && equal128(prepare.header.requestChecksum, HISTORY.checksum[row]!);
      if (!there) this.fail(`c${HISTORY.client[row]!} was told of op ${op}; it is not in the log`);
      if (this.rowOf[op] !== 0) this.fail(`op ${op} answered two requests`);
      this.rowOf[op] = row + 1;
    }
    this.looksForTwins();
  }

  /** No acknowledged request stands in the log a second time. */
  private looksForTwins(): void {
    for (let op = 1; op <= this.witness.head; op += 1) {
      const { header } = this.witness.at(op)!;
      if (header.session === 0) continue;
      const last = this.lastOf(header.session, op);
      if (last === 0) continue;
      const twin = this.witness.at(last)!.header;
      if (!equal128(twin.requestChecksum, header.requestChecksum)) continue;
      const told = this.rowOf[op] !== 0 || this.rowOf[last] !== 0;
      if (told) this.fail(`an acknowledged request is op ${last} and op ${op}`);
    }
  }

  /** By session: its newest op before `op`; 0 if none. Requests of a session come in order. */
  private lastOf(session: number, op: number): number {
    const last = this.newest[session] ?? 0;
    this.newest[session] = op;
    return last < op && last > session ? last : 0;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const acknowledgedSurvives: Invariant = {
  name: 'acknowledged-survives',
  holds: 'every acknowledged request is in the final log, exactly once',
  suspendedBy: ['lying_sync', 'rollback'],
  watches: [STEP_COMMIT],
  create: (world, index) => new AcknowledgedSurvivesChecker(world, index),
};
