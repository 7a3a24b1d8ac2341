/**
 * A recorded choice as a sentence: `drop prepare of op 4 (view 1) from r0 to r2`.
 *
 * The switch follows the places in `vopr/sim` that ask, and says as much as site, actor, subject
 * and answer determine. What only the moment decided (which message was the 40th) stays open.
 */
import type { Choice } from '../sim/choose.ts';
import type { Configuration, DiskConfiguration } from '../sim/configuration.ts';
import { FAULTS } from '../sim/faults.ts';
import { gapOf } from '../sim/gaps.ts';
import { PORTS } from '../sim/links.ts';
import { INPUT_LATE_FLUSH, INPUT_PAUSE } from '../sim/place.ts';
import {
  FATE_CORRUPT,
  FATE_DROP,
  FATE_DUPLICATE,
  FATE_LATE,
  LATE_RUNGS,
  RUNGS,
} from '../sim/network.ts';
import type { Glossary } from './glossary.ts';
import { millis, portWords } from './words.ts';

/** Only time passes differently, or nothing does: many in every run, and rarely looked for. */
export function isIncidental(choice: Choice, c: Configuration): boolean {
  const { site, answer } = choice;
  if (site === 'message') return answer < FATE_DROP || answer === FATE_LATE;
  if (site === 'client_fault') return clientFault(answer, c) === null;
  return site === 'sync_delay';
}

/** What a client does beyond its work, as `vopr/sim/clients.ts` draws it. */
function clientFault(answer: number, c: Configuration): string | null {
  const { kinds, faultPermille } = c.client;
  const above = answer - (1000 - faultPermille);
  return above < 0 ? null : (kinds[above % kinds.length] ?? null);
}

export function choiceWords(choice: Choice, c: Configuration, glossary: Glossary): string {
  const again = choice.occurrence === 0 ? '' : ` (occurrence ${choice.occurrence + 1})`;
  const words =
    networkWords(choice, c, glossary) ??
    diskWords(choice, c, glossary) ??
    processWords(choice, c) ??
    `${choice.site} of ${choice.actor}: ${choice.answer}`;
  return words + again;
}

function networkWords(choice: Choice, c: Configuration, glossary: Glossary): string | null {
  const { actor, subject, answer } = choice;
  const { network } = c;
  switch (choice.site) {
    case 'message': {
      const link = `from ${portWords(Math.floor(actor / PORTS))} to ${portWords(actor % PORTS)}`;
      const fate = fateWords(answer, network.delayScaleMicros);
      return `${fate} ${glossary.message(subject)} ${link}`;
    }
    case 'corrupt_at':
      return `flip a byte of that message on its way to ${portWords(actor)}`;
    case 'replay_gap':
      return `replay an old message after ${gapOf(answer, network.replayGap)} more sent`;
    case 'replay_which':
      return `the message replayed is number ${answer} of those remembered`;
    case 'link_gap':
      return `a link fault ${millis(gapOf(answer, network.linkGapMicros))} later`;
    case 'link_kind':
      return `that link fault is ${network.linkKinds[answer - 1] ?? 'none'}`;
    case 'link_sides':
      return `its sides are drawn from ${answer}`;
    case 'link_length':
      return `it lasts ${millis(gapOf(answer + 1, network.linkMicros))}`;
    case 'client_fault': {
      return `c${actor} at its operation ${subject}: ${clientFault(answer, c) ?? 'as usual'}`;
    }
    default:
      return null;
  }
}

function fateWords(fate: number, scale: number): string {
  if (fate === FATE_DROP) return 'drop';
  if (fate === FATE_DUPLICATE) return 'duplicate';
  if (fate === FATE_CORRUPT) return 'corrupt';
  return `delay by ${millis((RUNGS[fate] ?? LATE_RUNGS) * scale)}`;
}

/** Kinds of the gap in writes, as `vopr/sim/disk.ts` arms them. */
const WRITE_FAULTS: readonly (readonly [string, keyof DiskConfiguration | null])[] = [
  ['a sector goes bad', 'sectorErrorGap'],
  ['a bit rots', 'bitRotGap'],
  ['a sector rots', 'sectorRotGap'],
  ['the next sector written back goes astray', 'misdirectedWriteGap'],
  ['a write fails', 'writeErrorGap'],
  ['a write is cut short', 'shortWriteGap'],
  ['the disk is full for a while', 'noSpaceGap'],
  ['it crashes in the middle of a write', null],
];
const SYNC_FAULTS: readonly (readonly [string, keyof DiskConfiguration])[] = [
  ['a sync fails', 'failedSyncGap'],
  ['the disk is slow', 'slowDiskGap'],
];
const SECTOR_FATES = ['as written', 'as it was', 'as garbage'];

