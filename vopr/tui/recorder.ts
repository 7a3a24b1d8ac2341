/**
 * Records one run of the real core as a tape. It looks on as `Onlooker` (every protocol step, every
 * message that a node or client sends) and stands at the doors of its own cluster (`tap.ts`), so
 * that it sees each event, each scheduled arrival and each choice. It changes nothing: the digest
 * is that of the run alone, which a test holds.
 *
 * Cost: several times the run's own (`npm run bench`); runs that nobody records have no hook.
 */
import { ZERO128 } from '../../core/types/hash128.ts';
import type { Bed } from '../cli/bed.ts';
import { createEngine } from '../cli/engine.ts';
import type { Engine } from '../cli/engine.ts';
import { Glossary } from '../cli/glossary.ts';
import { setWords, times } from '../cli/words.ts';
import type { Checker, Invariant, World } from '../sim/checker.ts';
import type { Cluster } from '../sim/cluster.ts';
import {
  EVENT_CLIENT,
  EVENT_DELIVER,
  EVENT_LINK_FAULT,
  EVENT_RESTART,
  EVENT_SYNCED,
} from '../sim/events.ts';
import { FAULT_COUNT, FAULTS, faultIndex } from '../sim/faults.ts';
import { CLIENT_PORT } from '../sim/links.ts';
import { portOf } from '../sim/place.ts';
import type { RunResult, StateHash } from '../sim/run.ts';
import { isSuspended } from '../sim/scenario.ts';
import type { System } from '../sim/sim-node.ts';
import { FlightLog } from './flight-log.ts';
import { causeOf, jumpOf } from './kinds.ts';
import { linkWords } from './link-words.ts';
import { NodeLog } from './node-log.ts';
import { listenToChoices, listenToScheduler } from './tap.ts';
import {
  CAUSE_BOOT,
  DELIVERED,
  emptyTape,
  LINE_CAUSE,
  LINE_FAULT,
  LINE_LIFE,
  LINE_LINKS,
  LINE_STEP,
  LINE_VIOLATION,
  NOBODY,
  REFUSED,
} from './tape.ts';
import type { Checks, Flight, Line, Recording, Tape } from './tape.ts';

/** More than any run but a runaway has. */
const MOMENTS_MAX = 200_000;
const EVERYONE = -1;
const DELAY = faultIndex('delay');
const REORDER = faultIndex('reorder');

export class Recorder {
  readonly engine: Engine;
  readonly glossary: Glossary;
  readonly #bed: Bed;
  #tape: Tape;
  #scenario: string | null = null;
  #flights: FlightLog;
  #nodes: NodeLog | null = null;
  #cluster: Cluster<unknown> | null = null;
  readonly #faults: Uint32Array = new Uint32Array(FAULT_COUNT);
  readonly #occurrences: Map<string, number> = new Map();
  #open = false;
  #events = 0;
  #links = '';
  #violated = false;
  /** The flight that is arriving in this moment, or −1. */
  #arriving = -1;
  #deferred = false;
  #refused = false;
  #nobody = false;

