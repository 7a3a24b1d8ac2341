/**
 * A whole cluster of replicas on fakes, under one virtual clock: the stage for scenario tests and
 * random schedules. Messages and syncs are events in one queue; every delay comes from a seed, or
 * is fixed. Checks agreement on every commit, of every replica, against all others and all
 * restarts.
 */
import { checksum128 } from '../../crypto/blake3.ts';
import type { Prepare } from '../../codec/prepare.ts';
import type { Limits } from '../../limits.ts';
import { TINY } from '../../limits.ts';
import { MARKS } from '../../marks.ts';
import { STATUS_NORMAL, STEP_ACK, STEP_COMMIT, STEP_MARK, STEP_REPLY } from '../../observer.ts';
import type { Address, Ticket } from '../../ports.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../ports.ts';
import { assert } from '../../types/assert.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { make128 } from '../../types/hash128.ts';
import type { ClientHandler } from '../client.ts';
import { SessionClient } from '../client.ts';
import { MEMBER_RECOVERING } from '../interfaces.ts';
import type { Message, QueryReplyMessage, ReplyMessage } from '../message.ts';
import { Prng } from '../prng.ts';
import { Replica } from '../replica.ts';
import {
  FakeJournal,
  FakeMachine,
  FakeSuperblock,
  JournalDisk,
  MachineDisk,
  SuperblockDisk,
  formatted,
} from './fakes.ts';

export const OPERATION_TEST = 16;
/** Messages kept for replays. */
const RECENT_MAX = 2_000;
const START_REALTIME = 1_000_000_000;
const BODY: Uint8Array = new Uint8Array(8);

export interface ClusterOptions {
  readonly replicas?: number;
  readonly standbys?: number;
  readonly clients?: number;
  readonly limits?: Limits;
  /** 0: fixed delays. */
  readonly seed?: number;
}

export interface Step {
  readonly replica: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly ref: unknown;
}

/** Says what happens to a message: false drops it. */
export type Filter = (from: Address, to: Address, message: Message) => boolean;

interface QueuedEvent {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** One seat: disks that survive, and perhaps a replica that runs. */
export class Seat {
  superblockDisk: SuperblockDisk;
  journalDisk: JournalDisk;
  machineDisk: MachineDisk;
  replica: Replica | null = null;
  machine: FakeMachine | null = null;
  journal: FakeJournal | null = null;
  /** Events of earlier incarnations are void. */
  incarnation = 0;
  headCertain = true;
  skew = 0;

  constructor(index: number, replicas: number, standbys: number, limits: Limits) {
    this.superblockDisk = new SuperblockDisk(formatted(index, replicas, standbys));
    this.journalDisk = new JournalDisk(limits);
    this.machineDisk = new MachineDisk();
  }
}

export class TestClient implements ClientHandler {
  readonly session: SessionClient;
  readonly address: Address;
  readonly replies: ReplyMessage[] = [];
  readonly queryReplies: QueryReplyMessage[] = [];
  readonly evictions: number[] = [];
  /** Writes still to be issued, one after the other. */
  todo = 0;
  private readonly cluster: Cluster;

  constructor(cluster: Cluster, index: number, replicas: number, limits: Limits) {
    this.cluster = cluster;
    this.address = CLIENT_ADDRESS_MIN + index;
    this.session = new SessionClient({
      clientId: make128(0xc11e, index + 1, 0, 1),
      replicaCount: replicas,
      limits,
      checksum: { checksum128 },
      network: { send: (to, message) => cluster.send(this.address, to, message) },
      handler: this,
    });
  }

  /** Registers if need be, and issues `count` writes. */
  write(count: number): void {
    this.todo += count;
    this.next();
  }

  query(position: number): void {
    this.session.query(this.cluster.now, 0, BODY, position);
    this.cluster.rearm(this);
  }

  get written(): number {
    return this.replies.filter((reply) => reply.request > 0).length;
  }

  onReply(reply: ReplyMessage): void {
    this.replies.push(reply);
    this.next();
  }

  onQueryReply(reply: QueryReplyMessage): void {
    this.queryReplies.push(reply);
  }

  onEvicted(reason: number): void {
    this.evictions.push(reason);
    this.next();
  }

  private next(): void {
    if (this.session.busy || this.todo === 0) return;
    if (this.session.registered) {
      this.todo -= 1;
      this.session.submit(this.cluster.now, 0, OPERATION_TEST, BODY);
    } else {
      this.session.register(this.cluster.now);
    }
    this.cluster.rearm(this);
  }
}

export class Cluster {
  readonly limits: Limits;
  readonly replicas: number;
  readonly seats: Seat[] = [];
  readonly clients: TestClient[] = [];
  readonly steps: Step[] = [];
  /** Checksum committed at each op, by anyone ever. */
  readonly committed: Map<number, Hash128> = new Map();
  readonly marks: Set<string> = new Set();
  filter: Filter = () => true;
  /** Journal and superblock syncs take this long, at most. */
  syncMicros = 300;
  now = 0;
  events = 0;
  private readonly recent: { from: Address; to: Address; message: Message }[] = [];
  private sent = 0;
  private readonly queue: QueuedEvent[] = [];
  private readonly prng: Prng | null;
  private order = 0;
  private nonces = 0;

