/**
 * Planted bugs of the superblock's four copies, and of securing what an opening has read.
 */
import type { Mutant } from './mutant.ts';

const SUPERBLOCK = 'core/storage/superblock.ts';
const OPEN = 'core/storage/superblock-open.ts';
const SECURE = 'core/storage/secure.ts';

export const SUPERBLOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'durable-after-three-copies',
    layer: 'superblock',
    invariant: 'superblock',
    story: 'off by one: the loop over the copies ends before the last',
    file: SUPERBLOCK,
    find: 'this.#copy++;\n    if (this.#copy < SUPERBLOCK_COPIES)',
    replace: 'this.#copy++;\n    if (this.#copy + 1 < SUPERBLOCK_COPIES)',
  },
  {
    name: 'durable-after-first-copy',
    layer: 'superblock',
    invariant: 'superblock',
    story: 'one synced copy is durable; the other three are redundancy and can follow',
    file: SUPERBLOCK,
    find: 'this.#copy++;\n    if (this.#copy < SUPERBLOCK_COPIES)',
    replace: `if (this.#copy === 0 && this.#writing !== null) {
      this.durable = this.#writing;
      this.#observer.step(STEP_SUPERBLOCK, this.#sequence, 0, 0, this.#writing);
      this.#listener.superblockDurable(this.#writing);
    }
    this.#copy++;
    if (this.#copy < SUPERBLOCK_COPIES)`,
  },
  {
    name: 'copies-under-one-sync',
    layer: 'superblock',
    invariant: 'refused',
    story: 'four copies in one write and one sync cost a quarter of the latency',
    file: SUPERBLOCK,
    find: 'this.#copy = 0;\n    this.#writeCopy();',
    replace: `for (this.#copy = 0; this.#copy < SUPERBLOCK_COPIES - 1; this.#copy++) {
      setSuperblockCopy(this.#image, this.#copy);
      const at = this.#copy * this.#copyBytes;
      this.#disk.write(this.#file, at, this.#image, 0, this.#copyBytes);
    }
    this.#writeCopy();`,
  },
  {
    name: 'first-valid-copy-believed',
    layer: 'superblock',
    invariant: 'superblock',
    story: 'all copies say the same, so the first whose checksum holds will do',
    file: OPEN,
    find: `if (!vouchedFor(copy, i, copies)) continue;
    if (best === null || copy.sequence > best.sequence) best = copy;`,
    replace: 'best ??= copy;',
    scenario: 'superblock-misdirected-copy',
  },
  {
    name: 'oldest-waiting-state-kept',
    layer: 'superblock',
    invariant: 'convergence',
    story: 'while an update is in flight the next one waits its turn: first come, first served',
    file: SUPERBLOCK,
    find: 'if (this.#writing !== null) this.#waiting = state;',
    replace: 'if (this.#writing !== null) this.#waiting ??= state;',
  },
  {
    name: 'slots-rewritten-without-side-file',
    layer: 'securing',
    invariant: 'no-silent-loss',
    story: 'the slots are on disk already; copying them aside first doubles the work of every open',
    file: SECURE,
    find: 'if (this.#stage === STAGE_SIDE && this.#own.length === 0) this.#stage++;',
    replace: 'if (this.#stage === STAGE_SIDE) this.#stage++;',
    scenario: 'power-cut-while-securing',
  },
  {
    name: 'opened-slots-not-secured',
    layer: 'securing',
    invariant: 'journal-evidence',
    story: 'what a restart reads from the journal is on the disk: where else could it come from?',
    file: SECURE,
    find: 'this.#collect();\n',
    replace: '',
  },
];
