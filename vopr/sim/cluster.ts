/**
 * The virtual world of one run: places, clients, network and scheduler wired together; every event
 * handled; processes crashed, paused and restarted from what their disks kept and nothing else.
 *
 * It also is the `World` that checkers see. Pooled: `reset` begins a run, and nothing of an earlier
 * one can be told from inside. Cost: the handlers add some 100 ns to what the node does.
 */
import { assert } from '../../core/types/assert.ts';
import type { Limits } from '../../core/limits.ts';
import { NEVER } from '../../core/ports.ts';
import { make128 } from '../../core/types/hash128.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { Atlas } from './atlas.ts';
import { PHASE_BOOT, PHASE_CORE, PHASE_STORM } from './checker.ts';
import type { Checker, DiskTruth, Invariant, World } from './checker.ts';
import { Choices, site } from './choose.ts';
import { makeClients } from './clients.ts';
import type { ClientPlace, ClientWorld } from './clients.ts';
import { EPOCH_MICROS } from './clock.ts';
import { calmConfiguration } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import { Crashes } from './crashes.ts';
import type { DiskWorld } from './disk.ts';
import {
  EVENT_CLIENT,
  EVENT_CLOCK,
  EVENT_CONVERGED,
  EVENT_DELIVER,
  EVENT_FLUSH,
  EVENT_LINK_FAULT,
  EVENT_LINK_HEALS,
  EVENT_RESTART,
  EVENT_SCRIPT,
  EVENT_STORM_ENDS,
  EVENT_SYNCED,
  EVENT_WAKE,
} from './events.ts';
import { FaultCounts, faultIndex } from './faults.ts';
import type { FaultName } from './faults.ts';
import type { Forgery } from './forgery.ts';
import { CLIENT_PORT } from './links.ts';
import { fold } from './mix.ts';
import { ARRIVES_CORRUPT, ARRIVES_FORGED, ARRIVES_INTACT, Network } from './network.ts';
import type { Receivers } from './network.ts';
import { INPUT_CRASH, INPUT_LATE_FLUSH, INPUT_PAUSE, INPUT_REPLACE, Place } from './place.ts';
import type { PlaceEvents } from './place.ts';
import { replicationQuorum, viewChangeQuorum } from './quorums.ts';
import { Scheduler } from './scheduler.ts';
import type { NodeInspection, SimClient, System, UnitLocator } from './sim-node.ts';
import { Skews } from './skews.ts';
import { Verdict } from './verdict.ts';
import { Watchers } from './watchers.ts';

const CORRUPT_AT = site('corrupt_at');
const PAUSE_LENGTH = site('pause_length');
const FLUSH_DELAY = site('flush_delay');

const CORRUPT_MESSAGE = faultIndex('corrupt_message');
const PAUSE = faultIndex('pause');
const SLOW_NODE = faultIndex('slow_node');
const LATE_FLUSH = faultIndex('late_flush');

/** Release that nodes run; a restart by another one tries the release before. */
export const BUILD_RELEASE = 2;
const CLUSTER: Hash128 = make128(0x6b696d62, 0x65726c69, 0x74650000, 1);
const NODES_MAX = 8;

/** What the phases of a run decide; `core.ts` is the one implementation. */
export interface Phases {
  clientIdle(): void;
  stormEnds(): void;
  check(): void;
  script(action: number): void;
}

export class Cluster<M> implements World, DiskWorld, ClientWorld<M>, PlaceEvents<M>, Receivers {
  readonly system: System<M>;
  readonly limits: Limits;
  readonly cluster: Hash128 = CLUSTER;
  readonly scheduler: Scheduler = new Scheduler();
  readonly choices: Choices = new Choices();
  readonly faults: FaultCounts = new FaultCounts();
  readonly atlas: Atlas = new Atlas();
  readonly units: UnitLocator;
  readonly network: Network<M>;
  readonly places: Place<M>[] = [];
  readonly verdict: Verdict;
  readonly crashes: Crashes<M>;
  readonly skews: Skews;
  clients: ClientPlace<M>[] = [];
  configuration: Configuration = calmConfiguration();
  seed = 0;
  nodeCount = 0;
  phase: number = PHASE_BOOT;
  core = 0;
  /** Inputs handled by nodes and clients. */
  events = 0;
  digestA = 0;
  digestB = 0;
  /** The node whose input is being handled, or -1. */
  executing = -1;
  phases: Phases | null = null;
  /** A scenario's look at every step; null in most runs. */
  stepHook: ((node: number, kind: number, a: number, b: number, c: number) => void) | null = null;
  /** Who lies, in a scenario with traitors; null in most runs. */
  forgery: Forgery<M> | null = null;

