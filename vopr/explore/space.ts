/**
 * The global states of an explored world and the events that lead from one to the next. A state is
 * immutable: a local state for each port, a queue of messages for each link, the time, and what is
 * left of the budgets.
 *
 * Time is abstract. It stands still while messages arrive and syncs complete, and moves on, to a
 * deadline, only when nothing of the kind is left: timeouts are long. A crash ends what is in
 * flight to the node, as connections do.
 */
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import { fold } from '../sim/mix.ts';
import type { Failure } from './actor.ts';
import type { Bounds } from './bounds.ts';
import {
  CRASH,
  DELIVER,
  DROP,
  DUPLICATE,
  eventOf,
  firstOf,
  INPUT_CRASH,
  INPUT_MESSAGE,
  INPUT_START,
  INPUT_SYNC,
  INPUT_WAKE,
  kindOf,
  RESTART,
  secondOf,
  SYNC,
  TIMER,
} from './event.ts';
import type { Local, LocalInput, Locals } from './locals.ts';
import { Openings } from './openings.ts';
import type { Move } from './openings.ts';

export interface State {
  readonly locals: readonly Local[];
  /** By link, `from · ports + to`: numbers of messages, oldest first. */
  readonly links: readonly (readonly number[])[];
  readonly now: number;
  readonly crashes: number;
  readonly drops: number;
  readonly duplicates: number;
  readonly timeouts: number;
}

/** What an event leads to. */
export interface Step {
  readonly state: State;
  /** Whose state changes, and through what: nothing where a message is lost. */
  readonly port: number;
  readonly moves: readonly Move[];
}

const NONE: readonly number[] = [];
/** Events that set the stage; more, and it never will be. */
const STAGE_MAX = 5_000;
const CUTS_MAX = 200;

export class Space<M> {
  readonly locals: Locals<M>;
  readonly bounds: Bounds;
  readonly ports: number;
  /** Events that led to the root, as `input`s of ports. */
  readonly stage: Step[] = [];
  /** Why the stage could not be set: nothing can be searched then. */
  stageFailure: Failure | null = null;
  readonly root: State;
  readonly #openings: Openings<M>;

  constructor(locals: Locals<M>, bounds: Bounds) {
    this.locals = locals;
    this.bounds = bounds;
    this.ports = locals.ports;
    this.#openings = new Openings<M>(locals, bounds.restarts === 'late');
    this.root = this.#setStage();
  }

  /** Fills `into` with all events that may happen in `state`. */
  events(state: State, into: number[]): void {
    into.length = 0;
    const { bounds, ports } = this;
    const talk = this.#talk(state);
    if (talk >= 0) {
      into.push(eventOf(DELIVER, talk, 0));
      return;
    }
    for (let link = 0; link < ports * ports; link++) this.#linkEvents(state, link, into);
    for (let port = 0; port < bounds.replicas; port++) {
      const { syncs } = state.locals[port] as Local;
      for (let k = 0; k < syncs.length; k++) into.push(eventOf(SYNC, port, k));
    }
    // All of these are what the world does by itself: without any, it waits.
    const waits = into.length === 0;
    if (waits) this.#timers(state, into);
    for (let port = 0; port < bounds.replicas; port++) {
      if (!(state.locals[port] as Local).up) {
        if (waits || bounds.restarts === 'any') this.#restarts(state, port, into);
      } else if (state.crashes < bounds.crashes) this.#crashes(state, port, into);
    }
  }

  /** All clients are done, and nothing is under way. */
  finished(state: State): boolean {
    for (const local of state.locals) if (!local.idle || local.syncs.length > 0) return false;
    return state.links.every((queue) => queue.length === 0);
  }

  step(state: State, event: number): Step {
    const a = firstOf(event);
    const b = secondOf(event);
    switch (kindOf(event)) {
      case DELIVER:
        return this.#deliver(state, a, b, false);
      case DUPLICATE:
        return this.#deliver(state, a, b, true);
      case DROP: {
        const links = without(state.links, a, b);
        const dropped = { ...state, links, drops: state.drops + 1 };
        return { state: dropped, port: a % this.ports, moves: [] };
      }
      case SYNC:
        return this.#input(state, a, { now: state.now, kind: INPUT_SYNC, a: b, message: -1 });
      case TIMER:
        return this.#timer(state, a);
      case CRASH:
        return this.#crash(state, a, b);
      default:
        assert(kindOf(event) === RESTART, 'a kind of event');
        return this.#restart(state, a, b);
    }
  }

