/**
 * Partial-order reduction: where an input of one port commutes with everything that the port may
 * meet before it, the search takes it at once and leaves all other events of the state for later.
 *
 * Let e be an input of port p in local state l, enabled in a global state s. Events of other ports
 * commute with e: what e sends joins the ends of queues of which they take the heads, and e stays
 * enabled until it is taken. So any path from s is as good as one that begins with e, if e commutes
 * with the inputs of p that come before it there:
 *
 *        l ── x ──▶ l·x        for every such x, and then for every y after it, the square closes:
 *        │           │         the same state below right, and the same sent by x on top and at the
 *        e           e         bottom, by e on the left and on the right; and x and e send nothing
 *        ▼           ▼         to one and the same port, whose queue would tell their order.
 *        m ── x ──▶ m·x
 *
 * Which inputs those are is not guessed. The search takes e first, optimistically; whatever p is
 * then seen to handle in m and after it could also have come before e, and its square is executed
 * (`Obligation`). The right-hand sides are themselves inputs that a full search would have seen, so
 * they count as seen for all other obligations: the closure is over every order of the inputs of p.
 * A square that does not close bans e in l, and states that were narrowed to it are gone on from
 * once more.
 *
 * Only where no crash is left: it would not commute. Timers wait until nothing else can happen,
 * hence for e. What the reduced search finds is every state in which nothing goes on, and on the
 * paths there every set of reports that stays; of states on the way it finds fewer, which is the
 * point. Along a cycle e could put off the rest for ever: the search takes all events of a state
 * whose e leads back (`search.ts`). (Godefroid, Partial-Order Methods, 1996, for ample sets; here
 * dependence is not declared but observed, and the observation closed.)
 */
import {
  DELIVER,
  DROP,
  DUPLICATE,
  firstOf,
  INPUT_MESSAGE,
  INPUT_SYNC,
  kindOf,
  secondOf,
  SYNC,
} from './event.ts';
import type { Local, LocalInput, Locals, Transition } from './locals.ts';
import type { Space, State } from './space.ts';

/** An input that the search, or a square, has seen in a local state. */
interface Seen {
  readonly input: LocalInput;
  readonly transition: Transition;
}

/** e was taken first; it must commute with all that is seen in `ahead`. */
interface Obligation {
  /** Where e is still to come, and where it has been taken. */
  readonly behind: Local;
  readonly ahead: Local;
  readonly input: LocalInput;
  /** What is banned if a square does not close. */
  readonly root: string;
}

export class Reduction<M> {
  /** Squares executed. */
  squares = 0;
  /** Bans since the caller last looked: states narrowed by one of these have more to them. */
  readonly fresh: string[] = [];
  /** Why the last state was narrowed to one event; null if it was not. */
  chosen: string | null = null;
  readonly #locals: Locals<M>;
  readonly #space: Space<M>;
  readonly #banned: Set<string> = new Set();
  readonly #chosen: Set<string> = new Set();
  readonly #seen: Map<Local, Seen[]> = new Map();
  readonly #known: Set<string> = new Set();
  readonly #obligations: Map<Local, Obligation[]> = new Map();
  /** Pairs whose square has not been looked at. */
  readonly #open: { readonly obligation: Obligation; readonly seen: Seen }[] = [];

  constructor(space: Space<M>, locals: Locals<M>) {
    this.#space = space;
    this.#locals = locals;
  }

  get bans(): number {
    return this.#banned.size;
  }

