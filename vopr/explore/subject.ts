/**
 * What is explored: a system, a small workload for its clients, and how to tell two states of one
 * of its nodes or clients apart.
 */
import type { Limits } from '../../core/limits.ts';
import type { Invariant } from '../sim/checker.ts';
import type { SimClient, SimNode, System } from '../sim/sim-node.ts';
import type { GraphHash } from './graph-hash.ts';

export interface Subject<M> {
  readonly system: System<M>;
  readonly limits: Limits;
  readonly invariants: readonly Invariant[];
  /** Operations that each client has answered before the search begins. */
  readonly warmup: number;
  /** As `ClientHost.draw`: the same for every client. */
  draw(k: number, site: number, n: number): number;
  /**
   * Adds to the hash everything on which the node's future depends, but for its disk; `outside` are
   * the objects that the world gave it.
   */
  hashNode(hash: GraphHash, node: SimNode<M>): void;
  hashClient(hash: GraphHash, client: SimClient<M>): void;
  hashMessage(hash: GraphHash, message: M): void;
  /**
   * Called after each input: puts back what depends on nothing but the order of inputs, such as
   * where a stream of random draws stands. Any draw is as good as any other.
   */
  settle(node: SimNode<M>): void;
  /**
   * Whether the node has finished opening. Until then it must not send, and must drop what arrives,
   * so that others cannot tell it from one that is down.
   */
  opened(node: SimNode<M>): boolean;
  /** Idle talk, that arrives before everything else and is never lost. */
  atOnce(message: M): boolean;
  /** One line about a message, without its sender and receiver. */
  describe(message: M): string;
}