  constructor(options: ClusterOptions = {}) {
    const { replicas = 3, standbys = 0, clients = 1, limits = TINY, seed = 0 } = options;
    this.limits = limits;
    this.replicas = replicas;
    this.prng = seed === 0 ? null : new Prng(make128(seed, 1, 2, 3), 0);
    for (let i = 0; i < replicas + standbys; i += 1) {
      this.seats.push(new Seat(i, replicas, standbys, limits));
    }
    for (let i = 0; i < clients; i += 1) {
      this.clients.push(new TestClient(this, i, replicas, limits));
    }
    for (let i = 0; i < this.seats.length; i += 1) this.boot(i);
  }

  // Randomness and time.

  draw(n: number): number {
    return this.prng === null ? 0 : this.prng.below(n);
  }

  private at(delay: number, run: () => void): void {
    this.order += 1;
    const event = { at: this.now + delay, order: this.order, run };
    let low = 0;
    let high = this.queue.length;
    // Latest first, so that the next event is the last element.
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.queue[middle]!;
      const before = other.at > event.at || (other.at === event.at && other.order > event.order);
      if (before) low = middle + 1;
      else high = middle;
    }
    this.queue.splice(low, 0, event);
  }

  /** Runs for so many microseconds. */
  run(micros: number): void {
    const end = this.now + micros;
    while (this.queue.length > 0 && this.queue[this.queue.length - 1]!.at <= end) {
      const event = this.queue.pop()!;
      assert(event.at >= this.now, 'time does not go back');
      this.now = event.at;
      event.run();
    }
    this.now = end;
  }

  /** Runs until `done`, at most so long; false if it never was. */
  until(done: () => boolean, micros = 20_000_000): boolean {
    const end = this.now + micros;
    while (!done()) {
      const event = this.queue[this.queue.length - 1];
      if (event === undefined || event.at > end) return false;
      this.queue.pop();
      this.now = event.at;
      event.run();
    }
    return true;
  }

  // Processes.

  boot(index: number): void {
    const seat = this.seats[index]!;
    assert(seat.replica === null, 'it runs already');
    seat.incarnation += 1;
    const { incarnation } = seat;
    const sync = (ticket: Ticket): void => {
      this.at(50 + this.draw(this.syncMicros), () => {
        if (seat.incarnation !== incarnation || seat.replica === null) return;
        this.events += 1;
        seat.replica.synced(this.now, this.realtime(seat), ticket, 0);
        this.arm(index);
      });
    };
    const { state } = seat.superblockDisk;
    const base = state.syncTarget ?? state.checkpoint;
    const superblock = new FakeSuperblock(seat.superblockDisk, sync);
    const journal = new FakeJournal(seat.journalDisk, base.op, sync);
    journal.headCertain = seat.headCertain;
    seat.headCertain = true;
    const machine = new FakeMachine(seat.machineDisk, state.checkpoint, sync);
    this.nonces += 1;
    const replica = new Replica({
      limits: this.limits,
      superblock,
      journal,
      machine,
      network: { send: (to, message) => this.send(index, to, message) },
      observer: { step: (kind, a, b, c, ref) => this.observe(index, kind, a, b, c, ref) },
      crypto: { checksum128, random: (out) => out.fill(this.nonces) },
      nonce: make128(0x40, index, this.nonces, 1),
      monotonic: this.now,
      realtime: this.realtime(seat),
    });
    journal.onDurable = (header) => replica.journalDurable(header);
    superblock.onDurable = (durable) => replica.superblockDurable(durable);
    machine.onFlushed = (checkpoint) => replica.checkpointFlushed(checkpoint);
    machine.onSyncCompleted = (target) => replica.syncCompleted(target);
    seat.replica = replica;
    seat.machine = machine;
    seat.journal = journal;
    replica.start(this.now, this.realtime(seat));
    this.arm(index);
  }

  /** A power cut; unsynced writes are kept or lost as the seed says (without one: lost). */
  crash(index: number, keeps: () => boolean = () => this.draw(2) === 1): void {
    const seat = this.seats[index]!;
    seat.incarnation += 1;
    seat.replica = null;
    seat.machine = null;
    seat.journal = null;
    seat.journalDisk.crash(keeps);
    seat.superblockDisk.crash(keeps);
  }

  restart(index: number): void {
    if (this.seats[index]!.replica !== null) this.crash(index);
    this.boot(index);
  }

  /** An empty disk in place of the old one: a non-voter. */
  replaceDisk(index: number): void {
    const seat = this.seats[index]!;
    if (seat.replica !== null) this.crash(index);
    const { replicaCount, standbyCount } = seat.superblockDisk.state;
    const state = formatted(index, replicaCount, standbyCount);
    seat.superblockDisk = new SuperblockDisk({ ...state, member: MEMBER_RECOVERING });
    seat.journalDisk = new JournalDisk(this.limits);
    seat.machineDisk = new MachineDisk();
  }

