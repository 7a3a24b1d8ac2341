/**
 * From a protocol step to the checkers that asked for its kind: one array lookup, then one call
 * each. Counts marks on the way.
 */
import { assert } from '../../core/types/assert.ts';
import type { Checker, Invariant, World } from './checker.ts';
import type { System } from './sim-node.ts';
import type { Verdict } from './verdict.ts';

export class Watchers {
  readonly #invariants: readonly Invariant[];
  readonly checkers: readonly Checker[];
  /** For each kind of step, the checkers of this run that want it. */
  readonly #byKind: Checker[][] = [];
  /** How often each mark was reached. */
  readonly marks: Uint32Array;
  /** The kind of step that reports a mark; −1 when there is none. */
  readonly #markKind: number;

  constructor(
    { steps, marks }: Pick<System<unknown>, 'steps' | 'marks'>,
    invariants: readonly Invariant[],
    world: World,
  ) {
    this.#invariants = invariants;
    this.#markKind = steps.indexOf('mark');
    this.marks = new Uint32Array(marks.length);
    for (let kind = 0; kind < steps.length; kind++) this.#byKind.push([]);
    this.checkers = invariants.map((invariant, index) => invariant.create(world, index));
  }

  /** Begins a run. A suspended invariant is watched too: what breaks it is reported, no failure. */
  reset(verdict: Verdict, isSuspended: (invariant: Invariant) => boolean): void {
    this.marks.fill(0);
    for (const watchers of this.#byKind) watchers.length = 0;
    this.#invariants.forEach((invariant, index) => {
      const checker = this.checkers[index] as Checker;
      for (const kind of invariant.watches) this.#byKind[kind]?.push(checker);
    });
    verdict.suspend((index) => isSuspended(this.#invariants[index] as Invariant));
    for (const checker of this.checkers) checker.reset();
  }

  stepped(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    if (kind === this.#markKind) this.marks[a] = (this.marks[a] as number) + 1;
    const watchers = this.#byKind[kind];
    assert(watchers !== undefined, 'a step has a kind that the system names');
    for (let i = 0; i < watchers.length; i++) {
      (watchers[i] as Required<Checker>).step(node, kind, a, b, c, ref);
    }
  }
}