  constructor(bed: Bed) {
    this.#bed = bed;
    this.glossary = new Glossary(bed.words);
    this.#tape = emptyTape(bed, ZERO128, 0, 0, 0);
    this.#flights = new FlightLog(this.#tape);
    const invariant: Invariant = {
      name: 'recorder',
      holds: 'always: it only looks',
      watches: bed.testbed.system.steps.map((_, kind) => kind),
      create: (world) => this.#create(world),
    };
    this.engine = createEngine(bed, { invariant, watch: (system) => this.#watch(system) });
  }

  /** Executes `run` with this recorder's engine, and returns what happened. */
  record(
    scenario: string | null,
    run: (engine: Engine, hashes: StateHash[]) => RunResult,
  ): Recording {
    this.#scenario = scenario;
    const hashes: StateHash[] = [];
    const result = run(this.engine, hashes);
    this.#over();
    this.#cluster = null;
    return { tape: this.#tape, result, hashes };
  }

  #create(world: World): Checker {
    // The world of a simulator is its cluster; checkers see no more of it than they need.
    const cluster = world as unknown as Cluster<unknown>;
    listenToScheduler(cluster.scheduler, {
      pushed: (time, kind, a, b, c, ref) => this.#pushed(time, kind, a, b, c, ref),
      over: () => this.#over(),
      begins: () => this.#begins(),
    });
    listenToChoices(cluster.choices, (site, actor, subject, options, answer) => {
      if (this.#cluster === cluster) this.#chosen(site, actor, subject, options, answer);
    });
    return {
      reset: () => this.#reset(cluster),
      step: (node, kind, a, b, c, ref) => this.#step(node, kind, a, b, c, ref),
      opened: (node) => this.#opened(node),
      stopped: (node, reason) => {
        this.#nodes?.stopped(node);
        this.#life(node, `stops itself: ${reason}`);
      },
      crashed: (node, power) => {
        this.glossary.noteFiles(cluster, node);
        this.#life(node, power ? 'loses power: unsynced writes met their fate' : 'goes down');
      },
      replaced: (node) => this.#life(node, 'gets an empty disk in place of its own'),
      healed: () => {
        const { core } = cluster;
        this.#life(EVERYONE, `the storm is over; the healed core is ${setWords(core)}`);
      },
      converged: () => this.#life(EVERYONE, 'the core has converged'),
    };
  }

  #watch(system: System<unknown>): System<unknown> {
    const watched = this.glossary.watch(system);
    const { messages } = watched;
    const spy = <H extends { readonly network: { send(to: number, message: unknown): void } }>(
      host: H,
      from: number,
    ): H => ({
      ...host,
      network: {
        send: (to: number, message: unknown): void => {
          const { network } = host;
          if (this.#cluster === null || !this.#open) network.send(to, message);
          else
            this.#flights.sends(this.#cluster, from, to, message, () => network.send(to, message));
        },
      },
    });
    return {
      ...watched,
      messages: {
        ...messages,
        decode: (bytes, cluster, limits): unknown => {
          const message = messages.decode(bytes, cluster, limits);
          if (message === null) this.#refused = true;
          return message;
        },
      },
      open: (host, seat, nonce, monotonic, realtime) =>
        watched.open(spy(host, seat.index), seat, nonce, monotonic, realtime),
      client: (host, operations) => watched.client(spy(host, portOf(host.address)), operations),
    };
  }

  /** A run begins; what happens until the first event is its first moment, the boot. */
  #reset(cluster: Cluster<unknown>): void {
    const { nodeCount, replicaCount, clientCount } = cluster;
    this.#tape = emptyTape(this.#bed, cluster.cluster, nodeCount, replicaCount, clientCount);
    this.#tape.checks.push(...checksOf(this.#bed, this.#scenario));
    this.#flights = new FlightLog(this.#tape);
    this.#nodes = new NodeLog(this.#tape, cluster);
    this.#cluster = cluster;
    this.#faults.fill(0);
    this.#occurrences.clear();
    this.#links = '';
    this.#violated = false;
    this.#begin(CAUSE_BOOT, EVERYONE, 'the nodes boot', 'boot', []);
    this.#nodes.touchAll();
  }

  #begins(): void {
    const cluster = this.#cluster;
    if (cluster === null) return;
    const { scheduler } = cluster;
    const { kind, a } = scheduler;
    if (kind === EVENT_DELIVER) {
      const flight = this.#flights.arriving(scheduler);
      const words = flight === null ? 'a message' : flight.words;
      const arriving = flight === null ? [] : [flight.id];
      this.#begin(kind, a, words, flight?.tag ?? 'message', arriving);
      this.#arriving = flight?.id ?? -1;
      this.#nobody = a < CLIENT_PORT && cluster.places[a]?.node === null;
      if (a < CLIENT_PORT) this.#nodes?.touch(a);
      return;
    }
    const node = kind <= EVENT_RESTART && kind !== EVENT_CLIENT ? a : EVERYONE;
    const [words, tag] = causeOf(kind);
    this.#begin(kind, kind === EVENT_CLIENT ? CLIENT_PORT + a : node, words, tag, []);
    if (kind === EVENT_SYNCED) this.#nodes?.synced(a, scheduler.c);
    if (node >= 0) this.#nodes?.touch(node);
    else if (kind !== EVENT_CLIENT) this.#nodes?.touchAll();
  }

  #begin(cause: number, port: number, words: string, tag: string, flights: number[]): void {
    const cluster = this.#cluster as Cluster<unknown>;
    const tape = this.#tape;
    this.#arriving = -1;
    this.#deferred = false;
    this.#refused = false;
    this.#nobody = false;
    if (tape.moments.length >= MOMENTS_MAX) {
      tape.full = true;
      this.#cluster = null;
      return;
    }
    this.#open = true;
    this.#events = cluster.events;
    tape.moments.push({
      at: cluster.now,
      event: cluster.events,
      cause,
      firstLine: tape.lines.length,
      phase: cluster.phase,
      choices: cluster.choices.made,
      firstQuestion: tape.questions.length,
      digestA: cluster.digestA,
      digestB: cluster.digestB,
    });
    this.#line(LINE_CAUSE, tag, port, words, { flights });
  }

