/**
 * One protocol step of `core/observer.ts` in words. The acting node is the line's business; these
 * are the predicates: `commits op 12: append …`.
 */
import type { PrepareHeader } from '../../core/codec/prepare.ts';
import { MARKS } from '../../core/marks.ts';
import * as o from '../../core/observer.ts';
import type { DoViewChangeMessage } from '../../core/vsr/message.ts';
import type { SuperblockState } from '../../core/vsr/interfaces.ts';
import { entryWords, kindWords, shortHash, statusWords } from './words.ts';
import type { Hash128 } from '../../core/types/hash128.ts';

/** What filters call a step, indexed by its kind. */
export const STEP_NAMES: readonly string[] = [
  'status',
  'propose',
  'ack',
  'committed',
  'entry',
  'state',
  'checkpoint',
  'replied',
  'truncate',
  'overwrite',
  'do_view_change',
  'start_view',
  'state_sync',
  'repair',
  'answer',
  'damage',
  'repaired',
  'evict',
  'mark',
  'bound',
  'stop',
  'slot',
  'superblock',
  'rejoin',
  'contradicted',
];

const DAMAGED_THINGS = ['journal slot', 'page', 'log position', 'superblock copy'];
const BOUNDED_THINGS = [
  'pipeline',
  'request queue',
  'read queue',
  'repairs in flight',
  'sessions',
  'unit repairs in flight',
];
const RECOVERED_AS = ['empty', 'present', 'damaged', 'in conflict', 'a torn head'];

/** What a stop is about, the simulator says itself. */
const QUIET: readonly number[] = [o.STEP_STATE, o.STEP_ENTRY, o.STEP_BOUND, o.STEP_STOP];

/** Steps of bookkeeping, many and rarely looked for: shown with `--all` only. */
export function isQuiet(kind: number, c: number): boolean {
  if (kind === o.STEP_SLOT) return c === o.RECOVERED_EMPTY || c === o.RECOVERED_PRESENT;
  return QUIET.includes(kind);
}

interface Step {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly ref: unknown;
}

type Words = (step: Step) => string;

/** Indexed by kind of step. */
const WORDS: readonly (Words | undefined)[] = table();

export function stepWords(kind: number, a: number, b: number, c: number, ref: unknown): string {
  const words = WORDS[kind];
  return words === undefined ? `takes step ${kind} (${a}, ${b}, ${c})` : words({ a, b, c, ref });
}

function table(): (Words | undefined)[] {
  const words: (Words | undefined)[] = [];
  addNormal(words);
  addViewChange(words);
  addStorage(words);
  addRest(words);
  return words;
}

function addNormal(words: (Words | undefined)[]): void {
  words[o.STEP_STATUS] = ({ a, b, c }) => `is ${statusWords(a)}, view ${b}, log_view ${c}`;
  words[o.STEP_PROPOSE] = ({ a, b, ref }) => `proposes op ${a} in view ${b}: ${entryOf(ref)}`;
  words[o.STEP_ACK] = ({ a, b, c }) => `acknowledges op ${a} to r${c} in view ${b}`;
  words[o.STEP_COMMIT] = ({ a, b, ref }) => `commits op ${a} in view ${b}: ${entryOf(ref)}`;
  words[o.STEP_ENTRY] = ({ a, b, c }) => `appends to tenant ${b} at position ${c} (op ${a})`;
  words[o.STEP_STATE] = ({ a, b, c }) => `has state ${hex(b)}${hex(c)} after op ${a}`;
  words[o.STEP_REPLY] = ({ a, b, c }) =>
    `${c === 1 ? 'replies again' : 'replies'} to request ${b} (op ${a})`;
  words[o.STEP_QUERY] = ({ a, b, c }) => `answers query ${c} of tenant ${a} at position ${b}`;
  words[o.STEP_EVICT] = ({ a, b, ref }) =>
    `evicts session ${b} of client ${shortHash(ref as Hash128)} with op ${a}`;
}

function addViewChange(words: (Words | undefined)[]): void {
  words[o.STEP_DO_VIEW_CHANGE] = ({ a, b, c, ref }) => {
    const { op, nack, present } = ref as DoViewChangeMessage;
    const bits = `present ${present.toString(2)}, nack ${nack.toString(2)}`;
    return `sends do_view_change ${a}: log_view ${b}, head op ${op}, commit ${c}, ${bits}`;
  };
  words[o.STEP_START_VIEW] = ({ a, b, c }) => `starts view ${a}: head op ${b}, commit ${c}`;
  words[o.STEP_TRUNCATE] = ({ a, b, c }) =>
    `ends the log of view ${b} at op ${a}, ${c} ops cut off`;
  words[o.STEP_SYNC] = ({ a, b }) => `${b === 0 ? 'begins' : 'completes'} state sync to op ${a}`;
  words[o.STEP_REPAIR] = ({ a, b, c }) => `asks r${c} for repair: ${kindWords(a)} ${b}`;
  words[o.STEP_REJOIN] = ({ a, b }) => `rejoins as a voter in view ${a}, checkpoint op ${b}`;
}

function addStorage(words: (Words | undefined)[]): void {
  words[o.STEP_CHECKPOINT] = ({ a }) => `has a durable checkpoint at op ${a}`;
  words[o.STEP_OVERWRITE] = ({ a, b, c }) =>
    `writes op ${a} over ${b < 0 ? 'nothing' : `op ${b}`} (cluster-durable checkpoint ${c})`;
  words[o.STEP_DAMAGE] = ({ a, b, c }) => `finds damage: ${damaged(a, b, c)}`;
  words[o.STEP_REPAIRED] = ({ a, b, c }) => `repaired: ${damaged(a, b, c)}`;
  words[o.STEP_SLOT] = ({ a, b, c }) =>
    `recovers journal slot ${a} as ${RECOVERED_AS[c] ?? c}${b < 0 ? '' : `, op ${b}`}`;
  words[o.STEP_SUPERBLOCK] = ({ a, ref }) => {
    const { view, logView, checkpoint, syncTarget } = ref as SuperblockState;
    const sync = syncTarget === null ? '' : `, syncing to op ${syncTarget.op}`;
    return (
      `has superblock ${a} durable: view ${view}, log_view ${logView}, ` +
      `checkpoint op ${checkpoint.op}${sync}`
    );
  };
}

function addRest(words: (Words | undefined)[]): void {
  words[o.STEP_MARK] = ({ a }) => `reaches mark ${MARKS[a] ?? a}`;
  words[o.STEP_BOUND] = ({ a, b, c }) => `${BOUNDED_THINGS[a] ?? a} grew to ${b} of ${c}`;
  words[o.STEP_CONTRADICTED] = ({ a, b, ref }) =>
    `refuses ${kindWords(a)}${b < 0 ? '' : ` of r${b}`}: ${String(ref)}`;
  words[o.STEP_STOP] = ({ ref }) => `stops itself: ${String(ref)}`;
}

function entryOf(ref: unknown): string {
  return entryWords((ref as { readonly header: PrepareHeader }).header);
}

function damaged(what: number, where: number, tenant: number): string {
  const name = `${DAMAGED_THINGS[what] ?? what} ${where}`;
  return what === o.DAMAGE_LOG ? `${name} of tenant ${tenant}` : name;
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
