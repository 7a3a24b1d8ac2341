/**
 * The command as people run it: a process of its own, from sources that are bundled once a file of
 * tests.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

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

export function kimberlite(...argv: readonly string[]): Promise<Ended> {
  return run(argv);
}
