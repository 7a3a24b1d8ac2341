/**
 * A server: one replica, a listener for clients, and /health, /ready and /metrics over HTTP.
 *
 * Only the primary executes; whoever asks another server is told where the primary is. When the
 * node stops being the primary, its clients are redirected at once, and everything that was known
 * of their lanes and transactions is forgotten.
 */
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { PRODUCTION } from '../../core/limits.ts';
import type { Limits } from '../../core/limits.ts';
import { openNode } from '../../core/node.ts';
import type { Node, NodeSeat } from '../../core/node.ts';
import { SqlError } from '../../core/sql/error.ts';
import type { Parser } from '../../core/sql/parser/parser.ts';
import { clocksApartMicros } from '../../core/vsr/clock.ts';
import { primaryOf } from '../../core/vsr/quorum.ts';
import { STATUS_NORMAL } from '../../core/observer.ts';
import { DATA_FOLDER } from '../config/config.ts';
import type { ServerConfig } from '../config/config.ts';
import type { DiskProblem } from '../disk-health.ts';
import { StatementCache } from '../embedded/statements.ts';
import { Host, refusal } from '../host.ts';
import type { Refusal } from '../host.ts';
import { loadParser } from '../parser.ts';
import { RELEASE } from '../replica.ts';
import { random128, systemCrypto } from '../system.ts';
import type { Endpoint } from '../tcp-network.ts';
import { CHANNEL_CONNECTION, NO_STATE } from '../protocol/message.ts';
import type { Members } from '../protocol/message.ts';
import { encodeServer } from '../protocol/server-codec.ts';
import { Connection } from './connection.ts';
import { NotPrimaryError } from './context.ts';
import type { ServerContext } from './context.ts';
import { Databases } from './databases.ts';
import { Gate } from './gate.ts';
import { openHttp } from './http.ts';
import type { HttpServer } from './http.ts';
import { Lanes } from './lanes.ts';
import { SERVER_LIMITS } from './limits.ts';
import type { ServerLimits } from './limits.ts';
import { ClockWatch } from './clock-watch.ts';
import { MemoryGuard } from './memory-guard.ts';
import { Metrics } from './metrics.ts';
import { NodePort } from './node-port.ts';
import { prepareCluster } from './prepare.ts';
import { statusLines } from './status.ts';
import { readTls } from './tls-files.ts';
import type { TlsTexts } from './tls-files.ts';

/** One shard a cluster, so far. */
const SHARD = 0;
const SWEEP_MILLIS = 1_000;
const ALONE_SWEEPS = 3;

export interface ServerOptions {
  /** Where `kimberlite.json` is; the data is under `data/`. */
  readonly directory: string;
  readonly config: ServerConfig;
  /** Something that an operator should know, a line. */
  readonly onNotice?: (line: string) => void;
  /** Called once, when the server ended by itself. */
  readonly onStopped?: (reason: string) => void;
  readonly limits?: Limits;
  readonly serverLimits?: Partial<ServerLimits>;
  /** The wall clock, in microseconds; default: the system's. */
  readonly realtime?: () => number;
}

/** Opens a server; ready for clients when it resolves. Refusals have changed nothing. */
export async function openServer(
  options: ServerOptions,
): Promise<{ readonly kind: 'server'; readonly server: Server } | Refusal> {
  const { config, directory } = options;
  const self = config.members[config.replica]!;
  if (config.development && !isLoopback(self.client.host)) {
    const message = `--development lets everybody in: ${self.client.host} is no loopback address`;
    return refusal('address', message);
  }
  const tls = config.tls === null ? null : readTls(directory, config.tls);
  if (typeof tls === 'string') return refusal('tls', tls);
  const server = new Server(options, await loadParser(), tls);
  const refused = await server.open();
  return refused ?? { kind: 'server', server };
}

export class Server {
  private readonly options: ServerOptions;
  private readonly limits: Limits;
  private readonly serverLimits: ServerLimits;
  private readonly statements: StatementCache;
  private readonly tls: TlsTexts | null;
  private readonly metrics: Metrics;
  private readonly port: NodePort;
  private readonly lanes: Lanes;
  private readonly connections: Set<Connection> = new Set();
  private readonly waiting: (() => void)[] = [];
  private host: Host<Node> | null = null;
  private context: ServerContext | null = null;
  private listener: NetServer | null = null;
  private http: HttpServer | null = null;
  private sweep: NodeJS.Timeout | null = null;
  private readonly pool = { held: 0 };
  private led = false;
  /** For how many looks too few peers were connected to make a majority with them. */
  private aloneFor = 0;
  private readonly clocks: ClockWatch;
  private preparation: Promise<void> = Promise.resolve();
  private closing = false;

  /** Call `openServer`. */
  constructor(options: ServerOptions, parser: Parser, tls: TlsTexts | null) {
    this.options = options;
    this.tls = tls;
    this.limits = options.limits ?? PRODUCTION;
    this.serverLimits = { ...SERVER_LIMITS, ...options.serverLimits };
    this.statements = new StatementCache(parser);
    this.metrics = new Metrics();
    this.port = new NodePort((from, message) => this.host?.deliver(from, message));
    this.lanes = new Lanes(this.port);
    this.clocks = new ClockWatch({
      offsets: () => this.host?.node.clockOffsets() ?? [],
      apartMicros: clocksApartMicros(this.limits),
      onNotice: (line) => options.onNotice?.(line),
      now: () => performance.now(),
    });
  }

