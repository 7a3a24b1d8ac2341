/**
 * One node in one operating-system process: its disk, its network, its clocks, and the order of its
 * inputs.
 *
 * Inputs (a message, a completed sync, a deadline) come from different corners of the event loop
 * and are handed to the node one at a time, to completion; it never sees one inside another. After
 * each the one timer is set to the node's next deadline. The node ends in one of three ways: it is
 * closed by its owner, it stops itself with a reason, or an assertion fails in it; in all three it
 * gets no further input, and nothing is flushed: what it promised is on disk already.
 *
 * Cost: two clock readings and one timer comparison an input.
 */
import { readdirSync } from 'node:fs';
import type { Limits } from '../core/limits.ts';
import { CLIENT_ADDRESS_MIN, IO_OK } from '../core/ports.ts';
import type { Address, Disk, IoStatus, Network, NodeInputs, Ticket } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import type { Message } from '../core/vsr/message.ts';
import { openClusterNetwork } from './cluster-network.ts';
import { lockDirectory } from './directory-lock.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { stoppedBy } from './disk-health.ts';
import type { DiskProblem } from './disk-health.ts';
import { FsDisk } from './fs-disk.ts';
import { DeadlineTimer, monotonicMicros, realtimeMicros } from './system.ts';
import type { Endpoint, TcpNetwork } from './tcp-network.ts';
import type { LinkTls } from './tls.ts';
import { atTurnEnd } from './turn-end.ts';

/** What a host must know of the node it runs. */
export interface HostedNode extends NodeInputs<Message> {
  /** Why the node stopped itself, or null while it runs. */
  readonly stopped: string | null;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
}

export interface HostPorts {
  readonly disk: Disk;
  readonly network: Network<Message>;
  readonly monotonic: number;
  readonly realtime: number;
}

export interface HostOptions<N extends HostedNode> {
  readonly directory: string;
  readonly cluster: Hash128;
  readonly replica: number;
  /** Every replica's and standby's address, in order. */
  readonly peers: readonly Endpoint[];
  readonly limits: Limits;
  /** Opens the node; must change nothing on disk when it refuses. */
  readonly open: (ports: HostPorts) => { readonly kind: 'node'; readonly node: N } | Refusal;
  /** Called once, when the node has ended by itself. The host is closed by then. */
  readonly onStopped: (reason: string) => void;
  /** The wall clock, in microseconds; default: the system's. */
  readonly realtime?: () => number;
  /** Called after each input. */
  readonly onInput?: () => void;
  /**
   * Clients are function calls away: what the node says to an address of a client comes here, after
   * the input, and `deliver` takes what they say. No client is taken over the network.
   */
  readonly onClient?: (to: Address, message: Message) => void;
  /** The links between replicas are encrypted, and prove who they are. */
  readonly tls?: LinkTls;
  readonly onNotice?: (text: string) => void;
  /** The disk began to refuse what is written, or (null) takes it again. */
  readonly onDisk?: (problem: DiskProblem | null) => void;
}

export class Host<N extends HostedNode> {
  readonly node: N;
  /** Syncs that the disk completed, and those of them that failed. */
  syncs = 0;
  syncErrors = 0;
  private readonly options: HostOptions<N>;
  private readonly disk: FsDisk;
  private readonly lock: DirectoryLock;
  private readonly timer: DeadlineTimer;
  private readonly realtime: () => number;
  private tcp: TcpNetwork<Message> | null = null;
  private readonly inbox: { readonly from: Address; readonly message: Message }[] = [];
  private readonly outbox: { readonly to: Address; readonly message: Message }[] = [];
  private draining = false;
  private busy = false;
  private ended = false;
  /** Ends the batch: all that this turn of the event loop brings shares a sync. */
  private flushing = false;

  /** Opens disk and node, then listens. Refusals are values; a port that is taken is one, too. */
  static async open<N extends HostedNode>(
    options: HostOptions<N>,
  ): Promise<{ readonly kind: 'host'; readonly host: Host<N> } | Refusal> {
    const lock = lockOrRefuse(options.directory);
    if ('kind' in lock) return lock;
    let host: Host<N> | null = null;
    const onSynced = (ticket: Ticket, status: IoStatus): void => host?.synced(ticket, status);
    const { directory, onClient, onDisk } = options;
    const disk = new FsDisk({ directory, onSynced, ...(onDisk && { onProblem: onDisk }) });
    const network = {
      send: (to: Address, message: Message): void => {
        if (onClient !== undefined && to >= CLIENT_ADDRESS_MIN) host?.outbox.push({ to, message });
        else host?.tcp?.send(to, message);
      },
    };
    const realtime = (options.realtime ?? realtimeMicros)();
    const times = { monotonic: monotonicMicros(), realtime };
    let opened: ReturnType<HostOptions<N>['open']> | null = null;
    try {
      opened = options.open({ disk, network, ...times });
    } finally {
      if (opened?.kind !== 'node') {
        disk.close();
        lock.release();
      }
    }
    if (opened.kind === 'refused') return opened;
    host = new Host(options, opened.node, disk, lock);
    return host.listen();
  }

