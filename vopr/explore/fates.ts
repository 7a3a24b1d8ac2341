/**
 * What a power cut may leave of one disk: each unsynced *write* as a whole is old or new. Variant
 * 1 loses all of them, variant 2 none; the others are the subsets in between, or, where the writes
 * are more than `SUBSETS_OF`, only those that lose or keep a single one.
 */
import type { Choice, Choices } from '../sim/choose.ts';
import type { SimDisk } from '../sim/disk.ts';
import { SECTOR_DIRTY } from '../sim/file.ts';
import type { SimFile } from '../sim/file.ts';
import { fold } from '../sim/mix.ts';
import { cutPower, fateTable } from '../sim/power.ts';

/** All subsets of up to so many unsynced writes are tried. */
const SUBSETS_OF = 3;
const FATES = fateTable(8, 0);
const OLD = 1;

/** The sectors of one write that no sync has made durable. */
interface Write {
  readonly file: SimFile;
  readonly sectors: number[];
}

/** In how many ways the power can be cut: 0 where it would be no different from a mere crash. */
export function powerCuts(disk: SimDisk): number {
  const count = unsyncedWrites(disk).length;
  if (count === 0) return disk.names.unsynced > 0 ? 1 : 0;
  return count <= SUBSETS_OF ? 1 << count : 2 + 2 * count;
}

export function cut(disk: SimDisk, choices: Choices, variant: number): void {
  const lost = lostBy(unsyncedWrites(disk), variant);
  const answers: Choice[] = [];
  const answer = (site: Choice['site'], subject: number): void => {
    answers.push({ site, actor: disk.node, subject, occurrence: 0, answer: OLD });
  };
  for (const { file, sectors } of lost) {
    for (const sector of sectors) answer('sector_fate', fold(file.nameHash, sector));
    if (variant === 1) answer('size_fate', file.nameHash);
  }
  choices.overridden(0, answers, false);
  cutPower(disk, FATES);
}

function unsyncedWrites(disk: SimDisk): readonly Write[] {
  const writes: Write[] = [];
  for (let i = 0; i < disk.fileCount; i++) {
    const file = disk.files[i] as SimFile;
    const bySequence: Map<number, number[]> = new Map();
    for (let p = 0; p < file.pendingCount; p++) {
      const sector = file.pending[p] as number;
      if (((file.flags[sector] as number) & SECTOR_DIRTY) === 0) continue;
      const sequence = file.written[sector] as number;
      const sectors = bySequence.get(sequence);
      if (sectors === undefined) bySequence.set(sequence, [sector]);
      else sectors.push(sector);
    }
    // By place, not by sequence: the same disk has the same variants however it came about.
    const groups = [...bySequence.values()];
    for (const sectors of groups) sectors.sort((x, y) => x - y);
    groups.sort((x, y) => (x[0] as number) - (y[0] as number));
    for (const sectors of groups) writes.push({ file, sectors });
  }
  return writes;
}

function lostBy(writes: readonly Write[], variant: number): readonly Write[] {
  const { length } = writes;
  if (length <= SUBSETS_OF) {
    // Variant 1 is the full set: the worst comes first.
    const mask = (1 << length) - variant;
    return writes.filter((_, i) => (mask & (1 << i)) !== 0);
  }
  if (variant === 1) return writes;
  if (variant === 2) return [];
  const which = (variant - 3) >> 1;
  const single = (variant - 3) % 2 === 0;
  return writes.filter((_, i) => (i === which) === single);
}
