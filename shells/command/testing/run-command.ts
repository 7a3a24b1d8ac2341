/**
 * The command as people run it: a process of its own, from sources that are bundled once a file of
 * tests.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';
import { freePorts, isFree } from '../../testing/ports.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const HASHED_BYTES_MAX = 1 << 20;

let script: Promise<string> | null = null;

afterAll(async () => {
  const path = await script;
  if (path !== null) rmSync(dirname(path), { recursive: true, force: true });
});

/** Bundled as scripts/build.mjs does it, into the tree, so that packages are found from there. */
async function bundled(): Promise<string> {
  const outdir = mkdtempSync(join(root, 'node_modules', '.kimberlite-command-'));
  await build({
    absWorkingDir: root,
    entryPoints: { kimberlite: 'shells/command/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
  });
  return join(outdir, 'kimberlite.mjs');
}

/** Starts `kimberlite ARGUMENTS`; the caller ends it. */
export async function startCommand(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<ChildProcess> {
  script ??= bundled();
  const path = await script;
  const env = { ...process.env, NO_COLOR: '1', KIMBERLITE_HISTORY: '', ...options.env };
  const { cwd } = options;
  return spawn(process.execPath, [path, ...argv], { env, ...(cwd !== undefined && { cwd }) });
}

/** Runs `kimberlite ARGUMENTS` to its end. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = await startCommand(argv, options);
  const stdout: string[] = [];
  const stderr: string[] = [];
  child.stdout!.on('data', (bytes) => stdout.push(String(bytes)));
  child.stderr!.on('data', (bytes) => stderr.push(String(bytes)));
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(options.input ?? '');
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, stdout: stdout.join(''), stderr: stderr.join('') };
}

export interface Serving {
  readonly pid: number;
  /** All that it printed, on either stream. */
  output(): string;
  /** Resolves when a line with these words came. */
  said(words: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

/**
 * A `kimberlite start` that runs until the test is over; resolves when it says that it is ready.
 */
export async function serve(...argv: readonly string[]): Promise<Serving> {
  const child = await startCommand(['start', ...argv]);
  let output = '';
  let over = false;
  const looks: Set<() => void> = new Set();
  const look = (): void => looks.forEach((each) => each());
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (bytes) => {
      output += String(bytes);
      look();
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    look();
    return code as number | null;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const said = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (output.includes(words)) resolve();
        else if (over) reject(new Error(`it ended without "${words}":\n${output}`));
        else return;
        looks.delete(check);
      };
      looks.add(check);
      check();
    });
  await said('stop it ');
  return { pid: child.pid!, output: () => output, said, ended };
}

/** The first of three free ports in a row, `count` times, ten apart. */
export async function freeBase(count: number = 1): Promise<number> {
  for (;;) {
    const [base] = await freePorts(1);
    const ports = Array.from({ length: count }, (_, i) => [0, 1, 2].map((j) => base! + 10 * i + j));
    const free = await Promise.all(ports.flat().map((port) => isFree(port)));
    if (free.every((each) => each)) return base!;
  }
}

/** Every file below a directory with its content's hash, but for locks: what must not change. */
export function snapshot(directory: string): ReadonlyMap<string, string> {
  const files: Map<string, string> = new Map();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(path);
    const hash = createHash('sha256');
    // A journal is a GiB of holes: that nobody wrote to it is known by its time.
    const content = size > HASHED_BYTES_MAX ? `${size} ${mtimeMs}` : readFileSync(path);
    files.set(path, hash.update(content).digest('hex'));
  }
  return files;
}

export function kimberlite(...argv: readonly string[]): Promise<Ended> {
  return run(argv);
}