  private realtime(seat: Seat): number {
    return START_REALTIME + this.now + seat.skew;
  }

  private arm(index: number): void {
    const seat = this.seats[index]!;
    const { replica, incarnation } = seat;
    if (replica === null) return;
    const deadline = replica.deadline();
    if (deadline === NEVER) return;
    this.at(Math.max(0, deadline - this.now), () => {
      // Superseded by an input since, or by a restart.
      if (seat.incarnation !== incarnation || seat.replica !== replica) return;
      if (replica.deadline() !== deadline) return;
      this.events += 1;
      replica.wake(Math.max(this.now, deadline), this.realtime(seat));
      this.arm(index);
    });
  }

  rearm(client: TestClient): void {
    const deadline = client.session.deadline();
    if (deadline === NEVER) return;
    this.at(Math.max(0, deadline - this.now), () => {
      if (client.session.deadline() !== deadline) return;
      client.session.wake(this.now);
      this.rearm(client);
    });
  }

  // Network.

  send(from: Address, to: Address, message: Message): void {
    if (!this.filter(from, to, message)) return;
    if (this.prng !== null) {
      this.recent[this.sent % RECENT_MAX] = { from, to, message };
      this.sent += 1;
    }
    const seeded = this.prng !== null;
    const fate = seeded ? this.draw(100) : 50;
    if (seeded && fate < this.lossPercent) return;
    this.at(200 + this.draw(this.delayMicros), () => this.deliver(from, to, message));
    if (seeded && fate > 97) {
      this.at(200 + this.draw(20 * this.delayMicros), () => this.deliver(from, to, message));
    }
  }

  lossPercent = 0;
  delayMicros = 800;

  /** Delivers a message of long ago once more. */
  replay(): void {
    if (this.recent.length === 0) return;
    const { from, to, message } = this.recent[this.draw(this.recent.length)]!;
    this.deliver(from, to, message);
  }

  private deliver(from: Address, to: Address, message: Message): void {
    if (to >= CLIENT_ADDRESS_MIN) {
      const client = this.clients[to - CLIENT_ADDRESS_MIN]!;
      client.session.receive(this.now, from, message);
      this.rearm(client);
      return;
    }
    const seat = this.seats[to];
    if (seat === undefined || seat.replica === null) return;
    this.events += 1;
    seat.replica.receive(this.now, this.realtime(seat), from, message);
    this.arm(to);
  }

  // Watching.

  private observe(
    replica: number,
    kind: number,
    a: number,
    b: number,
    c: number,
    ref: unknown,
  ): void {
    this.steps.push({ replica, kind, a, b, c, ref });
    if (kind === STEP_MARK) this.marks.add(MARKS[a]!);
    if (kind === STEP_COMMIT) this.checkAgreement(a, (ref as Prepare).header.checksum);
  }

  private checkAgreement(op: number, checksum: Hash128): void {
    const known = this.committed.get(op);
    if (known === undefined) this.committed.set(op, checksum);
    else assert(known.a === checksum.a && known.b === checksum.b, `agreement broken at op ${op}`);
  }

  replica(index: number): Replica {
    const { replica } = this.seats[index]!;
    assert(replica !== null, 'it runs');
    return replica;
  }

  /** Index of the replica that leads, or -1. */
  get leader(): number {
    let best = -1;
    for (let i = 0; i < this.replicas; i += 1) {
      const { replica } = this.seats[i]!;
      if (replica === null || !replica.leads) continue;
      if (best < 0 || replica.state.view > this.replica(best).state.view) best = i;
    }
    return best;
  }

  /** Runs until somebody leads and all the others that run follow in the same view. */
  ready(): boolean {
    return this.until(() => {
      const { leader } = this;
      if (leader < 0) return false;
      const { view } = this.replica(leader).state;
      return this.seats.every(({ replica }) => {
        if (replica === null) return true;
        return replica.state.view === view && replica.state.status === STATUS_NORMAL;
      });
    });
  }

  /** Whether all replicas that run stand at the same op, applied, with the same state. */
  get converged(): boolean {
    const running = this.seats.filter(({ replica }) => replica !== null);
    const first = running[0]!;
    return running.every(({ replica, machine }) => {
      const { s: _, ...rest } = { s: 0, state: replica!.state };
      const { state } = rest;
      return (
        state.status === STATUS_NORMAL &&
        state.syncTarget === null &&
        state.commitMin === first.replica!.state.commitMin &&
        state.commitMin === state.op &&
        machine!.stateHashA === first.machine!.stateHashA
      );
    });
  }

  count(kind: number, replica = -1): number {
    return this.steps.filter((s) => s.kind === kind && (replica < 0 || s.replica === replica))
      .length;
  }

  get acks(): readonly Step[] {
    return this.steps.filter((step) => step.kind === STEP_ACK);
  }

  get repliesSent(): readonly Step[] {
    return this.steps.filter((step) => step.kind === STEP_REPLY);
  }
}