  readonly watchers: Watchers;
  readonly checkers: readonly Checker[];
  /** The kind of step in which a node says that it was told what cannot be true; −1: none. */
  readonly #contradictedKind: number;
  #slowMet = false;
  /** See `ProcessConfiguration`; 0 from healing on. */
  sliceMicros = 0;

  constructor(system: System<M>, limits: Limits, invariants: readonly Invariant[]) {
    this.system = system;
    this.limits = limits;
    this.units = system.units;
    this.#contradictedKind = system.steps.indexOf('contradicted');
    this.verdict = new Verdict(
      invariants.map((invariant) => invariant.name),
      this,
    );
    this.network = new Network<M>(this.choices, this.scheduler, this.faults, system.messages, this);
    for (let i = 0; i < NODES_MAX; i++) this.places.push(new Place<M>(i, this, limits, this));
    this.crashes = new Crashes<M>(this);
    this.skews = new Skews(this);
    this.watchers = new Watchers(system, invariants, this);
    this.checkers = this.watchers.checkers;
  }

  /** Begins a run of this configuration. The choices' source has been set. */
  reset(
    seed: number,
    configuration: Configuration,
    isSuspended: (invariant: Invariant) => boolean,
  ): void {
    this.seed = seed;
    this.configuration = configuration;
    this.nodeCount = configuration.replicaCount + configuration.standbyCount;
    assert(this.nodeCount <= NODES_MAX, 'at most eight nodes');
    assert(configuration.clientCount <= CLIENT_PORT, 'at most eight clients');
    this.scheduler.reset();
    this.faults.reset();
    this.verdict.reset();
    this.phase = PHASE_BOOT;
    this.core = 0;
    this.events = 0;
    this.executing = -1;
    this.stepHook = null;
    this.forgery = null;
    this.phases = null;
    this.#slowMet = false;
    this.sliceMicros = configuration.process.sliceMicros;
    this.digestA = fold(seed | 0, 1);
    this.digestB = fold(seed | 0, 2);
    const { operator, replicaCount } = configuration;
    this.atlas.reset(seed, replicaCount, operator.replaceNode);
    this.network.reset(configuration.network, this.nodeCount, configuration.clientCount);
    this.crashes.reset();
    this.clients = [];
    this.watchers.reset(this.verdict, isSuspended);
    for (let i = 0; i < this.nodeCount; i++) this.#resetPlace(i);
  }

  /** Formats all disks, opens all nodes, starts the clients and arms the faults. */
  boot(): void {
    const { configuration } = this;
    this.skews.reset();
    for (let i = 0; i < this.nodeCount; i++) {
      const place = this.places[i] as Place<M>;
      const { disk } = place;
      assert(place.seat !== null, 'a place has a seat');
      disk.formatting = true;
      this.system.format(disk, place.seat);
      disk.settleAll();
      disk.formatting = false;
      disk.arm(configuration.process.crashInWriteGap);
      this.#armInputs(place);
    }
    this.phase = PHASE_STORM;
    for (let i = 0; i < this.nodeCount; i++) this.crashes.start(this.places[i] as Place<M>);
    this.clients = makeClients(this.system, this, configuration, this.limits);
    for (const place of this.clients) this.#wakeClientLater(place);
  }

  /** Handles the next event; false when there is none. */
  next(): boolean {
    const { scheduler } = this;
    if (!scheduler.pop()) return false;
    const { a, b, c } = scheduler;
    switch (scheduler.kind) {
      case EVENT_DELIVER:
        this.#deliver(a, b, c, scheduler.ref as M);
        break;
      case EVENT_WAKE:
        this.#wake(a, b);
        break;
      case EVENT_SYNCED:
        this.#synced(a, b, c);
        break;
      case EVENT_CLIENT:
        this.#wakeClient(a, b);
        break;
      case EVENT_RESTART:
        this.crashes.restart(this.places[a] as Place<M>, b);
        break;
      case EVENT_LINK_FAULT:
        this.network.linkFault();
        break;
      case EVENT_LINK_HEALS:
        this.network.links.end(a);
        break;
      case EVENT_CLOCK:
        this.skews.strike(a);
        break;
      case EVENT_FLUSH:
        this.#flush(a, b);
        break;
      default:
        this.#phase(scheduler.kind, a);
    }
    return true;
  }

