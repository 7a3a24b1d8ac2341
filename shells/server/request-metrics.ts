/**
 * What the server counts, and what can be measured of it; `metrics.ts` shows it to Prometheus.
 */
import type { Node } from '../../core/node.ts';
import type { DiskProblem } from '../disk-health.ts';

export interface RequestMetrics {
  /** A request was answered, after so long. */
  answered(kind: string, failed: boolean, seconds: number): void;
  connected(): void;
  disconnected(): void;
  /** A connection was refused, or closed because of what it sent. */
  refused(reason: RefusalReason): void;
}

export type RefusalReason = 'protocol' | 'authentication' | 'connections' | 'silence' | 'memory';

export interface MeasuredServer {
  readonly node: Node;
  /** Of the node's data. */
  readonly directory: string;
  readonly self: number;
  readonly leads: () => boolean;
  readonly lanes: () => number;
  readonly requests: () => number;
  readonly unsentBytes: () => number;
  readonly requestBytes: () => number;
  /** By replica: whether a connection to it stands. */
  readonly peers: () => readonly boolean[];
  readonly clockOffsets: () => readonly (number | null)[];
  readonly diskProblem: () => DiskProblem | null;
  readonly syncs: () => { readonly done: number; readonly failed: number };
}
