/** Every glyph of the screen and what it means; one column wide in every terminal font. */
import {
  DELIVERED,
  FLYING,
  LOST,
  MARK_CORRUPT,
  MARK_DEFERRED,
  MARK_DELAYED,
  MARK_DUPLICATE,
  MARK_REPLAYED,
  NOBODY,
  outcomeAt,
  REFUSED,
} from './tape.ts';
import type { Flight } from './tape.ts';
import type { Style } from './rows.ts';

const OUTCOMES: Readonly<Record<number, readonly [glyph: string, words: string, style: Style]>> = {
  [FLYING]: ['▷', 'in flight', 'cyan'],
  [DELIVERED]: ['►', 'delivered', 'green'],
  [LOST]: ['✗', 'dropped', 'red'],
  [NOBODY]: ['∅', 'arrived where nobody ran', 'dim'],
  [REFUSED]: ['⊘', 'refused: its bytes were damaged', 'magenta'],
};

const MARKS: readonly (readonly [mark: number, glyph: string, words: string])[] = [
  [MARK_CORRUPT, '#', 'corrupted on the way'],
  [MARK_REPLAYED, 'r', 'an old message, again'],
  [MARK_DUPLICATE, '2', 'a duplicate'],
  [MARK_DEFERRED, 'z', 'its receiver was paused'],
  [MARK_DELAYED, '~', 'delayed: three times the least delay, or more'],
];

export function outcomeGlyph(flight: Flight, moment: number): string {
  return OUTCOMES[outcomeAt(flight, moment)]?.[0] ?? '?';
}

export function outcomeWords(flight: Flight, moment: number): string {
  return OUTCOMES[outcomeAt(flight, moment)]?.[1] ?? '?';
}

export function outcomeStyle(flight: Flight, moment: number): Style {
  return OUTCOMES[outcomeAt(flight, moment)]?.[2] ?? '';
}

/** The weightiest mark, or a blank. */
export function markGlyph({ marks }: Flight): string {
  return MARKS.find(([mark]) => (marks & mark) !== 0)?.[1] ?? ' ';
}

export function markWords({ marks }: Flight): readonly string[] {
  return MARKS.filter(([mark]) => (marks & mark) !== 0).map(([, , words]) => words);
}

/** For the help: glyph and meaning. */
export const MESSAGE_LEGEND: readonly (readonly [glyph: string, words: string])[] = [
  ...Object.values(OUTCOMES).map(([glyph, words]) => [glyph, words] as const),
  ...MARKS.map(([, glyph, words]) => [glyph, words] as const),
];

export const SCRUB_PLAIN = '─';
export const SCRUB_COMMIT = '┴';
export const SCRUB_FAULT = '!';
export const SCRUB_VIEW = 'v';
export const SCRUB_VIOLATION = '✗';
export const SCRUB_BAKED = '◆';
export const SCRUB_HERE = '●';
export const SCRUB_LEGEND: readonly (readonly [glyph: string, words: string])[] = [
  [SCRUB_HERE, 'you are here'],
  [SCRUB_VIOLATION, 'the violation'],
  [SCRUB_BAKED, 'where it was baked in, as w finds'],
  [SCRUB_VIEW, 'a view change'],
  [SCRUB_FAULT, 'a fault was delivered'],
  [SCRUB_COMMIT, 'an op was committed'],
];
