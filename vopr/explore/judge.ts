/**
 * Executes a path on a whole cluster, from boot, under all invariants, and proves on the way that
 * the search was right about it: every node must send what its local states were said to send.
 *
 * It is the `World` that checkers see. Cost: that of the inputs, some 20 µs each with all checkers.
 */
import type { Limits } from '../../core/limits.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { assert } from '../../core/types/assert.ts';
import { PHASE_BOOT, PHASE_STORM } from '../sim/checker.ts';
import type { DiskTruth, World } from '../sim/checker.ts';
import { EPOCH_MICROS } from '../sim/clock.ts';
import { calmConfiguration } from '../sim/configuration.ts';
import type { Configuration } from '../sim/configuration.ts';
import { FaultCounts, faultIndex } from '../sim/faults.ts';
import type { FaultName } from '../sim/faults.ts';
import { replicationQuorum, viewChangeQuorum } from '../sim/quorums.ts';
import type { NodeInspection, SimClient } from '../sim/sim-node.ts';
import { Verdict } from '../sim/verdict.ts';
import { Watchers } from '../sim/watchers.ts';
import { ClientActor, NodeActor } from './actor.ts';
import type { Actor, Failure } from './actor.ts';
import { DROP, DUPLICATE, INPUT_CRASH, INPUT_START, kindOf } from './event.ts';
import { CLUSTER } from './locals.ts';
import type { LocalInput, Locals, Transition } from './locals.ts';
import type { Space, Step } from './space.ts';

const LOSS = faultIndex('loss');
const TWICE = faultIndex('duplicate');
const CRASH = faultIndex('crash');
const POWER_CUT = faultIndex('power_cut');

export class Judge<M> implements World {
  readonly configuration: Configuration;
  readonly limits: Limits;
  readonly seed: number = 1;
  readonly cluster: Hash128 = CLUSTER;
  readonly replicaCount: number;
  readonly standbyCount: number = 0;
  readonly nodeCount: number;
  readonly clientCount: number;
  readonly replicationQuorum: number;
  readonly viewChangeQuorum: number;
  readonly core: number = 0;
  phase: number = PHASE_BOOT;
  now = 0;
  events = 0;
  readonly verdict: Verdict;
  /** Evaluations of each invariant, over all paths. */
  readonly evaluations: Map<string, number> = new Map();
  readonly #space: Space<M>;
  readonly #locals: Locals<M>;
  readonly #watchers: Watchers;
  readonly #faults: FaultCounts = new FaultCounts();
  readonly #nodes: NodeActor<M>[] = [];
  readonly #clients: ClientActor<M>[] = [];

  constructor(space: Space<M>, locals: Locals<M>) {
    const { replicas, clients, ops } = space.bounds;
    const { subject } = locals;
    this.#space = space;
    this.#locals = locals;
    this.limits = subject.limits;
    this.replicaCount = replicas;
    this.nodeCount = replicas;
    this.clientCount = clients;
    this.replicationQuorum = replicationQuorum(replicas);
    this.viewChangeQuorum = viewChangeQuorum(replicas);
    const operations = subject.warmup + ops;
    this.configuration = {
      ...calmConfiguration(),
      replicaCount: replicas,
      clientCount: clients,
      operations: Array.from({ length: clients }, () => operations),
    };
    const { invariants } = subject;
    this.verdict = new Verdict(
      invariants.map(({ name }) => name),
      this,
    );
    this.#watchers = new Watchers(subject.system, invariants, this);
    for (let node = 0; node < replicas; node++) {
      const contradicted = subject.system.steps.indexOf('contradicted');
      const step = (kind: number, a: number, b: number, c: number, ref: unknown): void => {
        this.#watchers.stepped(node, kind, a, b, c, ref);
        if (kind !== contradicted) return;
        this.verdict.fail('contradicted', `r${node} was told by r${b} of ${String(ref)}`);
      };
      this.#nodes.push(new NodeActor(node, CLUSTER, { subject, replicas, operations, step }));
    }
    for (let client = 0; client < clients; client++) {
      const step = (): void => undefined;
      this.#clients.push(new ClientActor(client, { subject, replicas, operations, step }));
    }
  }

