/** What the tests of the state machine feed it. */
import type { Prepare } from '../../codec/prepare.ts';
import { CLUSTER, TestPrimary } from '../../kernel/testing/prepares.ts';
import type { TestSession } from '../../kernel/testing/prepares.ts';
import type { Unit } from '../../vsr/message.ts';
import { UNIT_LOG } from '../../vsr/message.ts';
import type { TestMachine } from './machine.ts';

/** A primary with a workload: op n's content depends on n alone. */
export class Workload {
  readonly primary: TestPrimary = new TestPrimary();
  session: TestSession;

  constructor() {
    this.session = this.primary.register(0).session;
    for (const tenant of [1, 2]) this.primary.createTenant(this.session, tenant);
  }

  get prepares(): readonly Prepare[] {
    return this.primary.prepares;
  }

  /** Proposes ops up to and including `op`. */
  until(op: number): this {
    while (this.primary.op < op) {
      const next = this.primary.op + 1;
      if (next % 11 === 0) this.primary.noop();
      else if (next % 13 === 0) this.primary.register(next);
      else {
        const bytes = next % 7 === 0 ? 600 : (next * 29) % 200;
        const events = ['e'.repeat(bytes), `op ${next}`];
        this.primary.append(this.session, 1 + (next % 2), `s${next % 3}`, events);
      }
    }
    return this;
  }
}

/** Logs of all tenants, read through `serve` as a peer would. */
export function logsOf(machine: TestMachine): { tenant: number; entries: Uint8Array[] }[] {
  return [0, 1, 2].map((tenant) => {
    const entries: Uint8Array[] = [];
    for (let position = 1; position <= machine.machine.position(tenant); position += 1) {
      const unit: Unit = { kind: UNIT_LOG, tenant, index: position, count: 1, checksum: CLUSTER };
      entries.push(machine.machine.serve(unit)!);
    }
    return { tenant, entries };
  });
}
