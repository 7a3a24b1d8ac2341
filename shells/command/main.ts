/**
 * The `kimberlite` command: arguments to commands, results to exit codes. Each command is loaded
 * when it is chosen, so that none pays for the others.
 *
 * Exit codes: 0 done; 1 it was tried and did not work; 2 refused, nothing was changed; 3 a fault
 * of this program; 130 interrupted.
 */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { COMMANDS, addCommands } from './commands.ts';
import { completionArguments } from './completion.ts';
import { checkFlags } from './flags.ts';
import { CommandError, EXIT_DONE, EXIT_INTERNAL, EXIT_USAGE, oneLine } from './usage.ts';

const COLUMNS_MAX = 100;

async function main(argv: readonly string[]): Promise<number> {
  checkFlags(argv);
  // Help, version and completion print something and choose no command.
  let chosen: number | Promise<number> = EXIT_DONE;
  const base = yargs([...completionArguments(argv, process.env)])
    .scriptName('kimberlite')
    .usage('$0 <command>\n\nA database on one replicated, hash-chained log.')
    // A flag that is given twice is told, not joined; a number may be an identifier.
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false });
  await addCommands(base, (exit) => {
    chosen = exit;
  })
    .completion(
      'completion',
      'print a script that completes commands and flags (`completion bash`, or zsh)',
    )
    .demandCommand(1, 'name a command')
    .strict()
    .strictCommands()
    .wrap(Math.min(COLUMNS_MAX, process.stdout.columns ?? COLUMNS_MAX))
    .fail((message, error) => {
      throw error ?? new CommandError(`${reword(message, argv)}; see: ${helpOf(argv)}`);
    })
    .epilogue('Exit codes: 0 done, 1 it did not work, 2 refused (nothing changed), 3 our fault.')
    .help()
    .version()
    .parseAsync();
  return chosen;
}

/** Yargs counts arguments; people miss one, and may have lost it to the flag before it. */
function reword(message: string, argv: readonly string[]): string {
  const said = oneLine(message);
  if (!said.startsWith('Not enough non-option arguments')) return said;
  const missing = 'an argument is missing';
  const at = argv.findLastIndex((word, i) => !word.startsWith('-') && isFlag(argv[i - 1] ?? ''));
  if (at < 0) return missing;
  return oneLine(`${missing}: '${argv[at]!}' was taken for the value of ${argv[at - 1]!}`);
}

function isFlag(word: string): boolean {
  return /^--[^=]+$/.test(word);
}

/** The help of the command that was meant, as far as one was. */
function helpOf(argv: readonly string[]): string {
  const [first = ''] = argv;
  const known = COMMANDS.includes(first) ? `${first} ` : '';
  return `kimberlite ${known}--help`;
}

function report(error: unknown): number {
  if (error instanceof CommandError) {
    process.stderr.write(`kimberlite: ${error.message}\n`);
    return error.exit;
  }
  const { name, message, stack } = error as Error;
  if (name === 'ConfigError') {
    process.stderr.write(`kimberlite: ${oneLine(message)}\n`);
    return EXIT_USAGE;
  }
  process.stderr.write(`kimberlite: a fault of this program:\n${stack ?? String(error)}\n`);
  return EXIT_INTERNAL;
}

// `kimberlite query … | head`: whoever reads has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.exitCode = await main(hideBin(process.argv)).catch(report);
// A supervisor's channel would keep a server alive that was refused.
if (process.connected) process.disconnect();