  /** The moment ends: what was only now decided is written down. */
  #over(): void {
    const cluster = this.#cluster;
    if (cluster === null || !this.#open) return;
    this.#open = false;
    const tape = this.#tape;
    const index = tape.moments.length - 1;
    const moment = tape.moments[index];
    if (moment === undefined) return;
    this.#arrival(index, moment.firstLine);
    this.#countFaults(cluster);
    if (moment.cause >= EVENT_LINK_FAULT || moment.cause === CAUSE_BOOT) this.#noteLinks(cluster);
    const { first } = cluster.verdict;
    if (first !== null && !this.#violated) {
      this.#violated = true;
      this.#line(LINE_VIOLATION, first.invariant, EVERYONE, `${first.invariant}: ${first.message}`);
    }
    const silent = tape.questions.length === moment.firstQuestion;
    const bare = silent && tape.lines.length === moment.firstLine + 1;
    if (bare && index > 0 && this.#arriving < 0 && cluster.events === this.#events) {
      // A wake that was overtaken by a later deadline: nobody noticed.
      tape.moments.pop();
      tape.lines.pop();
      return;
    }
    moment.phase = cluster.phase;
    moment.choices = cluster.choices.made;
    moment.digestA = cluster.digestA;
    moment.digestB = cluster.digestB;
    this.#nodes?.note(index);
    this.#countChecks(cluster, index);
    this.#countJumps(index, moment.firstLine);
  }

  #arrival(index: number, firstLine: number): void {
    if (this.#arriving < 0) return;
    const line = this.#tape.lines[firstLine] as Line;
    const flight = this.#tape.flights[this.#arriving] as Flight;
    if (this.#deferred) {
      line.words = `is paused: ${line.words} waits`;
      return;
    }
    const outcome = this.#nobody ? NOBODY : this.#refused ? REFUSED : DELIVERED;
    if (outcome === DELIVERED) line.words = `receives ${line.words}`;
    else if (outcome === REFUSED) line.words = `refuses the bytes of ${line.words}`;
    else {
      line.words = `is down: ${line.words} reaches nobody`;
      line.quiet = true;
    }
    this.#flights.settle(flight, index, outcome, line.words);
  }

  #pushed(time: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    const cluster = this.#cluster;
    if (cluster === null) return;
    if (kind === EVENT_SYNCED) this.#nodes?.syncBegan(a, c);
    if (kind !== EVENT_DELIVER || !this.#open) return;
    const flight = this.#tape.flights[this.#arriving];
    const { scheduler } = cluster;
    const same = scheduler.a === a && scheduler.b === b && scheduler.c === c;
    if (flight !== undefined && same && scheduler.ref === ref && this.#flights.idle) {
      this.#deferred = true;
      this.#flights.defer(flight, time);
      return;
    }
    this.#flights.scheduled(cluster, time, a, b, c, ref);
  }

