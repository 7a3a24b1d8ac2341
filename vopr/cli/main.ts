/**
 * The `vopr` command: arguments to commands, results to exit codes. Standard output carries the
 * result and nothing else; progress and errors go to standard error.
 */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { addCommands } from './commands.ts';
import { EXIT_HELD, EXIT_SIMULATOR, EXIT_USAGE, UsageError } from './usage.ts';

const COLUMNS_MAX = 100;

async function main(argv: readonly string[]): Promise<number> {
  // Help and version print something and choose no command.
  let chosen: number | Promise<number> = EXIT_HELD;
  const base = yargs([...argv])
    .scriptName('vopr')
    .usage('$0 <command>\n\nBreaks whole simulated clusters, one seed at a time.');
  await addCommands(base, (exit) => {
    chosen = exit;
  })
    .demandCommand(1, 'name a command')
    .strict()
    .wrap(Math.min(COLUMNS_MAX, process.stdout.columns ?? COLUMNS_MAX))
    .fail((message, error) => {
      throw error ?? new UsageError(`${message}; see: npx vopr --help`);
    })
    .help()
    .version()
    .parseAsync();
  return chosen;
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`vopr: ${error.message}\n`);
    return EXIT_USAGE;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`vopr: a fault of the simulator itself:\n${text}\n`);
  return EXIT_SIMULATOR;
}

// `vopr sweep | head`: whoever reads has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.exitCode = await main(hideBin(process.argv)).catch(report);
