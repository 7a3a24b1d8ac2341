/**
 * What the commands accept from people: numbers, names and paths, each refused with one line that
 * says what is wrong and what to do. A `UsageError` ends the process with exit code 2.
 */

export const EXIT_HELD = 0;
export const EXIT_VIOLATED = 1;
export const EXIT_USAGE = 2;
/** The simulator itself is at fault: its own assertion or exception, not the system's. */
export const EXIT_SIMULATOR = 3;
/** Ended by Ctrl-C before it could say that everything held; the shell's number for SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Bad input from a person. The message is one line, without a stack. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** A whole number in [min, max] written in decimal digits; anything else is a `UsageError`. */
export function wholeNumber(flag: string, value: unknown, min: number, max: number): number {
  const text = String(value);
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(
    `--${flag} takes a whole number from ${min} to ${max}, not '${text}'; ` +
      `try --${flag} ${Math.min(max, Math.max(min, 42))}`,
  );
}

/** A seed: a whole number from 0 to 2^53 - 1. */
export function seedNumber(flag: string, value: unknown): number {
  return wholeNumber(flag, value, 0, Number.MAX_SAFE_INTEGER);
}

/** One of `known`, or a `UsageError` that names the nearest and how to list them all. */
export function oneOf(what: string, value: string, known: readonly string[], list: string): string {
  if (known.includes(value)) return value;
  const near = nearest(value, known);
  const hint = near === null ? '' : ` did you mean '${near}'?`;
  throw new UsageError(`unknown ${what} '${value}';${hint} list them with: ${list}`);
}

/** The candidate within half its length in edits, or null. */
export function nearest(value: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(value, candidate);
    if (distance < bestDistance && distance * 2 <= candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
