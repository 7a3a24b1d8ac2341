/**
 * The command as a person meets it: exit codes, what is printed where, what is written to disk.
 * Each test spawns the built command in an empty folder.
 */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../invariants/index.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { MUTANTS } from '../mutants/catalogue.ts';
import { buildCommand } from './testing/command.ts';
import type { BuiltCommand, Ended, Where } from './testing/command.ts';

const TIMEOUT = 5 * 60_000;

let vopr: BuiltCommand;
let folder = '';

beforeAll(() => {
  vopr = buildCommand();
}, TIMEOUT);
afterAll(() => vopr.dispose());
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'vopr-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], where: Partial<Where> = {}): Promise<Ended> =>
  vopr.run(args, { cwd: folder, ...where });

async function json(args: readonly string[], where: Partial<Where> = {}): Promise<unknown> {
  const { status, stdout, stderr } = await run([...args, '--json'], where);
  expect(stderr).toBe('');
  expect([0, 1]).toContain(status);
  // One object and nothing else: JSON.parse takes no more.
  return JSON.parse(stdout);
}

const COUNTS: unknown = expect.objectContaining({});
const NUMBER: unknown = expect.any(Number);
const TEXT: unknown = expect.any(String);

describe('vopr: what it refuses, in one line, with exit code 2, writing nothing', () => {
  const REFUSALS: readonly (readonly [args: string, says: RegExp])[] = [
    ['', /name a command/],
    ['brake', /brake/],
    ['run', /seed/],
    ['run --seed', /--seed takes a whole number .*not ''/],
    ['run --seed abc', /--seed takes a whole number .*not 'abc'; try --seed 42/],
    ['run --seed -1', /not '-1'/],
    ['run --seed 1.5', /not '1.5'/],
    ['run --seed 1e3', /not '1e3'/],
    ['run --seed 9007199254740992', /from 0 to 9007199254740991, not '9007199254740992'/],
    ['run --seed 1 --seed 2', /not '1,2'/],
    ['run --seed 1 --senario quiet', /senario/],
    ['run --seed 1 --scenario wrap-gost', /did you mean 'wrap-ghost'\? list them with/],
    ['run --seed 1 --scenario zzzzzzzz', /unknown scenario 'zzzzzzzz'; list them with/],
    ['shrink', /name a trace file or a seed: npx vopr shrink --seed 42/],
    ['shrink --seed 42 --seconds 0', /--seconds takes a whole number from 1/],
    ['shrink --seed 42 --scenario nope', /unknown scenario/],
    ['shrink --seed 42 --out absent/x.json', /cannot write 'absent\/x.json'/],
    ['shrink --seed 42', /seed 42 holds: there is nothing to shrink/],
    ['shrink file', /'file' is not a trace/],
    ['bisect', /name a trace file or a seed: npx vopr bisect --seed 42/],
    ['bisect --seed 42', /this run holds in this build: there is nothing to bisect/],
    ['bisect --seed 42 --tails 0', /--tails takes a whole number from 1/],
    ['bisect file', /'file' is not a trace/],
    ['show', /trace/],
    ['show absent.json', /cannot read the trace 'absent.json'/],
    ['show file', /'file' is not a trace/],
    ['sweep --count 0', /--count takes a whole number from 1/],
    ['sweep --count -5', /not '-5'/],
    ['sweep --count 1000000000001', /--count takes/],
    ['sweep --count 10 --jobs 0', /--jobs takes a whole number from 1 to 256, not '0'/],
    ['sweep --count 10 --from 9007199254740990', /start lower/],
    ['sweep --count 10 --out file/under', /cannot write traces to 'file\/under'; name another/],
    ['sweep --count 10 --out file', /cannot write traces to 'file'/],
    ['sweep --count 10 --scenario nope', /unknown scenario/],
    ['sweep --count 10 --expect absent.json', /cannot read expectations from 'absent.json'/],
    ['sweep --count 10 --expect file', /cannot read expectations/],
    ['sweep --count 10 --expect other.json', /'other.json' holds no expectations/],
    ['sweep --count 10 --expect other.json --scenario quiet', /leave --scenario out/],
    ['replay', /name a trace file or a seed/],
    ['replay absent.json --plain', /cannot read the trace 'absent.json'/],
    ['replay file --plain', /'file' is not a trace: not JSON/],
    ['replay other.json --plain', /'other.json' is not a trace: unknown field "color"/],
    ['replay newer.json --plain', /version 99 is not 2, the one this build reads/],
    ['replay --seed 4 --frame 9x', /--frame: '9x' is no moment/],
    ['replay --seed 4 --frame 1 --json', /--frame shows one screen; leave --json/],
    ['replay --seed 4 --frame 1 --last 5', /--frame shows one screen/],
    ['replay --seed 4 --size 80x24', /name its moment with --frame/],
    ['replay --seed 4 --frame 1 --size 80', /--size takes a whole number/],
    ['replay --seed 4 --frame 1 --size 10x10', /--size is at least 60x16, not 10x10/],
    ['timeline', /name a trace file or a seed/],
    ['run --seed 1 --system absent.mjs', /cannot read the system 'absent.mjs'/],
    ['run --seed 1 --system empty.mjs', /'empty.mjs' is no testbed: it lacks everything/],
    ['run --seed 1 --system broken.mjs', /the system 'broken.mjs' does not load: /],
    ['sweep --system half.mjs', /'half.mjs' is no testbed: it lacks system.steps/],
    ['replay file --seed 4', /name a trace file or a seed/],
    ['replay --seed 4 --only (', /--only takes a regular expression, not '\('/],
    ['replay --seed 4 --node 8', /--node takes a whole number from 0 to 7/],
    ['replay --seed 4 --last 0', /--last takes/],
    ['replay --seed 4 --last 10 --all', /exclude each other/],
    ['mutants --only nope', /unknown planted bug 'nope'/],
    ['mutants --runs 0', /--runs takes/],
    ['mutants --in core/vsr', /about bugs to --generate: say how many/],
    ['mutants --only failed-sync-counts --scenarios 3', /about bugs to --generate/],
    ['mutants --seed 3', /about bugs to --generate/],
    ['mutants --generate 5 --in core/vsr/quorum.test.ts', /holds no code to change/],
    ['mutants --generate many', /--generate takes a whole number/],
    ['mutants --generate 5 --in shells', /'shells' is no file or folder of core/],
    ['mutants --generate 5 --only core/node.ts:1:1:drop', /leave --generate, --in and --seed out/],
    ['mutants --only core/vsr/quorum.ts:1:1:drop', /unknown generated bug 'core/],
    ['golden --check --write', /exclude each other/],
  ];
  let before: readonly string[] = [];
  let all: readonly Ended[] = [];
  let place = '';

  beforeAll(async () => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'vopr-')));
    writeFileSync(join(place, 'file'), 'hello');
    writeFileSync(join(place, 'other.json'), '{ "version": 2, "color": "red" }');
    writeFileSync(join(place, 'newer.json'), '{ "version": 99 }');
    writeFileSync(join(place, 'empty.mjs'), '');
    writeFileSync(join(place, 'broken.mjs'), 'export default {');
    writeFileSync(join(place, 'half.mjs'), 'export default { system: { name: "half" } };');
    before = readdirSync(place);
    const lists = REFUSALS.map(([args]) => (args === '' ? [] : args.split(' ')));
    all = await vopr.runEach(lists, { cwd: place });
  }, TIMEOUT);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test.for(REFUSALS.map(([args, says], index) => ({ args, says, index })))(
    'vopr $args',
    ({ says, index }) => {
      const { status, stdout, stderr } = all[index]!;
      expect(stderr).toMatch(/^vopr: [^\n]+\n$/);
      expect(stderr).toMatch(says);
      expect(stdout).toBe('');
      expect(status).toBe(2);
    },
  );

  test('in a process of its own, too', async () => {
    expect(await run(['run'])).toEqual(all[REFUSALS.findIndex(([args]) => args === 'run')]);
  });

  test('none of them has written anything', () => {
    expect(readdirSync(place)).toEqual(before);
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('hello');
  });

  test(
    'a trace cut short, or with one letter changed, is refused with the place',
    async () => {
      const shown = (await json(['run', '--seed', '5', '--scenario', 'quiet'])) as object;
      const { configuration, digest } = shown as { configuration: object; digest: string };
      const trace = {
        version: 2,
        system: 'kimberlite',
        build: 'other',
        seed: 5,
        scenario: 'quiet',
        configuration,
        choices: [{ site: 'mesage', actor: 0, subject: 0, occurrence: 0, answer: 1 }],
        violation: null,
        digest,
        hashes: [],
        note: '',
      };
      const text = JSON.stringify(trace);
      writeFileSync(join(folder, 'typo.json'), text);
      writeFileSync(join(folder, 'short.json'), text.slice(0, -20));
      writeFileSync(
        join(folder, 'gone.json'),
        JSON.stringify({ ...trace, scenario: 'gone', choices: [] }),
      );
      for (const [name, says] of [
        ['typo.json', /choices\[0\]\.site is "mesage", which is no site of this build/],
        ['short.json', /not JSON/],
        ['gone.json', /no scenario 'gone'/],
      ] as const) {
        const ended = await run(['replay', name, '--plain']);
        expect(ended.stderr).toMatch(/^vopr: [^\n]+\n$/);
        expect(ended.stderr).toMatch(says);
        expect(ended).toMatchObject({ status: 2, stdout: '' });
      }
    },
    TIMEOUT,
  );
});

