/**
 * The tables of `docs/vopr.md`, from the code: faults with their classes, invariants with their
 * planted bugs, marks, violations of the simulator itself, excuses, and the timeline's letters.
 */
import { MARKS } from '../../../core/marks.ts';
import { INVARIANTS } from '../../../invariants/index.ts';
import { KIMBERLITE_EXCUSES } from '../../kimberlite/excuses.ts';
import { MUTANTS } from '../../mutants/catalogue.ts';
import { GENERIC_EXCUSES } from '../../sim/excuses.ts';
import { BEYOND, FAIL_STOP, FAULTS } from '../../sim/faults.ts';
import type { FaultName } from '../../sim/faults.ts';
import { SIMULATOR_VIOLATIONS } from '../../sim/verdict.ts';
import { KIMBERLITE_BED } from '../bed.ts';
import { legendOf } from '../timeline.ts';

/** What counts as delivered, in a few words. */
const FAULT_WORDS: Readonly<Record<FaultName, string>> = {
  delay: 'a message took longer than the least',
  loss: 'a message to a live process vanished',
  duplicate: 'a message arrived twice',
  reorder: 'a message overtook another on its link',
  corrupt_message: 'a byte of a message was changed on the way',
  replay_message: 'a message sent long ago arrived once more',
  partition: 'a message met a cut between two sides',
  isolate: 'a message met a cut around one node',
  one_way: 'a message met a cut that lets the other direction through',
  clog: 'a message was held up until its link gave way',
  slow_link: 'a message met a link twelve times slower',
  large_fail: 'a message was too large for its link; small ones pass',
  sector_error: 'a read met a sector that cannot be read',
  bit_rot: 'a read met single changed bytes',
  sector_rot: 'a read met a sector of noise',
  misdirected_read: 'a read returned another place of the file',
  misdirected_write: 'a read met a sector that was written elsewhere, or over',
  lost_write: 'a power cut undid unsynced writes',
  torn_write: 'a power cut kept some sectors of a file and lost others',
  garbage_write: 'a power cut turned unsynced sectors to noise',
  failed_sync: 'a sync reported failure',
  write_error: 'a write was refused (EIO)',
  no_space: 'a write found the disk full (ENOSPC)',
  short_write: 'a write stored a prefix',
  slow_disk: 'a sync took far longer',
  lying_sync: 'a sync reported success and stored nothing',
  rollback: 'a whole file came back as it once was',
  crash: 'a running process ended; the page cache survived',
  power_cut: 'a running process ended and unsynced sectors met their fate',
  crash_in_write: 'a process ended in the middle of a write',
  crash_loop: 'a process crashed again soon after it started',
  pause: 'a process stood still while the clocks ran on',
  slow_node: 'every input cost a node time',
  late_flush: 'an input came before the inputs of the same turn were flushed',
  other_release: 'a process of an older release was started first, and had to refuse',
  traitor: 'an honest node was sent a forged message, or denied one',
  clock_offset: 'a wall clock started wrong',
  clock_drift: 'a wall clock ran fast or slow',
  clock_back: 'a wall clock jumped back',
  clock_forward: 'a wall clock jumped ahead',
  clock_frozen: 'a wall clock stood still',
  clocks_wrong: 'most wall clocks were wrong',
  client_crash: 'a client forgot everything after sending',
  client_retry: 'a client sent an answered request again',
  client_duplicate: 'a client sent two requests under one number',
  client_abandon: 'a client left its session and registered anew',
  client_flood: 'a client sent one request many times to everybody',
  replaced_disk: 'a replica came back with an empty disk',
};

function className(of: number): string {
  return of === BEYOND ? 'beyond the model' : of === FAIL_STOP ? 'fail-stop' : 'tolerated';
}

/** Section name → table. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  faults: () =>
    table(
      ['fault', 'layer', 'class', 'delivered when'],
      FAULTS.map(({ name, layer, class: of }) => [
        `\`${name}\``,
        layer,
        className(of),
        FAULT_WORDS[name],
      ]),
    ),
  invariants: () =>
    table(
      ['invariant', 'holds when', 'off under', 'planted bugs'],
      INVARIANTS.map(({ name, holds, suspendedBy }) => [
        `\`${name}\``,
        holds,
        suspendedBy?.join(', ') ?? '',
        String(MUTANTS.filter(({ invariant }) => invariant === name).length),
      ]),
    ),
  noticed: () =>
    table(
      ['violation', 'means that'],
      Object.entries(SIMULATOR_VIOLATIONS).map(([name, means]) => [`\`${name}\``, means]),
    ),
  excuses: () =>
    table(
      ['excuse', 'because'],
      [...GENERIC_EXCUSES, ...KIMBERLITE_EXCUSES].map((e) => [`\`${e.name}\``, e.because]),
    ),
  marks: () => `${MARKS.map((mark) => `\`${mark}\``).join(' · ')}\n`,
  legend: () =>
    table(
      ['letter', 'the node is'],
      Object.entries(legendOf(KIMBERLITE_BED.words)).map(([letter, meaning]) => [
        `\`${letter}\``,
        meaning,
      ]),
    ),
};

/** The document with each `<!-- generated: NAME -->` … `<!-- end -->` section made anew. */
export function regenerate(document: string): string {
  const parts = document.split(/(<!-- generated: \w+ -->\n)[\s\S]*?(<!-- end -->)/);
  const known = Object.keys(SECTIONS);
  const seen: string[] = [];
  const out = parts.map((part) => {
    const name = /^<!-- generated: (\w+) -->\n$/.exec(part)?.[1];
    if (name === undefined) return part;
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`no section is called ${name}`);
    seen.push(name);
    return `${part}\n${section()}\n`;
  });
  const missing = known.filter((name) => !seen.includes(name));
  if (missing.length > 0) throw new Error(`the guide lacks ${missing.join(', ')}`);
  return out.join('');
}

/** A Markdown table with aligned columns, as the formatter leaves it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => columns(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`;
  return line(cells[0] ?? []) + rule + cells.slice(1).map(line).join('');
}

/** Characters, as the formatter counts them. */
function columns(text: string): number {
  return Array.from(text).length;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}
