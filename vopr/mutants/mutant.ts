/**
 * A planted bug: one small change to the source of the core, that an invariant must catch. Planted
 * when the simulator is bundled, never on disk.
 */
export interface Mutant {
  readonly name: string;
  /** journal, superblock, view-change, … : where in the core it sits. */
  readonly layer: string;
  /**
   * The invariant that is meant to catch it, or one of `VERDICTS`; another one that does so first
   * counts as well.
   */
  readonly invariant: string;
  /** Why a good engineer could write this. */
  readonly story: string;
  /** Path from the repository's root. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Named situation to run instead of the default swarm, where the swarm never gets there. */
  readonly scenario?: string;
  /** Of a generated bug: what became of what. */
  readonly change?: Change;
}

export interface Change {
  readonly before: string;
  /** Empty when a statement is gone. */
  readonly after: string;
}

/** How a run may fail besides an invariant: the core's own assertions, and the simulator's. */
export const VERDICTS: readonly string[] = [
  /** An assertion or exception in the core. */
  'crash',
  /** What a scenario demands of its own situation. */
  'promise',
  /** A node refused to open a directory, or stopped itself, without an injected reason. */
  'refused',
  'stopped',
  /** A node was told what contradicts its log. */
  'contradicted',
  /** A run without end: within its bounds, or not at all. */
  'runaway',
  'hang',
  'memory',
];
