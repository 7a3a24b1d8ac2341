/**
 * The commands of `vopr`, as yargs modules: names, options, help and examples. Each hands its exit
 * code, or the promise of one, to `finish`.
 */
import type { Argv } from 'yargs';
import { bisectCommand } from './bisect.ts';
import { system } from './bed.ts';
import { catalogueCommand, statsCommand } from './catalogue.ts';
import { exploreCommand } from './explore.ts';
import { goldenCommand } from './golden.ts';
import { mutantsCommand } from './mutants.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { showCommand } from './show.ts';
import { shrinkCommand } from './shrink.ts';
import { sweepCommand } from './sweep.ts';

export type Finish = (exit: number | Promise<number>) => void;

const json = {
  json: { type: 'boolean', default: false, describe: 'print one JSON object' },
} as const;
const scenario = {
  scenario: { type: 'string', describe: 'a named situation instead of the swarm' },
} as const;
const jobs = {
  jobs: { type: 'string', describe: 'worker threads (default: one per core)' },
} as const;

export function addCommands(parser: Argv, finish: Finish): Argv {
  const runs = addReplay(addRuns(parser, finish), finish);
  return addExplore(addProofs(addCatalogues(addTraces(runs, finish), finish), finish), finish);
}

function addRuns(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'run',
      'run one faulty cluster and judge it',
      (y) =>
        y
          .options({ seed: { type: 'string', demandOption: true, describe: 'which cluster' } })
          .options({ ...scenario, ...system, ...json })
          .example('$0 run --seed 42', 'the same cluster, the same faults, every time'),
      (args) => finish(runCommand(args)),
    )
    .command(
      'sweep',
      'run many seeds on all cores; write a trace for each failure',
      (y) =>
        y
          .options({
            count: { type: 'string', default: '1000', describe: 'how many seeds' },
            from: { type: 'string', default: '0', describe: 'the first seed' },
            out: { type: 'string', default: 'vopr-failures', describe: 'folder for traces' },
            shrink: {
              type: 'string',
              default: '20',
              describe: 'seconds for shrinking one of each kind of failure; 0: none',
            },
            patience: { type: 'string', default: '60', describe: 'seconds until a run hangs' },
            resume: { type: 'string', describe: 'keep the sweep in this file; go on if it exists' },
            report: { type: 'string', describe: 'folder for a page with plots, and its JSON' },
            expect: { type: 'string', describe: 'fail unless it looks as this file says' },
            'expect-write': { type: 'string', describe: 'write such a file from this sweep' },
          })
          .options({ ...jobs, ...scenario, ...system, ...json })
          .example('$0 sweep --count 20000 --jobs 2', 'twenty thousand clusters, two cores'),
      (args) => finish(sweepCommand(args)),
    );
}

/** What of a run is printed as text. */
const timeline = {
  last: { type: 'string', describe: 'how many lines of the timeline (default: 200)' },
  all: { type: 'boolean', default: false, describe: 'every line, choice and detail' },
  only: { type: 'string', describe: 'lines that match this regular expression' },
  node: { type: 'string', describe: 'lines about this node and about all' },
} as const;

function addReplay(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'replay [trace]',
      'execute a trace again, step by step: in the terminal, or as text',
      (y) =>
        y
          .positional('trace', { type: 'string', describe: 'a trace file that a sweep wrote' })
          .options({
            seed: { type: 'string', describe: 'a seed instead of a trace' },
            plain: { type: 'boolean', default: false, describe: 'as plain text' },
            frame: { type: 'string', describe: 'open at 183.9 (ms), e412 or 50%; piped: a still' },
            size: { type: 'string', describe: 'columns x rows of a still (default: 80x24)' },
          })
          .options({ ...timeline, ...scenario, ...system, ...json })
          .example('$0 replay --seed 42', 'walk through it; ? shows the keys')
          .example('$0 replay --seed 42 --frame 50% --plain', 'one screen of it, as text')
          .example('$0 replay --seed 42 --node 1 --last 50', 'the last that happened to r1'),
      (args) => finish(replayCommand(args)),
    )
    .command(
      'timeline [trace]',
      'execute a trace again and print what happened: replay --plain',
      (y) =>
        y
          .positional('trace', { type: 'string', describe: 'a trace file that a sweep wrote' })
          .options({ seed: { type: 'string', describe: 'a seed instead of a trace' } })
          .options({ ...timeline, ...scenario, ...system, ...json })
          .example('$0 timeline --seed 42 --only commits', 'only what was committed'),
      (args) => finish(replayCommand({ ...args, plain: true })),
    );
}

