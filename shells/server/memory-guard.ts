/**
 * Whether the process has memory left for more. Sorting, grouping and joining hold rows, so that
 * many statements at once could need more than there is; then statements that read are given up,
 * those under way at their next slice, and the node, which must go on, has what is left.
 *
 * Cost: one look at the heap now and then.
 */
import { getHeapStatistics } from 'node:v8';
import { SqlError } from '../../core/sql/error.ts';

const LOOK_MILLIS = 50;

export class MemoryGuard {
  private readonly shareMax: number;
  private lookedAt = -LOOK_MILLIS;
  private short = false;

  constructor(shareMax: number) {
    this.shareMax = shareMax;
  }

  /** Throws 53200 while memory is short. */
  check(): void {
    const now = performance.now();
    if (now - this.lookedAt >= LOOK_MILLIS) {
      this.lookedAt = now;
      const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
      this.short = used > limit * this.shareMax;
    }
    if (!this.short) return;
    throw new SqlError('53200', 'the server is short of memory: too much is read at once', {
      hint: 'Try again, with fewer rows at a time.',
    });
  }
}
