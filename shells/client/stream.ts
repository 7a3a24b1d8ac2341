/**
 * Rows as they come, for results that are longer than memory: the reader sets the pace, because
 * credit for more is granted only when rows have been taken.
 */
import type { DatabaseError } from '../embedded/errors.ts';
import { rowsOf } from '../embedded/results.ts';
import type { ResultOptions } from '../embedded/results.ts';
import { RowQueue } from '../embedded/row-queue.ts';
import type { WireColumn } from '../protocol/message.ts';
import { DEFAULT_DISPLAY } from '../../core/sql/types/style.ts';
import type { Display } from '../../core/sql/types/style.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { Sink } from './channel.ts';
import type { Exchange } from './link.ts';

export class RowStream implements Sink {
  readonly cancelled: Promise<DatabaseError>;
  private readonly mode: NonNullable<ResultOptions['rows']>;
  private readonly queue: RowQueue;
  private names: readonly WireColumn[] = [];
  private display: Display = DEFAULT_DISPLAY;
  private cancel: (reason: DatabaseError) => void = () => undefined;

  constructor(options: ResultOptions) {
    this.mode = options.rows ?? 'object';
    this.cancelled = new Promise((resolve) => (this.cancel = resolve));
    this.queue = new RowQueue((reason) => this.cancel(reason));
  }

  columns(columns: readonly WireColumn[], display: Display): void {
    this.names = columns;
    this.display = display;
  }

  rows(rows: readonly (readonly Value[])[], bytes: number, exchange: Exchange): void {
    const shown = rowsOf(this.names, rows, this.mode, this.display);
    this.queue.push(shown, () => exchange.grant(bytes));
  }

  restart(): boolean {
    if (this.queue.wasTaken) return false;
    this.queue.clear();
    return true;
  }

  /** The request ended; null: well. */
  end(failure: unknown): void {
    this.queue.end(failure);
  }

  read(): AsyncGenerator<unknown, void, undefined> {
    return this.queue.read();
  }
}
