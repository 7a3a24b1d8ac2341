/**
 * The documents cannot lie about commands: every fenced `sh` or `console` block of README.md,
 * HACKING.md and docs/ runs here, in a copy of the tree that was built, and must exit 0.
 *
 * In a `sh` block every line is a command (a trailing backslash continues it; `#` comments). In a
 * `console` block a command begins with `$ `, `[exit N] $ ` when it must fail with N, and the lines
 * below it are what it prints: each must occur in this order, `…` standing for anything.
 *
 * A command of a `sh` block that ends with `&` is a server: it runs on until the tests are done,
 * and must not have ended by then.
 *
 * A block that cannot run here says why, above it: `<!-- not-run: reason -->`.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
}

/** What is already true here: packages are installed, and this is the test run itself. */
const ALREADY = new Set(['npm ci', 'npm test']);

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
    .map((command) => ({ place, command, exit: 0, prints: [] }));
}

function session(block: readonly string[], place: string): readonly Step[] {
  const steps: { place: string; command: string; exit: number; prints: string[] }[] = [];
  for (const line of block) {
    const prompt = /^(?:\[exit (\d+)\] )?\$ (.*)$/.exec(line);
    if (prompt !== null) {
      const [, exit = '0', command = ''] = prompt;
      steps.push({ place, command, exit: Number(exit), prints: [] });
    } else if (line.trim() !== '') {
      const last = steps.at(-1);
      if (last === undefined) throw new Error(`${place}: output before the first command`);
      last.prints.push(line);
    }
  }
  return steps;
}

/** What is left of `a && b && c` when the steps that already happened are taken out. */
function remaining(command: string): string {
  const parts = command.split('&&').map((part) => part.trim());
  return parts.filter((part) => !ALREADY.has(part)).join(' && ');
}

/** The first promised line that the output does not have, in order; null when all are there. */
function missing(prints: readonly string[], output: string): string | null {
  const actual = output.split('\n');
  let from = 0;
  for (const line of prints) {
    const escaped = line
      .trim()
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    const pattern = new RegExp(`^\\s*${escaped.join('.*')}\\s*$`);
    const at = actual.findIndex((text, index) => index >= from && pattern.test(text));
    if (at < 0) return line;
    from = line.trim() === '…' ? from : at + 1;
  }
  return null;
}

const documents = treeFiles().filter((path) => /^(README|HACKING|docs\/.*)\.md$/.test(path));
// Until the command line exists, what calls it cannot run; that is said here and nowhere else.
const commandLine = existsSync(join(root, 'vopr/cli/main.ts'));

describe('documents', () => {
  let copy: TreeCopy;
  const servers: ChildProcess[] = [];

  beforeAll(() => {
    copy = copyTree();
    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy.path });
    expect(built.status).toBe(0);
  }, TIMEOUT);
  afterAll(() => {
    for (const server of servers) server.kill('SIGKILL');
    copy.dispose();
  });

  test('there are commands to check', () => {
    expect(documents.flatMap(stepsOf).length).toBeGreaterThan(2);
  });

  const steps = documents.flatMap(stepsOf).filter(({ command }) => remaining(command) !== '');
  test.for(steps)('$place: $command', { timeout: TIMEOUT }, (step, { skip }) => {
    const command = remaining(step.command);
    skip(command.includes('vopr ') && !commandLine, 'vopr/cli/main.ts does not exist yet');
    const env = { ...process.env, NO_COLOR: '1', npm_config_update_notifier: 'false' };
    const place = { cwd: copy.path, env };
    if (command.endsWith('&')) {
      // Its output is nobody's: a pipe that it held open would never end.
      const exec = `exec ${command.slice(0, -1)}`;
      servers.push(spawn('bash', ['-c', exec], { ...place, stdio: 'ignore' }));
      return;
    }
    const limits = { encoding: 'utf8', timeout: COMMAND_TIMEOUT } as const;
    const done = spawnSync('bash', ['-c', command], { ...place, ...limits });
    const output = `${done.stdout}${done.stderr}`;
    expect(done.status, output.slice(-2000)).toBe(step.exit);
    expect(missing(step.prints, output), output.slice(-2000)).toBeNull();
  });

  test('no server has ended', () => {
    expect(servers.map((server) => server.exitCode ?? server.signalCode)).toEqual(
      servers.map(() => null),
    );
  });
});
