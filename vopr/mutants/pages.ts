/**
 * Planted bugs of the store: pages, allocation, the running state hash; and of checkpoints.
 */
import type { Mutant } from './mutant.ts';

const ALLOCATOR = 'core/store/allocator.ts';
const STORE = 'core/store/paged-store.ts';
const PAGE_FILE = 'core/store/page-file.ts';
const CHECKPOINT = 'core/vsr/checkpoint.ts';
const MACHINE = 'core/node/state-machine.ts';

export const PAGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'page-reused-one-checkpoint-early',
    layer: 'pages',
    invariant: 'convergence',
    story: 'a page that the newest state no longer uses is free',
    file: ALLOCATOR,
    find: 'this.#superseded.push(page);',
    replace: 'this.#pages.push(page);\n    this.#tags.push(0);',
  },
  {
    name: 'page-reuse-follows-own-restart',
    layer: 'pages',
    invariant: 'storage-equality',
    story: 'the free list is a cache: a restart may begin with an empty one and grow the file',
    file: ALLOCATOR,
    find: 'this.#pages.push(readU32(bytes, at));\n        this.#tags.push(tag);',
    replace: '',
  },
  {
    name: 'page-checksum-not-checked',
    layer: 'pages',
    invariant: 'crash',
    story: 'the device corrects errors, and a page that reads without an error is good',
    file: STORE,
    find: `if (file.read(page, into) && isPage(into, tenant, page, checksum, this.#hash)) return true;
    if (!file.rewrite(page)) return false;`,
    replace: `if (file.read(page, into)) return true;
    if (!file.rewrite(page)) return false;`,
  },
  {
    name: 'state-hash-omits-deletes',
    layer: 'pages',
    invariant: 'storage-equality',
    story: 'a deleted record is gone: there is nothing left to hash',
    file: 'core/store/tree.ts',
    find: `this.#foldOut(nodes[depth]!, ~indexes[depth]!);
    this.#drop(`,
    replace: 'this.#drop(',
  },
  {
    name: 'path-outlives-a-split',
    layer: 'pages',
    invariant: 'state-equality',
    story: 'a path is told by its leaf: what became of the nodes above does not matter',
    file: 'core/store/tree.ts',
    find: `this.#shape += 1;
    const at = right.cells[0]!;`,
    replace: 'const at = right.cells[0]!;',
  },
  {
    name: 'failed-page-sync-counts',
    layer: 'pages',
    invariant: 'storage-equality',
    story: 'a sync that completed has done what it could',
    file: PAGE_FILE,
    find: 'for (const kept of this.#kept.values()) this.#put(kept);\n    } else {',
    replace: 'this.#release();\n    } else {',
  },
  {
    name: 'page-written-during-sync-counts',
    layer: 'pages',
    invariant: 'storage-equality',
    story: 'stale completion: whatever is written when a sync ends is taken to be covered by it',
    file: PAGE_FILE,
    find: 'if (!kept.written || kept.sequence > this.#covers) continue;',
    replace: 'if (!kept.written) continue;',
  },
];

export const CHECKPOINT_MUTANTS: readonly Mutant[] = [
  {
    name: 'checkpoint-announced-before-sync',
    layer: 'checkpoint',
    invariant: 'storage-equality',
    story:
      'the pages are written and the sync is under way: the superblock may be written meanwhile',
    file: MACHINE,
    find: 'if (this.#flush !== null && this.#store.checkpointDurable && this.#logs.durable) {',
    replace: 'if (this.#flush !== null) {',
    scenario: 'checkpoint-waits-for-its-files',
  },
  {
    name: 'checkpoint-counts-when-flushed',
    layer: 'checkpoint',
    invariant: 'superblock',
    story: 'all files are durable, so the checkpoint is; the superblock catches up',
    file: CHECKPOINT,
    find: 'r.superblock.update({ ...r.superblock.staged, checkpoint, syncTarget: null });',
    replace: `r.superblock.update({ ...r.superblock.staged, checkpoint, syncTarget: null });
  adoptCheckpoint(r, checkpoint);
  r.machine.checkpointDurable(checkpoint);`,
  },
  {
    name: 'ack-beyond-own-checkpoint',
    layer: 'checkpoint',
    invariant: 'journal-evidence',
    story: 'what is durable can be acknowledged; how old the own checkpoint is does not matter',
    file: 'core/vsr/log.ts',
    find: 'return r.s.durableUpTo < horizon ? r.s.durableUpTo : horizon;',
    replace: 'return r.s.durableUpTo;',
  },
  {
    name: 'cluster-checkpoint-rounded-down',
    layer: 'checkpoint',
    invariant: 'convergence',
    story: 'rounding down is the safe side: never claim a checkpoint that a quorum may lack',
    file: 'core/vsr/log.ts',
    find: 'return Math.ceil(floor / checkpointInterval) * checkpointInterval;',
    replace: 'return Math.floor(floor / checkpointInterval) * checkpointInterval;',
  },
  {
    name: 'cluster-checkpoint-forgets-pipeline',
    layer: 'checkpoint',
    invariant: 'journal-evidence',
    story: 'a commit proves the checkpoint that is one ring behind: the pipeline is forgotten',
    file: 'core/vsr/log.ts',
    find: 'const floor = commit - journalSlots + pipelineMax;',
    replace: 'const floor = commit - journalSlots + 2 * pipelineMax + checkpointInterval;',
  },
];
