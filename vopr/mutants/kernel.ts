/**
 * Planted bugs of the kernel, of the permanent entry and its chain, and of the cluster's clock.
 */
import type { Mutant } from './mutant.ts';

const KERNEL = 'core/kernel/kernel.ts';
const ENTRY = 'core/kernel/entry.ts';
const CLOCK = 'core/vsr/clock.ts';

export const CHAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'entry-hash-omits-predecessor',
    layer: 'chain',
    invariant: 'chain',
    story: 'the hash covers the header as it was before the predecessor was put in',
    file: ENTRY,
    find: 'hash.sha256Into(out, 0, ENTRY_AT_HASH, out, ENTRY_AT_HASH);',
    replace: 'hash.sha256Into(out, 0, ENTRY_AT_PREVIOUS, out, ENTRY_AT_HASH);',
  },
  {
    name: 'entry-hash-omits-timestamp',
    layer: 'chain',
    invariant: 'chain',
    story: 'a field that was added later is written after the hash was taken',
    file: ENTRY,
    find: 'hash.sha256Into(out, 0, ENTRY_AT_HASH, out, ENTRY_AT_HASH);',
    replace: `writeU64(out, 56, 0);
  hash.sha256Into(out, 0, ENTRY_AT_HASH, out, ENTRY_AT_HASH);
  writeU64(out, 56, prepare.timestamp);`,
  },
  {
    name: 'entry-chains-to-the-system-log',
    layer: 'chain',
    invariant: 'chain',
    story: 'the wrong previous: the head of the log written last, not of this tenant’s',
    file: 'core/node/state-machine.ts',
    find: 'const previous = this.#logs.head(logTenant);',
    replace: 'const previous = this.#logs.head(0);',
  },
];

export const KERNEL_MUTANTS: readonly Mutant[] = [
  {
    name: 'failure-logged-at-its-tenant',
    layer: 'kernel',
    invariant: 'tenant-isolation',
    story: 'tenant mix-up: the entry of a refused request goes where the request wanted to go',
    file: KERNEL,
    find: 'return this.#buildFailure(prepare, operation.STATUS_UNKNOWN_TENANT, 0);',
    replace: 'return this.#buildFailure(prepare, operation.STATUS_UNKNOWN_TENANT, header.tenant);',
  },
  {
    name: 'expected-position-at-least',
    layer: 'kernel',
    invariant: 'linearizable',
    story: 'a stream that is longer than expected holds what the client expects',
    file: KERNEL,
    find: 'expected !== this.#streamLength) {',
    replace: 'expected > this.#streamLength) {',
  },
  {
    name: 'budget-ends-the-append',
    layer: 'kernel',
    invariant: 'linearizable',
    story: 'when the budget is used up the events seen so far are the append',
    file: KERNEL,
    find: 'if (seen >= 0 && seen < this.#append.eventCount) return STEP_MORE;',
    replace: '',
  },
  {
    name: 'stream-prefix-shared',
    layer: 'kernel',
    invariant: 'linearizable',
    story: 'stream names are padded in the key: the last byte is cut off',
    file: 'core/kernel/records.ts',
    find: 'return 1 + nameBytes;',
    replace: 'return Math.min(1 + nameBytes, 2);',
  },
];

export const CLOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'own-clock-not-clamped',
    layer: 'clock',
    invariant: 'clock-monotone',
    story: 'timestamp from the wrong clock: agreement is checked, and the own reading is used',
    file: CLOCK,
    find: 'if (realtime < earliest) return earliest;\n    return realtime > latest ? latest : realtime;',
    replace: 'return realtime;',
  },
  {
    name: 'own-clock-clamped-below-only',
    layer: 'clock',
    invariant: 'clock-monotone',
    story: 'time must not run backwards; that it runs ahead was not thought of',
    file: CLOCK,
    find: 'return realtime > latest ? latest : realtime;',
    replace: 'return realtime;',
  },
  {
    name: 'alone-with-its-clock',
    layer: 'clock',
    invariant: 'clock-monotone',
    story: 'a replica always agrees with itself, so one more is a majority of what it knows',
    file: CLOCK,
    find: 'this.majority = (replicaCount >> 1) + 1;',
    replace: 'this.majority = replicaCount >> 1;',
  },
  {
    name: 'timestamps-do-not-increase',
    layer: 'clock',
    invariant: 'clock-monotone',
    story: 'the agreed clock is good enough: two ops in one microsecond do not happen',
    file: CLOCK,
    find: 'return agreed > previous ? agreed : previous + 1;',
    replace: 'return agreed;',
  },
  {
    name: 'clock-samples-never-expire',
    layer: 'clock',
    invariant: 'clock-monotone',
    story: 'monotonic clocks do not drift, so a sample is good for ever',
    file: CLOCK,
    find: 'return sentAt !== NO_SAMPLE && monotonic - sentAt <= this.limits.clockSampleMicros;',
    replace: 'return sentAt !== NO_SAMPLE && monotonic >= sentAt;',
  },
];