  /** Whether this server is the primary, and clients may come in. */
  get leads(): boolean {
    return this.led && !this.isolated && !this.closing;
  }

  /** Null when the server runs; else why it does not. */
  async open(): Promise<Refusal | null> {
    const opened = await this.openHost();
    if (opened.kind === 'refused') return opened;
    this.host = opened.host;
    // It stopped itself while it was opened, and has said so: nothing may listen any more.
    if (this.closing) return refusal('stopped', 'the server stopped while it was opened');
    this.context = this.makeContext(opened.host.node);
    const { client, http } = this.member;
    try {
      this.listener = await listen(this.tls, client, (socket) => this.accept(socket));
      const { status, members } = this.context;
      this.http = await openHttp(http, {
        ready: () => this.readiness(),
        health: () => this.diskText(),
        metrics: () => this.metrics.text(),
        status: () => ({ ...Object.fromEntries(status()), members: members() }),
      });
    } catch (error) {
      await this.close();
      return refusal('address', `cannot listen: ${(error as Error).message}`);
    }
    if (this.closing) {
      this.listener.close();
      this.http.close();
      return refusal('stopped', 'the server stopped while it was opened');
    }
    this.sweep = setInterval(() => this.look(), SWEEP_MILLIS);
    this.sweep.unref();
    this.settled();
    return null;
  }

  /** Ends gracefully: what is under way is answered, if it does not take too long. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    this.listener?.close();
    for (const connection of this.connections) connection.goodbye();
    const until = performance.now() + this.serverLimits.drainMillis;
    const busy = (): boolean => [...this.connections].some((one) => one.busy > 0);
    while (busy() && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.end('the server was closed');
  }

  private end(reason: string): void {
    this.closing = true;
    this.led = false;
    for (const connection of this.connections) connection.finish();
    this.lanes.fail(new SqlError('57P01', reason));
    this.port.close(new SqlError('57P01', reason));
    if (this.sweep !== null) clearInterval(this.sweep);
    this.listener?.close();
    this.http?.close();
    this.host?.close();
    for (const wake of this.waiting.splice(0)) wake();
  }

  private get member(): ServerConfig['members'][number] {
    return this.options.config.members[this.options.config.replica]!;
  }

  // The node --------------------------------------------------------------------------------------

  private openHost(): ReturnType<typeof Host.open<Node>> {
    const { directory, config, onNotice, realtime } = this.options;
    const { cluster, replica, members } = config;
    const { limits, tls, metrics } = this;
    const seat: NodeSeat = {
      cluster,
      shard: SHARD,
      replica,
      replicaCount: members.length,
      standbyCount: 0,
      release: RELEASE,
    };
    return Host.open<Node>({
      directory: join(directory, DATA_FOLDER),
      cluster,
      replica,
      peers: members.map(({ peer }) => peer),
      limits,
      open: (ports) => {
        const nonce = random128();
        const { observer } = metrics;
        const opened = openNode({ ...ports, seat, limits, observer, crypto: systemCrypto, nonce });
        if (opened.kind === 'refused') return refusal(opened.code, opened.message);
        return { kind: 'node', node: opened.node };
      },
      onStopped: (reason) => this.stopped(reason),
      onInput: () => this.settled(),
      onClient: (to, message) => this.port.receive(to, message),
      onDisk: (problem) => this.disk(problem),
      ...(tls && { tls }),
      ...(onNotice && { onNotice }),
      ...(realtime && { realtime }),
    });
  }

  /** Told once when a problem begins, and once when it ends. */
  private disk(problem: DiskProblem | null): void {
    const { directory, onNotice } = this.options;
    if (problem === null) onNotice?.(`the disk of ${directory} takes writes again`);
    else onNotice?.(`the disk of ${directory} ${problem.says}: writes wait. ${problem.hint}`);
  }

  private stopped(reason: string): void {
    this.end(reason);
    this.options.onStopped?.(reason);
  }

  private makeContext({ state }: Node): ServerContext {
    const { config } = this.options;
    const { port, lanes, limits, serverLimits, statements, metrics } = this;
    const context: ServerContext = {
      cluster: config.cluster,
      replica: config.replica,
      limits,
      serverLimits,
      state,
      gate: new Gate(state.access, config.development),
      port,
      databases: new Databases(state),
      statements,
      aside: lanes,
      pool: this.pool,
      guard: new MemoryGuard(serverLimits.heapShareMax),
      metrics,
      leads: () => this.leads,
      prepared: () => this.preparation,
      members: () => this.members(),
      lane: (id, tenant, user) => lanes.take(id, tenant, user),
      dropLane: (lane) => lanes.drop(lane),
      changed: () => new Promise((resolve) => this.waiting.push(resolve)),
      status: () => [
        ...statusLines(this.host!.node, config, this.connections.size, lanes.size),
        ['disk', this.host!.diskProblem?.kind ?? 'ok'],
      ],
      diskProblem: () => this.host?.diskProblem ?? null,
    };
    metrics.watch({
      node: this.host!.node,
      directory: join(this.options.directory, DATA_FOLDER),
      leads: () => this.leads,
      lanes: () => lanes.size,
      requests: () => port.inFlight,
      unsentBytes: () => this.sum(({ unsentBytes }) => unsentBytes),
      requestBytes: () => this.pool.held,
      peers: () => config.members.map((_, peer) => this.host?.connectedTo(peer) ?? false),
      self: config.replica,
      clockOffsets: () => this.host?.node.clockOffsets() ?? [],
      diskProblem: () => this.host?.diskProblem ?? null,
      syncs: () => ({ done: this.host?.syncs ?? 0, failed: this.host?.syncErrors ?? 0 }),
    });
    return context;
  }