  #chosen(site: number, actor: number, subject: number, options: number, answer: number): void {
    if (!this.#open) return;
    const key = `${site}/${actor}/${subject}`;
    const occurrence = this.#occurrences.get(key) ?? 0;
    this.#occurrences.set(key, occurrence + 1);
    this.#tape.questions.push({ site, actor, subject, occurrence, answer, options });
  }

  #step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    if (this.#cluster === null || !this.#open) return;
    this.#nodes?.step(node, kind, a, b, ref);
    const { testbed, words } = this.#bed;
    const tag = testbed.system.steps[kind] ?? 'step';
    this.#line(LINE_STEP, tag, node, words.step(kind, a, b, c, ref), {
      quiet: words.quiet(kind, c),
      step: kind,
      a,
      ref,
    });
  }

  #opened(node: number): void {
    const cluster = this.#cluster;
    if (cluster === null) return;
    this.glossary.noteFiles(cluster, node);
    this.#nodes?.opened(node);
    const seen = cluster.inspect(node);
    if (seen === null) return;
    const { status, view, logView, commit, op } = seen;
    this.#life(
      node,
      `opened, incarnation ${cluster.incarnation(node)}: ${this.#bed.words.status(status)}, ` +
        `view ${view}, log_view ${logView}, commit ${commit}, head op ${op}`,
    );
  }

  #life(node: number, words: string): void {
    if (this.#cluster === null || !this.#open) return;
    if (node >= 0) this.#nodes?.touch(node);
    else this.#nodes?.touchAll();
    this.#line(LINE_LIFE, 'life', node, words);
  }

  #countFaults(cluster: Cluster<unknown>): void {
    const { counts } = cluster.faults;
    for (let i = 0; i < FAULT_COUNT; i++) {
      const more = (counts[i] as number) - (this.#faults[i] as number);
      if (more === 0) continue;
      this.#faults[i] = counts[i] as number;
      const name = FAULTS[i]?.name ?? 'fault';
      const quiet = i === DELAY || i === REORDER;
      this.#line(LINE_FAULT, name, EVERYONE, `fault delivered: ${times(more, name)}`, { quiet });
    }
  }

  #noteLinks(cluster: Cluster<unknown>): void {
    const { clientCount, nodeCount, network } = cluster;
    const words = linkWords(network.links, nodeCount, clientCount);
    if (words === this.#links) return;
    this.#links = words;
    this.#line(LINE_LINKS, 'links', EVERYONE, words === '' ? 'all links are whole again' : words);
  }

  #countChecks({ verdict }: Cluster<unknown>, moment: number): void {
    const { checks } = this.#tape;
    for (let i = 0; i < checks.length; i++) {
      const { moments, counts } = checks[i] as Checks;
      // The recorder itself stands first among the invariants of its engine.
      const count = verdict.evaluations[i + 1] as number;
      if (count === (counts.at(-1) ?? 0)) continue;
      moments.push(moment);
      counts.push(count);
    }
  }

  #countJumps(moment: number, firstLine: number): void {
    const { lines, jumps } = this.#tape;
    for (let i = firstLine; i < lines.length; i++) {
      const kind = jumpOf(this.#bed.words, lines[i] as Line);
      if (kind !== null && jumps[kind].at(-1) !== moment) jumps[kind].push(moment);
    }
  }

  #line(
    type: number,
    tag: string,
    port: number,
    words: string,
    more: Partial<Pick<Line, 'flights' | 'quiet' | 'step' | 'a' | 'ref'>> = {},
  ): void {
    const { lines, moments } = this.#tape;
    const moment = moments.length - 1;
    const { flights = [], quiet = false, step = -1, a = 0, ref = null } = more;
    lines.push({ moment, type, tag, port, words, quiet, flights, step, a, ref });
  }
}

function checksOf({ testbed }: Bed, scenario: string | null): Checks[] {
  const played = testbed.scenarios?.find(({ name }) => name === scenario);
  return testbed.invariants.map((invariant) => ({
    name: invariant.name,
    suspended: isSuspended(played, invariant),
    moments: [],
    counts: [],
  }));
}