  /** What is wrong with the path from the root, if anything is. */
  judge(path: readonly number[]): Failure | null {
    this.#begin();
    for (const step of this.#space.stage) if (!this.#take(step)) return this.#end();
    const { stageFailure } = this.#space;
    if (stageFailure !== null) {
      this.verdict.fail(stageFailure.invariant, stageFailure.message);
      return this.#end();
    }
    this.phase = PHASE_STORM;
    let state = this.#space.root;
    for (const event of path) {
      const step = this.#space.step(state, event);
      this.#count(event);
      if (!this.#take(step)) return this.#end();
      ({ state } = step);
    }
    return this.#end();
  }

  #begin(): void {
    this.phase = PHASE_BOOT;
    this.now = 0;
    this.events = 0;
    this.#faults.reset();
    this.verdict.reset();
    this.#watchers.reset(this.verdict, () => false);
    for (const node of this.#nodes) node.reset();
    for (const client of this.#clients) client.reset();
  }

  #end(): Failure | null {
    for (const checker of this.#watchers.checkers) checker.finish?.();
    for (const [name, times] of Object.entries(this.verdict.toObject())) {
      this.evaluations.set(name, (this.evaluations.get(name) ?? 0) + times);
    }
    // The history of clients is shared by all worlds of a thread, and was just written anew.
    this.#locals.forgetClients();
    const { first } = this.verdict;
    return first === null ? null : { invariant: first.invariant, message: first.message };
  }

  /** False when something was violated. */
  #take({ port, moves }: Step): boolean {
    for (const { input, transition } of moves) {
      this.#move(port, input, transition);
      if (this.verdict.first !== null) return false;
    }
    return true;
  }

  #move(port: number, input: LocalInput, transition: Transition): void {
    this.now = input.now;
    this.events += 1;
    const node = port < this.replicaCount ? this.#nodes[port] : undefined;
    const actor = node ?? this.#clients[port - this.replicaCount];
    assert(actor !== undefined, 'a port of this world');
    const failure = actor.apply(input.now, this.#locals.inputOf(input));
    if (failure !== null) this.verdict.fail(failure.invariant, failure.message);
    else if (node !== undefined) this.#tell(port, input);
    if (this.verdict.first === null) this.#compare(actor, transition);
  }

  #tell(port: number, { kind, a }: LocalInput): void {
    const { checkers } = this.#watchers;
    if (kind === INPUT_START) for (const checker of checkers) checker.opened?.(port);
    if (kind !== INPUT_CRASH) return;
    this.#faults.delivered(a > 0 ? POWER_CUT : CRASH);
    for (const checker of checkers) checker.crashed?.(port, a > 0);
  }

  /** Two executions of what counts as one local state must go on alike. */
  #compare(actor: Actor<M>, { sent }: Transition): void {
    const really: number[] = [];
    actor.ports.forEach((to, i) => {
      const port = this.#locals.portOf(to);
      if (port >= 0) really.push(port, this.#locals.idOf(actor.messages[i] as M));
    });
    assert(
      really.length === sent.length && really.every((value, i) => value === sent[i]),
      () => `equal local states went on differently: ${really.join(' ')} is not ${sent.join(' ')}`,
    );
  }

  #count(event: number): void {
    if (kindOf(event) === DROP) this.#faults.delivered(LOSS);
    if (kindOf(event) === DUPLICATE) this.#faults.delivered(TWICE);
  }

  // The rest of the world that checkers see.

  get trueTime(): number {
    return EPOCH_MICROS + this.now;
  }
  clockError(): number {
    return 0;
  }
  up(node: number): boolean {
    return this.#node(node).up;
  }
  incarnation(node: number): number {
    return this.#node(node).place.incarnation;
  }
  lost(): boolean {
    return false;
  }
  inCore(): boolean {
    return false;
  }
  inspect(node: number): NodeInspection | null {
    return this.#node(node).place.node?.inspect() ?? null;
  }
  client(index: number): SimClient<unknown> {
    const client = this.#clients[index]?.client ?? null;
    assert(client !== null, 'a client of this world');
    return client as SimClient<unknown>;
  }
  delivered(fault: FaultName): number {
    return this.#faults.of(fault);
  }
  disk(node: number): DiskTruth {
    return this.#node(node).place.truth;
  }
  evaluated(invariant: number): void {
    this.verdict.evaluated(invariant);
  }
  violate(invariant: number, message: string): void {
    this.verdict.violate(invariant, message);
  }

  #node(node: number): NodeActor<M> {
    const actor = this.#nodes[node];
    assert(actor !== undefined, 'a node of this world');
    return actor;
  }
}