function diskWords(choice: Choice, c: Configuration, glossary: Glossary): string | null {
  const { actor, subject, answer } = choice;
  const { disk } = c;
  const node = `r${actor}`;
  switch (choice.site) {
    case 'write_gap': {
      const [what, gap] = WRITE_FAULTS[subject] ?? ['a fault', null];
      const mean = gap === null ? c.process.crashInWriteGap : Number(disk[gap]);
      return `on ${node}, ${what} after ${gapOf(answer, mean)} more writes`;
    }
    case 'sync_gap': {
      const [what, gap] = SYNC_FAULTS[subject] ?? ['a fault', 'failedSyncGap'];
      return `on ${node}, ${what} after ${gapOf(answer, Number(disk[gap]))} more syncs`;
    }
    case 'read_gap':
      return `on ${node}, a read goes astray after ${gapOf(answer, disk.misdirectedReadGap)} more`;
    case 'read_from':
      return `that read of ${node} in ${glossary.file(subject)} comes from another place`;
    case 'write_how':
      return `of a write of ${subject} bytes on ${node}, ${15 - answer}/16 arrive`;
    case 'sync_delay':
      return `delay a sync on ${node} by ${millis(answer * disk.syncScaleMicros)}`;
    case 'sector_fate': {
      const how = SECTOR_FATES[answer] ?? answer;
      return `the power cut leaves ${glossary.sector(subject)} on ${node} ${how}`;
    }
    case 'name_fate':
      return `the power cut undoes an unsynced change of a name on ${node}`;
    case 'size_fate':
      return `the power cut leaves ${glossary.file(subject)} on ${node} as short as it was`;
    case 'writeback':
      return `the page cache of ${node} writes ${glossary.sector(subject)} back early`;
    case 'damage_where':
      return `the place of ${faultWords(subject)} on ${node} is drawn from ${answer}`;
    case 'damage_how':
      return `the bytes of ${faultWords(subject)} on ${node} are drawn from ${answer}`;
    default:
      return null;
  }
}

function faultWords(index: number): string {
  return FAULTS[index]?.name ?? `fault ${index}`;
}

const OUTSIDE_FATES = ['dead', 'isolated', 'send-only', 'receive-only'];

function processWords(choice: Choice, c: Configuration): string | null {
  const { actor, subject, answer } = choice;
  const node = `r${actor}`;
  switch (choice.site) {
    case 'crash_gap': {
      const { crashGap, pauseGap, lateFlushGap } = c.process;
      if (subject === INPUT_LATE_FLUSH) {
        return `${node} takes in several inputs a turn after ${gapOf(answer, lateFlushGap)} more`;
      }
      const pause = subject === INPUT_PAUSE;
      const gap = gapOf(answer, pause ? pauseGap : crashGap);
      return `${pause ? 'pause' : 'crash'} ${node} after ${gap} more inputs`;
    }
    case 'flush_delay': {
      const length = Math.floor((c.process.lateFlushMicros * (answer + 1)) / 8);
      return `that turn of ${node} lasts ${millis(length)}`;
    }
    case 'crash_how': {
      const power = answer >= 16 - c.process.powerOf16;
      if (subject === 1) return `that power cut ${answer === 1 ? 'takes all nodes' : 'is local'}`;
      return `that crash of ${node} is ${power ? 'a power cut' : 'of the process alone'}`;
    }
    case 'restart_delay':
      return `restart ${node} after ${millis(gapOf(answer + 1, c.process.restartMicros))}`;
    case 'restart_release':
      return answer >= 16 - c.process.otherReleaseOf16
        ? `restart ${node} as an older release first`
        : `restart ${node} as the same release`;
    case 'crash_loop':
      return `whether ${node} soon crashes again is drawn from ${answer}`;
    case 'pause_length': {
      const length = Math.floor((c.process.pauseMicros * (answer + 1)) / 8);
      return `that pause of ${node} lasts ${millis(length)}`;
    }
    case 'clock_gap': {
      const gap = gapOf(answer, c.clock.jumpGapMicros);
      return `the clock of ${node} misbehaves ${millis(gap)} later`;
    }
    case 'clock_how':
      return clockWords(node, subject, answer, c);
    case 'core_size':
      return `replicas left outside the healed core: ${answer}`;
    case 'core_members':
      return `its members are drawn from ${answer}`;
    case 'outside_fate':
      return `outside the core, ${node} is ${OUTSIDE_FATES[answer] ?? answer}`;
    default:
      return null;
  }
}

const CLOCK_OFFSET = 0;
const CLOCK_DRIFT = 1;

function clockWords(node: string, subject: number, answer: number, c: Configuration): string {
  const eighths = `${answer % 2 === 1 ? '+' : '−'}${Math.ceil(answer / 2)}/8 of the most`;
  if (subject === CLOCK_OFFSET) return `the clock of ${node} starts off by ${eighths}`;
  if (subject === CLOCK_DRIFT) return `the clock of ${node} drifts by ${eighths}`;
  return `what the clock of ${node} does is ${c.clock.kinds[answer - 1] ?? 'nothing'}`;
}
