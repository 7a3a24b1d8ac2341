/**
 * The built command in a tree of its own: a copy of the repository, bundled there, perhaps with a
 * bug planted first. What others build meanwhile does not matter, and nothing here is a hook in
 * what ships.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree } from '../../../scripts/testing/tree.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node.js itself. */
  readonly flags?: readonly string[];
}

export interface Plant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface BuiltCommand {
  run(args: readonly string[], where: Where): Promise<Ended>;
  dispose(): void;
}

/** Copies, plants, bundles. The planted text must occur exactly once. */
export function buildCommand(plant: Plant | null = null): BuiltCommand {
  const copy = copyTree();
  if (plant !== null) {
    const path = join(copy.path, plant.file);
    const parts = readFileSync(path, 'utf8').split(plant.find);
    if (parts.length !== 2) throw new Error(`${plant.file} no longer reads as the plant expects`);
    writeFileSync(path, parts.join(plant.replace));
  }
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: copy.path,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  const entry = join(copy.path, 'bin/vopr.mjs');
  return {
    run: (args, where) => ended([...(where.flags ?? []), entry, ...args], where),
    dispose: () => copy.dispose(),
  };
}

function ended(args: readonly string[], { cwd, env = {} }: Where): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
