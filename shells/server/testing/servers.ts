/**
 * Servers in this process, on loopback and in a temporary directory: made, started, ended, and
 * started again.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PRODUCTION } from '../../../core/limits.ts';
import type { Limits } from '../../../core/limits.ts';
import { formatNode } from '../../../core/node.ts';
import { assert } from '../../../core/types/assert.ts';
import type { ServerConfig, TlsFiles } from '../../config/config.ts';
import { connect } from '../../client/connect.ts';
import type { ClientDatabase, ConnectOptions } from '../../client/connect.ts';
import { formatDirectory } from '../../format.ts';
import { RELEASE } from '../../replica.ts';
import { random128, realtimeMicros, systemCrypto } from '../../system.ts';
import { freePorts } from '../../testing/ports.ts';
import type { FirstAdmin } from '../../config/config.ts';
import type { ServerLimits } from '../limits.ts';
import { openServer } from '../server.ts';
import type { Server } from '../server.ts';

export interface ServersOptions {
  readonly directory: string;
  readonly count?: number;
  readonly admin?: FirstAdmin;
  readonly tls?: TlsFiles;
  readonly limits?: Limits;
  readonly serverLimits?: Partial<ServerLimits>;
  /** By how many seconds the clock of this replica is ahead of the others. */
  readonly wrongClock?: { readonly replica: number; readonly seconds: number };
}

export class TestServers {
  readonly servers: (Server | null)[];
  readonly configs: readonly ServerConfig[];
  readonly notices: string[] = [];
  readonly stops: { readonly replica: number; readonly reason: string }[] = [];
  private readonly options: ServersOptions;
  private readonly clients: ClientDatabase[] = [];

  private constructor(options: ServersOptions, configs: readonly ServerConfig[]) {
    this.options = options;
    this.configs = configs;
    this.servers = configs.map(() => null);
  }

  /** Formats and starts them. */
  static async start(options: ServersOptions): Promise<TestServers> {
    const { count = 1, admin = null, tls = null, directory } = options;
    const ports = await freePorts(3 * count);
    const cluster = random128();
    const members = Array.from({ length: count }, (_, i) => {
      const [peer, client, http] = [0, 1, 2].map((j) => {
        return { host: '127.0.0.1', port: ports[3 * i + j]! };
      });
      return { peer: peer!, client: client!, http: http! };
    });
    const development = admin === null;
    const configs = members.map((_, replica): ServerConfig => {
      return { kind: 'server', cluster, replica, members, development, tls, admin };
    });
    const servers = new TestServers(options, configs);
    for (const { replica } of configs) {
      const seat = { cluster, shard: 0, replica, replicaCount: count, standbyCount: 0 };
      const own = join(directory, `replica-${replica}`);
      mkdirSync(own, { recursive: true });
      const failure = await formatDirectory(
        join(own, 'data'),
        (disk) =>
          formatNode(disk, { ...seat, release: RELEASE }, servers.limits, systemCrypto)?.message ??
          null,
        { holes: true },
      );
      assert(failure === null, String(failure));
    }
    await Promise.all(configs.map((config) => servers.open(config.replica)));
    return servers;
  }

  get limits(): Limits {
    return this.options.limits ?? PRODUCTION;
  }

  /** Starts one. */
  async open(replica: number): Promise<Server> {
    const { directory, serverLimits = {}, wrongClock } = this.options;
    const opened = await openServer({
      directory: join(directory, `replica-${replica}`),
      config: this.configs[replica]!,
      limits: this.limits,
      serverLimits: { drainMillis: 200, ...serverLimits },
      onNotice: (line) => this.notices.push(line),
      onStopped: (reason) => this.stops.push({ replica, reason }),
      ...(wrongClock?.replica === replica && {
        realtime: () => realtimeMicros() + wrongClock.seconds * 1e6,
      }),
    });
    assert(opened.kind === 'server', () => (opened as { message: string }).message);
    this.servers[replica] = opened.server;
    return opened.server;
  }

  /** Ends one. */
  async close(replica: number): Promise<void> {
    const server = this.servers[replica];
    this.servers[replica] = null;
    await server?.close();
  }

  /** Index of the server that leads; waits for one. */
  async primary(): Promise<number> {
    for (;;) {
      const leader = this.servers.findIndex((server) => server?.leads === true);
      if (leader >= 0) return leader;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  address(replica: number): string {
    const { host, port } = this.configs[0]!.members[replica]!.client;
    return `${host}:${port}`;
  }

  http(replica: number, path: string): Promise<Response> {
    const { host, port } = this.configs[0]!.members[replica]!.http;
    return fetch(`http://${host}:${port}${path}`);
  }

  /** A client of theirs; closed with them. */
  async connect(options: Partial<ConnectOptions> = {}): Promise<ClientDatabase> {
    const address = this.configs.map(({ replica }) => this.address(replica));
    const client = await connect({ address, ...options });
    this.clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await Promise.all(this.servers.map((_, replica) => this.close(replica)));
  }
}
