/**
 * What the store costs where there is much of it: memory under load, opening after SIGKILL, what a
 * checkpoint writes for one changed row, and a thousand tenants.
 *
 *   npm run bench:store -- [--megabytes N] [--tenants N] [--only memory|open|tenants]
 *
 * Each part runs in processes of its own, on directories of its own, which are removed. Memory is
 * the largest resident set of the process that did the work, as the operating system counted it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { EMBEDDED } from '../../core/limits.ts';
import { BATCH_ROWS, ROW_BYTES, load, reopen } from './store-rows.ts';
import { manyTenants } from './store-tenants.ts';

const PARTS = ['memory', 'open', 'tenants'] as const;
const MIB = 1 << 20;

const options = yargs(hideBin(process.argv))
  .scriptName('npm run bench:store --')
  .usage('$0 [options]\n\nMeasures the store where there is much of it.')
  .option('megabytes', { type: 'number', default: 1024, describe: 'rows, in MiB of their text' })
  .option('tenants', { type: 'number', default: 1000, describe: 'tenants of the last part' })
  .option('only', { choices: PARTS, describe: 'one part' })
  .option('worker', { type: 'string', hidden: true })
  .option('directory', { type: 'string', default: '', hidden: true })
  .strict()
  .parseSync();

interface Done {
  /** Lines that the worker printed. */
  readonly lines: readonly string[];
}

/** Runs a part in a process of its own; with `kill`, ends it by SIGKILL at its first line. */
async function worker(name: string, directory: string, kill: boolean): Promise<Done> {
  const self = fileURLToPath(import.meta.url);
  const args = ['--worker', name, '--directory', directory];
  const sizes = ['--megabytes', String(options.megabytes), '--tenants', String(options.tenants)];
  const child = spawn(process.execPath, [self, ...args, ...sizes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (kill) child.kill('SIGKILL');
  }
  const code = await ended;
  if (!kill && code !== 0) throw new Error(`the part "${name}" ended with ${code}`);
  return { lines };
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-store-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function memory(): Promise<void> {
  const rows = Math.floor((options.megabytes * MIB) / ROW_BYTES);
  const cache = (EMBEDDED.storeCachePages * EMBEDDED.pageBytes) / MIB;
  console.log(`memory: ${rows} rows of ${ROW_BYTES} bytes, ${BATCH_ROWS} a statement; embedded,`);
  console.log(`  cache ${cache} MiB; bar: cache + 256 = ${cache + 256} MiB resident`);
  for (const order of ['ascending', 'scattered']) {
    await inDirectory(async (directory) => {
      for (const line of (await worker(`load-${order}`, directory, false)).lines) console.log(line);
    });
  }
}

async function open(): Promise<void> {
  await inDirectory(async (directory) => {
    console.log(`open: ${options.megabytes} MiB of rows, the process ended by SIGKILL; bar: 3 s`);
    await worker('load-and-wait', directory, true);
    for (const line of (await worker('reopen', directory, false)).lines) console.log(line);
  });
}

async function work(name: string): Promise<void> {
  const { directory, megabytes } = options;
  const rows = Math.floor((megabytes * MIB) / ROW_BYTES);
  if (name === 'load-ascending') await load(directory, rows, false, false);
  else if (name === 'load-scattered') await load(directory, rows, true, false);
  else if (name === 'load-and-wait') await load(directory, rows, false, true);
  else if (name === 'reopen') await reopen(directory, rows);
  else await manyTenants(directory, options.tenants);
}

if (options.worker !== undefined) {
  await work(options.worker);
} else {
  const { only } = options;
  console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`);
  if (only === undefined || only === 'memory') await memory();
  if (only === undefined || only === 'open') await open();
  if (only === undefined || only === 'tenants') {
    await inDirectory(async (directory) => {
      for (const line of (await worker('tenants', directory, false)).lines) console.log(line);
    });
  }
}
