/**
 * Rows as they come, for results that are longer than memory: the reader sets the pace, because
 * credit for more is granted only when rows have been taken.
 */
import { DatabaseError } from '../embedded/errors.ts';
import { rowsOf } from '../embedded/results.ts';
import type { ResultOptions } from '../embedded/results.ts';
import type { WireColumn } from '../protocol/message.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { Sink } from './channel.ts';
import type { Exchange } from './link.ts';

interface Chunk {
  readonly rows: readonly unknown[];
  readonly bytes: number;
  readonly exchange: Exchange;
}

export class RowStream implements Sink {
  readonly cancelled: Promise<DatabaseError>;
  private readonly mode: NonNullable<ResultOptions['rows']>;
  private names: readonly WireColumn[] = [];
  private zoneMicros = 0;
  private readonly chunks: Chunk[] = [];
  private wasTaken = false;
  private over = false;
  private failure: unknown = null;
  private wake: () => void = () => undefined;
  private cancel: (reason: DatabaseError) => void = () => undefined;

  constructor(options: ResultOptions) {
    this.mode = options.rows ?? 'object';
    this.cancelled = new Promise((resolve) => (this.cancel = resolve));
  }

  columns(columns: readonly WireColumn[], zoneMicros: number): void {
    this.names = columns;
    this.zoneMicros = zoneMicros;
  }

  rows(rows: readonly (readonly Value[])[], bytes: number, exchange: Exchange): void {
    const shown = rowsOf(this.names, rows, this.mode, this.zoneMicros);
    this.chunks.push({ rows: shown, bytes, exchange });
    this.wake();
  }

  restart(): boolean {
    if (this.wasTaken) return false;
    this.chunks.length = 0;
    return true;
  }

  /** The request ended; null: well. */
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
          chunk.exchange.grant(chunk.bytes);
        } else if (this.over) {
          if (this.failure !== null) throw this.failure;
          return;
        } else {
          await new Promise<void>((resolve) => (this.wake = resolve));
        }
      }
    } finally {
      if (!this.over) this.cancel(new DatabaseError('57014', 'the rest of the rows is not wanted'));
    }
  }
}
