/**
 * Read-your-writes: a read with a position token, whichever replica answers it, reflects that
 * position or a later one. (That it reflects it truly is checked by `linearizable`.)
 *
 * Cost: one compare a read.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT, STEP_QUERY } from '../core/observer.ts';
import type { QueryReplyMessage } from '../core/vsr/message.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, LATEST, isWrite } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { NO_OP } from '../vopr/kimberlite/model.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';

class ReadYourWritesChecker implements Checker, HistoryListener {
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

  step(node: number, kind: number, a: number, position: number, _c: number, ref: unknown): void {
    if (kind === STEP_COMMIT) {
      this.model.commit(a, ref as Prepare);
      return;
    }
    // A replica answers from what is committed, and nothing else.
    if (position < 1 || this.model.opAt(a, position) !== NO_OP) return;
    this.world.violate(
      this.index,
      `r${node} answered a read at position ${position} of tenant ${a}, which nobody committed`,
    );
  }

  invoked(): void {
    // The token is in the row.
  }

  returned(row: number): void {
    const kind = HISTORY.kind[row]!;
    if (isWrite(kind)) return;
    const token = HISTORY.position[row]!;
    if (token === LATEST) return;
    this.world.evaluated(this.index);
    const { position } = HISTORY.reply[row] as QueryReplyMessage;
    if (position >= token) return;
    this.world.violate(
      this.index,
      `c${HISTORY.client[row]!} asked for position ${token} of tenant ${HISTORY.tenant[row]!} ` +
        `and got ${position}`,
    );
  }

  repeated(): void {
    // Reads are not repeated.
  }
}

export const readYourWrites: Invariant = {
  name: 'read-your-writes',
  holds: 'a read with a position token sees that position, on any replica',
  watches: [STEP_COMMIT, STEP_QUERY],
  create: (world, index) => new ReadYourWritesChecker(world, index),
};
