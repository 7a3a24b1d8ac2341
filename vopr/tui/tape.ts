/**
 * A recorded run: what the terminal interface, its stills and its branches look at.
 *
 * The state of a running core cannot be copied, so nothing here is a snapshot that could be run on.
 * One execution of the real core is recorded as *moments*: what happened, to whom, and each node's
 * inspection where it changed. Stepping back is then a lookup, and a branch executes the core again
 * from the beginning up to its moment.
 *
 * Messages are kept by reference: they are immutable once sent. Memory: some 2 KB a moment. Cost of
 * a lookup: a binary search.
 */
import type { Hash128 } from '../../core/types/hash128.ts';
import type { Bed } from '../cli/bed.ts';
import type { RunResult, StateHash } from '../sim/run.ts';

/** The cause of the first moment; all others have an `EVENT_…` of `vopr/sim/events.ts`. */
export const CAUSE_BOOT = 0;

/** One event of the world that changed anything, and all that followed from it at once. */
export interface Moment {
  /** Virtual microseconds since boot. */
  readonly at: number;
  /** Inputs handled before it: the number that timelines and violations name. */
  readonly event: number;
  readonly cause: number;
  /** Its lines are those from here to the next moment's. */
  readonly firstLine: number;
  /** `PHASE_…` when it was over. */
  phase: number;
  /** Choices that had been made when it was over; a branch keeps that many. */
  choices: number;
  /** Its questions are those from here to the next moment's. */
  readonly firstQuestion: number;
  /** The run's digest when it was over. */
  digestA: number;
  digestB: number;
}

export const LINE_CAUSE = 0;
export const LINE_STEP = 1;
export const LINE_SEND = 2;
export const LINE_FAULT = 3;
/** Crashes, restarts, phases of the run. */
export const LINE_LIFE = 4;
export const LINE_LINKS = 5;
export const LINE_VIOLATION = 6;

export interface Line {
  readonly moment: number;
  /** `LINE_…`. */
  readonly type: number;
  /** What filters call it: a kind of message, of step, or of fault. */
  readonly tag: string;
  /** The port that acts: a node 0–7, a client 8–15; −1 is the whole cluster. */
  readonly port: number;
  words: string;
  /** Bookkeeping, rarely looked for. */
  quiet: boolean;
  /** Messages it is about: the one that arrives, or the copies that were sent. */
  readonly flights: number[];
  /** The kind of step, or −1; its first integer, and what came with it. */
  readonly step: number;
  readonly a: number;
  readonly ref: unknown;
}

export const FLYING = 0;
export const DELIVERED = 1;
/** Dropped, cut off, or kept by the scenario: `why` says so. */
export const LOST = 2;
/** It arrived where nobody ran. */
export const NOBODY = 3;
/** It was changed on the way, and its receiver noticed. */
export const REFUSED = 4;

/** Took at least `DELAYED_TIMES` the least delay of the run. */
export const MARK_DELAYED = 1;
export const MARK_CORRUPT = 2;
export const MARK_DUPLICATE = 4;
/** An old message, sent again by the network or let go by the scenario that kept it. */
export const MARK_REPLAYED = 8;
/** Its receiver was paused when it came. */
export const MARK_DEFERRED = 16;
export const DELAYED_TIMES = 3;

/** One copy of a message on its way. */
export interface Flight {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly message: unknown;
  /** Its kind by name. */
  readonly tag: string;
  readonly words: string;
  readonly sentMoment: number;
  readonly sentAt: number;
  /** When it will arrive; −1 for one that is lost. */
  arriveAt: number;
  /** The moment at which its fate was settled; −1 while the run ended before. */
  endMoment: number;
  /** `DELIVERED` and so on: what it came to in the end. */
  outcome: number;
  /** `MARK_…` bits. */
  marks: number;
  why: string;
}

/** A node as it was from `moment` on. */
export interface NodeState {
  readonly moment: number;
  readonly up: boolean;
  readonly stopped: boolean;
  /** Virtual time until which the process is paused. */
  readonly pausedUntil: number;
  readonly incarnation: number;
  readonly inCore: boolean;
  readonly lost: boolean;
  /** As the node says, or said last. */
  readonly status: number;
  readonly view: number;
  readonly logView: number;
  readonly commit: number;
  readonly op: number;
  readonly checkpoint: number;
  readonly stateHash: string;
  readonly damagedUnits: number;
  readonly syncing: boolean;
  readonly scrubTours: number;
  /** Ground truth: sectors of its disk with injected damage standing. */
  readonly damagedSectors: number;
  /** Syncs begun and not completed. */
  readonly pendingSyncs: number;
  /** First 8 hex digits of the prepare at `commit`: the committed chain's head. '' if unknown. */
  readonly chain: string;
}