  #phase(kind: number, a: number): void {
    const { phases } = this;
    if (phases === null) return;
    if (kind === EVENT_STORM_ENDS) phases.stormEnds();
    else if (kind === EVENT_CONVERGED) phases.check();
    else if (kind === EVENT_SCRIPT) phases.script(a);
  }

  #deliver(port: number, from: number, corrupt: number, sent: M): void {
    if (port >= CLIENT_PORT) {
      const client = this.clients[port - CLIENT_PORT];
      if (client === undefined) return;
      const message = this.#arrived(port, from, corrupt, sent);
      if (message === null) return;
      client.client.receive(this.scheduler.now, from, message);
      this.#afterClient(client);
      return;
    }
    const place = this.places[port] as Place<M>;
    const { node } = place;
    if (node === null) return;
    const { now } = this.scheduler;
    if (place.pausedUntil > now) {
      this.#defer(place, EVENT_DELIVER, port, from, corrupt, sent);
      return;
    }
    const message = this.#arrived(port, from, corrupt, sent);
    if (message === null) return;
    this.executing = port;
    node.receive(place.clock.monotonic(now), place.clock.realtime(now), from, message);
    this.after(place);
  }

  /** What arrives of a message: itself, or what its bytes decode to; null when they are refused. */
  #arrived(port: number, from: number, how: number, sent: M | Uint8Array): M | null {
    const { messages } = this.system;
    if (how === ARRIVES_FORGED) {
      assert(sent instanceof Uint8Array, 'what is forged crosses as bytes');
      this.forgery?.arrived(port);
      return messages.decode(sent, this.cluster, this.limits);
    }
    return this.#crossed(port, from, how, sent as M);
  }

  #crossed(port: number, from: number, how: number, sent: M): M | null {
    if (how === ARRIVES_INTACT && !this.configuration.bytes) return sent;
    const { messages } = this.system;
    const encoded = messages.encode(sent, this.cluster);
    if (how === ARRIVES_INTACT) {
      const decoded = messages.decode(encoded, this.cluster, this.limits);
      if (decoded === null) {
        const name = messages.kindNames[messages.kind(sent)] ?? 'unknown';
        this.verdict.fail('codec', `an intact ${name} message was refused`);
      }
      return decoded;
    }
    assert(how === ARRIVES_CORRUPT, 'the third way to arrive');
    // The encoder may hand out a buffer of its own.
    const bytes = encoded.slice();
    const where = this.choices.choose(CORRUPT_AT, port, from, 1 << 20);
    const at = where % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (((where >>> 12) % 255) + 1);
    this.faults.delivered(CORRUPT_MESSAGE);
    return messages.decode(bytes, this.cluster, this.limits);
  }

  #wake(index: number, generation: number): void {
    const place = this.places[index] as Place<M>;
    const { node } = place;
    if (node === null || place.wakeGeneration !== generation) return;
    const { now } = this.scheduler;
    if (place.pausedUntil > now) {
      this.#defer(place, EVENT_WAKE, index, generation, 0, null);
      return;
    }
    place.wakeAt = NEVER;
    const monotonic = place.clock.monotonic(now);
    if (monotonic < place.deadline) {
      // The node moved its deadline on since this wake was scheduled.
      this.#wakeLater(place);
      return;
    }
    this.executing = index;
    node.wake(monotonic, place.clock.realtime(now));
    this.after(place);
  }

  #synced(index: number, slot: number, power: number): void {
    const place = this.places[index] as Place<M>;
    const { disk, node } = place;
    if (disk.power !== power) return;
    const { now } = this.scheduler;
    if (node !== null && place.pausedUntil > now) {
      this.#defer(place, EVENT_SYNCED, index, slot, power, null);
      return;
    }
    const heard = node !== null && disk.syncs.incarnations[slot] === place.incarnation;
    const ticket = disk.syncs.tickets[slot] as number;
    const status = disk.finishSync(slot, heard);
    if (!heard || node === null) return;
    this.executing = index;
    node.synced(place.clock.monotonic(now), place.clock.realtime(now), ticket, status);
    this.after(place);
  }

  /** A turn that took in several inputs is over. */
  #flush(index: number, incarnation: number): void {
    const place = this.places[index] as Place<M>;
    const { node } = place;
    if (node === null || place.incarnation !== incarnation) return;
    if (place.pausedUntil > this.scheduler.now) {
      this.#defer(place, EVENT_FLUSH, index, incarnation, 0, null);
      return;
    }
    place.flushLate = false;
    this.executing = index;
    node.flush?.();
    this.settle(place);
  }

  /** The node has handled an input: what follows from it. */
  after(place: Place<M>): void {
    this.events += 1;
    if (!place.flushLate) place.node?.flush?.();
    else if (!place.flushLateMet) {
      place.flushLateMet = true;
      this.faults.delivered(LATE_FLUSH);
    }
    this.settle(place);
  }

  /**
   * What follows from whatever the node just did; opening is no input, so it comes here directly.
   */
  settle(place: Place<M>): void {
    this.executing = -1;
    const { node } = place;
    place.disk.calls = 0;
    if (node === null) return;
    if (place.disk.dead) {
      this.crashes.died(place);
      return;
    }
    this.#fold(place.index, node.fingerprint());
    if (node.stopped !== null) {
      this.crashes.stopped(place, node.stopped);
      return;
    }
    if (place.inputs.tick()) {
      this.#inputFault(place);
      if (place.node === null) return;
    }
    if (!this.#slowMet && place.index === this.configuration.process.slowNode) {
      this.#slowMet = true;
      this.faults.delivered(SLOW_NODE);
    }
    place.deadline = node.deadline();
    this.#wakeLater(place);
  }

  #inputFault(place: Place<M>): void {
    for (let kind = place.inputs.take(); kind >= 0; kind = place.inputs.take()) {
      if (kind === INPUT_CRASH) this.crashes.crash(place);
      else if (kind === INPUT_REPLACE) this.crashes.replaceDisk(place);
      else if (kind === INPUT_PAUSE) {
        const { process } = this.configuration;
        const option = this.choices.choose(PAUSE_LENGTH, place.index, 0, 16);
        this.pause(place, Math.floor((process.pauseMicros * (option + 1)) / 8));
      } else if (kind === INPUT_LATE_FLUSH) this.#flushLater(place);
      if (place.node === null) return;
    }
  }

  /** The inputs from now on belong to one turn, as when a busy process finds many at once. */
  #flushLater(place: Place<M>): void {
    if (place.flushLate) return;
    place.flushLate = true;
    place.flushLateMet = false;
    const { lateFlushMicros } = this.configuration.process;
    const option = this.choices.choose(FLUSH_DELAY, place.index, 0, 16);
    const at = this.scheduler.now + Math.floor((lateFlushMicros * (option + 1)) / 8);
    this.scheduler.push(at, EVENT_FLUSH, place.index, place.incarnation, 0, null);
  }

  pause(place: Place<M>, micros: number): void {
    place.pausedUntil = this.scheduler.now + micros;
    place.pauseMet = false;
  }

  #defer(place: Place<M>, kind: number, a: number, b: number, c: number, ref: M | null): void {
    if (!place.pauseMet) {
      place.pauseMet = true;
      this.faults.delivered(PAUSE);
    }
    this.scheduler.push(place.pausedUntil, kind, a, b, c, ref);
  }

  /** One scheduled wake a node: an earlier deadline adds one, a later one waits for it. */
  #wakeLater(place: Place<M>): void {
    if (place.deadline === NEVER) return;
    const { now } = this.scheduler;
    const due = place.clock.when(place.deadline);
    // At once: it is in the midst of something, and what comes meanwhile finds it there.
    const at = due > now ? due : now + this.sliceMicros;
    if (at >= place.wakeAt || at > 2_000_000_000) return;
    place.wakeAt = at;
    place.wakeGeneration += 1;
    this.scheduler.push(at, EVENT_WAKE, place.index, place.wakeGeneration, 0, null);
  }

  #wakeClient(index: number, generation: number): void {
    const client = this.clients[index];
    if (client === undefined || client.wakeGeneration !== generation) return;
    client.wakeAt = NEVER;
    const { now } = this.scheduler;
    if (client.client.deadline() > now) {
      this.#wakeClientLater(client);
      return;
    }
    client.client.wake(now);
    this.#afterClient(client);
  }

  #afterClient(client: ClientPlace<M>): void {
    this.events += 1;
    this.#fold(CLIENT_PORT + client.index, client.client.fingerprint());
    this.#wakeClientLater(client);
    if (client.client.idle && this.phases !== null) this.phases.clientIdle();
  }

  #wakeClientLater(client: ClientPlace<M>): void {
    const deadline = client.client.deadline();
    const at = Math.max(deadline, this.scheduler.now);
    if (deadline === NEVER || at >= client.wakeAt || at > 2_000_000_000) return;
    client.wakeAt = at;
    client.wakeGeneration += 1;
    this.scheduler.push(at, EVENT_CLIENT, client.index, client.wakeGeneration, 0, null);
  }

  /** Rolls an event into the digest: what happened, when, to whom, and what became of it. */
  #fold(port: number, fingerprint: number): void {
    const { now, kind } = this.scheduler;
    this.digestA = fold(this.digestA, Math.imul(now, 256) + kind * 16 + port);
    this.digestB = fold(this.digestB ^ this.digestA, fingerprint);
  }

  sent(from: number, to: number, message: M): void {
    if (this.forgery !== null && this.forgery.sent(from, to, message)) return;
    this.network.send(from, to, message);
  }

  send(from: number, to: number, message: M): void {
    this.network.send(from, to, message);
  }

  stepped(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    this.watchers.stepped(node, kind, a, b, c, ref);
    if (this.stepHook !== null) this.stepHook(node, kind, a, b, c);
    if (kind === this.#contradictedKind && this.forgery === null) {
      this.verdict.fail('contradicted', `r${node} was told by r${b} of ${String(ref)}`);
    }
  }

  live(port: number): boolean {
    return port >= CLIENT_PORT
      ? port - CLIENT_PORT < this.clients.length
      : (this.places[port] as Place<M>).node !== null;
  }

  #resetPlace(index: number): void {
    const { configuration } = this;
    const place = this.places[index] as Place<M>;
    place.reset({
      index,
      cluster: this.cluster,
      replicaCount: configuration.replicaCount,
      standbyCount: configuration.standbyCount,
      limits: this.limits,
      release: BUILD_RELEASE,
    });
    place.disk.reset(configuration.disk);
  }

  #armInputs(place: Place<M>): void {
    const { process, operator } = this.configuration;
    if (process.crashGap > 0) place.inputs.arm(INPUT_CRASH, process.crashGap);
    if (process.pauseGap > 0) place.inputs.arm(INPUT_PAUSE, process.pauseGap);
    if (process.lateFlushGap > 0) place.inputs.arm(INPUT_LATE_FLUSH, process.lateFlushGap);
    if (operator.replaceNode === place.index) {
      place.inputs.set(INPUT_REPLACE, Math.max(1, operator.replaceAfterInputs));
    }
    if (process.slowNode === place.index) {
      this.network.slowMicros[place.index] = process.slowNodeMicros;
    }
  }

  // The World that checkers see.

  get now(): number {
    return this.scheduler.now;
  }
  get trueTime(): number {
    return EPOCH_MICROS + this.scheduler.now;
  }
  get replicaCount(): number {
    return this.configuration.replicaCount;
  }
  get standbyCount(): number {
    return this.configuration.standbyCount;
  }
  get clientCount(): number {
    return this.configuration.clientCount;
  }
  get replicationQuorum(): number {
    return replicationQuorum(this.configuration.replicaCount);
  }
  get viewChangeQuorum(): number {
    return viewChangeQuorum(this.configuration.replicaCount);
  }
  clockError(node: number): number {
    return (this.places[node] as Place<M>).clock.error(this.scheduler.now);
  }
  up(node: number): boolean {
    return (this.places[node] as Place<M>).node !== null;
  }
  incarnation(node: number): number {
    return (this.places[node] as Place<M>).incarnation;
  }
  lost(node: number): boolean {
    return (this.places[node] as Place<M>).lost;
  }
  inCore(node: number): boolean {
    return this.phase >= PHASE_CORE && (this.core & (1 << node)) !== 0;
  }
  inspect(node: number): NodeInspection | null {
    return (this.places[node] as Place<M>).node?.inspect() ?? null;
  }
  client(index: number): SimClient<unknown> {
    const place = this.clients[index];
    assert(place !== undefined, 'a client of this run');
    return place.client as SimClient<unknown>;
  }
  delivered(fault: FaultName): number {
    return this.faults.of(fault);
  }
  disk(node: number): DiskTruth {
    return (this.places[node] as Place<M>).truth;
  }
  evaluated(invariant: number): void {
    this.verdict.evaluated(invariant);
  }
  violate(invariant: number, message: string): void {
    this.verdict.violate(invariant, message);
  }
}
