/**
 * Tenant-isolation: an entry goes into the log of the tenant it was asked for (or the system's,
 * when it changed nothing of that tenant's), and says so itself; and every event that a read
 * returns was written for the tenant that was read.
 *
 * Events name their tenant in their first bytes (`vopr/kimberlite/workload.ts`), so a stray one
 * shows whatever the model thinks. Cost: a few compares an entry, one an event returned.
 */
import { readU32 } from '../core/codec/bytes.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import { STATUS_OK, nextEvent } from '../core/kernel/operation.ts';
import type { AppliedEntry } from '../core/observer.ts';
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import type { HistoryListener } from '../vopr/kimberlite/history.ts';
import { HISTORY, WORK_READ } from '../vopr/kimberlite/history.ts';
import type { Model } from '../vopr/kimberlite/model.ts';
import { tenantOfEvent } from '../vopr/kimberlite/workload.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';

/** Of an entry's header (docs/formats-kernel.md). */
const ENTRY_TENANT_AT = 36;
const READ_HEADER_BYTES = 20;
const EVENT_HEADER_BYTES = 4;

class TenantIsolationChecker implements Checker, HistoryListener {
  private readonly world: World;
  private readonly index: number;
  private readonly model: Model;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.model = sharedOf(world).model;
  }

  reset(): void {
    this.model.reset();
    HISTORY.listen(this.world, this);
  }

  step(node: number, kind: number, op: number, tenant: number, c: number, ref: unknown): void {
    if (kind === STEP_COMMIT) {
      this.model.commit(op, ref as Prepare);
      return;
    }
    this.world.evaluated(this.index);
    const entry = ref as AppliedEntry;
    const own = op <= this.model.head ? this.model.tenant[op]! : tenant;
    const said = readU32(entry.bytes, ENTRY_TENANT_AT);
    if (tenant !== own || entry.tenant !== own || said !== own) {
      this.fail(`r${node} put op ${op} of tenant ${own} into the log of tenant ${tenant}`);
      return;
    }
    if (op > this.model.head || this.model.position[op] === c) return;
    this.fail(`r${node} put op ${op} at position ${c}; it is ${this.model.position[op]!}`);
  }

  invoked(): void {
    // Answers are what may leak.
  }

  returned(row: number): void {
    const reply = HISTORY.reply[row]!;
    if (HISTORY.kind[row] !== WORK_READ || reply.status !== STATUS_OK) return;
    this.world.evaluated(this.index);
    const { body } = reply;
    const tenant = HISTORY.tenant[row]!;
    for (let at = READ_HEADER_BYTES; at < body.length;) {
      const next = nextEvent(body, at, body.length);
      if (next < 0) return;
      const wrote = tenantOfEvent(body, at + EVENT_HEADER_BYTES);
      if (wrote !== tenant) {
        this.fail(`c${HISTORY.client[row]!} read an event of tenant ${wrote} in tenant ${tenant}`);
      }
      at = next;
    }
  }

  repeated(): void {
    // Replies to writes carry no events.
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const tenantIsolation: Invariant = {
  name: 'tenant-isolation',
  holds: "nothing of one tenant ever appears in another's results, logs or hashes",
  watches: [STEP_COMMIT, STEP_ENTRY],
  create: (world, index) => new TenantIsolationChecker(world, index),
};
