/**
 * What yargs lets pass: a switch with a value that is neither true nor false would be false, and a
 * flag without its value would be its default.
 */
import { CommandError } from './usage.ts';

const SWITCHES: ReadonlySet<string> = new Set(
  'development header json keep-going tls watch'.split(' '),
);
/** Of all that take a value, those that have a default. */
const WITH_DEFAULT: ReadonlySet<string> = new Set('tenants timeout wait'.split(' '));

/** Throws `CommandError`. */
export function checkFlags(argv: readonly string[]): void {
  for (const [i, word] of argv.entries()) {
    if (word === '--') return;
    const [, flag = '', value] = /^--(?:no-)?([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (SWITCHES.has(flag) && value !== undefined && value !== 'true' && value !== 'false') {
      throw new CommandError(`--${flag} is a switch and takes no value, not '${value}'`);
    }
    if (!WITH_DEFAULT.has(flag)) continue;
    const next = argv[i + 1];
    const isMissing = value === undefined && (next === undefined || next.startsWith('--'));
    if (isMissing || value === '') throw new CommandError(`--${flag} needs a value`);
  }
}
