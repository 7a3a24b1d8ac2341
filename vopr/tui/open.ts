/**
 * The doors of the terminal interface: a screen that is lived in, or one still of it as text.
 * Loaded only when one of them is asked for.
 */
import { EXIT_HELD, EXIT_VIOLATED, UsageError } from '../cli/usage.ts';
import type { Subject } from '../cli/replay.ts';
import { COLUMNS_MIN, frame, ROWS_MIN } from './frame.ts';
import { rowText } from './rows.ts';
import type { Session } from './session.ts';
import { beginSession } from './work.ts';

/** Shows it until the person quits; opens at the violation, or at `moment`. */
export async function openScreen(subject: Subject, moment: string | null): Promise<number> {
  const session = sessionAt(subject, moment);
  // React's development build is several times slower, and keeps a record of every drawing.
  process.env['NODE_ENV'] ??= 'production';
  const { showScreen } = await import('./screen.tsx');
  await showScreen(session);
  return exitOf(session);
}

/** The screen at a moment, as plain text of that size. */
export function printStill(
  subject: Subject,
  moment: string | null,
  columns: number,
  rows: number,
): number {
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) {
    throw new UsageError(`--size is at least ${COLUMNS_MIN}x${ROWS_MIN}, not ${columns}x${rows}`);
  }
  const session = sessionAt(subject, moment);
  const lines = frame(session, columns, rows).map((row) => rowText(row).trimEnd());
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitOf(session);
}

function sessionAt(subject: Subject, moment: string | null): Session {
  const session = beginSession(subject);
  if (moment === null) {
    if (session.track.recording.result.violation !== null) session.jump('violation', 1);
  } else if (!session.goto(moment)) throw new UsageError(`--frame: ${session.message}`);
  return session;
}

function exitOf(session: Session): number {
  const { verdict } = (session.tracks[0] ?? session.track).recording.result;
  return verdict === 'pass' ? EXIT_HELD : EXIT_VIOLATED;
}
