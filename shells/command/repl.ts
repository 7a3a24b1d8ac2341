/** `kimberlite repl`: the interactive shell on a connection; from a pipe it runs what comes. */
import { homedir } from 'node:os';
import type { ClientDatabase } from '../client/connect.ts';
import { textColumns } from '../repl/describe.ts';
import type { TextResult } from '../repl/format-result.ts';
import { historyPath } from '../repl/history.ts';
import { paintHues } from '../repl/hues.ts';
import { runPiped, runTerminal } from '../repl/run-repl.ts';
import { Shell, parseFormat } from '../repl/shell.ts';
import { withDatabase } from './connection.ts';
import type { ConnectionArguments } from './connection.ts';
import { painter, tell } from './print.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once } from './usage.ts';

export interface ReplArguments extends ConnectionArguments {
  readonly format?: unknown;
  readonly json?: unknown;
}

export function replCommand(args: ReplArguments): Promise<number> {
  const format = formatOf(args);
  return withDatabase(args, (database) => {
    const { stdin, stdout } = process;
    const shell = makeShell(database, format);
    return stdin.isTTY && stdout.isTTY ? interact(database, shell) : pipe(shell);
  });
}

export function formatOf({ format, json }: ReplArguments): ReturnType<typeof parseFormat> & string {
  const given = once('format', format);
  if (json === true && given !== undefined && given !== 'json') {
    throw new CommandError('--json and --format exclude each other');
  }
  const parsed = parseFormat(json === true ? 'json' : (given ?? 'auto'));
  if (parsed !== null) return parsed;
  throw new CommandError(`--format takes auto, table, vertical, csv or json, not '${given}'`);
}

export function makeShell(database: ClientDatabase, format: ReturnType<typeof formatOf>): Shell {
  const { stdout, stderr } = process;
  const paint = painter(stdout);
  const paintError = painter(stderr);
  return new Shell({
    database,
    format,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    columns: () => (stdout.isTTY ? stdout.columns : null),
    paint: (what, text) => (what === 'error' ? paintError('red', text) : paint(what, text)),
    where: () => whereText(database),
    tenants: () => tenantsOf(database),
  });
}

async function tenantsOf(database: ClientDatabase): Promise<TextResult> {
  const { rows } = await database.admin('tenants');
  const shown = (rows as readonly Record<string, unknown>[]).map(({ tenant, name, position }) => [
    String(tenant),
    String(name),
    String(position),
  ]);
  return { columns: textColumns('Tenant', 'Name', 'Position'), rows: shown };
}

function whereText(database: ClientDatabase): string {
  const { server } = database;
  if (server === null) return 'not connected at the moment';
  const { address, replica, view, user, role, tenant, members } = server;
  return (
    `server ${address} (replica ${replica}, primary of view ${view}), user ${user} (${role}), ` +
    `tenant ${tenant}; members ${members.join(', ')}`
  );
}

async function interact(database: ClientDatabase, shell: Shell): Promise<number> {
  const { stdin, stdout } = process;
  tell(`${whereText(database)}\n\\? lists commands, \\q quits.`);
  await runTerminal(shell, {
    input: stdin,
    output: stdout,
    history: historyPath(process.env, homedir()),
    name: () => database.server?.tenant ?? 'kimberlite',
    paint: paintHues(painter(stdout)),
  });
  return EXIT_DONE;
}

async function pipe(shell: Shell): Promise<number> {
  // Ctrl-C cancels the statement, and there is no prompt to go back to: the rest is not run.
  process.once('SIGINT', () => {
    if (!shell.cancel()) process.exit(130);
  });
  return (await runPiped(shell, process.stdin)) ? EXIT_DONE : EXIT_FAILED;
}
