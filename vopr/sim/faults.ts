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

const FAULT_NAMES = [
  'delay',
  'loss',
  'duplicate',
  'reorder',
  'corrupt_message',
  'replay_message',
  'partition',
  'isolate',
  'one_way',
  'clog',
  'slow_link',
  'large_fail',
  'sector_error',
  'bit_rot',
  'sector_rot',
  'misdirected_read',
  'misdirected_write',
  'lost_write',
  'torn_write',
  'garbage_write',
  'failed_sync',
  'write_error',
  'no_space',
  'short_write',
  'slow_disk',
  'lying_sync',
  'rollback',
  'crash',
  'power_cut',
  'crash_in_write',
  'crash_loop',
  'pause',
  'slow_node',
  'late_flush',
  'other_release',
  'traitor',
  'clock_offset',
  'clock_drift',
  'clock_back',
  'clock_forward',
  'clock_frozen',
  'clocks_wrong',
  'client_crash',
  'client_retry',
  'client_duplicate',
  'client_abandon',
  'client_flood',
  'replaced_disk',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

export type FaultLayer = 'network' | 'disk' | 'process' | 'clock' | 'client' | 'operator';

export interface Fault {
  readonly name: FaultName;
  readonly layer: FaultLayer;
  /** `TOLERATED`, `FAIL_STOP` or `BEYOND`. */
  readonly class: number;
}

/** The names above stand in the order of their layers; each layer by its first name. */
const LAYER_STARTS: readonly (readonly [FaultName, FaultLayer])[] = [
  ['delay', 'network'],
  ['sector_error', 'disk'],
  ['crash', 'process'],
  ['clock_offset', 'clock'],
  ['client_crash', 'client'],
  ['replaced_disk', 'operator'],
];
const FAIL_STOPS: readonly FaultName[] = [
  'failed_sync',
  'write_error',
  'no_space',
  'short_write',
  'other_release',
];
const BEYONDS: readonly FaultName[] = ['lying_sync', 'rollback', 'traitor', 'clocks_wrong'];

/** All kinds; a fault's index in this array is its integer. */
export const FAULTS: readonly Fault[] = describe();
export const FAULT_COUNT: number = FAULT_NAMES.length;

function describe(): Fault[] {
  let layer: FaultLayer = 'network';
  return FAULT_NAMES.map((name) => {
    layer = LAYER_STARTS.find(([first]) => first === name)?.[1] ?? layer;
    const stops = FAIL_STOPS.includes(name) ? FAIL_STOP : TOLERATED;
    return { name, layer, class: BEYONDS.includes(name) ? BEYOND : stops };
  });
}

const indexes = new Map<string, number>(FAULT_NAMES.map((name, index) => [name, index]));

/** The integer of a fault kind; look it up once, at module load. */
export function faultIndex(name: FaultName): number {
  const index = indexes.get(name);
  assert(index !== undefined, 'every name of the type is in the table');
  return index;
}

export function isFaultName(name: string): name is FaultName {
  return indexes.has(name);
}

const WEATHER_END = faultIndex('reorder');

/**
 * Delay, loss, duplication and reordering: the weather, which a run's count of faults leaves out.
 */
export function isWeather(index: number): boolean {
  return index <= WEATHER_END;
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
