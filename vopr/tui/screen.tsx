/**
 * The terminal: Ink shows the frame, keys go to the session. The alternate screen is entered at the
 * start and left however the process ends, so that the terminal is as it was.
 */
import { Box, render, Text, useApp, useInput, useStdout } from 'ink';
import type { Key as InkKey } from 'ink';
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';
import { frame } from './frame.ts';
import { press } from './keys.ts';
import type { Key } from './keys.ts';
import type { Row, Style } from './rows.ts';
import type { Session } from './session.ts';

const ALTERNATE_ON = '\u001b[?1049h\u001b[H';
const ALTERNATE_OFF = '\u001b[?1049l\u001b[?25h';
/** Exit codes of a process that a signal ended, as shells have them. */
const EXITS: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const FRAMES_A_SECOND = 60;
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/** Shows a session until it is quit. */
export async function showScreen(session: Session): Promise<void> {
  const { stdout } = process;
  const leave = (): void => void stdout.write(ALTERNATE_OFF);
  // Whatever ends the process, the terminal is restored: by an exception, or from outside.
  process.once('exit', leave);
  const signals = Object.entries(EXITS).map(([name, code]) => {
    const end = (): void => process.exit(code);
    process.once(name, end);
    return () => process.removeListener(name, end);
  });
  stdout.write(ALTERNATE_ON);
  try {
    const app = render(<Screen session={session} />, {
      exitOnCtrlC: false,
      maxFps: FRAMES_A_SECOND,
    });
    await app.waitUntilExit();
  } finally {
    for (const forget of signals) forget();
    process.removeListener('exit', leave);
    leave();
  }
}

/** The whole screen; one `Text` a row. */
export function Screen({ session }: { readonly session: Session }): ReactElement {
  const { exit } = useApp();
  const [columns, rows] = useSize();
  const [drawn, draw] = useState(0);
  useInput((input, key) => {
    for (const name of keysOf(input, key)) {
      if (press(session, name)) continue;
      exit();
      return;
    }
    draw((count) => count + 1);
  });
  useEffect(() => {
    if (!session.busy) return undefined;
    const immediate = setImmediate(() => {
      session.advance();
      draw((count) => count + 1);
    });
    return () => clearImmediate(immediate);
  }, [session, drawn]);
  // A row less than there are: a full screen would scroll.
  const picture = frame(session, columns, Math.max(1, rows - 1));
  return (
    <Box flexDirection="column">
      {picture.map((spans, index) => (
        <Line key={index} spans={spans} />
      ))}
    </Box>
  );
}

function Line({ spans }: { readonly spans: Row }): ReactElement {
  return (
    <Text wrap="truncate">
      {spans.map(({ text, style }, index) => (
        <Text key={index} {...PROPS[style]}>
          {text}
        </Text>
      ))}
    </Text>
  );
}

interface TextProps {
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
  readonly color?: string;
}

const PROPS: Readonly<Record<Style, TextProps>> = {
  '': {},
  bold: { bold: true },
  dim: { dimColor: true },
  inverse: { inverse: true },
  red: { color: 'red' },
  green: { color: 'green' },
  yellow: { color: 'yellow' },
  cyan: { color: 'cyan' },
  magenta: { color: 'magenta' },
  'bold red': { bold: true, color: 'red' },
  'bold green': { bold: true, color: 'green' },
  'bold cyan': { bold: true, color: 'cyan' },
};

/** Columns and rows of the terminal, followed as it is resized. */
function useSize(): readonly [columns: number, rows: number] {
  const { stdout } = useStdout();
  const read = (): readonly [number, number] => [
    stdout.columns || COLUMNS_DEFAULT,
    stdout.rows || ROWS_DEFAULT,
  ];
  const [size, setSize] = useState(read);
  useEffect(() => {
    const resized = (): void => setSize(read());
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  return size;
}

const NAMED: readonly (readonly [name: keyof InkKey, key: Key])[] = [
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** Keys by name. A paste, or keys faster than the screen, come as one text of many characters. */
function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.ctrl) return input === 'c' ? ['ctrl-c'] : [];
  const named = NAMED.find(([name]) => key[name] === true);
  if (named !== undefined) return [named[1]];
  return Array.from(input, (character) => (character === '\r' ? 'enter' : character));
}
