/**
 * One replica as a process: arguments in, lines out, an exit code.
 *
 * Exit codes: 0 formatted, or ended by SIGINT or SIGTERM; 1 the node stopped itself; 2 usage, or
 * the directory was refused, in which case nothing on disk was changed. Errors are one line on
 * standard error, what happens is one line each on standard output. Ending is a crash like any
 * other: nothing is lost by SIGKILL.
 */
import { parseArgs } from 'node:util';
import type { Limits } from '../core/limits.ts';
import { formatNode, openNode, recoverNode } from '../core/node.ts';
import type { Node, NodeSeat } from '../core/node.ts';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
  STEP_STATUS,
  STEP_SYNC,
} from '../core/observer.ts';
import type { Observer } from '../core/ports.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { hex128, parse128 } from '../core/types/hash128.ts';
import { primaryOf } from '../core/vsr/quorum.ts';
import { parseEndpoint } from './cluster-network.ts';
import { formatDirectory } from './format.ts';
import { Host, refusal } from './host.ts';
import { random128, systemCrypto } from './system.ts';
import type { Endpoint } from './tcp-network.ts';

/** The release of this build, as it is written into superblocks and log entries. */
export const RELEASE = 1;

const USAGE =
  'usage: replica --directory DIR --replica INDEX --peers HOST:PORT,… --cluster HEX ' +
  '[--standbys COUNT] [--format | --recover]';
/** One shard a cluster, so far. */
const SHARD = 0;

export interface ReplicaEnvironment {
  readonly limits: Limits;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Resolves when the process is asked to end. */
  readonly ended: Promise<void>;
  /** Called once the node runs. */
  readonly onRunning?: (host: Host<Node>) => void;
  readonly onInput?: () => void;
}

interface Settings {
  readonly directory: string;
  readonly replica: number;
  readonly peers: readonly Endpoint[];
  readonly standbyCount: number;
  readonly cluster: Hash128;
  readonly format: boolean;
  readonly recover: boolean;
}

/** Runs until the node or its owner ends it; returns the exit code. */
export async function runReplica(
  argv: readonly string[],
  environment: ReplicaEnvironment,
): Promise<number> {
  const settings = parseSettings(argv);
  if (typeof settings === 'string') {
    environment.complain(settings);
    return 2;
  }
  const { format, recover } = settings;
  return format || recover ? make(settings, environment) : run(settings, environment);
}

/** The settings, or one line that says what is wrong with them. */
export function parseSettings(argv: readonly string[]): Settings | string {
  let values: Record<string, string | boolean | undefined>;
  try {
    const options = {
      directory: { type: 'string' },
      replica: { type: 'string' },
      peers: { type: 'string' },
      standbys: { type: 'string', default: '0' },
      cluster: { type: 'string' },
      format: { type: 'boolean', default: false },
      recover: { type: 'boolean', default: false },
    } as const;
    ({ values } = parseArgs({ args: [...argv], options, strict: true }));
  } catch (error) {
    return `${(error as Error).message.split('\n')[0]}; ${USAGE}`;
  }
  const { directory, replica, peers, standbys, cluster, format, recover } = values;
  if (format === true && recover === true) return `--format or --recover, not both; ${USAGE}`;
  for (const [flag, value] of Object.entries({ directory, replica, peers, cluster })) {
    if (typeof value !== 'string' || value === '') return `--${flag} is missing; ${USAGE}`;
  }
  const endpoints = String(peers).split(',').map(parseEndpoint);
  const good = endpoints.filter((endpoint) => endpoint !== null);
  if (good.length !== endpoints.length)
    return `--peers: "${String(peers)}" is no list of HOST:PORT`;
  const id = parse128(String(cluster));
  if (id === undefined) return `--cluster: "${String(cluster)}" is not 32 hex digits`;
  const standbyCount = parseIndex(standbys, good.length - 1);
  if (standbyCount === null) return `--standbys: at most ${good.length - 1} of these peers`;
  const index = parseIndex(replica, good.length - 1);
  if (index === null) return `--replica: "${String(replica)}" is not 0 to ${good.length - 1}`;
  return {
    directory: String(directory),
    replica: index,
    peers: good,
    standbyCount,
    cluster: id,
    format: format === true,
    recover: recover === true,
  };
}

