/**
 * What connections and channels need of the server that they belong to.
 */
import type { Limits } from '../../core/limits.ts';
import type { StateReader } from '../../core/node.ts';
import { SqlError } from '../../core/sql/error.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { DiskProblem } from '../disk-health.ts';
import type { RequestPort } from '../embedded/runner.ts';
import type { StatementCache } from '../embedded/statements.ts';
import type { Members } from '../protocol/message.ts';
import type { Databases } from './databases.ts';
import type { Gate } from './gate.ts';
import type { Lane } from './lane.ts';
import type { ServerLimits } from './limits.ts';
import type { MemoryGuard } from './memory-guard.ts';
import type { NodePort } from './node-port.ts';
import type { RequestMetrics } from './request-metrics.ts';

export interface ServerContext {
  readonly cluster: Hash128;
  readonly replica: number;
  readonly limits: Limits;
  readonly serverLimits: ServerLimits;
  readonly state: StateReader;
  readonly gate: Gate;
  readonly port: NodePort;
  readonly databases: Databases;
  readonly statements: StatementCache;
  /** Requests of the server's own. */
  readonly aside: RequestPort;
  readonly metrics: RequestMetrics;
  readonly guard: MemoryGuard;
  /** Bytes of requests that all connections hold. */
  readonly pool: { held: number };
  /** Whether this server may execute: its node is the primary. */
  readonly leads: () => boolean;
  /** Resolves when clients may come in: the first tenant and the first admin are there. */
  readonly prepared: () => Promise<void>;
  readonly members: () => Members;
  /** The lane of that id, to be given back with `dropLane`. */
  readonly lane: (id: Hash128, tenant: number, user: string) => Lane;
  readonly dropLane: (lane: Lane) => void;
  /** Resolves when the state may have changed. */
  readonly changed: () => Promise<void>;
  /** Why the disk takes nothing; null: as far as is known, it does. */
  readonly diskProblem: () => DiskProblem | null;
  readonly status: () => readonly (readonly [name: string, value: string])[];
}

/** This server is not the primary (any more): clients are redirected, and told nothing else. */
export class NotPrimaryError extends Error {
  override readonly name: string = 'NotPrimaryError';

  constructor() {
    super('this server is not the primary');
  }
}

/** A client that does not keep to the protocol. */
export function violation(message: string): SqlError {
  return new SqlError('08P01', `protocol violation: ${message}`);
}
