/**
 * The rows of a query as it reads them: what was not taken is not read yet, but for a chunk.
 */
import type { ResultColumn } from '../../core/sql/session/result.ts';
import type { Display } from '../../core/sql/types/style.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { DatabaseError } from './errors.ts';
import type { CallLimit } from './limit.ts';
import { rowsOf } from './results.ts';
import type { ResultOptions } from './results.ts';
import { RowQueue } from './row-queue.ts';
import type { RowTaker } from './runner.ts';

type Columns = readonly ResultColumn[];
type Rows = readonly (readonly Value[])[];

export class EmbeddedStream {
  private readonly mode: NonNullable<ResultOptions['rows']>;
  private readonly queue: RowQueue;
  private unwanted: DatabaseError | null = null;
  private giveUp: (reason: DatabaseError) => void = () => undefined;

  constructor({ rows = 'object' }: ResultOptions) {
    this.mode = rows;
    this.queue = new RowQueue((reason) => {
      this.unwanted = reason;
      this.giveUp(reason);
    });
  }

  /** Takes the rows of a call that must end by `limit`, no faster than they are read here. */
  taker(display: Display, limit: CallLimit): RowTaker {
    return {
      take: (columns, rows) =>
        new Promise((resolve, reject) => {
          if (this.unwanted !== null) return reject(this.unwanted);
          const stop = limit.watch(() => reject(limit.reason));
          this.giveUp = (reason) => {
            stop();
            reject(reason);
          };
          this.queue.push(this.shown(columns, rows, display), () => {
            stop();
            resolve();
          });
        }),
    };
  }

  /** The last rows, for which nobody waits. */
  rest(columns: Columns, rows: Rows, display: Display): void {
    this.queue.push(this.shown(columns, rows, display), () => undefined);
  }

  /** The call ended; null: well. */
  end(failure: unknown): void {
    this.queue.end(failure);
  }

  read(): AsyncGenerator<unknown, void, undefined> {
    return this.queue.read();
  }

  private shown(columns: Columns, rows: Rows, display: Display): readonly unknown[] {
    return rowsOf(columns, rows, this.mode, display);
  }
}
