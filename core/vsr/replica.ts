/**
 * The replica: Viewstamped Replication, as a state machine without I/O of its own.
 *
 * Inputs come one at a time (`receive`, `synced`, `wake`), each with the host's clock readings; the
 * replica acts through its ports and says when it wants to be woken. One file a phase:
 *
 *  normal.ts      propose, prepare, prepare_ok, commit   sessions.ts  which requests are admitted
 *   commit.ts      apply what is committed, reply         reads.ts     linearizable reads
 *  checkpoint.ts  make it durable, free the ring         sync.ts      take a checkpoint from peers
 *  view-change.ts, view-change-log.ts, start-view.ts     repair.ts    blank headers, lost prepares
 *   recovery.ts    from the disk to a state               rejoin.ts    after a replaced disk
 *   timers.ts      when to wake, and for what             ping.ts      clocks and higher views
 *   log.ts         the log's chain, slots and durability  context.ts   ports and questions
 *   state.ts       all that is remembered                 assert-state.ts  what is always true
 *   gate.ts        what no honest peer can say
 *
 * Cost: a message costs a fraction of a microsecond of the replica's own work, and allocates
 * nothing but the messages it sends.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { assertLimits } from '../limits.ts';
import type { Address, IoStatus, Network, NodeInputs, Observer, Ticket } from '../ports.ts';
import {
  NEVER,
  TICKET_JOURNAL,
  TICKET_MACHINE,
  TICKET_MODULE_BITS,
  TICKET_SUPERBLOCK,
} from '../ports.ts';
import { STEP_STOP } from '../observer.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { assertState } from './assert-state.ts';
import { onCheckpointDurable, onCheckpointFlushed } from './checkpoint.ts';
import { Clock } from './clock.ts';
import { applyCommitted, resumeApply } from './commit.ts';
import type { Context, ReplicaCrypto } from './context.ts';
import { isPrimary, promisesDurable } from './context.ts';
import { Detector } from './detector.ts';
import { admits } from './gate.ts';
import { MEMBER_RECOVERING } from './interfaces.ts';
import type {
  Journal,
  JournalListener,
  StateMachine,
  StateMachineListener,
  Superblock,
  SuperblockListener,
  SuperblockState,
} from './interfaces.ts';
import type { Checkpoint, Message, RequestUnitMessage } from './message.ts';
import * as kinds from './message.ts';
import { flushAck, hastenCheckpoint, onCommit, onPrepare, onPrepareOk } from './normal.ts';
import { PeerChoice } from './peer-choice.ts';
import { onPing, onPong } from './ping.ts';
import { Prng } from './prng.ts';
import { quorums } from './quorum.ts';
import { onConfirmView, onQuery, onViewConfirmed, serveReads } from './reads.ts';
import { recoverPromises, start } from './recovery.ts';
import { onMemberDurable, onRecover, onRecovered, tryRejoin } from './rejoin.ts';
import {
  armRepair,
  onHeaders,
  onRepairPrepare,
  onRequestHeaders,
  onRequestPrepare,
} from './repair.ts';
import { onRequest, serveRequests } from './sessions.ts';
import { onRequestStartView, onStartView } from './start-view.ts';
import { onSyncCompleted, onSyncDurable, onSyncRefuted, onUnitUnobtainable } from './sync.ts';
import { nextDeadline, runSlack, runTimers, watchMachine } from './timers.ts';
import { UnitRepair } from './unit-repair.ts';
import {
  onDoViewChange,
  onPromisesDurable,
  onStartViewChange,
  viewChangeProgress,
} from './view-change.ts';
import { APPLYING_NEEDS, APPLYING_STALLED, ReplicaState } from './state.ts';

const SALT_JITTER = 1;
const SALT_CHOICE = 2;
const TICKET_MODULE_MASK = (1 << TICKET_MODULE_BITS) - 1;

export interface ReplicaOptions {
  readonly limits: Limits;
  /** Opened: seat, membership and promises stand in its durable state. */
  readonly superblock: Superblock;
  /** Recovered. */
  readonly journal: Journal;
  /** Opened at the superblock's checkpoint. */
  readonly machine: StateMachine;
  readonly network: Network<Message>;
  readonly observer: Observer;
  readonly crypto: ReplicaCrypto;
  /** Fresh for each incarnation, from the host. */
  readonly nonce: Hash128;
  readonly monotonic: number;
  readonly realtime: number;
}

