/**
 * How soon the terminal interface answers a key: from the key to the bytes of the new screen, with
 * Ink between, on a run of some ten thousand events. Ink's frame limit is off here: it would hide
 * what is measured.
 */
import { EventEmitter } from 'node:events';
import { render } from 'ink';
import { KIMBERLITE_BED } from '../cli/bed.ts';
import { TRACE_VERSION } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import { calmConfiguration } from '../sim/configuration.ts';
import { Screen } from '../tui/screen.tsx';
import { beginSession } from '../tui/work.ts';

const COLUMNS = 200;
const ROWS = 60;
const CLIENTS = 4;
const OPERATIONS = 160;
const TIMES = 60;

const KEYS: readonly (readonly [what: string, key: string])[] = [
  ['step forwards', '\u001b[C'],
  ['step backwards', '\u001b[D'],
  ['scrub 1 %', '.'],
  ['next commit', 'c'],
  ['to the end', 'G'],
  ['to the beginning', 'g'],
  ['filter by node', '0'],
];

export interface Answer {
  readonly what: string;
  readonly medianMs: number;
  readonly worstMs: number;
}

export interface ScreenBench {
  readonly events: number;
  readonly recordMs: number;
  readonly size: string;
  readonly answers: readonly Answer[];
}

export async function benchScreen(): Promise<ScreenBench> {
  const configuration = calmConfiguration();
  configuration.replicaCount = 3;
  configuration.clientCount = CLIENTS;
  configuration.operations = Array.from({ length: CLIENTS }, () => OPERATIONS);
  configuration.stormMicros = 600_000_000;
  const trace: Trace = {
    version: TRACE_VERSION,
    system: KIMBERLITE_BED.testbed.system.name,
    build: '',
    seed: 1,
    scenario: null,
    configuration,
    choices: [],
    violation: null,
    digest: '',
    hashes: [],
    note: '',
  };
  const started = performance.now();
  const session = beginSession({ kind: 'trace', bed: KIMBERLITE_BED, trace });
  const recordMs = performance.now() - started;
  const terminal = new Terminal();
  const app = render(<Screen session={session} />, {
    stdout: terminal as unknown as NodeJS.WriteStream,
    stdin: terminal as unknown as NodeJS.ReadStream,
    exitOnCtrlC: false,
    patchConsole: false,
    debug: true,
  });
  const answers: Answer[] = [];
  for (const [what, key] of KEYS) {
    session.goto('50%');
    const taken: number[] = [];
    for (let time = 0; time < TIMES; time++) taken.push(await terminal.press(key));
    taken.sort((a, b) => a - b);
    answers.push({ what, medianMs: taken[TIMES >> 1] ?? 0, worstMs: taken.at(-1) ?? 0 });
  }
  app.unmount();
  const { events } = session.track.recording.result;
  return { events, recordMs, size: `${COLUMNS}×${ROWS}`, answers };
}

/** Keyboard and screen in one, as Ink asks for them. */
class Terminal {
  readonly #events: EventEmitter = new EventEmitter();
  readonly isTTY = true;
  readonly columns = COLUMNS;
  readonly rows = ROWS;
  #typed: string | null = null;
  #drawn: (() => void) | null = null;

  /** Milliseconds until something was drawn. */
  press(key: string): Promise<number> {
    const started = performance.now();
    return new Promise((resolve) => {
      this.#drawn = (): void => resolve(performance.now() - started);
      this.#typed = key;
      this.#events.emit('readable');
    });
  }

  read(): string | null {
    const typed = this.#typed;
    this.#typed = null;
    return typed;
  }

  write(): boolean {
    const drawn = this.#drawn;
    this.#drawn = null;
    drawn?.();
    return true;
  }

  on(name: string, listener: () => void): this {
    this.#events.on(name, listener);
    return this;
  }

  off(name: string, listener: () => void): this {
    this.#events.off(name, listener);
    return this;
  }

  addListener(name: string, listener: () => void): this {
    return this.on(name, listener);
  }

  removeListener(name: string, listener: () => void): this {
    return this.off(name, listener);
  }

  setEncoding(): void {}
  setRawMode(): void {}
  ref(): void {}
  unref(): void {}
}
