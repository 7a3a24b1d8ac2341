/**
 * The registry of fault kinds: their names, classes, and how many of each were *delivered*.
 *
 * Delivered means that a node's input differed because of the fault: the bad sector was read, the
 * message would have reached a live node, the crash hit a running process. A fault that was only
 * drawn, or that struck where nobody looked, counts nothing.
 *
 * Cost: one array increment a delivery.
 */
import { assert } from '../../core/types/assert.ts';

/** Every invariant holds, within the atlas. */
export const TOLERATED = 0;
/** The node must refuse or report, and may stop. */
export const FAIL_STOP = 1;
/** Outside what any protocol of this kind promises: scenarios only. */
export const BEYOND = 2;

interface Kind {
  readonly name: string;
  readonly layer: 'network' | 'disk' | 'process' | 'clock' | 'client' | 'operator';
  readonly class: typeof TOLERATED | typeof FAIL_STOP | typeof BEYOND;
}

const KINDS = [
  { name: 'delay', layer: 'network', class: TOLERATED },
  { name: 'loss', layer: 'network', class: TOLERATED },
  { name: 'duplicate', layer: 'network', class: TOLERATED },
  { name: 'reorder', layer: 'network', class: TOLERATED },
  { name: 'corrupt_message', layer: 'network', class: TOLERATED },
  { name: 'replay_message', layer: 'network', class: TOLERATED },
  { name: 'partition', layer: 'network', class: TOLERATED },
  { name: 'isolate', layer: 'network', class: TOLERATED },
  { name: 'one_way', layer: 'network', class: TOLERATED },
  { name: 'clog', layer: 'network', class: TOLERATED },
  { name: 'slow_link', layer: 'network', class: TOLERATED },
  { name: 'large_fail', layer: 'network', class: TOLERATED },
  { name: 'sector_error', layer: 'disk', class: TOLERATED },
  { name: 'bit_rot', layer: 'disk', class: TOLERATED },
  { name: 'sector_rot', layer: 'disk', class: TOLERATED },
  { name: 'misdirected_read', layer: 'disk', class: TOLERATED },
  { name: 'misdirected_write', layer: 'disk', class: TOLERATED },
  { name: 'lost_write', layer: 'disk', class: TOLERATED },
  { name: 'torn_write', layer: 'disk', class: TOLERATED },
  { name: 'garbage_write', layer: 'disk', class: TOLERATED },
  { name: 'failed_sync', layer: 'disk', class: FAIL_STOP },
  { name: 'write_error', layer: 'disk', class: FAIL_STOP },
  { name: 'no_space', layer: 'disk', class: FAIL_STOP },
  { name: 'short_write', layer: 'disk', class: FAIL_STOP },
  { name: 'slow_disk', layer: 'disk', class: TOLERATED },
  { name: 'lying_sync', layer: 'disk', class: BEYOND },
  { name: 'rollback', layer: 'disk', class: BEYOND },
  { name: 'crash', layer: 'process', class: TOLERATED },
  { name: 'power_cut', layer: 'process', class: TOLERATED },
  { name: 'crash_in_write', layer: 'process', class: TOLERATED },
  { name: 'crash_loop', layer: 'process', class: TOLERATED },
  { name: 'pause', layer: 'process', class: TOLERATED },
  { name: 'slow_node', layer: 'process', class: TOLERATED },
  { name: 'other_release', layer: 'process', class: FAIL_STOP },
  { name: 'clock_offset', layer: 'clock', class: TOLERATED },
  { name: 'clock_drift', layer: 'clock', class: TOLERATED },
  { name: 'clock_back', layer: 'clock', class: TOLERATED },
  { name: 'clock_forward', layer: 'clock', class: TOLERATED },
  { name: 'clock_frozen', layer: 'clock', class: TOLERATED },
  { name: 'clocks_wrong', layer: 'clock', class: BEYOND },
  { name: 'client_crash', layer: 'client', class: TOLERATED },
  { name: 'client_retry', layer: 'client', class: TOLERATED },
  { name: 'client_duplicate', layer: 'client', class: TOLERATED },
  { name: 'client_abandon', layer: 'client', class: TOLERATED },
  { name: 'client_flood', layer: 'client', class: TOLERATED },
  { name: 'replaced_disk', layer: 'operator', class: TOLERATED },
] as const satisfies readonly Kind[];

export type FaultName = (typeof KINDS)[number]['name'];

/** All kinds; a fault's index in this array is its integer. */
export const FAULTS: readonly (Kind & { readonly name: FaultName })[] = KINDS;
export const FAULT_COUNT: number = KINDS.length;

const indexes = new Map<string, number>(KINDS.map((kind, index) => [kind.name, index]));

/** The integer of a fault kind; look it up once, at module load. */
export function faultIndex(name: FaultName): number {
  const index = indexes.get(name);
  assert(index !== undefined, 'every name of the type is in the table');
  return index;
}

export function isFaultName(name: string): name is FaultName {
  return indexes.has(name);
}

/** Delay, loss, duplication and reordering: the weather, which a run's count of faults leaves out. */
export function isWeather(index: number): boolean {
  return index <= faultIndex('reorder');
}

/** How many of each kind were delivered in this run. Pooled: `reset` between runs. */
export class FaultCounts {
  readonly counts: Uint32Array = new Uint32Array(FAULT_COUNT);

  reset(): void {
    this.counts.fill(0);
  }

  /** One fault of this kind has changed a node's input. */
  delivered(fault: number): void {
    this.counts[fault] = (this.counts[fault] as number) + 1;
  }

  of(name: FaultName): number {
    return this.counts[faultIndex(name)] as number;
  }

  /** Delivered faults besides weather. */
  total(): number {
    let sum = 0;
    for (let i = 0; i < FAULT_COUNT; i++) if (!isWeather(i)) sum += this.counts[i] as number;
    return sum;
  }

  /** Kinds besides weather that were delivered at least once. */
  kinds(): number {
    let sum = 0;
    for (let i = 0; i < FAULT_COUNT; i++) if (!isWeather(i) && this.counts[i] !== 0) sum += 1;
    return sum;
  }

  /** Kinds delivered at least once, by name; allocates. */
  toObject(): Record<string, number> {
    const out: Record<string, number> = {};
    for (let i = 0; i < FAULT_COUNT; i++) {
      const count = this.counts[i] as number;
      if (count !== 0) out[FAULTS[i]!.name] = count;
    }
    return out;
  }
}
