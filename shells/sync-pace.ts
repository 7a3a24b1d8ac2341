/**
 * Whether the thread had better wait for a sync itself.
 *
 * The thread pool costs a sync two thread switches and a turn of the event loop. On a disk whose
 * cache outlives a power cut that is more than the sync; on any other one it is nothing beside the
 * milliseconds for which nobody may be kept waiting. So the recent durations decide, and a single
 * long one sends the next ones back to the pool.
 */

/** Of a sync: as long as the event loop may stand still for it, in microseconds. */
const WAIT_MAX_MICROS = 250;
/** Weight of the newest duration: one in so many. */
const WEIGHT = 8;
/** Nothing is known of the disk yet: it is taken for a slow one. */
const UNKNOWN_MICROS = 1_000;

export class SyncPace {
  private average = UNKNOWN_MICROS;

  /** A sync took so long, in microseconds, from the call to its completion. */
  took(micros: number): void {
    this.average += (micros - this.average) / WEIGHT;
  }

  get worthWaiting(): boolean {
    return this.average <= WAIT_MAX_MICROS;
  }
}