  /** Two lanes over the state, into `lanes`. */
  hash(state: State, lanes: Int32Array): void {
    let a = fold(state.now | 0, Math.floor(state.now / 4294967296));
    a = fold(a, (state.crashes << 24) | (state.drops << 16) | (state.duplicates << 8));
    a = fold(a, state.timeouts);
    let b = fold(a, 0x5bd1e995);
    const { locals, links } = state;
    for (let port = 0; port < locals.length; port++) {
      const { id } = locals[port] as Local;
      a = fold(a, id);
      b = fold(b ^ a, id);
    }
    for (let link = 0; link < links.length; link++) {
      const queue = links[link] as readonly number[];
      if (queue.length === 0) continue;
      a = fold(a, link + 1);
      for (let i = 0; i < queue.length; i++) {
        a = fold(a, queue[i] as number);
        b = fold(b ^ a, queue[i] as number);
      }
    }
    lanes[0] = a;
    lanes[1] = fold(b, a);
  }

  /** What all have reported so far, in two lanes. */
  pasts(state: State, lanes: Int32Array): void {
    let a = 1;
    let b = 2;
    for (const { past, answered } of state.locals) {
      a = fold(a, past * 64 + answered);
      b = fold(b ^ a, past);
    }
    lanes[0] = a;
    lanes[1] = b;
  }

