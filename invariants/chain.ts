/**
 * Chain: every committed entry names its predecessor, in the shard's chain (prepare by prepare) and
 * in its tenant's log (entry by entry), on every replica and after every restart; and no replica
 * ever has another entry at a tenant's position than the first that had one.
 *
 * Cost: an identity test or 32 byte compares an entry. One entry in 32 (which ones depends on the
 * seed) is hashed anew, so that a hash that does not match its bytes shows too.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import type { AppliedEntry } from '../core/observer.ts';
import { sha256Into } from '../core/crypto/sha256.ts';
import { verifyEntry } from '../core/kernel/entry.ts';
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { equalBytes } from './bytes.ts';
import { sharedOf } from './shared.ts';
import type { Witness } from './witness.ts';

/** One entry in this many is hashed. */
const HASHED_OF = 32;
const hasher = { sha256Into };

class ChainChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly witness: Witness;
  /** By tenant: the entries first seen at each position, and how many there are. */
  private readonly logs: AppliedEntry[][] = [];
  private readonly lengths: number[] = [];
  private readonly bases: number[] = [];

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    for (let tenant = 0; tenant < this.lengths.length; tenant += 1) this.lengths[tenant] = 0;
  }

  step(node: number, kind: number, op: number, b: number, c: number, ref: unknown): void {
    this.world.evaluated(this.index);
    if (kind === STEP_COMMIT) this.committed(node, op, ref as Prepare);
    else this.appended(node, b, c, ref as AppliedEntry);
  }

  private committed(node: number, op: number, prepare: Prepare): void {
    this.witness.commit(op, prepare);
    const parent = this.witness.at(op - 1);
    if (parent === null || equal128(prepare.header.parent, parent.header.checksum)) return;
    this.fail(`op ${op} as committed by r${node} does not chain to op ${op - 1}`);
  }

  private appended(node: number, tenant: number, position: number, entry: AppliedEntry): void {
    while (this.lengths.length <= tenant) {
      this.lengths.push(0);
      this.bases.push(0);
      this.logs.push([]);
    }
    const log = this.logs[tenant]!;
    const length = this.lengths[tenant]!;
    // The first entry that anyone appends is the tenant's first; all others count from there.
    if (length === 0) this.bases[tenant] = position;
    const at = position - this.bases[tenant]!;
    if (at < 0 || at > length) {
      this.fail(`r${node} appended position ${position} to tenant ${tenant}: not the next one`);
      return;
    }
    if (at > 0 && !equalBytes(entry.previous, log[at - 1]!.hash)) {
      this.fail(
        `r${node}: tenant ${tenant}, position ${position} does not chain to the one before`,
      );
    }
    if (at < length) this.compare(node, log[at]!, entry);
    else {
      log[at] = entry;
      this.lengths[tenant] = at + 1;
      if ((entry.op + this.world.seed) % HASHED_OF === 0) this.hashes(node, entry);
    }
  }

  private hashes(node: number, entry: AppliedEntry): void {
    const { bytes, tenant, position } = entry;
    const { cluster } = this.world;
    if (verifyEntry(bytes, 0, bytes.length, cluster, tenant, position, hasher)) return;
    this.fail(`r${node}: the hashes of tenant ${tenant}, position ${position} are wrong`);
  }

  private compare(node: number, first: AppliedEntry, entry: AppliedEntry): void {
    if (first === entry) return;
    if (equalBytes(first.hash, entry.hash) && first.bytes.length === entry.bytes.length) return;
    this.fail(
      `r${node} holds another entry than the first one at tenant ${entry.tenant}, ` +
        `position ${entry.position}`,
    );
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const chain: Invariant = {
  name: 'chain',
  holds:
    "every entry's hash chains to its predecessor, per tenant and per shard, on every replica " +
    'and after every restart',
  suspendedBy: ['traitor'],
  watches: [STEP_COMMIT, STEP_ENTRY],
  create: (world, index) => new ChainChecker(world, index),
};