function parseIndex(text: string | boolean | undefined, max: number): number | null {
  if (typeof text !== 'string' || !/^\d{1,3}$/.test(text)) return null;
  return Number(text) <= max ? Number(text) : null;
}

/** A new directory: of a new cluster's member, or of a member whose disk was replaced. */
async function make(settings: Settings, environment: ReplicaEnvironment): Promise<number> {
  const { directory, recover } = settings;
  const seat = seatOf(settings);
  const failure = await formatDirectory(directory, (disk) => {
    const { limits } = environment;
    const refused = recover
      ? recoverNode(disk, seat, limits, systemCrypto, random128())
      : formatNode(disk, seat, limits, systemCrypto);
    return refused === null ? null : refused.message;
  });
  if (failure === null) {
    const done = recover ? 'formatted anew' : 'formatted';
    environment.print(`${done} ${directory} for ${seatName(settings)}`);
    return 0;
  }
  environment.complain(`refused (format): ${oneLine(failure)}`);
  return 2;
}

async function run(settings: Settings, environment: ReplicaEnvironment): Promise<number> {
  const { directory, cluster, replica, peers } = settings;
  const { limits, print, complain, onInput } = environment;
  const observer = statusPrinter(settings, print);
  const seat = seatOf(settings);
  let stop: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => (stop = resolve));
  const outcome = await Host.open<Node>({
    directory,
    cluster,
    replica,
    peers,
    limits,
    open: (ports) => {
      const nonce = random128();
      const opened = openNode({ ...ports, seat, limits, observer, crypto: systemCrypto, nonce });
      if (opened.kind === 'refused') return refusal(opened.code, opened.message);
      return { kind: 'node', node: opened.node };
    },
    onStopped: (reason) => {
      complain(`stopped: ${oneLine(reason)}`);
      stop(1);
    },
    onNotice: (text) => print(`notice: ${text}`),
    ...(onInput && { onInput }),
  });
  if (outcome.kind === 'refused') {
    complain(`refused (${outcome.code}): ${oneLine(outcome.message)}`);
    return 2;
  }
  const { host } = outcome;
  const { host: address, port } = peers[replica]!;
  print(`running ${seatName(settings)} at ${address}:${port}`);
  environment.onRunning?.(host);
  void environment.ended.then(() => {
    host.close();
    stop(0);
  });
  return code;
}

function seatOf({ cluster, replica, peers, standbyCount }: Settings): NodeSeat {
  const replicaCount = peers.length - standbyCount;
  return { cluster, shard: SHARD, replica, replicaCount, standbyCount, release: RELEASE };
}

function seatName({ replica, peers, standbyCount, cluster }: Settings): string {
  const replicaCount = peers.length - standbyCount;
  const seat =
    replica < replicaCount
      ? `replica ${replica} of ${replicaCount}`
      : `standby ${replica - replicaCount} of ${standbyCount}`;
  return `${seat} of cluster ${hex128(cluster)}`;
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  [STATUS_NORMAL]: 'normal',
  [STATUS_VIEW_CHANGE]: 'view change',
  [STATUS_RECOVERING_HEAD]: 'recovering head',
  [STATUS_RECOVERING]: 'recovering',
};

/** One line for each change of view or status, and for the begin and end of each state sync. */
function statusPrinter(settings: Settings, print: (line: string) => void): Observer {
  const replicaCount = settings.peers.length - settings.standbyCount;
  let last = '';
  return {
    step: (kind, a, b) => {
      if (kind === STEP_SYNC) print(`state sync to op ${a} ${b === 0 ? 'began' : 'completed'}`);
      if (kind !== STEP_STATUS) return;
      const [status, view] = [a, b];
      const leads = status === STATUS_NORMAL && primaryOf(view, replicaCount) === settings.replica;
      const line = `view ${view}: ${leads ? 'primary' : (STATUS_NAMES[status] ?? status)}`;
      if (line !== last) print(line);
      last = line;
    },
  };
}

function oneLine(text: string): string {
  return text.split(/\s*\n\s*/).join(' | ');
}