  /** Of all `events` of `state`, those that must be taken now; `events` itself if it is all. */
  narrow(state: State, events: readonly number[]): readonly number[] {
    this.chosen = null;
    if (events.length < 2 || state.crashes < this.#space.bounds.crashes) return events;
    for (const event of events) {
      const kind = kindOf(event);
      if (kind !== DELIVER && kind !== SYNC) continue;
      const { port, moves } = this.#space.step(state, event);
      const [move] = moves;
      if (move === undefined || !this.#mayMove(state, move.transition)) continue;
      const behind = state.locals[port] as Local;
      if (!this.#mayChoose(behind, move.input, move.transition)) continue;
      this.chosen = this.#keyOf(behind, move.input);
      return events.filter((other) => other === event || isFateOf(other, event));
    }
    return events;
  }

  /** The search has taken this input, where no crash was left. */
  see(local: Local, input: LocalInput, transition: Transition): void {
    if (input.kind !== INPUT_MESSAGE && input.kind !== INPUT_SYNC) return;
    const key = this.#keyOf(local, input);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const seen = { input, transition };
    listOf(this.#seen, local).push(seen);
    for (const obligation of this.#obligations.get(local) ?? []) {
      if (obligation.input.now === input.now) this.#open.push({ obligation, seen });
    }
  }

  /** Executes the squares that are open. */
  settle(): void {
    for (let pair = this.#open.pop(); pair !== undefined; pair = this.#open.pop()) {
      const { obligation, seen } = pair;
      if (this.#banned.has(obligation.root) || this.#closes(obligation, seen)) continue;
      this.#banned.add(obligation.root);
      this.fresh.push(obligation.root);
    }
  }

  /** What it sends must find whoever it finds later, and must not be heard before all else. */
  #mayMove(state: State, { sent, failure }: Transition): boolean {
    if (failure !== null) return false;
    const { atOnce } = this.#locals;
    const anyTime = this.#space.bounds.restarts === 'any';
    for (let i = 0; i < sent.length; i += 2) {
      if (atOnce[sent[i + 1] as number] === true) return false;
      if (anyTime && !(state.locals[sent[i] as number] as Local).up) return false;
    }
    return true;
  }

  #mayChoose(behind: Local, input: LocalInput, transition: Transition): boolean {
    const root = this.#keyOf(behind, input);
    if (this.#banned.has(root)) return false;
    if (this.#chosen.has(root)) return true;
    this.#chosen.add(root);
    this.#oblige({ behind, ahead: transition.to, input, root });
    return true;
  }

  #oblige(obligation: Obligation): void {
    const { ahead, behind, input, root } = obligation;
    const key = `${root}>${this.#keyOf(behind, input)}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    listOf(this.#obligations, ahead).push(obligation);
    for (const seen of this.#seen.get(ahead) ?? []) {
      if (seen.input.now === input.now) this.#open.push({ obligation, seen });
    }
  }

  /** Whether `seen`, which came after e, gives the same before it. */
  #closes({ behind, ahead, input, root }: Obligation, seen: Seen): boolean {
    const before = translated(seen.input, ahead, behind);
    // A sync that e itself began cannot come before it.
    if (before === null) return true;
    this.squares += 1;
    const right = this.#locals.step(behind, before);
    if (right.failure !== null || seen.transition.failure !== null) return false;
    if (!equal(right.sent, seen.transition.sent)) return false;
    const late = translated(input, behind, right.to);
    if (late === null) return false;
    const left = this.#locals.step(behind, input);
    if (this.#share(left.sent, right.sent)) return false;
    const down = this.#locals.step(right.to, late);
    if (down.failure !== null || !equal(down.sent, left.sent)) return false;
    if (down.to !== seen.transition.to) return false;
    this.see(behind, before, right);
    this.see(right.to, late, down);
    this.#oblige({ behind: right.to, ahead: down.to, input: late, root });
    return true;
  }

  /** Whether both send to one port, where the order of what arrives would tell which came first. */
  #share(one: readonly number[], other: readonly number[]): boolean {
    if (this.#space.bounds.links === 'any') return false;
    for (let i = 0; i < one.length; i += 2) {
      for (let j = 0; j < other.length; j += 2) if (one[i] === other[j]) return true;
    }
    return false;
  }

  /** An input of a state, whatever its place among the syncs in flight. */
  #keyOf(local: Local, { now, kind, a, message }: LocalInput): string {
    return `${local.id},${now},${kind},${a},${message}`;
  }
}

/** The message that arrives could be lost, or arrive twice, instead. */
function isFateOf(other: number, event: number): boolean {
  if (kindOf(event) !== DELIVER || (kindOf(other) !== DROP && kindOf(other) !== DUPLICATE)) {
    return false;
  }
  return firstOf(other) === firstOf(event) && secondOf(other) === secondOf(event);
}

/** The same input in another state of its port: a sync may stand at another place in the list. */
function translated(input: LocalInput, from: Local, to: Local): LocalInput | null {
  if (input.kind !== INPUT_SYNC) return input;
  const at = to.syncs.indexOf(from.syncs[input.a] as string);
  return at < 0 ? null : { ...input, a: at };
}

function equal(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

function listOf<V>(map: Map<Local, V[]>, key: Local): V[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
