/**
 * An answer, on its way to a client: columns, rows in frames of about 64 KiB under credit, and
 * what closes it. Between frames the event loop gets its turn. The rows of a long result leave
 * while it is being read, at the pace at which the client takes them.
 */
import type { ResultColumn, StatementAnswer } from '../../core/sql/session/result.ts';
import { isError } from '../../core/sql/session/result.ts';
import type { Display } from '../../core/sql/types/style.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { RowTaker } from '../embedded/runner.ts';
import type { SessionState } from '../protocol/message.ts';
import { encodeRows } from '../protocol/server-codec.ts';
import type { Running } from './running.ts';

const SLICE_MILLIS = 10;

export class AnswerWriter implements RowTaker {
  /** Columns left, and rows may have. */
  begun = false;
  private readonly running: Running;
  private readonly display: Display;

  constructor(running: Running, display: Display) {
    this.running = running;
    this.display = display;
  }

  /** Sends rows of a result; more may follow. Rejects when the request ends. */
  async take(columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): Promise<void> {
    await this.rows(columns, rows);
  }

  /** Sends what is left of the answer, and closes it. Null: that is done already. */
  end(answer: StatementAnswer, position: number, state: () => SessionState): Promise<void> | null {
    const { running } = this;
    if (isError(answer)) {
      running.error(answer, state());
      return null;
    }
    const { columns, rows, tag, count, notices } = answer;
    const close = (): void => {
      running.send({ kind: 'done', state: state(), tag, count, position, notices });
    };
    const waits = columns === null ? null : this.rows(columns, rows);
    if (waits !== null) return waits.then(close);
    close();
    return null;
  }

  /** Null: they have left. Most results are one frame, for which there is room. */
  private rows(
    columns: readonly ResultColumn[],
    rows: readonly (readonly Value[])[],
  ): Promise<void> | null {
    const { running, display } = this;
    if (!this.begun) running.send({ kind: 'columns', display, columns });
    this.begun = true;
    if (rows.length === 0) return null;
    const { frame, next } = encodeRows(running.channel, running.request, rows, 0);
    const waits = running.stream(frame);
    return waits === null && next === rows.length ? null : this.rest(rows, next, waits);
  }

  private async rest(
    rows: readonly (readonly Value[])[],
    from: number,
    first: Promise<void> | null,
  ): Promise<void> {
    const { running } = this;
    await first;
    let since = performance.now();
    for (let at = from; at < rows.length;) {
      const { frame, next } = encodeRows(running.channel, running.request, rows, at);
      at = next;
      await running.stream(frame);
      if (performance.now() - since < SLICE_MILLIS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }
}
