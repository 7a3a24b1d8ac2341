/**
 * Rows on their way from who reads them to who takes them, one at a time: whoever fills it is told
 * when a chunk was taken, and so goes on no faster than its taker.
 */
import { DatabaseError } from './errors.ts';

const UNWANTED = 'the rest of the rows is not wanted';

interface Chunk {
  readonly rows: readonly unknown[];
  readonly taken: () => void;
}

export class RowQueue {
  /** Some row was handed out: what fills it cannot begin anew any more. */
  wasTaken = false;
  private readonly unwanted: (reason: DatabaseError) => void;
  private readonly chunks: Chunk[] = [];
  private over = false;
  private failure: unknown = null;
  private wake: () => void = () => undefined;

  /** `unwanted` is called when the taker ends before the rows do. */
  constructor(unwanted: (reason: DatabaseError) => void) {
    this.unwanted = unwanted;
  }

  push(rows: readonly unknown[], taken: () => void): void {
    this.chunks.push({ rows, taken });
    this.wake();
  }

  /** Drops what was not taken. */
  clear(): void {
    this.chunks.length = 0;
  }

  /** There are no more rows; null: all went well. */
  end(failure: unknown): void {
    this.over = true;
    this.failure = failure;
    this.wake();
  }

  async *read(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        const chunk = this.chunks.shift();
        if (chunk !== undefined) {
          this.wasTaken = true;
          yield* chunk.rows;
          chunk.taken();
        } else if (this.over) {
          if (this.failure !== null) throw this.failure;
          return;
        } else {
          await new Promise<void>((resolve) => (this.wake = resolve));
        }
      }
    } finally {
      if (!this.over) this.unwanted(new DatabaseError('57014', UNWANTED));
    }
  }
}