  /** After each input of the node. */
  private settled(): void {
    const { host, context } = this;
    if (host === null || context === null || this.closing) return;
    const { status, view } = host.node.inspect();
    const { config } = this.options;
    const leads =
      status === STATUS_NORMAL && primaryOf(view, config.members.length) === config.replica;
    if (leads !== this.led && host.node.speaks) this.turn(leads, context);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** The node became the primary, or is it no more. */
  private turn(leads: boolean, context: ServerContext): void {
    this.led = leads;
    if (leads) {
      const done = prepareCluster(context, this.options.config.admin);
      this.preparation = done.catch((error: unknown) => {
        if (!(error instanceof NotPrimaryError) && !this.closing) {
          this.options.onNotice?.(`the cluster could not be prepared: ${(error as Error).message}`);
        }
      });
      return;
    }
    for (const connection of this.connections) connection.redirect();
    this.lanes.fail(new NotPrimaryError());
    this.port.fail(new NotPrimaryError());
  }

  private members(): Members {
    const { config } = this.options;
    const { status, view } = this.host!.node.inspect();
    const knows = status === STATUS_NORMAL && !this.isolated;
    const primary = knows ? primaryOf(view, config.members.length) : -1;
    const addresses = config.members.map(({ client: { host, port } }) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    );
    return { view, primary, addresses };
  }

  private readiness(): string | null {
    const node = this.host?.node;
    if (node === undefined || this.closing) return 'closing';
    const disk = this.diskText();
    if (disk !== null) return disk;
    const { status, opening, syncing } = node.inspect();
    if (opening) return 'opening';
    if (syncing) return 'syncing state';
    if (this.isolated) return 'no majority';
    return status === STATUS_NORMAL ? null : 'no primary';
  }

  /** Null while the disk takes what is written. */
  private diskText(): string | null {
    const problem = this.host?.diskProblem ?? null;
    return problem === null ? null : `the disk ${problem.says}`;
  }

  /** Nobody would confirm what this node proposes, whatever it believes to be. */
  private get isolated(): boolean {
    return this.aloneFor >= ALONE_SWEEPS;
  }

  /** Clients of a primary that is cut off are sent away: there may be another one by now. */
  private lookAround(): void {
    const { members } = this.options.config;
    const connected = members.filter((_, peer) => this.host?.connectedTo(peer) ?? false).length;
    const majority = Math.floor(members.length / 2) + 1;
    const before = this.isolated;
    this.aloneFor = connected + 1 >= majority ? 0 : this.aloneFor + 1;
    if (before || !this.isolated) return;
    // What is in flight stays so: whoever comes back for it waits for the same answer.
    for (const connection of this.connections) connection.redirect();
  }

  // Clients ---------------------------------------------------------------------------------------

  private accept(socket: Socket): void {
    if (this.connections.size >= this.serverLimits.connectionsMax || this.closing) {
      this.metrics.refused('connections');
      const error = this.closing
        ? new SqlError('57P03', 'the server is shutting down')
        : new SqlError('53300', 'too many connections');
      socket.on('error', () => socket.destroy());
      socket.end(encodeServer(CHANNEL_CONNECTION, 0, { kind: 'error', state: NO_STATE, error }));
      return;
    }
    this.metrics.connected();
    const connection = new Connection(this.context!, socket, () => {
      this.connections.delete(connection);
      this.metrics.disconnected();
    });
    this.connections.add(connection);
  }

  private sum(of: (connection: Connection) => number): number {
    let sum = 0;
    for (const connection of this.connections) sum += of(connection);
    return sum;
  }

  private look(): void {
    const wrong = this.closing ? null : this.clocks.look();
    if (wrong !== null) return this.stopped(wrong);
    this.lookAround();
    const before = performance.now() - this.serverLimits.idleTransactionMillis;
    for (const connection of this.connections) connection.expire(before);
  }
}

function listen(
  tls: TlsTexts | null,
  { host, port }: Endpoint,
  onConnection: (socket: Socket) => void,
): Promise<NetServer> {
  return new Promise((resolve, reject) => {
    const server =
      tls === null
        ? createServer(onConnection)
        : createTlsServer(
            { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' },
            onConnection,
          );
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      // Out of descriptors for a moment, say: the connections that stand are not affected.
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
