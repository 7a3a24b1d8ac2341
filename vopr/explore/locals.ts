/**
 * The states of each port on its own, and what each input makes of them: the real core is executed
 * once for every pair of a local state and an input, however many global states share it.
 *
 * A node hears of the others by messages alone. So a global state is the tuple of its local states
 * and the messages in flight, and the search over tuples needs no node at all: it looks up here
 * what an input does. Equal local states (by `GraphHash` over the node's whole memory, and its
 * disk) are one; so are equal messages. A node cannot be cloned: to leave a state a second time,
 * its history is executed again, on its own, from the formatting of its disk on.
 *
 * The *past* of a local state is the set of protocol steps it has reported, in any incarnation. It
 * is part of the state, because invariants compare what nodes did, not only what they are.
 */
import type { Hash128 } from '../../core/types/hash128.ts';
import { make128 } from '../../core/types/hash128.ts';
import { CLIENT_PORT } from '../sim/links.ts';
import { mixText } from '../sim/mix.ts';
import { assert } from '../../core/types/assert.ts';
import { ClientActor, NodeActor } from './actor.ts';
import type { Actor, Failure, Input } from './actor.ts';
import { INPUT_MESSAGE } from './event.ts';
import { GraphHash } from './graph-hash.ts';
import type { Subject } from './subject.ts';

export const CLUSTER: Hash128 = make128(0x6b696d62, 0x65726c69, 0x74650000, 2);
/** Hashes of pasts are whole numbers below 2^48. */
const PAST_SPAN = 281474976710656;
/** Span of one field of an input's key. */
const SPAN = 65536;

/** What an input makes of a local state. */
export interface Transition {
  readonly input: LocalInput;
  readonly to: Local;
  /** What was sent: port and message, in pairs. */
  readonly sent: readonly number[];
  readonly failure: Failure | null;
  /** Reported protocol steps that invariants watch. */
  readonly reports: boolean;
  /** An execution of the whole cluster with all invariants has passed through here. */
  judged: boolean;
}

export interface Local {
  readonly id: number;
  /** Hash of memory and disk. */
  readonly memory: string;
  readonly port: number;
  readonly up: boolean;
  readonly opened: boolean;
  readonly syncs: readonly string[];
  readonly deadline: number;
  readonly cuts: number;
  /** Names the set of steps reported so far. */
  readonly past: number;
  readonly pastHash: number;
  readonly idle: boolean;
  readonly answered: number;
  /** How it came about first. */
  readonly from: Local | null;
  readonly by: LocalInput | null;
  /** Steps reported for the first time by the input that led here. */
  readonly news: readonly string[];
  /** By `keyOf`. */
  readonly transitions: Map<number, Map<number, Transition>>;
}

/** An input with its moment; the message by its number. */
export interface LocalInput {
  readonly now: number;
  readonly kind: number;
  readonly a: number;
  readonly message: number;
}

export interface LocalsOptions<M> {
  readonly subject: Subject<M>;
  readonly replicas: number;
  readonly clients: number;
  /** Of each client. */
  readonly operations: number;
}

interface Live<M> {
  readonly actor: Actor<M>;
  at: Local | null;
  /** Steps reported, by hash: the past of the state that it is in. */
  readonly past: Set<string>;
  pastHash: number;
  reported: boolean;
  news: string[];
}

export class Locals<M> {
  readonly subject: Subject<M>;
  readonly replicas: number;
  readonly ports: number;
  /** Inputs executed: those that were new, and all, with the histories executed again. */
  executed = 0;
  replayed = 0;
  restored = 0;
  /** States that were reached in more than one way. */
  merged = 0;
  count = 0;
  readonly messages: M[] = [];
  /** By number of a message: it arrives before everything else. */
  readonly atOnce: boolean[] = [];
  readonly #messageIds: Map<string, number> = new Map();
  readonly #known: WeakMap<object, number> = new WeakMap();
  readonly #states: Map<string, Local> = new Map();
  readonly #pasts: Map<string, number> = new Map();
  readonly #live: Live<M>[] = [];
  readonly #hash: GraphHash = new GraphHash();
  readonly #steps: GraphHash = new GraphHash();
  readonly #watched: ReadonlySet<number>;
  /** Of a state that was reached in more ways than one: the last of them. */
  readonly #others: Map<Local, { readonly from: Local; readonly by: LocalInput }> = new Map();
  readonly #refs: WeakMap<object, string> = new WeakMap();
  /** False while a history is executed again: its steps are known. */
  #listening = true;

