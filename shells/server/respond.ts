/**
 * An answer, on its way to a client: columns, rows in frames of about 64 KiB under credit, and
 * what closes it. Between frames the event loop gets its turn.
 */
import type { StatementAnswer } from '../../core/sql/session/result.ts';
import { isError } from '../../core/sql/session/result.ts';
import type { SessionState } from '../protocol/message.ts';
import { encodeRows } from '../protocol/server-codec.ts';
import type { Running } from './running.ts';

const SLICE_MILLIS = 10;

export async function respond(
  running: Running,
  answer: StatementAnswer,
  position: number,
  zoneMicros: number,
  state: () => SessionState,
): Promise<void> {
  if (isError(answer)) return running.error(answer, state());
  const { columns, rows, tag, count, notices } = answer;
  if (columns !== null) {
    running.send({ kind: 'columns', zoneMicros, columns });
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
  running.send({ kind: 'done', state: state(), tag, count, position, notices });
}
