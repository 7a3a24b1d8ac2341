/**
 * A testbed: a system under test with all that judges it and shows it to people. Ours is
 * `vopr/kimberlite/testbed.ts`; a user's is the default export of a module that `--system` names.
 * The commands, the terminal interface, the shrinker and the sweeps know nothing else.
 */
import type { Excuse, Invariant } from './sim/checker.ts';
import type { Configuration } from './sim/configuration.ts';
import type { Scenario } from './sim/scenario.ts';
import type { System } from './sim/sim-node.ts';

export interface Testbed<M> {
  readonly system: System<M>;
  readonly invariants: readonly Invariant[];
  /** Why a healed core of this system may fail to converge, each proven from pristine truth. */
  readonly excuses?: readonly Excuse[];
  readonly scenarios?: readonly Scenario[];
  /**
   * Changes what was drawn for a seed, in place: a system without standbys, say, or one that does
   * not claim to survive rotten disks. A pure function of its arguments.
   */
  configure?(configuration: Configuration, seed: number): void;
  readonly words?: Partial<Words<M>>;
}

/** How a system's doings are told. */
export interface Words<M> {
  /** What a message is about: `prepare of op 4 (view 1)`. */
  message(message: M): string;
  /** One step, as a predicate: `commits op 12`. */
  step(kind: number, a: number, b: number, c: number, ref: unknown): string;
  /** Bookkeeping, rarely looked for. */
  quiet(kind: number, c: number): boolean;
  /** What a status of `NodeInspection` means: `in view change`. */
  status(status: number): string;
  /** One character for the lane of a running node, of those in `letters`. */
  letter(seen: Seen, node: number, replicaCount: number): string;
  /** What each letter means, in at most thirteen letters. */
  readonly letters: Readonly<Record<string, string>>;
  /** Which jump stops at this step, if any. */
  jump(kind: number, a: number): 'commit' | 'view' | null;
  /** Of a step that tells what is at op `a` of the log: the first digits of its hash. */
  head(kind: number, a: number, b: number, ref: unknown): string | null;
}

/** Of a node's inspection, what says which role it plays. */
export interface Seen {
  readonly status: number;
  readonly view: number;
}

/** The words of a testbed, those that it leaves out filled in plainly. */
export function wordsOf<M>({ system, words = {} }: Testbed<M>): Words<M> {
  const { messages, steps } = system;
  return {
    message: (message) => messages.kindNames[messages.kind(message)] ?? 'message',
    step: (kind, a, b, c) => `${steps[kind] ?? `step ${kind}`} (${a}, ${b}, ${c})`,
    quiet: () => false,
    status: (status) => (status === 0 ? 'normal' : `in status ${status}`),
    letter: ({ status }) => (status === 0 ? 'n' : 'o'),
    letters: { n: 'normal', o: 'in another status' },
    jump: () => null,
    head: () => null,
    ...words,
  };
}
