/**
 * Planted bugs of the tenants' permanent logs.
 */
import type { Mutant } from './mutant.ts';

const LOG = 'core/storage/tenant-log.ts';
const LOGS = 'core/node/state-machine-logs.ts';

export const TENANT_LOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'checkpoint-leaves-log-unpadded',
    layer: 'tenant-log',
    invariant: 'state-equality',
    story: 'padding wastes half a sector a tenant and checkpoint; appends continue where they were',
    file: LOG,
    find: 'const padded = this.#align(this.#end);',
    replace: 'const padded = this.#end;',
  },
  {
    name: 'failed-log-sync-counts',
    layer: 'tenant-log',
    invariant: 'state-equality',
    story: 'a completed sync is taken off the list, whatever its status',
    file: 'core/storage/tenant-log-sync.ts',
    find: 'if (status !== IO_OK) this.#unproven.add(segment);',
    replace: '',
  },
  {
    name: 'checkpoint-ignores-log-syncs',
    layer: 'tenant-log',
    invariant: 'state-equality',
    story: 'the pages are what a checkpoint is made of; the logs are written at every commit',
    file: 'core/node/state-machine.ts',
    find: 'if (!this.#store.durable || !this.#logs.durable) {',
    replace: 'if (!this.#store.durable) {',
  },
  {
    name: 'last-log-served-to-all',
    layer: 'tenant-log',
    invariant: 'tenant-isolation',
    story: 'the log used last is remembered; that it is another tenant’s was not thought of',
    file: LOGS,
    find: 'if (this.#last !== null && this.#last.tenant === tenant) return this.#last;',
    replace: 'if (this.#last !== null) return this.#last;',
  },
  {
    name: 'seal-forgets-before-restart',
    layer: 'tenant-log',
    invariant: 'storage-equality',
    story: 'a segment’s tree grows with every append; a restart begins a new tree',
    file: 'core/storage/tenant-log-segment.ts',
    find: 'if (tree.leaves === this.count) tree.append(hash, 0);',
    replace: 'tree.append(hash, 0);',
  },
];