export class Replica
  implements NodeInputs<Message>, JournalListener, SuperblockListener, StateMachineListener
{
  /** Everything the protocol remembers; plain data. */
  readonly state: ReplicaState;
  private readonly context: Context;
  private started: boolean = false;
  /** A slice of applying is left: wake at once. */
  private more: boolean = false;

  /** Reads the superblock's promises; nothing is sent or written before `start`. */
  constructor(options: ReplicaOptions) {
    const { limits, superblock, monotonic, nonce } = options;
    assertLimits(limits);
    const { replica, replicaCount, standbyCount } = superblock.durable;
    const memberCount = replicaCount + standbyCount;
    assert(replica >= 0 && replica < memberCount, 'a seat in the cluster');
    this.state = new ReplicaState(limits, replicaCount, memberCount);
    this.state.nonce = nonce;
    this.read(monotonic, options.realtime);
    const choice = new PeerChoice(memberCount, limits, new Prng(nonce, SALT_CHOICE + 8 * replica));
    // Written out, not spread: one hidden shape for all replicas keeps every access fast.
    this.context = {
      s: this.state,
      limits,
      replica,
      replicaCount,
      memberCount,
      standby: replica >= replicaCount,
      quorums: quorums(replicaCount),
      journal: options.journal,
      superblock,
      machine: options.machine,
      network: options.network,
      observer: options.observer,
      crypto: options.crypto,
      clock: new Clock({ replica, replicaCount, limits, nonce, monotonic }),
      detector: new Detector(limits, replicaCount, monotonic),
      choice,
      prng: new Prng(nonce, SALT_JITTER + 8 * replica),
      units: new UnitRepair({
        peers: ((1 << memberCount) - 1) & ~(1 << replica),
        limits,
        machine: options.machine,
        network: options.network,
        observer: options.observer,
        choice,
        listener: { unitUnobtainable: () => onUnitUnobtainable(this.context) },
      }),
    };
    recoverPromises(this.context);
  }

  /** Begins the protocol: everything that was read at opening is durable now. */
  start(monotonic: number, realtime: number): void {
    assert(!this.started, 'a replica starts once');
    this.started = true;
    this.read(monotonic, realtime);
    start(this.context);
    this.settle();
  }

  // Inputs.

  receive(monotonic: number, realtime: number, from: Address, message: Message): void {
    if (!this.running) return;
    this.read(monotonic, realtime);
    if (admits(this.context, from, message)) this.dispatch(from, message);
    this.settle();
  }

  synced(monotonic: number, realtime: number, ticket: Ticket, status: IoStatus): void {
    if (this.state.stopped !== null) return;
    this.read(monotonic, realtime);
    const module = ticket & TICKET_MODULE_MASK;
    if (module === TICKET_JOURNAL) this.context.journal.synced(ticket, status);
    else if (module === TICKET_SUPERBLOCK) this.context.superblock.synced(ticket, status);
    else if (module === TICKET_MACHINE) this.machineSynced(ticket, status);
    else assert(false, 'a sync of another module');
    if (this.started) this.settle();
  }

  /** An op may have waited until the disk had taken what there was. */
  private machineSynced(ticket: Ticket, status: IoStatus): void {
    const { machine } = this.context;
    machine.synced(ticket, status);
    if (this.state.applyState === APPLYING_STALLED && !machine.retrying) resumeApply(this.context);
  }

  wake(monotonic: number, realtime: number): void {
    if (!this.running) return;
    this.read(monotonic, realtime);
    runTimers(this.context);
    this.more = false;
    this.settle();
  }

  flush(): void {
    if (this.running) this.context.journal.flush();
  }

  deadline(): number {
    if (!this.running) return NEVER;
    return this.more ? this.state.monotonic : nextDeadline(this.context);
  }

  // What storage and the machine report.

  journalDurable(header: PrepareHeader): void {
    const { s } = this.context;
    // Which entry it was, and whether it still matters, is found out from the log as it is now.
    if (header.op > s.durableUpTo) s.ackDue = true;
  }

  superblockDurable(state: SuperblockState): void {
    if (!this.running) return;
    const r = this.context;
    assert(state.view <= r.s.view && state.logView <= r.s.logView, 'memory leads the disk');
    onCheckpointDurable(r, state);
    onSyncDurable(r, state);
    onMemberDurable(r, state);
    onPromisesDurable(r);
    tryRejoin(r);
  }

  checkpointFlushed(checkpoint: Checkpoint): void {
    onCheckpointFlushed(this.context, checkpoint);
  }

  syncCompleted(target: Checkpoint): void {
    onSyncCompleted(this.context, target);
  }

  syncRefuted(target: Checkpoint): void {
    onSyncRefuted(this.context, target);
  }

  storageFailed(reason: string): void {
    if (this.state.stopped !== null) return;
    this.state.stopped = reason;
    this.context.observer.step(STEP_STOP, 0, 0, 0, reason);
  }

  /** Why the replica stopped itself, or null. */
  get stopped(): string | null {
    return this.state.stopped;
  }

  /** The primary of its view, in normal operation. */
  get leads(): boolean {
    return isPrimary(this.context);
  }

  /** Takes requests: it leads, and its view is durable. */
  get admits(): boolean {
    return this.running && isPrimary(this.context) && promisesDurable(this.context);
  }

  /**
   * Waits to be taken back after a replaced disk, for ever: the others are too few to commit what
   * would prove it complete.
   */
  get rejoinImpossible(): boolean {
    const { s, replicaCount, quorums: q } = this.context;
    return s.member === MEMBER_RECOVERING && replicaCount - 1 < q.replication;
  }

  /** Slots of the log, and units of the state, known to be damaged or missing and not repaired. */
  get damaged(): number {
    return this.context.journal.broken + this.context.units.outstanding;
  }

  /** How far each voter's clock is ahead of this one's; null: not known. See `Clock.ahead`. */
  clockOffsets(): readonly (number | null)[] {
    const { s, clock, replicaCount } = this.context;
    const voters = Array.from({ length: replicaCount }, (_, peer) => peer);
    return voters.map((peer) => clock.ahead(peer, s.monotonic, s.realtime));
  }

  /** A cheap digest of the protocol's state. */
  fingerprint(): number {
    const { s } = this.context;
    let digest = Math.imul(s.view ^ (s.status << 24), 0x9e3779b1) ^ s.logView;
    digest = Math.imul(digest ^ s.op, 0x85ebca6b) ^ s.commitMin;
    digest = Math.imul(digest ^ s.commitMax, 0xc2b2ae35) ^ s.commitHead.a;
    digest = Math.imul(digest ^ s.durableUpTo, 0x27d4eb2f) ^ s.ackSent;
    digest = Math.imul(digest ^ s.checkpointOp, 0x165667b1) ^ s.chainFloor;
    digest = Math.imul(digest ^ (s.repairsOut << 8) ^ s.requests.length, 0x9e3779b1);
    return (digest ^ (digest >>> 15) ^ s.wish) | 0;
  }

  private get running(): boolean {
    return this.started && this.state.stopped === null;
  }

  private read(monotonic: number, realtime: number): void {
    assert(monotonic >= this.state.monotonic, 'monotonic time does not go back');
    this.state.monotonic = monotonic;
    this.state.realtime = realtime;
  }

  /** What any input may have made possible. */
  private settle(): void {
    const r = this.context;
    const { s } = r;
    // A single replica's storage may fail within any of these.
    if (s.stopped !== null) return;
    if (s.ackDue || s.ackRepeat) flushAck(r);
    // One slice a wake: what arrives in the meantime must not wait for one each.
    if (!this.more) this.more = applyCommitted(r);
    hastenCheckpoint(r);
    if (s.requests.length > 0 && isPrimary(r)) serveRequests(r);
    // What was just proposed may be durable already, and what was applied may allow more.
    if (s.ackDue) flushAck(r);
    if (s.commitMin < s.commitMax && !this.more) this.more = applyCommitted(r);
    if (s.reads.length > 0) serveReads(r);
    runSlack(r);
    watchMachine(r);
    assertState(r);
  }

  private dispatch(from: Address, m: Message): void {
    const r = this.context;
    switch (m.kind) {
      case kinds.REQUEST:
        return onRequest(r, from, m);
      case kinds.QUERY:
        return onQuery(r, from, m);
      case kinds.PREPARE:
        return onPrepare(r, from, m);
      case kinds.PREPARE_OK:
        return onPrepareOk(r, from, m);
      case kinds.COMMIT:
        return onCommit(r, from, m);
      case kinds.START_VIEW_CHANGE:
        return onStartViewChange(r, from, m);
      case kinds.DO_VIEW_CHANGE:
        return onDoViewChange(r, from, m);
      case kinds.START_VIEW:
        return onStartView(r, from, m);
      case kinds.REQUEST_START_VIEW:
        return onRequestStartView(r, from, m);
      case kinds.REQUEST_HEADERS:
        return onRequestHeaders(r, from, m);
      case kinds.HEADERS:
        return onHeaders(r, from, m);
      case kinds.REQUEST_PREPARE:
        return onRequestPrepare(r, from, m);
      case kinds.REPAIR_PREPARE:
        return onRepairPrepare(r, from, m);
      default:
        return this.dispatchRare(from, m);
    }
  }

  private dispatchRare(from: Address, m: Message): void {
    const r = this.context;
    switch (m.kind) {
      case kinds.PING:
        return onPing(r, from, m);
      case kinds.PONG:
        return onPong(r, from, m);
      case kinds.CONFIRM_VIEW:
        return onConfirmView(r, from, m);
      case kinds.VIEW_CONFIRMED:
        return onViewConfirmed(r, from, m);
      case kinds.REQUEST_UNIT:
        return this.onRequestUnit(from, m);
      case kinds.UNIT:
        if (r.units.receive(r.s.monotonic, from, m)) this.onUnitRepaired();
        return;
      case kinds.RECOVER:
        return onRecover(r, from, m);
      case kinds.RECOVERED:
        return onRecovered(r, from, m);
      default:
        // Replies are for clients: a stray one is a peer's mistake, not ours.
        return;
    }
  }

  private onRequestUnit(from: Address, m: RequestUnitMessage): void {
    const r = this.context;
    if (from < 0 || from >= r.memberCount || from === r.replica) return;
    const bytes = r.machine.serve(m.unit);
    r.network.send(from, { kind: kinds.UNIT, unit: m.unit, bytes });
  }

  private onUnitRepaired(): void {
    const r = this.context;
    if (r.s.applyState === APPLYING_NEEDS) resumeApply(r);
    armRepair(r);
    viewChangeProgress(r);
  }
}