  #linkEvents(state: State, link: number, into: number[]): void {
    const queue = state.links[link] as readonly number[];
    if (queue.length === 0) return;
    const { bounds } = this;
    const last = bounds.links === 'fifo' ? 1 : queue.length;
    for (let at = 0; at < last; at++) {
      // Equal messages of a link are one choice.
      if (at > 0 && queue.indexOf(queue[at] as number) < at) continue;
      into.push(eventOf(DELIVER, link, at));
      if (state.drops < bounds.drops) into.push(eventOf(DROP, link, at));
      if (state.duplicates < bounds.duplicates) into.push(eventOf(DUPLICATE, link, at));
    }
  }

  #timers(state: State, into: number[]): void {
    if (state.timeouts >= this.bounds.timeouts || this.finished(state)) return;
    let first = -1;
    let at = NEVER;
    for (let port = 0; port < this.ports; port++) {
      const { deadline } = state.locals[port] as Local;
      if (deadline === NEVER) continue;
      if (this.bounds.timers === 'each') into.push(eventOf(TIMER, port, 0));
      else if (deadline < at) {
        at = deadline;
        first = port;
      }
    }
    if (first >= 0) into.push(eventOf(TIMER, first, 0));
  }

  #restarts(state: State, port: number, into: number[]): void {
    const local = state.locals[port] as Local;
    const ways = this.#unseen(state) ? this.#openings.of(local, state.now).length : 1;
    for (let way = 0; way < ways; way++) into.push(eventOf(RESTART, port, way));
  }

  #crashes(state: State, port: number, into: number[]): void {
    const { power } = this.bounds;
    const { cuts } = state.locals[port] as Local;
    into.push(eventOf(CRASH, port, 0));
    for (let variant = 1; power && variant <= Math.min(cuts, CUTS_MAX); variant++) {
      into.push(eventOf(CRASH, port, variant));
    }
  }

  #deliver(state: State, link: number, at: number, again: boolean): Step {
    const { ports } = this;
    const to = link % ports;
    const from = Math.floor(link / ports);
    const message = (state.links[link] as readonly number[])[at] as number;
    const address =
      from < this.bounds.replicas ? from : CLIENT_ADDRESS_MIN + from - this.bounds.replicas;
    const links = again ? state.links : without(state.links, link, at);
    const duplicates = state.duplicates + (again ? 1 : 0);
    const input = { now: state.now, kind: INPUT_MESSAGE, a: address, message };
    return this.#input({ ...state, links, duplicates }, to, input);
  }

  #timer(state: State, port: number): Step {
    const { deadline } = state.locals[port] as Local;
    const now = Math.max(state.now, deadline);
    const timeouts = state.timeouts + 1;
    const input = { now, kind: INPUT_WAKE, a: 0, message: -1 };
    return this.#input({ ...state, now, timeouts }, port, input);
  }

  #crash(state: State, port: number, variant: number): Step {
    const links = state.links.map((queue, link) => (link % this.ports === port ? NONE : queue));
    const input = { now: state.now, kind: INPUT_CRASH, a: variant, message: -1 };
    return this.#input({ ...state, links, crashes: state.crashes + 1 }, port, input);
  }

  /**
   * Nobody can tell a node that is opening from one that is down. So if it cannot crash meanwhile,
   * an execution in which others act while it opens has the same outcome as one in which it starts
   * later and opens at once.
   */
  #unseen(state: State): boolean {
    return state.crashes >= this.bounds.crashes;
  }

  #restart(state: State, port: number, way: number): Step {
    const local = state.locals[port] as Local;
    const start = { now: state.now, kind: INPUT_START, a: 0, message: -1 };
    if (!this.#unseen(state)) return this.#input(state, port, start);
    const moves = this.#openings.of(local, state.now)[way];
    assert(moves !== undefined, 'a way to open');
    return this.#moved(state, port, moves);
  }

  /** One port handles an input; what it sends joins the queues. */
  #input(state: State, port: number, input: LocalInput): Step {
    const transition = this.locals.step(state.locals[port] as Local, input);
    return this.#moved(state, port, [{ input, transition }]);
  }

  /** Only the last of the moves sends. */
  #moved(state: State, port: number, moves: readonly Move[]): Step {
    const { transition } = moves[moves.length - 1] as Move;
    const locals = state.locals.slice();
    locals[port] = transition.to;
    let { links } = state;
    const { sent } = transition;
    if (sent.length > 0) {
      const changed = links.slice();
      for (let i = 0; i < sent.length; i += 2) {
        const to = sent[i] as number;
        if (!(locals[to] as Local).up) continue;
        const link = port * this.ports + to;
        changed[link] = this.#joined(changed[link] as readonly number[], sent[i + 1] as number);
      }
      links = changed;
    }
    return { state: { ...state, locals, links }, port, moves };
  }

  /** The first link with idle talk, or -1. */
  #talk(state: State): number {
    const { atOnce } = this.locals;
    return state.links.findIndex(
      (queue) => queue.length > 0 && atOnce[queue[0] as number] === true,
    );
  }

  /** Idle talk overtakes all else. Where order does not matter it is no part of the state. */
  #joined(queue: readonly number[], message: number): readonly number[] {
    const { atOnce } = this.locals;
    if (atOnce[message] === true) {
      const before = queue.filter((other) => atOnce[other] === true);
      const after = queue.filter((other) => atOnce[other] !== true);
      return [...before, message, ...after];
    }
    const joined = [...queue, message];
    if (this.bounds.links === 'any') sortRest(joined, atOnce);
    return joined;
  }

  /** Boots calmly, until every client has done what comes before the search and all is quiet. */
  #setStage(): State {
    const { ports, bounds, locals } = this;
    let state: State = {
      locals: Array.from({ length: ports }, (_, port) => locals.first(port)),
      links: Array.from({ length: ports * ports }, () => NONE),
      now: 1000,
      crashes: 0,
      drops: 0,
      duplicates: 0,
      timeouts: 0,
    };
    const take = (step: Step): void => {
      this.stageFailure ??= step.moves[0]?.transition.failure ?? null;
      this.stage.push(step);
      state = { ...step.state, timeouts: 0 };
    };
    for (let port = 0; port < ports; port++) {
      take(this.#input(state, port, { now: state.now, kind: INPUT_START, a: 0, message: -1 }));
    }
    const events: number[] = [];
    const { warmup } = locals.subject;
    for (let n = 0; n < STAGE_MAX && this.stageFailure === null; n++) {
      this.#calmEvents(state, events);
      const ready = state.locals.every((l, port) => port < bounds.replicas || l.answered >= warmup);
      if (events.length === 0 && ready) return state;
      if (events.length === 0) this.#stageTimer(state, events);
      take(this.step(state, events[0] as number));
    }
    const message = 'without any fault the clients never finish what sets the stage';
    this.stageFailure ??= { invariant: 'convergence', message };
    return state;
  }

  #calmEvents(state: State, into: number[]): void {
    into.length = 0;
    for (let port = 0; port < this.bounds.replicas; port++) {
      if ((state.locals[port] as Local).syncs.length > 0) into.push(eventOf(SYNC, port, 0));
    }
    for (let link = 0; link < this.ports * this.ports; link++) {
      if ((state.links[link] as readonly number[]).length > 0) into.push(eventOf(DELIVER, link, 0));
    }
  }

  #stageTimer(state: State, into: number[]): void {
    let first = 0;
    state.locals.forEach(({ deadline }, port) => {
      if (deadline < (state.locals[first] as Local).deadline) first = port;
    });
    into.push(eventOf(TIMER, first, 0));
  }
}

function sortRest(queue: number[], atOnce: readonly boolean[]): void {
  const rank = (message: number): number => (atOnce[message] === true ? -1 : message);
  queue.sort((x, y) => rank(x) - rank(y));
}

function without(
  links: readonly (readonly number[])[],
  link: number,
  at: number,
): readonly (readonly number[])[] {
  const out = links.slice();
  const queue = out[link] as readonly number[];
  out[link] = queue.length === 1 ? NONE : queue.filter((_, i) => i !== at);
  return out;
}
