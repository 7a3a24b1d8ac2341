/**
 * The `vopr` command: arguments to commands, results to exit codes. Standard output carries the
 * result and nothing else; progress and errors go to standard error.
 */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { cataloguePlain, scenariosJson, invariantsJson } from './catalogue.ts';
import { goldenCommand } from './golden.ts';
import { mutantsCommand } from './mutants.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { sweepCommand } from './sweep.ts';
import { EXIT_HELD, EXIT_SIMULATOR, EXIT_USAGE, UsageError } from './usage.ts';

async function main(argv: readonly string[]): Promise<number> {
  let exit: Promise<number> | number = EXIT_USAGE;
  const json = {
    json: { type: 'boolean', default: false, describe: 'print one JSON object' },
  } as const;
  const scenario = {
    scenario: { type: 'string', describe: 'a named situation instead of the swarm' },
  } as const;
  const parser = yargs([...argv])
    .scriptName('vopr')
    .usage('$0 <command>\n\nBreaks whole simulated clusters, one seed at a time.')
    .command(
      'run',
      'run one faulty cluster and judge it',
      (y) =>
        y
          .options({ seed: { type: 'string', demandOption: true, describe: 'which cluster' } })
          .options({ ...scenario, ...json })
          .example('$0 run --seed 42', 'the same cluster, the same faults, every time'),
      (args) => void (exit = runCommand(args)),
    )
    .command(
      'sweep',
      'run many seeds on all cores; write a trace for each failure',
      (y) =>
        y
          .options({
            count: { type: 'string', default: '1000', describe: 'how many seeds' },
            from: { type: 'string', default: '0', describe: 'the first seed' },
            jobs: { type: 'string', describe: 'worker threads (default: one per core)' },
            out: { type: 'string', default: 'vopr-failures', describe: 'folder for traces' },
          })
          .options({ ...scenario, ...json })
          .example('$0 sweep --count 20000 --jobs 2', 'twenty thousand clusters, two cores'),
      (args) => void (exit = sweepCommand(args)),
    )
    .command(
      'replay <trace>',
      'execute a trace again, step by step, as text',
      (y) =>
        y
          .positional('trace', { type: 'string', demandOption: true, describe: 'a trace file' })
          .options({
            plain: { type: 'boolean', default: false, describe: 'as plain text' },
            ...json,
          }),
      (args) => void (exit = replayCommand(args)),
    )
    .command(
      'scenarios',
      'list the named situations',
      (y) => y.options(json),
      (args) => void (exit = print(args.json ? scenariosJson() : cataloguePlain('scenarios'))),
    )
    .command(
      'invariants',
      'list what must hold, and the planted bugs that break it',
      (y) => y.options(json),
      (args) => void (exit = print(args.json ? invariantsJson() : cataloguePlain('invariants'))),
    )
    .command(
      'mutants',
      'plant bugs in the core and time how long the sweep takes to find them',
      (y) =>
        y.options({
          only: { type: 'string', describe: 'names of planted bugs, comma-separated' },
          runs: { type: 'string', default: '5', describe: 'independent starts per bug' },
          max: { type: 'string', default: '20000', describe: 'seeds tried before it survives' },
          jobs: { type: 'string', describe: 'worker threads (default: one per core)' },
          ...json,
        }),
      (args) => void (exit = mutantsCommand(args)),
    )
    .command(
      'golden',
      'compare the digests of fixed seeds with those kept under traces/',
      (y) =>
        y.options({
          check: { type: 'boolean', default: false, describe: 'compare (the default)' },
          write: { type: 'boolean', default: false, describe: 'rewrite the kept digests' },
          ...json,
        }),
      (args) => void (exit = goldenCommand(args)),
    )
    .demandCommand(1, 'name a command')
    .strict()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message, error) => {
      throw error ?? new UsageError(`${message}; see: vopr --help`);
    })
    .help()
    .version();
  let answered = true;
  await parser.parseAsync([...argv], (_error: unknown, _args: unknown, output: string) => {
    answered = output === '';
    if (output !== '') process.stdout.write(`${output}\n`);
  });
  return answered ? await exit : EXIT_HELD;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT_HELD;
}

main(hideBin(process.argv)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error instanceof UsageError) {
      process.stderr.write(`vopr: ${error.message}\n`);
      process.exitCode = EXIT_USAGE;
      return;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`vopr: a fault of the simulator itself:\n${text}\n`);
    process.exitCode = EXIT_SIMULATOR;
  },
);
