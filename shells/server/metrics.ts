/**
 * What Prometheus is told. Everything is measured: counted from the node's own steps and from the
 * answers to clients, or read from node, log and disk when it is asked for. Registries are per
 * server, so that several may live in one process.
 *
 * Cost: a few integers an op; the rest when scraped.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import * as steps from '../../core/observer.ts';
import type { Observer } from '../../core/ports.ts';
import { DISK_PROBLEMS } from '../disk-health.ts';
import { ChainWatch } from './chain-watch.ts';
import { diskBytes } from './disk-bytes.ts';
import type { MeasuredServer, RequestMetrics } from './request-metrics.ts';

/** Seconds: from a read in memory to a statement that somebody should look at. */
const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const STATUSES = ['normal', 'view_change', 'recovering_head', 'recovering'];
const KINDS = ['read', 'write', 'define', 'transaction', 'session'];
const DAMAGES = ['journal', 'page', 'log', 'superblock'];

export class Metrics implements RequestMetrics {
  readonly observer: Observer;
  private readonly prometheus: Registry = new Registry();
  private readonly durations: Histogram<'kind'>;
  private readonly failures: Counter<'kind'>;
  private readonly connections: Gauge;
  private readonly refusals: Counter<'reason'>;
  private readonly damages: Counter<'kind'>;
  private readonly repaired: Counter<'kind'>;
  private readonly counts = { commits: 0, checkpoints: 0, repairs: 0, views: 0, stateSyncs: 0 };
  private lastView = 0;

  constructor() {
    const registers = [this.prometheus];
    this.durations = new Histogram({
      name: 'kimberlite_query_duration_seconds',
      help: 'From the arrival of a request to its last byte handed to the socket.',
      labelNames: ['kind'],
      buckets: BUCKETS,
      registers,
    });
    const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
      new Counter({ name: `kimberlite_${name}`, help, labelNames, registers });
    this.failures = counter('query_errors_total', 'Requests answered with an error.', ['kind']);
    this.refusals = counter('connections_refused_total', 'Refused, or closed for cause.', [
      'reason',
    ]);
    this.damages = counter('crc_errors_total', 'Checksums that did not match, by what.', ['kind']);
    this.repaired = counter('repaired_total', 'Damaged things repaired, by what.', ['kind']);
    this.connections = new Gauge({
      name: 'kimberlite_connections',
      help: 'Connections of clients.',
      registers,
    });
    // What has not happened yet is 0, not missing.
    for (const kind of KINDS) {
      this.durations.zero({ kind });
      this.failures.inc({ kind }, 0);
    }
    for (const kind of DAMAGES) {
      this.damages.inc({ kind }, 0);
      this.repaired.inc({ kind }, 0);
    }
    this.observer = { step: (kind, a, b) => this.step(kind, a, b) };
  }

  answered(kind: string, failed: boolean, seconds: number): void {
    this.durations.observe({ kind }, seconds);
    if (failed) this.failures.inc({ kind });
  }

  connected(): void {
    this.connections.inc();
  }

  disconnected(): void {
    this.connections.dec();
  }

