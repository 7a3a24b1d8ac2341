/**
 * The built command in a tree of its own: a copy of the repository, bundled there, perhaps with a
 * bug planted first. What others build meanwhile does not matter, and nothing here is a hook in
 * what ships.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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
  /**
   * Runs it once for each list of arguments, one after the other in one process, which starts much
   * faster than many do. For what ends at once: nothing is told before all have ended.
   */
  runEach(lists: readonly (readonly string[])[], where: Where): Promise<readonly Ended[]>;
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
    runEach: (lists, where) => runEach(join(copy.path, 'dist/vopr.js'), lists, where),
    dispose: () => copy.dispose(),
  };
}

/** Imports the command anew for each list, and prints what came of all as JSON. */
const EACH = `
const [command, lists] = JSON.parse(process.argv[1]);
const streams = ['stdout', 'stderr'].map((name) => [name, process[name], process[name].write]);
process.stdout.setMaxListeners(0);
const all = [];
for (const [index, args] of lists.entries()) {
  const ended = { status: 0, stdout: '', stderr: '' };
  for (const [name, stream] of streams) stream.write = (text) => ((ended[name] += text), true);
  process.argv = [process.execPath, command, ...args];
  process.exitCode = 0;
  await import(command + '?' + index);
  ended.status = process.exitCode;
  all.push(ended);
}
for (const [, stream, write] of streams) stream.write = write;
process.exitCode = 0;
process.stdout.write(JSON.stringify(all));
`;

async function runEach(
  command: string,
  lists: readonly (readonly string[])[],
  where: Where,
): Promise<readonly Ended[]> {
  const given = JSON.stringify([pathToFileURL(command).href, lists]);
  const all = await ended(['--input-type=module', '--eval', EACH, given], where);
  if (all.status !== 0) throw new Error(`one of the commands ended the process: ${all.stderr}`);
  return JSON.parse(all.stdout) as readonly Ended[];
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
