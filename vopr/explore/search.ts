/**
 * Breadth-first search over all states of a space: no path to a state is shorter than the one
 * found first, and what is covered when the search is ended early is everything up to a depth.
 *
 * A state is kept as its hash, its parent and its event; only those at the edge are held whole.
 *
 * The transitions themselves are looked up, or executed by a single node (`locals.ts`). Invariants
 * want the whole cluster: a path is handed to the judge, who executes it from boot, for every set
 * of protocol steps that the nodes have together reported, and for every local transition that
 * reports any. What an invariant says is a function of those.
 */
import { assert } from '../../core/types/assert.ts';
import type { Failure } from './actor.ts';
import { CRASH, DROP, DUPLICATE, kindOf } from './event.ts';
import type { Local } from './locals.ts';
import type { Reduction } from './reduction.ts';
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
  /** States gone on from once more, because an input taken first has to wait (`reduction.ts`). */
  again: number;
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
  /** It was gone on from before, but not in all ways. */
  readonly again: boolean;
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
    again: 0,
  };
  readonly #space: Space<M>;
  readonly #judge: Judge;
  readonly #reduction: Reduction<M> | null;
  readonly #states: StateSet = new StateSet();
  readonly #pasts: StateSet = new StateSet();
  /** Of each state: where it was come from first, by which event, and after how many. */
  readonly #parents: number[] = [];
  readonly #events: number[] = [];
  readonly #depths: number[] = [];
  /** States of which one event was taken first, by what must hold for that. */
  readonly #narrowed: Map<string, number[]> = new Map();
  readonly #lanes: Int32Array = new Int32Array(2);
  #found: Found | null = null;
  /** Hears of each state in which nothing goes on by itself. */
  onEnd: ((state: State) => void) | null = null;

  /** Without a reduction every event of every state is taken. */
  constructor(space: Space<M>, judge: Judge, reduction: Reduction<M> | null) {
    this.#space = space;
    this.#judge = judge;
    this.#reduction = reduction;
  }

  /** Goes on until all is covered or something fails; ends early when the caller stops asking. */
  *run(): Generator<Account, Report> {
    const { account } = this;
    this.#ask([], null);
    let layer: Edge[] = [];
    this.#add(this.#space.root, -1, -1, layer);
    while (layer.length > 0 && this.#found === null) {
      const next: Edge[] = [];
      for (let i = 0; i < layer.length && this.#found === null; i++) {
        this.#expand(layer[i] as Edge, next);
        account.open = layer.length - i - 1 + next.length;
        if (i % STEP_STATES === 0) yield account;
      }
      this.#again(next);
      layer = next;
    }
    account.complete = this.#found === null;
    return { account, found: this.#found };
  }

  #expand(edge: Edge, next: Edge[]): void {
    const { account } = this;
    const { index, state, again } = edge;
    const space = this.#space;
    const events: number[] = [];
    space.events(state, events);
    const depth = this.#depths[index] as number;
    if (!again) {
      if (depth > account.depth) account.depth = depth;
      const finished = space.finished(state);
      const ends = events.every(isFault);
      if (finished) account.finished += 1;
      else if (ends) account.cutByTimeouts += 1;
      if (ends && this.onEnd !== null) this.onEnd(state);
      if (depth >= space.bounds.depth && events.length > 0) account.cutByDepth += 1;
    }
    if (depth >= space.bounds.depth) return;
    const reduction = this.#reduction;
    const taken = reduction === null ? events : reduction.narrow(state, events);
    const chosen = reduction?.chosen ?? null;
    if (chosen !== null) this.#note(chosen, index);
    let back = false;
    for (const event of taken) {
      if (this.#follow(edge, event, next)) back = true;
      if (this.#found !== null) return;
    }
    // A way back may be a cycle, on which what was put off would never come.
    if (!back || taken === events) return;
    for (const event of events) {
      if (!taken.includes(event)) this.#follow(edge, event, next);
      if (this.#found !== null) return;
    }
  }

  /** Takes one event. True when it leads to no deeper state than it began in. */
  #follow({ index, state }: Edge, event: number, next: Edge[]): boolean {
    const space = this.#space;
    const step = space.step(state, event);
    this.account.transitions += 1;
    const [move] = step.moves;
    if (move !== undefined && state.crashes >= space.bounds.crashes) {
      const local = state.locals[step.port] as Local;
      this.#reduction?.see(local, move.input, move.transition);
    }
    const to = this.#take(step, index, event, next);
    return to >= 0 && (this.#depths[to] as number) <= (this.#depths[index] as number);
  }

  /** What was narrowed for a reason that does not hold is gone on from once more. */
  #again(next: Edge[]): void {
    const reduction = this.#reduction;
    if (reduction === null) return;
    reduction.settle();
    for (const reason of reduction.fresh) {
      for (const index of this.#narrowed.get(reason) ?? []) {
        this.account.again += 1;
        next.push({ index, state: this.#stateAt(index), again: true });
      }
      this.#narrowed.delete(reason);
    }
    reduction.fresh.length = 0;
  }

  #note(chosen: string, index: number): void {
    const list = this.#narrowed.get(chosen);
    if (list === undefined) this.#narrowed.set(chosen, [index]);
    else list.push(index);
  }

  #stateAt(index: number): State {
    let state = this.#space.root;
    for (const event of this.#pathTo(index)) ({ state } = this.#space.step(state, event));
    return state;
  }

  /** The index of the state that the step leads to; -1 where it fails. */
  #take(step: Step, parent: number, event: number, next: Edge[]): number {
    const failure = step.moves[step.moves.length - 1]?.transition.failure ?? null;
    if (failure !== null) {
      this.#ask([...this.#pathTo(parent), event], failure);
      return -1;
    }
    const to = this.#add(step.state, parent, event, next);
    let unheard = false;
    for (const { transition } of step.moves) {
      if (transition.reports && !transition.judged) unheard = transition.judged = true;
    }
    this.#space.pasts(step.state, this.#lanes);
    const together = this.#pasts.add(this.#lanes[0] as number, this.#lanes[1] as number) >= 0;
    if (unheard || together) this.#ask([...this.#pathTo(parent), event], null);
    return to;
  }

  /** The index of the state, which joins the edge if it is new. */
  #add(state: State, parent: number, event: number, next: Edge[]): number {
    this.#space.hash(state, this.#lanes);
    const index = this.#states.add(this.#lanes[0] as number, this.#lanes[1] as number);
    if (index < 0) {
      this.account.merged += 1;
      return -1 - index;
    }
    assert(index === this.#parents.length, 'states are numbered as they come');
    this.#parents.push(parent);
    this.#events.push(event);
    this.#depths.push(parent < 0 ? 0 : (this.#depths[parent] as number) + 1);
    this.account.states += 1;
    next.push({ index, state, again: false });
    return index;
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