  constructor({ subject, replicas, clients, operations }: LocalsOptions<M>) {
    this.subject = subject;
    this.replicas = replicas;
    this.ports = replicas + clients;
    this.#watched = new Set(subject.invariants.flatMap(({ watches }) => [...watches]));
    for (let port = 0; port < this.ports; port++) {
      const past = new Set<string>();
      const step = (kind: number, a: number, b: number, c: number, ref: unknown): void =>
        this.#step(port, kind, a, b, c, ref);
      const options = { subject, replicas, operations, step };
      const actor: Actor<M> =
        port < replicas
          ? new NodeActor<M>(port, CLUSTER, options)
          : new ClientActor<M>(port - replicas, options);
      this.#live.push({ actor, at: null, past, pastHash: 0, reported: false, news: [] });
    }
  }

  /** The state of a port before its first start. */
  first(port: number): Local {
    const live = this.#live[port] as Live<M>;
    this.#reset(live);
    return this.#intern(port, live, null, null);
  }

  /** What `input` makes of `local`. */
  step(local: Local, input: LocalInput): Transition {
    let atTime = local.transitions.get(input.now);
    if (atTime === undefined) {
      atTime = new Map();
      local.transitions.set(input.now, atTime);
    }
    const key = (input.kind * SPAN + input.a) * SPAN * 16 + input.message + 1;
    const known = atTime.get(key);
    if (known !== undefined) return known;
    const transition = this.#execute(local, input);
    atTime.set(key, transition);
    return transition;
  }

  /**
   * Executes what is known of a merged state once more, from another of its histories, and says how
   * many transitions that were. Each must lead to the same state and send the same.
   */
  *doubleCheck(): Generator<number, void> {
    for (const [local, { from, by }] of this.#others) {
      let count = 0;
      for (const atTime of local.transitions.values()) {
        for (const known of atTime.values()) {
          const live = this.#live[local.port] as Live<M>;
          this.#restore(live, from);
          live.actor.apply(by.now, this.inputOf(by));
          live.at = null;
          const failure = live.actor.apply(known.input.now, this.inputOf(known.input));
          const sent = this.#sentBy(live.actor);
          live.actor.hash(this.#hash);
          const same =
            failure?.invariant === known.failure?.invariant &&
            sent.join() === known.sent.join() &&
            (failure !== null || `${this.#hash.a},${this.#hash.b}` === known.to.memory);
          assert(same, () => `two histories of one state of port ${local.port} part`);
          count += 1;
        }
      }
      yield count;
    }
  }

  /** Somebody else has used what all clients of a thread share: theirs must be made anew. */
  forgetClients(): void {
    for (let port = this.replicas; port < this.ports; port++) {
      (this.#live[port] as Live<M>).at = null;
    }
  }

  /** The number of a message, by content. */
  idOf(message: M): number {
    const object = message as object;
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    this.#hash.begin();
    this.subject.hashMessage(this.#hash, message);
    const text = `${this.#hash.a},${this.#hash.b}`;
    let id = this.#messageIds.get(text);
    if (id === undefined) {
      id = this.messages.length;
      this.messages.push(message);
      this.atOnce.push(this.subject.atOnce(message));
      this.#messageIds.set(text, id);
    }
    this.#known.set(object, id);
    return id;
  }

  /** From a port as the simulator numbers them to ours; -1 where nobody is. */
  portOf(simulated: number): number {
    const port = simulated < CLIENT_PORT ? simulated : this.replicas + simulated - CLIENT_PORT;
    const inside = simulated < CLIENT_PORT ? port < this.replicas : port < this.ports;
    return port >= 0 && inside ? port : -1;
  }

  inputOf({ kind, a, message }: LocalInput): Input<M> {
    return { kind, a, message: kind === INPUT_MESSAGE ? (this.messages[message] as M) : null };
  }

  #execute(local: Local, input: LocalInput): Transition {
    const live = this.#live[local.port] as Live<M>;
    if (live.at !== local) this.#restore(live, local);
    this.executed += 1;
    live.reported = false;
    live.news = [];
    const failure = live.actor.apply(input.now, this.inputOf(input));
    const sent = this.#sentBy(live.actor);
    // What failed is never gone on from: it needs no state of its own.
    if (failure !== null) {
      live.at = null;
      return { input, to: local, sent, failure, reports: true, judged: false };
    }
    const to = this.#intern(local.port, live, local, input);
    live.at = to;
    return { input, to, sent, failure, reports: live.reported, judged: false };
  }

  #sentBy({ ports, messages }: Actor<M>): readonly number[] {
    const sent: number[] = [];
    for (let i = 0; i < ports.length; i++) {
      const to = this.portOf(ports[i] as number);
      if (to >= 0) sent.push(to, this.idOf(messages[i] as M));
    }
    return sent;
  }

  /** Executes the history of `local` again. */
  #restore(live: Live<M>, local: Local): void {
    const inputs: LocalInput[] = [];
    this.#reset(live);
    for (let at: Local | null = local; at !== null && at.by !== null; at = at.from) {
      inputs.push(at.by);
      for (const step of at.news) live.past.add(step);
    }
    this.restored += 1;
    this.#listening = false;
    for (let i = inputs.length - 1; i >= 0; i--) {
      const input = inputs[i] as LocalInput;
      live.actor.apply(input.now, this.inputOf(input));
      this.replayed += 1;
    }
    this.#listening = true;
    live.pastHash = local.pastHash;
    live.at = local;
  }