describe('vopr: --json prints one object, with the documented fields', () => {
  test(
    'run',
    async () => {
      expect(await json(['run', '--seed', '7'])).toMatchObject({
        seed: 7,
        scenario: null,
        verdict: expect.stringMatching(/^(pass|fail)$/),
        digest: expect.stringMatching(/^[0-9a-f]{16}$/),
        virtualMs: NUMBER,
        events: NUMBER,
        commits: NUMBER,
        replicas: NUMBER,
        crashes: NUMBER,
        faults: COUNTS,
        checks: Object.fromEntries(INVARIANTS.map(({ name }) => [name, NUMBER])),
        marks: expect.any(Array),
        excuses: COUNTS,
      });
    },
    TIMEOUT,
  );

  test(
    'run of a scenario names it, and violation is null when it passed',
    async () => {
      const report = await json(['run', '--seed', '1', '--scenario', 'quiet']);
      expect(report).toMatchObject({ scenario: 'quiet', verdict: 'pass', violation: null });
    },
    TIMEOUT,
  );

  test(
    'sweep',
    async () => {
      const args = ['sweep', '--count', '6', '--from', '3', '--jobs', '2', '--scenario', 'quiet'];
      const report = (await json(args)) as Record<string, unknown>;
      expect(report).toMatchObject({
        from: 3,
        count: 6,
        runs: 6,
        passed: 6,
        failed: [],
        seconds: NUMBER,
        perSecond: NUMBER,
        jobs: 2,
        digest: TEXT,
        mean: { events: NUMBER, commits: NUMBER, faults: NUMBER },
        faults: COUNTS,
        checks: Object.fromEntries(INVARIANTS.map(({ name }) => [name, NUMBER])),
        marks: COUNTS,
        excuses: COUNTS,
        complaints: [],
      });
      expect(readdirSync(folder)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'scenarios and invariants list what the code has',
    async () => {
      const { scenarios } = (await json(['scenarios'])) as { scenarios: object[] };
      expect(scenarios.length).toBe(SCENARIOS.length);
      for (const scenario of scenarios) {
        expect(scenario).toEqual({
          name: TEXT,
          area: TEXT,
          injects: expect.any(Array),
          holds: TEXT,
        });
      }
      const { invariants } = (await json(['invariants'])) as { invariants: object[] };
      expect(invariants.map((invariant) => (invariant as { name: string }).name)).toEqual(
        INVARIANTS.map(({ name }) => name),
      );
      for (const invariant of invariants) {
        expect(invariant).toEqual({ name: TEXT, holds: TEXT, mutants: expect.any(Array) });
      }
    },
    TIMEOUT,
  );

  test(
    'mutants',
    async ({ skip }) => {
      const first = MUTANTS[0];
      skip(first === undefined, 'no bug is planted yet');
      const name = first?.name ?? '';
      const report = await json(['mutants', '--only', name, '--runs', '1', '--max', '1']);
      const { mutants } = report as { mutants: object[] };
      expect(mutants).toEqual([
        expect.objectContaining({
          name,
          layer: TEXT,
          invariant: TEXT,
          killed: expect.any(Boolean),
          runs: NUMBER,
        }),
      ]);
      expect(mutants[0]).toHaveProperty('seeds');
    },
    TIMEOUT,
  );

  // `.ci/run` compares all digests in a step of its own.
  test.skipIf(process.env['CI'] !== undefined)(
    'golden',
    async () => {
      const report = await run(['golden', '--json']);
      if (report.status === 2) expect(report.stderr).toMatch(/golden\.json/);
      else
        expect(JSON.parse(report.stdout)).toEqual({
          checked: NUMBER,
          differing: expect.any(Array),
        });
    },
    TIMEOUT,
  );

  test(
    'the plain catalogues, --help and --version are for people and succeed',
    async () => {
      for (const args of [['scenarios'], ['invariants'], ['--help'], ['--version']]) {
        const ended = await run(args);
        expect(ended).toMatchObject({ status: 0, stderr: '' });
        expect(ended.stdout.length).toBeGreaterThan(4);
      }
    },
    TIMEOUT,
  );
});

describe('vopr: a run is a function of its seed', () => {
  test(
    'the same seed twice, and in another zone, locale and folder',
    async () => {
      const args = ['run', '--seed', '11'];
      const here = await json(args);
      expect(await json(args)).toEqual(here);
      const env = {
        TZ: 'Asia/Kathmandu',
        LANG: 'tr_TR.UTF-8',
        LC_ALL: 'tr_TR.UTF-8',
        HOME: folder,
      };
      expect(await json(args, { env, cwd: tmpdir() })).toEqual(here);
    },
    TIMEOUT,
  );

  test(
    'a sweep gives the same totals and digest under any --jobs',
    async () => {
      const OF_THE_MACHINE = ['seconds', 'perSecond', 'jobs', 'peakRssMiB'];
      const sweep = async (jobs: number): Promise<unknown> => {
        const args = ['sweep', '--count', '12', '--jobs', String(jobs), '--out', `out-${jobs}`];
        const report = (await json(args)) as Record<string, unknown>;
        for (const name of OF_THE_MACHINE) delete report[name];
        for (const failure of report['failed'] as Record<string, unknown>[])
          delete failure['trace'];
        return report;
      };
      const alone = await sweep(1);
      expect(await sweep(3)).toEqual(alone);
    },
    TIMEOUT,
  );
});

/** Sends a real SIGINT to itself as soon as the first range of seeds is reported. */
const INTERRUPT = `process.on('worker', (worker) => worker.on('message', (reply) => {
  if (reply.kind !== 'done' || globalThis.sent) return;
  globalThis.sent = process.kill(process.pid, 'SIGINT');
}));`;
const interrupted = [`--import=data:text/javascript,${encodeURIComponent(INTERRUPT)}`];

describe('vopr sweep: Ctrl-C', () => {
  test(
    'ends it early, and what was done is reported',
    async () => {
      const args = ['sweep', '--count', '80', '--jobs', '1', '--scenario', 'quiet'];
      const { status, stdout, stderr } = await run([...args, '--json'], { flags: interrupted });
      const report = JSON.parse(stdout) as { runs: number; passed: number };
      expect(report.runs).toBeGreaterThan(0);
      expect(report.runs).toBeLessThan(80);
      expect(report.passed).toBe(report.runs);
      expect(stderr).toBe(`stopped early: ${report.runs} of 80 seeds ran\n`);
      expect(status).toBe(130);
    },
    TIMEOUT,
  );
});

describe('vopr sweep --resume', () => {
  const args = ['sweep', '--count', '40', '--scenario', 'quiet', '--resume', 'kept.json'];

  test(
    'goes on where it was, and ends as if never interrupted',
    async () => {
      const flags = interrupted;
      const first = await run([...args, '--jobs', '1', '--json'], { flags });
      const { runs } = JSON.parse(first.stdout) as { runs: number };
      expect(runs).toBeLessThan(40);
      expect(first.stderr).toContain('the same command goes on from here');
      const second = (await json([...args, '--jobs', '2', '--report', 'page'])) as object;
      const straight = (await json(['sweep', '--count', '40', '--scenario', 'quiet'])) as object;
      const ofTheMachine = { seconds: NUMBER, perSecond: NUMBER, jobs: NUMBER, peakRssMiB: NUMBER };
      expect(second).toEqual({ ...straight, ...ofTheMachine });

      const page = readFileSync(join(folder, 'page/sweep.html'), 'utf8');
      expect(page).toContain('VOPR: 40 seeds of scenario quiet');
      expect(page).toContain('Every run passed.');
      expect(page).not.toMatch(/<script|<link|src=|url\(/);
      const numbers: unknown = JSON.parse(readFileSync(join(folder, 'page/sweep.json'), 'utf8'));
      expect(numbers).toMatchObject({ ...second, groups: [], markSeeds: COUNTS });
    },
    TIMEOUT,
  );

  test(
    'refuses a file that is another sweep, or damaged, and leaves it alone',
    async () => {
      const { status } = await run([...args, '--json']);
      expect(status).toBe(0);
      const whole = readFileSync(join(folder, 'kept.json'), 'utf8');
      const refused = async (content: string, more: string[], says: RegExp): Promise<void> => {
        writeFileSync(join(folder, 'kept.json'), content);
        const { status, stdout, stderr } = await run([...args, ...more]);
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(says);
        expect(stderr.trimEnd()).not.toContain('\n');
        expect(readFileSync(join(folder, 'kept.json'), 'utf8')).toBe(content);
      };
      await refused(whole, ['--from', '7'], /another sweep: its from is 0, not 7/);
      await refused(whole.slice(0, 100), [], /was cut off/);
      await refused('{}', [], /is not a kept sweep/);
      await refused(whole.replace('"version":1', '"version":2'), [], /version 2, not 1/);
      await refused(whole.replace('"passed":40', '"passed":39'), [], /damaged or edited/);
      const elsewhere = whole.replace(/"build":"[0-9a-f]+"/, '"build":"000000000000"');
      await refused(elsewhere, [], /damaged or edited/);
    },
    TIMEOUT,
  );
});

describe('vopr: a system with a planted bug', () => {
  let broken: BuiltCommand;
  beforeAll(() => {
    broken = buildCommand({
      file: 'core/vsr/quorum.ts',
      find: 'return view % replicas;',
      replace: "assert(view < 2, 'planted: views end here'); return view % replicas;",
    });
  }, TIMEOUT);
  afterAll(() => broken.dispose());

  test(
    'fails with exit code 1, the line that repeats it, and a trace that replays',
    async () => {
      const at = { cwd: folder };
      const sweep = ['sweep', '--count', '8', '--jobs', '1', '--json'];
      const swept = await broken.run([...sweep, '--shrink', '4'], at);
      expect(swept.status).toBe(1);
      const { failed } = JSON.parse(swept.stdout) as {
        failed: { seed: number; invariant: string; message: string; trace: string }[];
      };
      const failure = failed.find(({ message }) => message.includes('planted'));
      expect(failure).toMatchObject({ invariant: 'crash', trace: TEXT });
      if (failure === undefined) return;
      const written = readdirSync(join(folder, 'vopr-failures'));
      expect(written.filter((name) => !name.includes('shrunk')).length).toBe(failed.length);
      expect(written.some((name) => name.endsWith('-shrunk.json'))).toBe(true);

      const seed = String(failure.seed);
      const again = await broken.run(['run', '--seed', seed], at);
      expect(again.status).toBe(1);
      expect(again.stdout).toContain('FAIL  crash at');
      expect(again.stdout).toContain('planted: views end here');
      expect(again.stdout).toContain(`again: npx vopr run --seed ${seed}`);

      const replayed = await broken.run(['replay', failure.trace, '--plain', '--last', '5'], at);
      expect(replayed.status).toBe(1);
      expect(replayed.stdout).toContain('the digest is that of the trace');
      expect(replayed.stdout).toContain('FAIL  crash at');

      const shrunk = await broken.run(['shrink', failure.trace, '--out', 'small.json'], at);
      expect(shrunk.status).toBe(1);
      expect(shrunk.stdout).toContain('everything calm, except:');
      expect(shrunk.stdout).toContain('planted: views end here');
      const counts = /(\d+) choices → (\d+), \d+ runs in/.exec(shrunk.stdout) ?? [];
      expect(Number(counts[2])).toBeLessThan(Number(counts[1]) / 4);
      const small = await broken.run(['replay', 'small.json', '--plain', '--last', '5'], at);
      expect(small.stdout).toContain('the digest is that of the trace');
      expect(small.stdout).toContain('planted: views end here');
      const shown = await broken.run(['show', 'small.json'], at);
      expect(shown).toMatchObject({ status: 0, stderr: '' });
      expect(shown.stdout).toContain(`shrunk from ${counts[1]} choices`);

      const few = ['--points', '3', '--tails', '3', '--json'];
      const bisected = await broken.run(['bisect', 'small.json', ...few], at);
      expect(bisected).toMatchObject({ status: 0, stderr: '' });
      const { probes } = JSON.parse(bisected.stdout) as { probes: { failed: number }[] };
      expect(probes.at(-1)).toMatchObject({ tails: 3, failed: 3 });

      // The same trace in a build without the bug, and one whose digest was tampered with.
      const sound = await run(['shrink', failure.trace, '--out', 'never.json']);
      expect(sound.status).toBe(2);
      expect(sound.stderr).toMatch(
        /^vopr: this trace no longer fails in build .*: nothing to shrink/,
      );
      expect(existsSync(join(folder, 'never.json'))).toBe(false);
      const elsewhere = await run(['replay', failure.trace, '--plain', '--last', '1']);
      expect(elsewhere.stdout).toMatch(/does not reproduce, as may be under another build/);
      expect(elsewhere.stdout).toMatch(/the runs agree .* and differ (by event|in the events)/);
      const text = readFileSync(join(folder, failure.trace), 'utf8');
      const forged = text.replace(/"digest": "[0-9a-f]+"/, '"digest": "0123456789abcdef"');
      writeFileSync(join(folder, 'forged.json'), forged);
      const caught = await broken.run(['replay', 'forged.json', '--plain', '--last', '1'], at);
      expect(caught.stdout).toMatch(/although it is the same build: determinism is broken/);
      expect(caught.status).toBe(1);
    },
    TIMEOUT,
  );
});