  refused(reason: string): void {
    this.refusals.inc({ reason });
  }

  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.prometheus.contentType, text: await this.prometheus.metrics() };
  }

  /** From now on, what is asked for is read from there. */
  watch(server: MeasuredServer): void {
    const { node } = server;
    const chain = new ChainWatch(node.state);
    const gauge = (name: string, help: string, read: () => number): void => {
      this.read(name, help, (to) => to.set(read()));
    };
    gauge('log_offset', 'Highest op of the log applied here.', () => node.inspect().commit);
    gauge('log_head', 'Highest op of the log held here.', () => node.inspect().op);
    gauge('checkpoint_op', 'Op of the durable checkpoint.', () => node.inspect().checkpoint);
    gauge('checkpoint_lag', 'Ops applied since the durable checkpoint.', () => {
      const { commit, checkpoint } = node.inspect();
      return commit - checkpoint;
    });
    gauge('hash_chain_valid', '1: every entry looked at so far holds; 0: one does not.', () =>
      chain.look() ? 1 : 0,
    );
    gauge(
      'hash_chain_checked',
      'Entries whose hashes and links were recomputed.',
      () => chain.checked,
    );
    gauge('vsr_view', 'The view.', () => node.inspect().view);
    gauge('primary', '1: this replica is the primary.', () => (server.leads() ? 1 : 0));
    gauge('damaged', 'Things known to be damaged and not repaired.', () => node.inspect().damaged);
    gauge('state_syncing', '1: state is being fetched whole.', () =>
      node.inspect().syncing ? 1 : 0,
    );
    gauge('scrub_tours', 'Tours over everything durable, completed.', () => node.state.scrubTours);
    gauge('lanes', 'Replicated sessions in use here.', server.lanes);
    gauge('requests_in_flight', 'Requests handed to the log and not answered.', server.requests);
    gauge('unsent_bytes', 'Answers that clients have not taken.', server.unsentBytes);
    gauge('request_bytes', 'Requests that wait, or have not come whole.', server.requestBytes);
    gauge('process_resident_bytes', 'Memory.', () => process.memoryUsage.rss());
    this.read(
      'status',
      'The status of the node: 1 for the one it has.',
      (to) => {
        const { status } = node.inspect();
        for (const [i, name] of STATUSES.entries()) to.set({ status: name }, status === i ? 1 : 0);
      },
      ['status'],
    );
    this.read(
      'peer_connected',
      '1: a connection to this peer stands.',
      (to) => {
        for (const [peer, connected] of server.peers().entries()) {
          if (peer !== server.self) to.set({ peer: String(peer) }, connected ? 1 : 0);
        }
      },
      ['peer'],
    );
    this.read(
      'clock_offset_seconds',
      'How far the clock of this peer is ahead of the own one.',
      (to) => {
        for (const [peer, offset] of server.clockOffsets().entries()) {
          if (offset !== null) to.set({ peer: String(peer) }, offset / 1e6);
        }
      },
      ['peer'],
    );
    this.diskOf(server);
    this.countersOf(server);
  }

  private diskOf(server: MeasuredServer): void {
    this.read('disk_bytes', 'Taken by the data directory.', async (to) =>
      to.set(await diskBytes(server.directory)),
    );
    this.read(
      'disk_problem',
      '1: the disk does not take what is written, for this reason.',
      (to) => {
        const now = server.diskProblem()?.kind;
        for (const kind of DISK_PROBLEMS) to.set({ kind }, kind === now ? 1 : 0);
      },
      ['kind'],
    );
  }

  private countersOf(server: MeasuredServer): void {
    const { counts } = this;
    this.total('commits_total', 'Ops committed.', () => counts.commits);
    this.total('checkpoints_total', 'Checkpoints made durable.', () => counts.checkpoints);
    this.total('repair_requests_total', 'Asked of peers.', () => counts.repairs);
    this.total('view_changes_total', 'Views begun since the start.', () => counts.views);
    this.total('state_syncs_total', 'State syncs begun.', () => counts.stateSyncs);
    this.total('disk_syncs_total', 'Syncs that the disk completed.', () => server.syncs().done);
    this.total('disk_sync_errors_total', 'Syncs that failed.', () => server.syncs().failed);
  }

  private read(
    name: string,
    help: string,
    set: (gauge: Gauge) => void | Promise<void>,
    labelNames: string[] = [],
  ): void {
    const registers = [this.prometheus];
    const gauge: Gauge = new Gauge({
      name: `kimberlite_${name}`,
      help,
      labelNames,
      registers,
      collect: () => set(gauge),
    });
  }

  /** A counter that somebody else keeps. */
  private total(name: string, help: string, value: () => number): void {
    const registers = [this.prometheus];
    const counter: Counter = new Counter({
      name: `kimberlite_${name}`,
      help,
      registers,
      collect: () => {
        counter.reset();
        counter.inc(value());
      },
    });
  }

  private step(kind: number, a: number, b: number): void {
    const { counts } = this;
    switch (kind) {
      case steps.STEP_COMMIT:
        counts.commits += 1;
        return;
      case steps.STEP_CHECKPOINT:
        counts.checkpoints += 1;
        return;
      case steps.STEP_REPAIR:
        counts.repairs += 1;
        return;
      case steps.STEP_STATUS:
        if (b > this.lastView) counts.views += 1;
        this.lastView = Math.max(this.lastView, b);
        return;
      case steps.STEP_SYNC:
        if (b === 0) counts.stateSyncs += 1;
        return;
      case steps.STEP_DAMAGE:
        return this.damages.inc({ kind: DAMAGES[a] ?? 'other' });
      case steps.STEP_REPAIRED:
        return this.repaired.inc({ kind: DAMAGES[a] ?? 'other' });
      default:
    }
  }
}
