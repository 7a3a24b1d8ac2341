/**
 * `kimberlite verify DIR`: proves what is on disk while nothing runs on it. Of a local cluster
 * every server's directory, and that no two logs contradict each other.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PRODUCTION } from '../../core/limits.ts';
import { DATA_FOLDER } from '../config/config.ts';
import type { ServerConfig } from '../config/config.ts';
import { ConfigError, readConfig } from '../config/read-config.ts';
import { lockDirectory } from '../directory-lock.ts';
import { seatOf } from './make-directory.ts';
import { Progress, countText, say, sayJson, tell } from './print.ts';
import { openReadOnly } from './read-only-disk.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once, quotePath } from './usage.ts';
import { verifyData } from './verify-data.ts';
import type { VerifiedData } from './verify-data.ts';

export interface VerifyArguments {
  readonly directory?: unknown;
  readonly json?: unknown;
}

interface Verified extends VerifiedData {
  readonly directory: string;
}

export async function verifyCommand(args: VerifyArguments): Promise<number> {
  const directory = once('directory', args.directory) ?? '';
  const results: Verified[] = [];
  for (const place of placesOf(directory)) results.push(await verifyPlace(place));
  const contradictions = compare(results);
  const ok = contradictions.length === 0 && results.every(({ problems }) => problems.length === 0);
  if (args.json === true) sayJson({ ok, directories: results, contradictions });
  else describe(results, contradictions);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

function placesOf(directory: string): readonly string[] {
  const config = readConfig(directory);
  if (config.kind === 'server') return [directory];
  return config.replicas.map((folder) => join(directory, folder));
}

async function verifyPlace(directory: string): Promise<Verified> {
  const config = readConfig(directory);
  if (config.kind !== 'server') throw new ConfigError(`${directory} is no server's directory`);
  const data = join(directory, DATA_FOLDER);
  if (!existsSync(data)) {
    throw new CommandError(`${data} is missing; kimberlite recover ${quotePath(directory)}`);
  }
  const lock = locked(data);
  try {
    return { directory, ...(await verifyLocked(directory, data, config)) };
  } finally {
    lock.release();
  }
}

function locked(data: string): { release(): void } {
  let lock: ReturnType<typeof lockDirectory>;
  try {
    lock = lockDirectory(data);
  } catch (error) {
    throw new CommandError(`${data} cannot be locked: ${(error as Error).message}`);
  }
  if (typeof lock !== 'string') return lock;
  throw new CommandError(`${data} is in use: ${lock}; stop it first, or ask it: VERIFY LOG`);
}

async function verifyLocked(
  directory: string,
  data: string,
  config: ServerConfig,
): Promise<VerifiedData> {
  const progress = new Progress(`verifying ${directory}`, countText);
  const disk = openReadOnly(data);
  try {
    return await verifyData(disk, seatOf(config), PRODUCTION, (done, total) => {
      progress.show(done, total);
    });
  } finally {
    progress.end();
    disk.close();
  }
}

/** Logs of one cluster and equal length must have one head. */
function compare(results: readonly Verified[]): readonly string[] {
  const heads: Map<string, { readonly head: string; readonly directory: string }> = new Map();
  const found: string[] = [];
  for (const { directory, cluster, tenants } of results) {
    for (const { tenant, entries, head } of tenants) {
      const key = `${cluster} ${tenant} ${entries}`;
      const other = heads.get(key);
      if (other === undefined) heads.set(key, { head, directory });
      else if (other.head !== head) {
        found.push(`tenant ${tenant}: ${directory} and ${other.directory} hold different logs`);
      }
    }
  }
  return found;
}

function describe(results: readonly Verified[], contradictions: readonly string[]): void {
  for (const { directory, checkpoint, journal, tenants, pages, problems } of results) {
    const state = problems.length === 0 ? 'ok' : 'DAMAGED';
    const rest = `checkpoint at op ${checkpoint}, ${journal} ops beyond it in the journal`;
    say(`${directory}: ${state}; ${rest}; room for ${countText(pages)} pages`);
    for (const { tenant, entries, head } of tenants) {
      if (entries > 0) say(`  tenant ${tenant}: ${countText(entries)} entries, head ${head}`);
    }
    for (const problem of problems) say(`  ${problem}`);
    if (problems.length > 0) tell(adviceFor(directory, results.length));
  }
  for (const contradiction of contradictions) say(contradiction);
}

function adviceFor(directory: string, servers: number): string {
  const path = quotePath(directory);
  return servers > 1
    ? `start it: its peers repair it; or replace it: move ${path}/data away, kimberlite recover ${path}`
    : 'with peers, start it and they repair it; alone, restore the directory from a copy';
}
