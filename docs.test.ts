/**
 * The documents cannot lie about commands: every fenced `sh` or `console` block of README.md,
 * HACKING.md and docs/ runs here, in a copy of the tree that was built, and must exit 0. Left out
 * is what `.ci/run` does in a step of its own.
 *
 * In a `sh` block every line is a command (a trailing backslash continues it; `#` comments). In a
 * `console` block a command begins with `$ `, `[exit N] $ ` when it must fail with N, and the lines
 * below it are what it prints: each must occur in this order, `…` standing for anything.
 *
 * A command that ends with `&` is a server: it runs on until the tests are done, and must not have
 * ended by then, unless a later command stopped it, and it ended well. In a `console` block the
 * next command waits until it has printed what is promised. Lines that begin with `main=> ` are
 * typed into the command above them, each when the one before has printed what is promised; `…` in
 * them is the last instant that was shown.
 *
 * A block that cannot run here says why, above it: `<!-- not-run: reason -->`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Running, missing } from './scripts/testing/running.ts';
import { copyTree, root, treeFiles } from './scripts/testing/tree.ts';
import type { TreeCopy } from './scripts/testing/tree.ts';

const TIMEOUT = 5 * 60_000;
/** A command that takes longer hangs; many times what the slowest takes. */
const COMMAND_TIMEOUT = 4 * 60_000;

interface Step {
  readonly place: string;
  readonly command: string;
  readonly exit: number;
  readonly prints: readonly string[];
  readonly turns: readonly Turn[];
}

/** What is typed into a command, and what it prints then. */
interface Turn {
  readonly input: string;
  readonly prints: string[];
}

/**
 * What is already true here: packages are installed, the commands are on the path, and this is the
 * test run itself.
 */
const ALREADY = new Set(['npm ci', 'npm link', 'npm test']);
/** What `.ci/run` does in a step of its own; here it would be done a second time. */
const CI_STEPS: ReadonlySet<string> = new Set(
  [...readFileSync(join(root, '.ci/run'), 'utf8').matchAll(/^step '[^']*' (npm run .*)$/gm)].map(
    ([, command = '']) => command,
  ),
);

