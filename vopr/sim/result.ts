/**
 * What one run says: plain data, exactly the JSON of `vopr run --json`.
 */

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  /** Virtual microseconds since the run began. */
  readonly at: number;
}

export interface RunResult {
  readonly seed: number;
  readonly scenario: string | null;
  readonly verdict: 'pass' | 'fail';
  readonly violation: Violation | null;
  /** 16 hex digits over every event and every node's state. */
  readonly digest: string;
  readonly virtualMs: number;
  /** Inputs handled by nodes and clients. */
  readonly events: number;
  /** Client writes answered; no registrations, no no-ops. */
  readonly commits: number;
  readonly replicas: number;
  /** Crashes of a running node. */
  readonly crashes: number;
  /** Per fault kind, how often a node's input differed because of it. */
  readonly faults: Readonly<Record<string, number>>;
  /** Per invariant, how often it was evaluated. */
  readonly checks: Readonly<Record<string, number>>;
  readonly marks: readonly string[];
  readonly excuses: Readonly<Record<string, number>>;
}
