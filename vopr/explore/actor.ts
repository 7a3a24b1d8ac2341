/**
 * One live node or client of an explored world, on its own: takes inputs, and keeps what it sent.
 *
 * Nothing of it depends on the others but the inputs, and on time but the reading that comes with
 * each. What is due at once (a slice of applying that is left) is done with the input that made it
 * due. Cost: the node's own, and some 100 µs to format and open it anew.
 */
import type { Limits } from '../../core/limits.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import { Atlas } from '../sim/atlas.ts';
import { Choices } from '../sim/choose.ts';
import { EPOCH_MICROS } from '../sim/clock.ts';
import { calmConfiguration } from '../sim/configuration.ts';
import type { DiskWorld } from '../sim/disk.ts';
import { FaultCounts } from '../sim/faults.ts';
import { fold } from '../sim/mix.ts';
import { Place, portOf } from '../sim/place.ts';
import { Scheduler } from '../sim/scheduler.ts';
import type { ClientHost, NodeHost, Seat, SimClient } from '../sim/sim-node.ts';
import { hashDisk } from './disk-hash.ts';
import type { PendingSync } from './disk-hash.ts';
import { INPUT_CRASH, INPUT_MESSAGE, INPUT_START, INPUT_SYNC } from './event.ts';
import { cut, powerCuts } from './fates.ts';
import type { GraphHash } from './graph-hash.ts';
import type { Subject } from './subject.ts';

/** Wakes in a row that are due at once; more, and the node is stuck. */
const WAKES_MAX = 1000;
const DISK = { ...calmConfiguration().disk, syncMinMicros: 0 };

export interface Input<M> {
  readonly kind: number;
  /** Sender's address; which sync; how the power is cut. */
  readonly a: number;
  readonly message: M | null;
}

/** What a node reports of its protocol, as an `Observer` hears it. */
export type StepHook = (kind: number, a: number, b: number, c: number, ref: unknown) => void;

/** Why an input ended in failure. */
export interface Failure {
  readonly invariant: string;
  readonly message: string;
}

export interface Actor<M> {
  /** As new: formatted and never started, or not yet made. */
  reset(): void;
  /** Handles one input; null, or what went wrong. */
  apply(now: number, input: Input<M>): Failure | null;
  /** What the last input sent: to which port of the simulator, and which message. */
  readonly ports: readonly number[];
  readonly messages: readonly M[];
  readonly up: boolean;
  /** Has finished opening, so that others can tell that it is there. */
  readonly opened: boolean;
  /** Syncs in flight, each by a name that it keeps whatever else is begun or completes. */
  readonly syncs: readonly string[];
  readonly deadline: number;
  /** Ways in which its power can be cut now. */
  readonly cuts: number;
  hash(hash: GraphHash): void;
}

export interface ActorOptions<M> {
  readonly subject: Subject<M>;
  readonly replicas: number;
  readonly operations: number;
  readonly step: StepHook;
}

/** The world that a lone disk needs; nothing in it is drawn. */
function lonelyWorld<M>(subject: Subject<M>): DiskWorld {
  return {
    choices: new Choices(),
    scheduler: new Scheduler(),
    faults: new FaultCounts(),
    atlas: new Atlas(),
    units: subject.system.units,
  };
}

export class NodeActor<M> implements Actor<M> {
  readonly ports: number[] = [];
  readonly messages: M[] = [];
  readonly place: Place<M>;
  readonly #subject: Subject<M>;
  readonly #world: DiskWorld;
  readonly #seat: Seat;
  readonly #host: NodeHost<M>;
  #pending: PendingSync[] = [];
  #draws = 0;

