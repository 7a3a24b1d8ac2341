/**
 * What the commands accept from people, and how they end. Bad input is a `CommandError`: one line
 * that says what is wrong and what to do, and an exit code. Nothing was changed by then.
 */
import type { Endpoint } from '../tcp-network.ts';
import { parseEndpoint } from '../cluster-network.ts';

export const EXIT_DONE = 0;
/** What was asked for was tried and did not work: a statement's error, damage found, no server. */
export const EXIT_FAILED = 1;
/** Refused: wrong usage, directory or configuration. Nothing was changed. */
export const EXIT_USAGE = 2;
/** A fault of this program. */
export const EXIT_INTERNAL = 3;
/** Ended by Ctrl-C, as shells count it. */
export const EXIT_INTERRUPTED = 130;

/** One line for a person, and the exit code that goes with it. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exit: number;

  constructor(message: string, exit: number = EXIT_USAGE) {
    super(oneLine(message));
    this.exit = exit;
  }
}

export function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(' | ');
}

/** The value of a flag that may be given once. Yargs makes a list of one that is given twice. */
export function once(flag: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw new CommandError(`--${flag} is given more than once`);
  if (value === '') throw new CommandError(`--${flag} needs a value`);
  return String(value);
}

export function wholeNumber(flag: string, value: unknown, min: number, max: number): number {
  const text = once(flag, value) ?? '';
  if (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw new CommandError(`--${flag} takes a whole number from ${min} to ${max}, not '${text}'`);
}

export function endpointOf(flag: string, text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint !== null) return endpoint;
  throw new CommandError(`--${flag} takes HOST:PORT, not '${text}'; try --${flag} 127.0.0.1:3000`);
}

/** A path as people wrote it, for a command that they can paste. */
export function quotePath(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