/** A question that the world asked, and its answer. */
export interface Question {
  readonly site: number;
  readonly actor: number;
  readonly subject: number;
  readonly occurrence: number;
  readonly answer: number;
  /** Answers are below this. */
  readonly options: number;
}

/** How often an invariant was evaluated: `counts[i]` times when `moments[i]` was over. */
export interface Checks {
  readonly name: string;
  readonly suspended: boolean;
  readonly moments: number[];
  readonly counts: number[];
}

export type JumpKind = 'fault' | 'commit' | 'view' | 'violation';

export interface Tape {
  /** Whose run it is, and how to tell it. */
  readonly bed: Bed;
  /** Identity of the cluster, which every encoded message carries. */
  readonly cluster: Hash128;
  readonly nodeCount: number;
  readonly replicaCount: number;
  readonly clientCount: number;
  readonly moments: Moment[];
  readonly lines: Line[];
  readonly flights: Flight[];
  readonly questions: Question[];
  /** For each node, its states in order. */
  readonly states: NodeState[][];
  readonly checks: Checks[];
  /** Moments to jump to, in order. */
  readonly jumps: Readonly<Record<JumpKind, number[]>>;
  /** There was more than a tape holds. */
  full: boolean;
}

/** A tape, and how the run ended. */
export interface Recording {
  readonly tape: Tape;
  readonly result: RunResult;
  /** The digest on the way. */
  readonly hashes: readonly StateHash[];
}

export function emptyTape(
  bed: Bed,
  cluster: Hash128,
  nodeCount: number,
  replicaCount: number,
  clientCount: number,
): Tape {
  return {
    bed,
    cluster,
    nodeCount,
    replicaCount,
    clientCount,
    moments: [],
    lines: [],
    flights: [],
    questions: [],
    states: Array.from({ length: nodeCount }, () => []),
    checks: [],
    jumps: { fault: [], commit: [], view: [], violation: [] },
    full: false,
  };
}

/** Index of the last item whose key is at most `wanted`; −1 when there is none. */
export function lastAtMost(count: number, key: (index: number) => number, wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(middle) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function momentOf(tape: Tape, index: number): Moment {
  const moment = tape.moments[index];
  if (moment === undefined) throw new RangeError(`no moment ${index} of ${tape.moments.length}`);
  return moment;
}

/** The last moment at or before a virtual time. */
export function momentAtTime(tape: Tape, micros: number): number {
  return Math.max(
    0,
    lastAtMost(tape.moments.length, (i) => momentOf(tape, i).at, micros),
  );
}

/** The last moment of an event number. */
export function momentAtEvent(tape: Tape, event: number): number {
  return Math.max(
    0,
    lastAtMost(tape.moments.length, (i) => momentOf(tape, i).event, event),
  );
}

/** The node as it was when the moment was over; null before it was ever seen. */
export function stateAt(tape: Tape, node: number, moment: number): NodeState | null {
  const states = tape.states[node] ?? [];
  const at = lastAtMost(states.length, (i) => states[i]?.moment ?? 0, moment);
  return states[at] ?? null;
}

/** Evaluations of an invariant when the moment was over. */
export function checksAt({ moments, counts }: Checks, moment: number): number {
  return counts[lastAtMost(moments.length, (i) => moments[i] ?? 0, moment)] ?? 0;
}

/** The line after the moment's last one. */
export function lineEnd(tape: Tape, moment: number): number {
  return tape.moments[moment + 1]?.firstLine ?? tape.lines.length;
}

export function questionsOf(tape: Tape, moment: number): readonly Question[] {
  const from = momentOf(tape, moment).firstQuestion;
  return tape.questions.slice(from, tape.moments[moment + 1]?.firstQuestion);
}

/** What has become of a message when the moment is over: `FLYING` until it is settled. */
export function outcomeAt(flight: Flight, moment: number): number {
  return flight.endMoment >= 0 && flight.endMoment <= moment ? flight.outcome : FLYING;
}

/** Messages on their way when the moment is over, the next to arrive first. */
export function flightsAt(tape: Tape, moment: number): readonly Flight[] {
  const { flights } = tape;
  const end = lastAtMost(flights.length, (i) => flights[i]?.sentMoment ?? 0, moment) + 1;
  const flying: Flight[] = [];
  for (let i = 0; i < end; i++) {
    const flight = flights[i] as Flight;
    if (outcomeAt(flight, moment) === FLYING) flying.push(flight);
  }
  return flying.sort((a, b) => a.arriveAt - b.arriveAt || a.id - b.id);
}
