/**
 * Each tenant's engine, made when somebody first enters, and what sessions ask the world for.
 */
import { accessLogTable, logTable } from '../../core/kernel/log-table.ts';
import { TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import type { StateReader } from '../../core/node.ts';
import { Engine } from '../../core/sql/engine.ts';
import type { SessionHost } from '../../core/sql/session/session.ts';
import { realtimeMicros, systemCrypto } from '../system.ts';

const SALT_BYTES = 32;
/** Engines keep plans; of tenants that nobody enters any more they need not. */
const ENGINES_MAX = 1024;

export class Databases {
  private readonly state: StateReader;
  private readonly engines: Map<number, Engine> = new Map();
  private floor = 0;

  constructor(state: StateReader) {
    this.state = state;
  }

  engine(tenant: number): Engine {
    const known = this.engines.get(tenant);
    if (known !== undefined) return known;
    const { state } = this;
    const log = logTable({
      length: () => state.position(tenant),
      entry: (position) => state.entry(tenant, position),
    });
    const accessLog = accessLogTable({
      length: () => state.position(TENANT_SYSTEM),
      entry: (position) => state.entry(TENANT_SYSTEM, position),
    });
    const tables = [log, accessLog];
    const engine = new Engine(state.store, tenant, tables, state.access.rights(tenant));
    if (this.engines.size >= ENGINES_MAX) this.engines.delete(this.engines.keys().next().value!);
    this.engines.set(tenant, engine);
    return engine;
  }

  /** For the sessions of one user in one tenant. */
  host(tenant: number, user: string): SessionHost {
    const { state } = this;
    return {
      engine: this.engine(tenant),
      user,
      present: () => ({
        position: state.snapshot(tenant),
        timestamp: Math.max(this.realtime(), state.timestamp),
        floor: state.timestamp,
      }),
      salt: () => systemCrypto.random(SALT_BYTES),
    };
  }

  /** The wall clock, but never earlier than before. */
  private realtime(): number {
    this.floor = Math.max(realtimeMicros(), this.floor + 1);
    return this.floor;
  }
}