  constructor(index: number, cluster: Seat['cluster'], options: ActorOptions<M>) {
    const { subject, replicas, step } = options;
    this.#subject = subject;
    this.#world = lonelyWorld(subject);
    this.#seat = {
      index,
      cluster,
      replicaCount: replicas,
      standbyCount: 0,
      limits: subject.limits,
      release: 2,
    };
    this.place = new Place<M>(index, this.#world, subject.limits, {
      sent: (_place, to, message) => {
        this.ports.push(to);
        this.messages.push(message);
      },
      stepped: (_place, kind, a, b, c, ref) => step(kind, a, b, c, ref),
    });
    const { host } = this.place;
    this.#host = {
      ...host,
      random: (out) => {
        this.#draws += 1;
        host.random(out);
      },
    };
  }

  reset(): void {
    const { place } = this;
    const { disk } = place;
    this.#world.choices.seeded(0);
    this.#world.scheduler.reset();
    this.#world.faults.reset();
    this.#pending = [];
    this.#draws = 0;
    place.reset(this.#seat);
    disk.reset(DISK);
    disk.formatting = true;
    this.#subject.system.format(disk, this.#seat);
    disk.settleAll();
    disk.formatting = false;
  }

  apply(now: number, input: Input<M>): Failure | null {
    this.ports.length = 0;
    this.messages.length = 0;
    try {
      const failure = this.#handle(now, input);
      if (this.place.node !== null) this.#subject.settle(this.place.node);
      this.#collectSyncs();
      return failure ?? this.#judge();
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { invariant: 'crash', message: `node ${this.place.index}: ${message}` };
    }
  }

  get up(): boolean {
    return this.place.node !== null;
  }
  get opened(): boolean {
    return this.place.node !== null && this.#subject.opened(this.place.node);
  }
  get syncs(): readonly string[] {
    return this.#pending.map(({ file, ticket }) => `${file}:${ticket}`);
  }
  get deadline(): number {
    return this.place.node?.deadline() ?? NEVER;
  }
  get cuts(): number {
    return this.place.node === null ? 0 : powerCuts(this.place.disk);
  }

  hash(hash: GraphHash): void {
    const { place } = this;
    const { network, observer } = this.#host;
    hash.begin([place.disk, this.#host, network, observer, this.#subject.limits]);
    hash.integer(place.incarnation);
    hash.integer(this.#draws);
    hashDisk(hash, place.disk, this.#pending);
    if (place.node === null) hash.integer(0);
    else this.#subject.hashNode(hash, place.node);
  }

  #handle(now: number, input: Input<M>): Failure | null {
    const { place } = this;
    const { kind, a } = input;
    if (kind === INPUT_START) return this.#start(now);
    if (kind === INPUT_CRASH) {
      this.#crash(a);
      return null;
    }
    const { node } = place;
    assert(node !== null, 'only a running node gets inputs');
    const realtime = EPOCH_MICROS + now;
    if (kind === INPUT_MESSAGE) node.receive(now, realtime, a, input.message as M);
    else if (kind === INPUT_SYNC) {
      const [sync] = this.#pending.splice(a, 1);
      assert(sync !== undefined, 'a sync that is in flight');
      node.synced(now, realtime, sync.ticket, place.disk.finishSync(sync.slot, true));
    } else node.wake(now, realtime);
    node.flush?.();
    let wakes = 0;
    while (node.stopped === null && node.deadline() <= now) {
      node.wake(now, realtime);
      node.flush?.();
      assert(++wakes < WAKES_MAX, 'a node that is woken moves its deadline on');
    }
    return null;
  }

  #start(now: number): Failure | null {
    const { place } = this;
    assert(place.node === null, 'only a node that is down starts');
    const nonce = place.begin(1);
    const { system } = this.#subject;
    const opened = system.open(this.#host, this.#seat, nonce, now, EPOCH_MICROS + now);
    if (typeof opened === 'string') {
      return { invariant: 'refused', message: `node ${place.index}: ${opened}` };
    }
    place.node = opened;
    return null;
  }

  #crash(variant: number): void {
    const { place } = this;
    const { disk } = place;
    place.end();
    if (variant > 0) cut(disk, this.#world.choices, variant);
    // The operating system goes on with what it was asked for; nobody is told.
    else for (const { slot } of this.#pending) disk.finishSync(slot, false);
    this.#pending = [];
  }

  /** Syncs begun by this input. Their order is that of files and tickets, not of beginning. */
  #collectSyncs(): void {
    const { scheduler } = this.#world;
    const { disk } = this.place;
    let begun = false;
    while (scheduler.pop()) {
      const slot = scheduler.b;
      const file = disk.syncs.files[slot] as number;
      this.#pending.push({ slot, file, ticket: disk.syncs.tickets[slot] as number });
      begun = true;
    }
    if (begun) this.#pending.sort((x, y) => x.file - y.file || x.ticket - y.ticket);
  }

  #judge(): Failure | null {
    const { node, index } = this.place;
    if (node === null || node.stopped === null) return null;
    return { invariant: 'stopped', message: `node ${index}: ${node.stopped}` };
  }
}

export class ClientActor<M> implements Actor<M> {
  readonly ports: number[] = [];
  readonly messages: M[] = [];
  readonly syncs: readonly string[] = [];
  readonly cuts: number = 0;
  client: SimClient<M> | null = null;
  readonly #index: number;
  readonly #options: ActorOptions<M>;

  constructor(index: number, options: ActorOptions<M>) {
    this.#index = index;
    this.#options = options;
  }

  reset(): void {
    this.client = null;
  }

  apply(now: number, input: Input<M>): Failure | null {
    this.ports.length = 0;
    this.messages.length = 0;
    try {
      const { kind, a } = input;
      if (kind === INPUT_START) this.client = this.#make();
      const { client } = this;
      assert(client !== null, 'a client is made before it hears anything');
      if (kind === INPUT_MESSAGE) client.receive(now, a, input.message as M);
      else if (kind !== INPUT_START) client.wake(now);
      let wakes = 0;
      while (client.deadline() <= now) {
        client.wake(now);
        assert(++wakes < WAKES_MAX, 'a client that is woken moves its deadline on');
      }
      return null;
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { invariant: 'crash', message };
    }
  }

  get up(): boolean {
    return this.client !== null;
  }
  get opened(): boolean {
    return this.client !== null;
  }
  get deadline(): number {
    return this.client?.deadline() ?? NEVER;
  }

  hash(hash: GraphHash): void {
    hash.begin();
    if (this.client === null) return;
    hash.integer(this.client.idle ? 1 : 0);
    hash.integer(this.client.answered);
    hash.value(this.client.deadline());
    this.#options.subject.hashClient(hash, this.client);
  }

  #make(): SimClient<M> {
    const { subject, replicas, operations } = this.#options;
    let state = fold(0x434c4e54, this.#index);
    const limits: Limits = subject.limits;
    const host: ClientHost<M> = {
      address: CLIENT_ADDRESS_MIN + this.#index,
      network: {
        send: (to, message) => {
          this.ports.push(portOf(to));
          this.messages.push(message);
        },
      },
      replicaCount: replicas,
      limits,
      mixOf100: 0,
      accessOf100: 0,
      transactionsOf100: 0,
      variant: 0,
      reader: false,
      random: (out) => {
        for (let i = 0; i < out.length; i++) {
          state = fold(state, i);
          out[i] = state;
        }
      },
      draw: (k, site, n) => subject.draw(k, site, n),
    };
    return subject.system.client(host, operations);
  }
}
