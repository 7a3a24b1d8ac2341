/**
 * What becomes of the rows of a call: all of them in memory, up to a limit; credit for more is
 * granted as they come.
 */
import { DatabaseError } from '../embedded/errors.ts';
import { toResult } from '../embedded/results.ts';
import type { Result, ResultOptions } from '../embedded/results.ts';
import type { WireColumn } from '../protocol/message.ts';
import { DEFAULT_DISPLAY } from '../../core/sql/types/style.ts';
import type { Display } from '../../core/sql/types/style.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { Sink } from './channel.ts';
import type { Done, Exchange } from './link.ts';

/** Of rows that may be on their way. */
export const CREDIT_BYTES: number = 1 << 20;

export class Collector implements Sink {
  readonly cancelled: null = null;
  private readonly bytesMax: number;
  private names: readonly WireColumn[] | null = null;
  private display: Display = DEFAULT_DISPLAY;
  private all: (readonly Value[])[] = [];
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  columns(columns: readonly WireColumn[], display: Display): void {
    this.names = columns;
    this.display = display;
  }

  rows(rows: readonly (readonly Value[])[], bytes: number, exchange: Exchange): void {
    this.bytes += bytes;
    if (this.bytes > this.bytesMax) {
      const message = `the result takes more than ${this.bytesMax} bytes`;
      const hint = 'Use stream(), or connect with a larger resultBytesMax.';
      throw new DatabaseError('54000', message, { hint });
    }
    for (const row of rows) this.all.push(row);
    exchange.grant(bytes);
  }

  restart(): boolean {
    this.names = null;
    this.all = [];
    this.bytes = 0;
    return true;
  }

  result({ tag, count, position, notices }: Done, options: ResultOptions): Result {
    const answer = { tag, count, columns: this.names, rows: this.all, notices, drawn: [] };
    return toResult(answer, position, options, this.display);
  }
}
