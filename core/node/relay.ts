/**
 * Hands what storage and the state machine report to the replica, which is made after them. A
 * report before the replica exists would be a bug of the opening, and is asserted against.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import { assert } from '../types/assert.ts';
import type {
  JournalListener,
  StateMachineListener,
  SuperblockListener,
  SuperblockState,
} from '../vsr/interfaces.ts';
import type { Checkpoint } from '../vsr/message.ts';

type Listener = JournalListener & SuperblockListener & StateMachineListener;

export class Relay implements Listener {
  target: Listener | null = null;

  journalDurable(header: PrepareHeader): void {
    this.#listener().journalDurable(header);
  }
  superblockDurable(state: SuperblockState): void {
    this.#listener().superblockDurable(state);
  }
  checkpointFlushed(checkpoint: Checkpoint): void {
    this.#listener().checkpointFlushed(checkpoint);
  }
  syncCompleted(target: Checkpoint): void {
    this.#listener().syncCompleted(target);
  }
  syncRefuted(target: Checkpoint): void {
    this.#listener().syncRefuted(target);
  }
  storageFailed(reason: string): void {
    this.#listener().storageFailed(reason);
  }

  #listener(): Listener {
    assert(this.target !== null, 'nothing reports before the replica exists');
    return this.target;
  }
}
