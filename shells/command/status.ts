/**
 * `kimberlite status`: what each server sees. With a directory, every member is asked over HTTP,
 * those that are behind, or alone, as well; with an address the primary, through a client.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../config/config.ts';
import type { Member, ServerConfig } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { textColumns } from '../repl/describe.ts';
import { formatResult } from '../repl/format-result.ts';
import { withDatabase } from './connection.ts';
import type { ConnectionArguments } from './connection.ts';
import { painter, say, sayJson } from './print.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once } from './usage.ts';

export interface StatusArguments extends ConnectionArguments {
  readonly directory?: unknown;
  readonly watch?: unknown;
  readonly json?: unknown;
}

const HTTP_MILLIS = 2000;
const WATCH_MILLIS = 1000;

export async function statusCommand(args: StatusArguments): Promise<number> {
  const directory = once('directory', args.directory);
  if (directory === undefined) return statusOfPrimary(args);
  if (args.address !== undefined) {
    throw new CommandError('a directory, or --address: not both');
  }
  const config = serverConfigOf(directory);
  if (args.watch !== true) return show(await askAll(config), args.json === true);
  for (;;) {
    const all = await askAll(config);
    process.stdout.write(process.stdout.isTTY ? '\u001b[H\u001b[J' : '');
    show(all, args.json === true);
    await sleep(WATCH_MILLIS);
  }
}

async function statusOfPrimary(args: StatusArguments): Promise<number> {
  if (args.watch === true) throw new CommandError('--watch needs a directory');
  return withDatabase(args, async (database) => {
    const { rows } = await database.admin('status');
    const pairs = (rows as readonly Record<string, string>[]).map(({ name, value }) => {
      return [name!, value!] as const;
    });
    if (args.json === true) sayJson(Object.fromEntries(pairs));
    else for (const [name, value] of pairs) say(`${name.padEnd(12)} ${value}`);
    return EXIT_DONE;
  });
}

function serverConfigOf(directory: string): ServerConfig {
  const config = readConfig(directory);
  if (config.kind === 'server') return config;
  const first = readConfig(join(directory, config.replicas[0]!));
  if (first.kind === 'server') return first;
  throw new CommandError(`${directory} is no local cluster: its first folder is one itself`);
}

interface Asked {
  readonly replica: number;
  readonly address: string;
  readonly http: string;
  /** Null: it did not answer. */
  readonly status: Readonly<Record<string, unknown>> | null;
  readonly problem: string;
}

function askAll({ members }: ServerConfig): Promise<readonly Asked[]> {
  return Promise.all(members.map(ask));
}

async function ask({ client, http }: Member, replica: number): Promise<Asked> {
  const place = { replica, address: formatEndpoint(client), http: formatEndpoint(http) };
  try {
    const signal = AbortSignal.timeout(HTTP_MILLIS);
    const answer = await fetch(`http://${place.http}/status`, { signal });
    const status = (await answer.json()) as Record<string, unknown>;
    return { ...place, status, problem: diskProblem(status['disk']) };
  } catch (error) {
    const { message, cause } = error as Error;
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
    return { ...place, status: null, problem: why === 'ECONNREFUSED' ? 'not running' : why };
  }
}

/** A server of an earlier release does not say. */
function diskProblem(disk: unknown): string {
  return disk === undefined || disk === 'ok' ? '' : `disk: ${String(disk)}`;
}

const SHOWN = ['status', 'view', 'op', 'commit', 'checkpoint', 'damaged', 'connections'] as const;

/** Exit code 1 when there is no primary that clients could use. */
function show(all: readonly Asked[], json: boolean): number {
  const primary = all.find(({ status }) => status?.['role'] === 'primary');
  if (json) sayJson({ primary: primary?.replica ?? null, servers: all });
  else {
    const isWell = all.every(({ status, problem }) => status !== null && problem === '');
    const names = ['replica', 'clients', 'role', ...SHOWN, ...(isWell ? [] : ['problem'])];
    const rows = all.map(({ replica, address, status, problem }) => [
      String(replica),
      address,
      status === null ? 'down' : String(status['role']),
      ...SHOWN.map((name) => (status === null ? '' : String(status[name] ?? ''))),
      ...(isWell ? [] : [problem]),
    ]);
    const result = { columns: textColumns(...names), rows };
    const table = formatResult(result, 'table').split('\n').slice(0, -2);
    for (const line of table) say(line);
    if (primary === undefined) {
      say(painter(process.stdout)('red', 'no primary: nothing is executed'));
    }
  }
  return primary === undefined ? EXIT_FAILED : EXIT_DONE;
}