  #reset(live: Live<M>): void {
    live.actor.reset();
    live.past.clear();
    live.pastHash = 0;
    live.at = null;
    // Making one client may make the history of all begin anew.
    if (live.actor instanceof ClientActor) this.forgetClients();
  }

  #intern(port: number, live: Live<M>, from: Local | null, by: LocalInput | null): Local {
    const { actor } = live;
    const hash = this.#hash;
    actor.hash(hash);
    const key = `${port},${hash.a},${hash.b},${live.pastHash}`;
    const known = this.#states.get(key);
    if (known !== undefined) {
      this.merged += 1;
      if (from !== null && by !== null) this.#others.set(known, { from, by });
      return known;
    }
    const client = actor instanceof ClientActor ? actor.client : null;
    const pastKey = `${port},${live.pastHash}`;
    let past = this.#pasts.get(pastKey);
    if (past === undefined) this.#pasts.set(pastKey, (past = this.#pasts.size));
    const local: Local = {
      id: this.count++,
      memory: `${hash.a},${hash.b}`,
      port,
      up: actor.up,
      opened: actor.opened,
      syncs: actor.syncs,
      deadline: actor.deadline,
      cuts: actor.cuts,
      past,
      pastHash: live.pastHash,
      news: live.news,
      idle: client === null || client.idle,
      answered: client?.answered ?? 0,
      from,
      by,
      transitions: new Map(),
    };
    this.#states.set(key, local);
    return local;
  }

  #step(port: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    if (!this.#listening || !this.#watched.has(kind)) return;
    const live = this.#live[port] as Live<M>;
    live.reported = true;
    const key = `${kind},${a},${b},${c},${this.#refText(ref)}`;
    if (live.past.has(key)) return;
    live.past.add(key);
    live.news.push(key);
    // A sum: the order in which they were reported is no part of it.
    const high = (mixText(key) >>> 0) * 65536;
    live.pastHash = (live.pastHash + high + (mixText(`${key}.`) & 65535)) % PAST_SPAN;
  }

  /** What a step refers to, by content; it is immutable, and often met again. */
  #refText(ref: unknown): string {
    if (typeof ref !== 'object' || ref === null) return String(ref);
    let text = this.#refs.get(ref);
    if (text === undefined) {
      this.#steps.begin();
      this.#steps.value(ref);
      text = `${this.#steps.a},${this.#steps.b}`;
      this.#refs.set(ref, text);
    }
    return text;
  }
}