/** The commands of one document, in order. */
function stepsOf(path: string): readonly Step[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  const steps: Step[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```(sh|console)$/.exec(lines[i] ?? '');
    if (fence === null) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`${path}:${i + 1}: this block has no end`);
    let above = i - 1;
    while (above > 0 && lines[above] === '') above--;
    const excused = /^<!-- not-run: \S.* -->$/.test(lines[above] ?? '');
    const block = lines.slice(i + 1, end);
    const place = `${path}:${i + 1}`;
    if (!excused) steps.push(...(fence[1] === 'sh' ? shell(block, place) : session(block, place)));
    i = end;
  }
  return steps;
}

function shell(block: readonly string[], place: string): readonly Step[] {
  const whole = block.join('\n').replaceAll('\\\n', ' ').split('\n');
  return whole
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((command) => command !== '')
    .map((command) => ({ place, command, exit: 0, prints: [], turns: [] }));
}

function session(block: readonly string[], place: string): readonly Step[] {
  const steps: (Step & { readonly prints: string[]; readonly turns: Turn[] })[] = [];
  for (const line of block) {
    const prompt = /^(?:\[exit (\d+)\] )?\$ (.*)$/.exec(line);
    if (prompt !== null) {
      const [, exit = '0', command = ''] = prompt;
      steps.push({ place, command, exit: Number(exit), prints: [], turns: [] });
      continue;
    }
    if (line.trim() === '') continue;
    const last = steps.at(-1);
    if (last === undefined) throw new Error(`${place}: output before the first command`);
    const typed = /^main=> (.*)$/.exec(line);
    if (typed !== null) last.turns.push({ input: typed[1]!, prints: [] });
    else (last.turns.at(-1)?.prints ?? last.prints).push(line);
  }
  return steps;
}

/** Without simulations that a document shows again: a run is a function of its arguments. */
function unrepeated(steps: readonly Step[]): readonly Step[] {
  const seen: Set<string> = new Set();
  return steps.filter(({ command, prints, exit }) => {
    if (!command.startsWith('npx vopr ') || prints.length > 0) return true;
    const key = `${command} ${exit}`;
    return !seen.has(key) && seen.add(key);
  });
}

/**
 * What is left of `a && b && c` when the steps that already happened are taken out. Only README's
 * commands are begun by `npx` as they stand; elsewhere its second for each is spared.
 */
function remaining({ place, command }: Step): string {
  const parts = command.split('&&').map((part) => part.trim());
  const left = parts.filter((part) => !ALREADY.has(part) && !CI_STEPS.has(part)).join(' && ');
  return place.startsWith('README') ? left : left.replace(/^npx vopr /, 'vopr ');
}

const documents = treeFiles().filter((path) => /^(README|HACKING|docs\/.*)\.md$/.test(path));
// Until the command line exists, what calls it cannot run; that is said here and nowhere else.
const commandLine = existsSync(join(root, 'vopr/cli/main.ts'));

describe('documents', () => {
  let copy: TreeCopy;
  let path: string;
  const servers: { readonly command: string; readonly running: Running }[] = [];

  beforeAll(() => {
    copy = copyTree();
    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy.path });
    expect(built.status).toBe(0);
    path = linked(copy.path);
  }, TIMEOUT);
  afterAll(async () => {
    await Promise.all(servers.map(({ running }) => running.kill()));
    copy.dispose();
  });

  test('there are commands to check', () => {
    expect(documents.flatMap(stepsOf).length).toBeGreaterThan(2);
  });

  const steps = unrepeated(documents.flatMap(stepsOf)).filter((step) => remaining(step) !== '');
  test.for(steps)('$place: $command', { timeout: TIMEOUT }, async (step, { skip }) => {
    const command = remaining(step);
    skip(command.includes('vopr ') && !commandLine, 'vopr/cli/main.ts does not exist yet');
    const env = { ...process.env, NO_COLOR: '1', npm_config_update_notifier: 'false', PATH: path };
    if (command.endsWith('&')) {
      const running = new Running(command.slice(0, -1), copy.path, env);
      servers.push({ command, running });
      return running.printed(step.prints);
    }
    if (step.turns.length > 0) return converse(step, new Running(command, copy.path, env));
    const limits = { encoding: 'utf8', timeout: COMMAND_TIMEOUT } as const;
    const done = spawnSync('bash', ['-c', command], { cwd: copy.path, env, ...limits });
    const output = `${done.stdout}${done.stderr}`;
    expect(done.status, output.slice(-2000)).toBe(step.exit);
    expect(missing(step.prints, output), output.slice(-2000)).toBeNull();
  });

  test('no server has ended that was not stopped, and those well', async () => {
    const stopped = steps.some(({ command }) => command.startsWith('kimberlite stop'));
    for (const { command, running } of servers) {
      const ends = stopped && command.includes('kimberlite start');
      expect(ends ? await running.ended : running.exit, running.output).toBe(ends ? 0 : null);
    }
  });
});

/** A path on which the tree's own commands come first, as after `npm link`. */
function linked(tree: string): string {
  const folder = join(tree, 'out', 'bin');
  mkdirSync(folder, { recursive: true });
  for (const name of ['kimberlite', 'vopr']) {
    const script = join(folder, name);
    writeFileSync(script, `#!/bin/sh\nexec node '${join(tree, 'bin', name)}.mjs' "$@"\n`);
    chmodSync(script, 0o755);
  }
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

/** Types each line when what was promised of the one before has come. */
async function converse({ prints, turns, exit }: Step, running: Running): Promise<void> {
  await running.printed(prints);
  for (const turn of turns) {
    running.type(turn.input);
    await running.printed(turn.prints);
  }
  expect(await running.ended, running.output).toBe(exit);
}