  private constructor(options: HostOptions<N>, node: N, disk: FsDisk, lock: DirectoryLock) {
    this.options = options;
    this.node = node;
    this.disk = disk;
    this.lock = lock;
    this.realtime = options.realtime ?? realtimeMicros;
    this.timer = new DeadlineTimer(() => this.woken());
  }

  /** What a client in this process says; taken at once, or behind the input under way. */
  deliver(from: Address, message: Message): void {
    this.inbox.push({ from, message });
    if (!this.busy) this.drain();
  }

  /** Whether a connection to this peer stands. */
  connectedTo(peer: Address): boolean {
    return this.tcp?.connectedTo(peer) ?? false;
  }

  /** Why the disk takes nothing; null: as far as is known, it does. */
  get diskProblem(): DiskProblem | null {
    return this.disk.problem;
  }

  /** Ends the node where it stands, as a crash would, but for the lock. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.timer.stop();
    this.tcp?.close();
    this.disk.close();
    this.lock.release();
  }

  private async listen(): Promise<{ readonly kind: 'host'; readonly host: Host<N> } | Refusal> {
    const { cluster, replica, peers, limits, onNotice, onClient, tls } = this.options;
    const onMessage = (from: Address, message: Message): void => this.received(from, message);
    try {
      this.tcp = await openClusterNetwork({
        cluster,
        self: replica,
        peers,
        limits,
        onMessage,
        clients: onClient === undefined,
        ...(tls && { tls }),
        ...(onNotice && { onNotice }),
      });
    } catch (error) {
      this.close();
      return refusal('address', `cannot listen: ${(error as Error).message}`);
    }
    if (this.ended) this.tcp.close();
    else this.after();
    return { kind: 'host', host: this };
  }

  private received(from: Address, message: Message): void {
    if (!this.begin()) return;
    try {
      this.node.receive(monotonicMicros(), this.realtime(), from, message);
    } catch (error) {
      return this.crashed(error);
    }
    this.after();
  }

  private synced(ticket: Ticket, status: IoStatus): void {
    this.syncs += 1;
    if (status !== IO_OK) this.syncErrors += 1;
    if (!this.begin()) return;
    try {
      this.node.synced(monotonicMicros(), this.realtime(), ticket, status);
    } catch (error) {
      return this.crashed(error);
    }
    this.after();
  }

  private woken(): void {
    if (!this.begin()) return;
    try {
      this.node.wake(monotonicMicros(), this.realtime());
    } catch (error) {
      return this.crashed(error);
    }
    this.after();
  }

  private readonly flush = (): void => {
    this.flushing = false;
    if (!this.ended) this.node.flush();
  };

  private begin(): boolean {
    if (this.ended) return false;
    assert(!this.busy, 'one input at a time');
    this.busy = true;
    return true;
  }

  private after(): void {
    this.busy = false;
    if (this.node.stopped !== null) return this.stop(this.node.stopped);
    if (!this.flushing) atTurnEnd(this.flush);
    this.flushing = true;
    this.timer.arm(monotonicMicros(), this.node.deadline());
    this.options.onInput?.();
    this.drain();
  }

  /** What clients said, and what they are told: each is an input, or may lead to one. */
  private drain(): void {
    if (this.draining) return;
    this.draining = true;
    while (!this.ended) {
      const said = this.inbox.shift();
      const told = said === undefined ? this.outbox.shift() : undefined;
      if (said !== undefined) this.received(said.from, said.message);
      else if (told !== undefined) this.options.onClient?.(told.to, told.message);
      else break;
    }
    this.draining = false;
  }

  /** The node contradicts itself: whatever it would do next must not reach disk or network. */
  private crashed(error: unknown): void {
    const { stack } = error as Error;
    this.stop(`internal error: ${stack ?? String(error)}`);
  }

  private stop(reason: string): void {
    this.close();
    const { message, hint } = stoppedBy(reason, this.disk.problem);
    this.options.onStopped(hint === '' ? message : `${message}. ${hint}`);
  }
}

export function refusal(code: string, message: string): Refusal {
  return { kind: 'refused', code, message };
}

/** The lock on a directory that exists. */
function lockOrRefuse(directory: string): DirectoryLock | Refusal {
  try {
    readdirSync(directory);
    const lock = lockDirectory(directory);
    return typeof lock === 'string' ? refusal('locked', lock) : lock;
  } catch (error) {
    return refusal('directory', (error as Error).message);
  }
}
