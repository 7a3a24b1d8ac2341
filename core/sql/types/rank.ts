/**
 * Ranks: texts that compare as unsigned bytes, between any two of which there is another. A rank is
 * the digits of a fraction between 0 and 1, in base 62, without zeros at its end.
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE: number = DIGITS.length;
/** Digits of the first ranks: there is room for 14 million of them. */
const WIDTH = 4;
const SPAN: number = BASE * BASE * BASE * BASE;

/** Of `count` labels, in order, with room around each. */
export function firstRanks(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    ranked(Math.floor(((i + 1) * SPAN) / (count + 1))),
  );
}

/** Above `low` and below `high`; null: the end. */
export function rankBetween(low: string | null, high: string | null): string {
  // At an end there is room to count, so that ranks stay short.
  if (high === null && low !== null) {
    const next = leading(low) + 1;
    if (next < SPAN) return ranked(next);
  }
  if (low === null && high !== null) {
    const before = leading(high) - 1;
    if (before > 0) return ranked(before);
  }
  return middle(low ?? '', high ?? '');
}

function ranked(value: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < WIDTH; i += 1) {
    text = DIGITS[rest % BASE]! + text;
    rest = Math.floor(rest / BASE);
  }
  return text.replace(/0+$/, '');
}

/** The first digits of a rank, as a number. */
function leading(rank: string): number {
  let value = 0;
  for (let i = 0; i < WIDTH; i += 1) value = value * BASE + digitAt(rank, i);
  return value;
}

function digitAt(rank: string, place: number): number {
  return place < rank.length ? DIGITS.indexOf(rank[place]!) : 0;
}

/** `high` empty: 1. */
function middle(low: string, high: string): string {
  let rank = '';
  // As long as both have the same digits the one in between has them too.
  let isBelow = high !== '';
  for (let place = 0; ; place += 1) {
    const from = digitAt(low, place);
    const to = isBelow ? digitAt(high, place) : BASE;
    if (to - from > 1) return rank + DIGITS[from + Math.floor((to - from) / 2)]!;
    rank += DIGITS[from]!;
    if (to > from) isBelow = false;
  }
}
