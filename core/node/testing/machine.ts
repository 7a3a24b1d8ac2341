/**
 * A state machine on a memory disk, with a listener that plays the superblock, and a peer's side of
 * unit repair: what a replica does around it, made small.
 */
import type { Prepare } from '../../codec/prepare.ts';
import type { Crypto } from '../../crypto/crypto.ts';
import { pureCrypto } from '../../crypto/crypto.ts';
import { CLUSTER } from '../../kernel/testing/prepares.ts';
import type { Limits } from '../../limits.ts';
import { TINY } from '../../limits.ts';
import type { AppliedEntry } from '../../observer.ts';
import { STEP_ENTRY } from '../../observer.ts';
import { MemoryDisk } from '../../storage/testing/memory-disk.ts';
import { assert } from '../../types/assert.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { APPLY_DONE, APPLY_MORE, APPLY_STALLED } from '../../vsr/interfaces.ts';
import type { Checkpoint, Unit } from '../../vsr/message.ts';
import { StateMachineFiles, formatState } from '../state-machine.ts';

export const crypto: Crypto = pureCrypto((bytes) => new Uint8Array(bytes));

export interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly ref: unknown;
}

export interface MachineStart {
  readonly disk?: MemoryDisk;
  readonly checkpoint?: Checkpoint;
  readonly limits?: Limits;
  readonly single?: boolean;
}

export class TestMachine {
  readonly disk: MemoryDisk;
  readonly limits: Limits;
  readonly machine: StateMachineFiles;
  readonly steps: Step[] = [];
  readonly entries: AppliedEntry[] = [];
  readonly failures: string[] = [];
  readonly refuted: Checkpoint[] = [];
  /** Checkpoints in the superblock, oldest first. */
  readonly checkpoints: Checkpoint[];
  readonly completed: Checkpoint[] = [];
  /** Whether syncs complete by themselves. */
  automatic = true;

  constructor(start: MachineStart = {}) {
    this.disk = start.disk ?? new MemoryDisk(TINY.sectorBytes);
    this.limits = start.limits ?? TINY;
    const checkpoint = start.checkpoint ?? formatState(this.disk);
    assert(checkpoint !== null, 'a fresh disk can be formatted');
    this.checkpoints = [checkpoint];
    this.machine = new StateMachineFiles({
      disk: this.disk,
      limits: this.limits,
      crypto,
      cluster: CLUSTER,
      shard: 0,
      epoch: 0,
      single: start.single ?? false,
      checkpoint,
      observer: {
        step: (kind, a, b, c, ref) => {
          this.steps.push({ kind, a, b, c, ref });
          if (kind === STEP_ENTRY) this.entries.push(ref as AppliedEntry);
        },
      },
      listener: {
        checkpointFlushed: (flushed) => {
          this.checkpoints.push(flushed);
          this.machine.checkpointDurable(flushed);
        },
        syncCompleted: (target) => {
          this.completed.push(target);
          this.checkpoints.push(target);
          this.machine.checkpointDurable(target);
        },
        syncRefuted: (target) => this.refuted.push(target),
        storageFailed: (reason) => this.failures.push(reason),
      },
    });
  }

  get checkpoint(): Checkpoint {
    return this.checkpoints.at(-1)!;
  }

  get state(): readonly number[] {
    return [this.machine.stateHashA, this.machine.stateHashB];
  }

  kinds(kind: number): Step[] {
    return this.steps.filter((step) => step.kind === kind);
  }

  /** Completes every sync that was asked for. */
  flush(): void {
    while (this.disk.pendingTickets.length > 0) {
      const { ticket, status } = this.disk.completeSync();
      this.machine.synced(ticket, status);
    }
  }

  /** Applies one op; the code of the step that did not get on, or `APPLY_DONE`. */
  apply(prepare: Prepare): number {
    this.machine.begin(prepare);
    return this.resume(prepare.header.checksum);
  }

  resume(head: Hash128): number {
    let code = APPLY_MORE;
    while (code === APPLY_MORE || this.#waitsForSync(code)) {
      code = this.machine.step(this.limits.applyBudget);
    }
    if (code !== APPLY_DONE) return code;
    if (this.machine.commit % this.limits.checkpointInterval === 0) {
      this.machine.checkpoint(head);
      if (this.automatic) this.flush();
    }
    return code;
  }

  /** Completes a sync when an op waits until the disk has taken what memory holds. */
  #waitsForSync(code: number): boolean {
    if (code !== APPLY_STALLED || this.machine.retrying) return false;
    if (this.disk.pendingTickets.length === 0) return false;
    const { ticket, status } = this.disk.completeSync();
    this.machine.synced(ticket, status);
    return true;
  }

  /** Applies all ops above its own commit, repairing from `peer` when a step needs it. */
  follow(prepares: readonly Prepare[], peer?: TestMachine): void {
    for (const prepare of prepares) {
      if (prepare.header.op !== this.machine.commit + 1) continue;
      let code = this.apply(prepare);
      for (let tries = 0; code !== APPLY_DONE; tries += 1) {
        assert(peer !== undefined && tries < 50, 'a step that needs something gets it');
        this.repairFrom(peer);
        code = this.resume(prepare.header.checksum);
      }
    }
    if (this.automatic) this.flush();
  }

  /** One round of repair. Returns how many units were used. */
  repairFrom(peer: TestMachine, max = 4): number {
    const wanted: Unit[] = [];
    const count = this.machine.wanted(wanted, max);
    let used = 0;
    for (let i = 0; i < count; i += 1) {
      const bytes = peer.machine.serve(wanted[i]!);
      if (bytes !== null && this.machine.supply(wanted[i]!, bytes)) used += 1;
    }
    if (this.automatic) this.flush();
    return used;
  }

  /** Replaces the state by the peer's checkpoint. */
  syncFrom(peer: TestMachine, target: Checkpoint): void {
    this.machine.syncBegin(target);
    if (this.automatic) this.flush();
    for (let rounds = 0; this.machine.syncing; rounds += 1) {
      assert(rounds < 1000, 'a sync from a willing peer ends');
      this.repairFrom(peer);
    }
  }

  /** Every tour of the scrubber finds what there is; repairs it; and then finds nothing. */
  scrubFrom(peer: TestMachine): void {
    for (let tours = 0; tours < 3; tours += 1) {
      const from = this.machine.scrubTours;
      for (let i = 0; this.machine.scrubTours === from; i += 1) {
        assert(i < 10_000, 'a tour ends');
        this.machine.scrub(3);
        while (this.repairFrom(peer) > 0);
      }
    }
  }

  /** The machine as a restart finds it on this disk. */
  restarted(disk: MemoryDisk): TestMachine {
    return new TestMachine({ disk, checkpoint: this.checkpoint, limits: this.limits });
  }

  /** All bytes of all files, as the node reads them. */
  files(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of this.disk.list('tenants/')) {
      found[name] = Buffer.from(this.disk.bytes(name)).toString('hex');
    }
    return found;
  }
}
