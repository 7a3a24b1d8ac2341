/**
 * The screens as people see them, kept as text: `npx vitest run vopr/tui -u` renews them after a
 * change of core or screen that is meant.
 */
import { render } from 'ink-testing-library';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { frame } from './frame.ts';
import { press } from './keys.ts';
import { rowText } from './rows.ts';
import { Screen } from './screen.tsx';
import type { Session } from './session.ts';
import { failing, HOLDING, type } from './testing/subjects.ts';
import { beginSession } from './work.ts';

/** Until a screen must have come, on however slow a machine. */
const PATIENCE = { timeout: 30_000 };
const SIZES = [
  [80, 24],
  [200, 60],
] as const;

function still(session: Session, columns: number, rows: number): string {
  return `${frame(session, columns, rows)
    .map((row) => rowText(row).trimEnd())
    .join('\n')}\n`;
}

describe('screens', () => {
  test.for(SIZES)('%i×%i: the run, in the middle of it', async ([columns, rows]) => {
    const session = beginSession(HOLDING);
    session.goto('233.1');
    const path = `testing/run-${columns}x${rows}.txt`;
    await expect(still(session, columns, rows)).toMatchFileSnapshot(path);
  });

  test.for(SIZES)('%i×%i: a message down to its bytes', async ([columns, rows]) => {
    const session = beginSession(HOLDING);
    type(session, '/receives start_view');
    press(session, 'enter');
    press(session, 'enter');
    const path = `testing/inspect-${columns}x${rows}.txt`;
    await expect(still(session, columns, rows)).toMatchFileSnapshot(path);
  });

  test.for(SIZES)('%i×%i: the violation', async ([columns, rows]) => {
    const session = beginSession(failing());
    press(session, 'x');
    const path = `testing/violation-${columns}x${rows}.txt`;
    await expect(still(session, columns, rows)).toMatchFileSnapshot(path);
  });
});

describe('the screen in Ink', () => {
  let unmount = (): void => undefined;
  afterEach(() => unmount());

  test('draws the frame, follows keys, and ends at q', async () => {
    const session = beginSession(HOLDING);
    const app = render(<Screen session={session} />);
    unmount = app.unmount;
    const shows = (text: string): Promise<void> =>
      vi.waitFor(() => expect(app.lastFrame()).toContain(text), PATIENCE);
    await shows('seed 1, wrap-ghost');
    app.stdin.write('c');
    await shows('commits op 1');
    expect(session.view.moment).toBe(session.view.tape.jumps.commit[0]);
    app.stdin.write('?');
    await shows('compare with the original');
    app.stdin.write('w');
    await shows('nothing was baked in');
    app.stdin.write('q');
    await vi.waitFor(() => expect(app.stdin.eventNames()).not.toContain('readable'), PATIENCE);
  });
});
