/**
 * `kimberlite start DIR`: runs the server of a directory in the foreground, or the servers of a
 * local cluster as child processes. Says when clients may come, and how to use, watch and stop it.
 *
 * SIGTERM and SIGINT end it gracefully; a second one ends it at once, which loses nothing that was
 * acknowledged.
 */
import type { Refusal } from '../host.ts';
import { formatEndpoint } from '../config/config.ts';
import type { ClusterConfig, ServerConfig } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { openServer } from '../server/server.ts';
import { join } from 'node:path';
import { memberAt } from './addresses.ts';
import { say, tell } from './print.ts';
import { READY_MESSAGE, supervise } from './supervise.ts';
import { tlsWarning } from './tls-warning.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED } from './usage.ts';
import { endpointOf, once, oneLine, quotePath } from './usage.ts';

export interface StartArguments {
  readonly directory?: unknown;
  readonly address?: unknown;
}

export async function startCommand(args: StartArguments): Promise<number> {
  const directory = once('directory', args.directory) ?? '';
  const address = once('address', args.address);
  const config = readConfig(directory);
  const ended = asked();
  if (config.kind === 'server') return runServer(directory, atAddress(config, address), ended);
  if (address !== undefined) {
    throw new CommandError('--address is for one server; a cluster has its own, made by init');
  }
  return runCluster(directory, config, ended);
}

/** Resolves at the first wish to end; the second one ends the process. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    let wishes = 0;
    const onWish = (): void => {
      wishes += 1;
      if (wishes === 1) resolve();
      else process.exit(EXIT_INTERRUPTED);
    };
    process.on('SIGINT', onWish);
    process.on('SIGTERM', onWish);
    // The supervisor is gone: nobody would stop us.
    if (process.send !== undefined) process.on('disconnect', () => resolve());
  });
}

/** Only who has no peers may move: nobody else knows the address. */
function atAddress(config: ServerConfig, address: string | undefined): ServerConfig {
  if (address === undefined) return config;
  const client = endpointOf('address', address);
  const own = config.members[config.replica]!;
  if (formatEndpoint(own.client) === formatEndpoint(client)) return config;
  if (config.members.length === 1) return { ...config, members: [memberAt(client)] };
  throw new CommandError(
    `--address: the others know replica ${config.replica} by ${formatEndpoint(own.client)}; ` +
      'leave it out, or change kimberlite.json of every member',
  );
}

async function runServer(
  directory: string,
  config: ServerConfig,
  ended: Promise<void>,
): Promise<number> {
  let stop: (exit: number) => void = () => undefined;
  const exit = new Promise<number>((resolve) => (stop = resolve));
  const opened = await openServer({
    directory,
    config,
    onNotice: (line) => tell(`notice: ${oneLine(line)}`),
    onStopped: (reason) => {
      tell(`kimberlite: the server stopped: ${oneLine(reason)}`);
      stop(EXIT_FAILED);
    },
  });
  // The reason was told.
  if (opened.kind === 'refused' && opened.code === 'stopped') return exit;
  if (opened.kind === 'refused') throw refusedServer(directory, config, opened);
  const warning = tlsWarning(directory, config.tls, Date.now());
  if (warning !== null) tell(`notice: ${warning}`);
  sayReady(directory, config);
  void ended.then(async () => {
    say('stopping: what is under way is answered');
    await opened.server.close();
    stop(EXIT_DONE);
  });
  return exit;
}

function sayReady(directory: string, config: ServerConfig): void {
  const { replica, members, development } = config;
  const { client, http } = members[replica]!;
  const seat = members.length === 1 ? '' : `replica ${replica} of ${members.length}, `;
  const mode = development ? ', for development: nobody needs a key' : '';
  say(`ready: ${seat}clients at ${formatEndpoint(client)}${mode}`);
  if (process.send !== undefined) return void process.send(READY_MESSAGE);
  const login = development ? '' : 'KIMBERLITE_KEY=… ';
  const addresses = members.map((member) => formatEndpoint(member.client)).join(',');
  say(`use it    ${login}kimberlite repl --address ${addresses}`);
  say(
    `watch it  kimberlite status ${quotePath(directory)}; http://${formatEndpoint(http)}/metrics`,
  );
  say(`stop it   Ctrl-C, or kimberlite stop ${quotePath(directory)}`);
}

/** Says what to do, where that is known. */
function refusedServer(directory: string, config: ServerConfig, refused: Refusal): CommandError {
  const { code, message } = refused;
  const path = quotePath(directory);
  const busy = /EADDRINUSE[^]*?(\S+:\d+)$/.exec(message);
  if (busy !== null) {
    const advice =
      config.members.length === 1
        ? 'stop who has it, or give another: --address HOST:PORT'
        : 'stop who has it';
    return new CommandError(`${busy[1]!} is in use already; ${advice}`);
  }
  if (code === 'locked') return new CommandError(`${directory} runs already: ${message}`);
  const recover = `kimberlite recover ${path}`;
  if (code === 'mismatch') {
    return new CommandError(`${message}: kimberlite.json and data/ of ${directory} do not match`);
  }
  if (code === 'directory' || code === 'missing') {
    const advice = config.members.length === 1 ? 'restore it from a copy' : `make it: ${recover}`;
    return new CommandError(`${join(directory, 'data')} holds no data (${message}); ${advice}`);
  }
  if (['damaged', 'rot', 'size', 'forked'].includes(code)) {
    const advice =
      config.members.length === 1
        ? 'restore it from a copy'
        : `move ${path}/data away and make it anew: ${recover}`;
    return new CommandError(`${directory} is damaged: ${message}; ${advice}`);
  }
  return new CommandError(`${directory} cannot be started: ${message}`);
}

function runCluster(
  directory: string,
  config: ClusterConfig,
  ended: Promise<void>,
): Promise<number> {
  const first = readConfig(join(directory, config.replicas[0]!));
  const members = first.kind === 'server' ? first.members : [];
  const addresses = members.map(({ client }) => formatEndpoint(client)).join(',');
  const path = quotePath(directory);
  const onReady = (count: number): void => {
    const all = config.replicas.length;
    say(count === all ? `ready: ${all} servers` : `ready: ${count} of ${all} servers`);
    say(`use it    kimberlite repl --address ${addresses}`);
    say(`watch it  kimberlite status ${path}`);
    say(`stop it   Ctrl-C, or kimberlite stop ${path}`);
  };
  return supervise({ directory, config, ended, onReady });
}
