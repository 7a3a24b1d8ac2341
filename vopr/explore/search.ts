/**
 * Breadth-first search over all states of a space: no path to a state is shorter than the one found
 * first, and what is covered when the search is ended early is everything up to a depth.
 *
 * A state is kept as its hash, its parent and its event; only those at the edge are held whole.
 *
 * The transitions themselves are looked up, or executed by a single node (`locals.ts`). Invariants
 * want the whole cluster: a path is handed to the judge, who executes it from boot, for every set of
 * protocol steps that the nodes have together reported, and for every local transition that reports
 * any. What an invariant says is a function of those.
 */
import { assert } from '../../core/types/assert.ts';
import type { Failure } from './actor.ts';
import { CRASH, DROP, DUPLICATE, kindOf } from './event.ts';
import type { Space, State, Step } from './space.ts';
import { StateSet } from './state-set.ts';

/** States expanded between two reports of progress. */
const STEP_STATES = 64;

/** What was covered so far. */
export interface Account {
  states: number;
  transitions: number;
  /** Transitions that led to a state already known. */
  merged: number;
  /** Events on the longest of the shortest paths. */
  depth: number;
  /** States in which all clients are done and nothing is under way. */
  finished: number;
  /** States from which nothing goes on though clients wait: the bound on timers was met. */
  cutByTimeouts: number;
  cutByDepth: number;
  /** States found and not expanded. */
  open: number;
  /** Every state within the bounds was expanded. */
  complete: boolean;
  /** Paths executed from boot under all invariants. */
  judged: number;
}

export interface Found {
  readonly path: readonly number[];
  readonly failure: Failure;
}

export interface Report {
  readonly account: Account;
  readonly found: Found | null;
}

/** Executes a path with all invariants. */
export type Judge = (path: readonly number[]) => Failure | null;

interface Edge {
  readonly index: number;
  readonly state: State;
}

export class Search<M> {
  readonly account: Account = {
    states: 0,
    transitions: 0,
    merged: 0,
    depth: 0,
    finished: 0,
    cutByTimeouts: 0,
    cutByDepth: 0,
    open: 0,
    complete: false,
    judged: 0,
  };
  readonly #space: Space<M>;
  readonly #judge: Judge;
  readonly #states: StateSet = new StateSet();
  readonly #pasts: StateSet = new StateSet();
  readonly #parents: number[] = [];
  readonly #events: number[] = [];
  readonly #lanes: Int32Array = new Int32Array(2);
  #found: Found | null = null;

  constructor(space: Space<M>, judge: Judge) {
    this.#space = space;
    this.#judge = judge;
  }

  /** Goes on until all is covered or something fails; ends early when the caller stops asking. */
  *run(): Generator<Account, Report> {
    const { account } = this;
    let layer: Edge[] = [];
    this.#ask([], null);
    this.#add(this.#space.root, -1, -1, layer);
    const events: number[] = [];
    while (layer.length > 0 && this.#found === null) {
      const next: Edge[] = [];
      for (let i = 0; i < layer.length && this.#found === null; i++) {
        this.#expand(layer[i] as Edge, events, next);
        account.open = layer.length - i - 1 + next.length;
        if (i % STEP_STATES === 0) yield account;
      }
      layer = next;
      if (layer.length > 0) account.depth += 1;
    }
    account.complete = this.#found === null;
    return { account, found: this.#found };
  }

  #expand({ index, state }: Edge, events: number[], next: Edge[]): void {
    const { account } = this;
    const space = this.#space;
    space.events(state, events);
    const finished = space.finished(state);
    if (finished) account.finished += 1;
    else if (events.every(isFault)) account.cutByTimeouts += 1;
    if (account.depth >= space.bounds.depth) {
      if (events.length > 0) account.cutByDepth += 1;
      return;
    }
    // A copy: the buffer is used again below, but the events of a state are few.
    for (const event of events.slice()) {
      const step = space.step(state, event);
      account.transitions += 1;
      this.#take(step, index, event, next);
      if (this.#found !== null) return;
    }
  }

  #take(step: Step, parent: number, event: number, next: Edge[]): void {
    const failure = step.moves[step.moves.length - 1]?.transition.failure ?? null;
    if (failure !== null) {
      this.#ask([...this.#pathTo(parent), event], failure);
      return;
    }
    const fresh = this.#add(step.state, parent, event, next);
    if (!fresh) this.account.merged += 1;
    let unheard = false;
    for (const { transition } of step.moves) {
      if (transition.reports && !transition.judged) unheard = transition.judged = true;
    }
    this.#space.pasts(step.state, this.#lanes);
    const together = this.#pasts.add(this.#lanes[0] as number, this.#lanes[1] as number) >= 0;
    if (unheard || together) this.#ask([...this.#pathTo(parent), event], null);
  }

  /** True when the state is new. */
  #add(state: State, parent: number, event: number, next: Edge[]): boolean {
    this.#space.hash(state, this.#lanes);
    const index = this.#states.add(this.#lanes[0] as number, this.#lanes[1] as number);
    if (index < 0) return false;
    assert(index === this.#parents.length, 'states are numbered as they come');
    this.#parents.push(parent);
    this.#events.push(event);
    this.account.states += 1;
    next.push({ index, state });
    return true;
  }

  #ask(path: readonly number[], expected: Failure | null): void {
    this.account.judged += 1;
    const failure = this.#judge(path);
    assert(
      failure !== null || expected === null,
      () => `a failure of one node alone is not seen in the cluster: ${expected?.message ?? ''}`,
    );
    if (failure !== null) this.#found = { path, failure };
  }

  #pathTo(index: number): number[] {
    const path: number[] = [];
    for (let at = index; at > 0; at = this.#parents[at] as number) {
      path.push(this.#events[at] as number);
    }
    return path.reverse();
  }
}

/** What no state needs in order to go on. */
function isFault(event: number): boolean {
  const kind = kindOf(event);
  return kind === CRASH || kind === DROP || kind === DUPLICATE;
}
