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

  /** Sends rows of a result; more may follow. Throws when the request ends. */
  async take(columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): Promise<void> {
    const { running, display } = this;
    if (!this.begun) running.send({ kind: 'columns', display, columns });
    this.begun = true;
    let from = performance.now();
    for (let at = 0; at < rows.length;) {
      const { frame, next } = encodeRows(running.channel, running.request, rows, at);
      at = next;
      await running.stream(frame);
      if (performance.now() - from < SLICE_MILLIS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      from = performance.now();
    }
  }

  /** Sends what is left of the answer, and closes it. */
  async end(answer: StatementAnswer, position: number, state: () => SessionState): Promise<void> {
    const { running } = this;
    if (isError(answer)) return running.error(answer, state());
    const { columns, rows, tag, count, notices } = answer;
    if (columns !== null) await this.take(columns, rows);
    running.send({ kind: 'done', state: state(), tag, count, position, notices });
  }
}