function addTraces(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      ['shrink [trace]', 'minimize [trace]'],
      'make a failing run as small as it goes and still fails',
      (y) =>
        y
          .positional('trace', { type: 'string', describe: 'a trace file that a sweep wrote' })
          .options({
            seed: { type: 'string', describe: 'a seed instead of a trace' },
            out: { type: 'string', describe: 'where to write it (default: beside, -shrunk)' },
            seconds: { type: 'string', default: '60', describe: 'how long to search at most' },
          })
          .options({ ...scenario, ...system, ...json })
          .example('$0 shrink vopr-failures/swarm-7-prefix.json', 'what is it really about?'),
      (args) => finish(shrinkCommand(args)),
    )
    .command(
      'bisect [trace]',
      'find the moment from which a failure was likely',
      (y) =>
        y
          .positional('trace', { type: 'string', describe: 'a trace file that a sweep wrote' })
          .options({
            seed: { type: 'string', describe: 'a seed instead of a trace' },
            points: { type: 'string', default: '16', describe: 'moments probed at first' },
            tails: { type: 'string', default: '16', describe: 'runs from each moment' },
          })
          .options({ ...scenario, ...system, ...json }),
      (args) => finish(bisectCommand(args)),
    )
    .command(
      'show [trace]',
      'say what a trace is: its world, and all that was not calm',
      (y) =>
        y
          .positional('trace', { type: 'string', describe: 'a trace file' })
          .options({ ...system, ...json }),
      (args) => finish(showCommand(args)),
    );
}

function addCatalogues(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'scenarios',
      'list the named situations',
      (y) => y.options({ ...system, ...json }),
      (args) => finish(catalogueCommand('scenarios', args)),
    )
    .command(
      'invariants',
      'list what must hold, and the planted bugs that break it',
      (y) => y.options({ ...system, ...json }),
      (args) => finish(catalogueCommand('invariants', args)),
    )
    .command(
      'stats',
      'count what there is: faults, scenarios, invariants, planted bugs',
      (y) => y.options({ ...system, ...json }),
      (args) => finish(statsCommand(args)),
    );
}

function addProofs(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'mutants',
      'plant bugs in the core and count the seeds until a sweep finds them',
      (y) =>
        y
          .options({
            only: { type: 'string', describe: 'names of planted bugs, comma-separated' },
            generate: { type: 'string', describe: 'so many mechanical changes instead' },
            in: { type: 'string', describe: 'files or folders to change, comma-separated' },
            seed: { type: 'string', describe: 'which of all such changes (1)' },
            runs: { type: 'string', describe: 'independent starts per bug (5; generated: 1)' },
            max: {
              type: 'string',
              describe: 'seeds tried before it survives (20000; generated: 300)',
            },
            patience: { type: 'string', default: '10', describe: 'seconds until a run hangs' },
            scenarios: {
              type: 'string',
              describe: 'seeds of each scenario for a generated bug that survives the swarm (2)',
            },
            shrink: {
              type: 'boolean',
              default: false,
              describe: 'shrink the first failure of each',
            },
          })
          .options({ jobs: { type: 'string', describe: 'bugs at a time (default: one per core)' } })
          .options(json)
          .example('$0 mutants --only failed-sync-counts', 'how fast is this one found?')
          .example('$0 mutants --generate 200 --in core/vsr', 'and bugs that nobody chose?'),
      (args) => finish(mutantsCommand(args)),
    )
    .command(
      'golden',
      'compare the digests of fixed runs with those kept under traces/',
      (y) =>
        y
          .options({
            check: { type: 'boolean', default: false, describe: 'compare (the default)' },
            write: { type: 'boolean', default: false, describe: 'rewrite the kept digests' },
          })
          .options(json),
      (args) => finish(goldenCommand(args)),
    );
}

const count = (
  of: string,
  usual: string,
): { type: 'string'; default: string; describe: string } => ({
  type: 'string',
  default: usual,
  describe: of,
});

function addExplore(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'explore',
    'every execution of a small cluster within a bound',
    (y) =>
      y
        .options({
          replicas: count('voters', '3'),
          clients: count('clients', '1'),
          ops: count('operations of each client', '1'),
          crashes: count('crashes on one path', '1'),
          power: { type: 'boolean', default: true, describe: 'crashes may lose unsynced writes' },
          drops: count('messages lost on one path', '0'),
          duplicates: count('messages duplicated on one path', '0'),
          timeouts: count('timers that run out on one path', '3'),
          depth: count('events on one path', '1000'),
          links: count('fifo, or any: the order of messages of one link', 'fifo'),
          timers: count('first, or each: whose timer runs out when all is quiet', 'first'),
          restarts: count('late, or any: when a node that is down starts', 'late'),
        })
        .options({
          seconds: count('ends the search', '600'),
          states: count('ends the search', '20000000'),
          out: count('where to write a violating path', 'vopr-path.json'),
          path: { type: 'string', describe: 'execute the path in this file again' },
          mutants: { type: 'string', describe: 'planted bugs to look for, comma-separated' },
          'double-check': {
            type: 'boolean',
            default: false,
            describe: 'execute merged states from another history too',
          },
        })
        .options(json)
        .example('$0 explore --ops 2 --crashes 1 --drops 1', 'all there is to know about it'),
    (args) => finish(exploreCommand(args)),
  );
}
