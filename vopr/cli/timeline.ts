/**
 * The timeline of a run as text: one line a protocol step, crash, restart or fault, with the state
 * of every node beside it. docs/vopr.md has the legend.
 *
 * It watches the run as one more invariant that holds always, so that what is shown is what the
 * checkers saw. Faults are shown where their count was seen to have grown: at the next line.
 * Memory: the last `limit` lines.
 */
import type { Checker, Invariant, World } from '../sim/checker.ts';
import { FAULTS } from '../sim/faults.ts';
import type { Glossary } from './glossary.ts';
import type { Words } from '../testbed.ts';
import type { Bed } from './bed.ts';
import { setWords, times } from './words.ts';

export const DOWN = 'x';
export const STOPPED = '!';

/** What each letter of a lane means: the legend, also printed. */
export function legendOf({ letters }: Words<unknown>): Readonly<Record<string, string>> {
  return { ...letters, [STOPPED]: 'stopped', [DOWN]: 'down' };
}

export interface TimelineOptions {
  /** Lines kept: the last ones. Infinity keeps all. */
  readonly limit: number;
  /** Bookkeeping steps and message delays too. */
  readonly quiet: boolean;
  /** Only lines that match. */
  readonly only: RegExp | null;
  /** Only lines about this node, or about the whole cluster. */
  readonly node: number | null;
}

/** Nobody in particular: the line is about the whole cluster. */
const EVERYONE = -1;
const DELAY = FAULTS.findIndex(({ name }) => name === 'delay');

export class Timeline implements Checker {
  readonly #world: World;
  readonly words: Words<unknown>;
  readonly #options: TimelineOptions;
  readonly #glossary: Glossary;
  readonly #lanes: string[] = [];
  readonly #seen: number[] = [];
  #lines: string[] = [];
  /** Lines that matched, kept or not. */
  matched = 0;

  constructor(world: World, words: Words<unknown>, options: TimelineOptions, glossary: Glossary) {
    this.#world = world;
    this.words = words;
    this.#options = options;
    this.#glossary = glossary;
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-this.#options.limit);
  }

  /** The line above all others. */
  get header(): string {
    const lanes = this.#lanes.map((_, node) => `r${node}`.padEnd(3)).join('');
    return `${'virtual ms'.padStart(12)} ${'event'.padStart(7)}  ${lanes}`.trimEnd();
  }

  reset(): void {
    this.#lanes.length = 0;
    for (let node = 0; node < this.#world.nodeCount; node++) this.#lanes.push(DOWN);
    this.#seen.length = 0;
    for (let i = 0; i < FAULTS.length; i++) this.#seen.push(0);
    this.#lines = [];
    this.matched = 0;
  }

  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    this.#look(node);
    this.#faults();
    const { words } = this;
    if (this.#options.quiet || !words.quiet(kind, c)) {
      this.#add(node, words.step(kind, a, b, c, ref));
    }
  }

  opened(node: number): void {
    this.#glossary.noteFiles(this.#world, node);
    this.#faults();
    const seen = this.#world.inspect(node);
    if (seen === null) return;
    this.#look(node);
    const { status, view, logView, commit, op } = seen;
    this.#add(
      node,
      `opened, incarnation ${this.#world.incarnation(node)}: ${this.words.status(status)}, ` +
        `view ${view}, log_view ${logView}, commit ${commit}, head op ${op}`,
    );
  }

  stopped(node: number, reason: string): void {
    this.#lanes[node] = STOPPED;
    this.#faults();
    this.#add(node, `stops itself: ${reason}`);
  }

  crashed(node: number, power: boolean): void {
    this.#glossary.noteFiles(this.#world, node);
    const stopped = this.#lanes[node] === STOPPED;
    if (!stopped) this.#lanes[node] = DOWN;
    this.#faults();
    if (stopped) return;
    this.#add(node, power ? 'loses power: unsynced writes met their fate' : 'crashes');
  }

  replaced(node: number): void {
    this.#faults();
    this.#add(node, 'gets an empty disk in place of its own');
  }

  healed(): void {
    this.#faults();
    this.#add(EVERYONE, `the storm is over; the healed core is ${setWords(this.#world.core)}`);
  }

  converged(): void {
    this.#faults();
    this.#add(EVERYONE, 'the core has converged');
  }

  finish(): void {
    for (let node = 0; node < this.#world.nodeCount; node++) {
      this.#glossary.noteFiles(this.#world, node);
    }
    this.#faults();
  }

  /** The lane of a node that runs; while it opens it is still down. */
  #look(node: number): void {
    const seen = this.#world.inspect(node);
    if (seen === null) return;
    this.#lanes[node] = this.words.letter(seen, node, this.#world.replicaCount);
  }

  /** A line for the faults delivered since the last look. */
  #faults(): void {
    let words = '';
    for (let i = 0; i < FAULTS.length; i++) {
      const { name } = FAULTS[i] as (typeof FAULTS)[number];
      const count = this.#world.delivered(name);
      const more = count - (this.#seen[i] as number);
      if (more === 0) continue;
      this.#seen[i] = count;
      if (i === DELAY && !this.#options.quiet) continue;
      words += `${words === '' ? '' : ', '}${times(more, name)}`;
    }
    if (words !== '') this.#add(EVERYONE, `fault delivered: ${words}`);
  }

  #add(node: number, words: string): void {
    const { node: wanted, only, limit } = this.#options;
    if (wanted !== null && node !== EVERYONE && node !== wanted) return;
    const lanes = this.#lanes.map((state, at) => (at === node ? `[${state}]` : ` ${state} `));
    const at = (this.#world.now / 1000).toFixed(3).padStart(12);
    const event = String(this.#world.events).padStart(7);
    const who = node === EVERYONE ? '*' : `r${node}`;
    const line = `${at} ${event} ${lanes.join('')} ${who.padEnd(2)} ${words}`;
    if (only !== null && !only.test(line)) return;
    this.matched += 1;
    this.#lines.push(line);
    // In batches, so that keeping the last few costs nothing a line.
    if (this.#lines.length > 2 * limit + 1024) this.#lines = this.#lines.slice(-limit);
  }
}

/** The timeline as the simulator takes it. `made` gets the one for each world. */
export function timelineInvariant(
  { testbed, words }: Bed,
  options: TimelineOptions,
  glossary: Glossary,
  made: (timeline: Timeline) => void,
): Invariant {
  return {
    name: 'timeline',
    holds: 'always: it only looks',
    watches: testbed.system.steps.map((_, kind) => kind),
    create: (world) => {
      const timeline = new Timeline(world, words, options, glossary);
      made(timeline);
      return timeline;
    },
  };
}
