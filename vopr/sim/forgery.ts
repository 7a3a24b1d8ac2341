/**
 * Traitors: nodes whose messages a script rewrites before they leave.
 *
 * A traitor's own code and disk are honest; what others hear of it is not. Whatever is forged is
 * encoded and decoded like the message of any real peer, so that a receiver's decoder sees it
 * first. A forgery counts as delivered when it reaches an honest process, refused or not, and when
 * an honest process is denied what it was sent.
 *
 * Cost: nothing without traitors but one compare a message.
 */
import type { Cluster } from './cluster.ts';
import { faultIndex } from './faults.ts';

const TRAITOR = faultIndex('traitor');

/**
 * What leaves instead of `message`: another message or several, raw bytes, or nothing (null). The
 * same object is the message as it is.
 */
export type Rewrite<M> = (to: number, message: M) => M | Uint8Array | null | (M | Uint8Array)[];

export class Forgery<M> {
  readonly #cluster: Cluster<M>;
  readonly #rewrites: Map<number, Rewrite<M>> = new Map();
  /** Bit set of ports. */
  #traitors = 0;

  constructor(cluster: Cluster<M>) {
    this.#cluster = cluster;
  }

  /** From now on every message of this node passes `rewrite`; null ends that. */
  rewrite(node: number, rewrite: Rewrite<M> | null): void {
    this.#traitors |= 1 << node;
    if (rewrite === null) this.#rewrites.delete(node);
    else this.#rewrites.set(node, rewrite);
  }

  /** A message that `from` never meant to send. */
  inject(from: number, to: number, message: M): void {
    this.#traitors |= 1 << from;
    this.#cluster.network.forge(from, to, message, this.#encode(message));
  }

  /** A node sends: false if that is none of ours. */
  sent(from: number, to: number, message: M): boolean {
    const rewrite = this.#rewrites.get(from);
    if (rewrite === undefined) return false;
    const instead = rewrite(to, message);
    if (instead === message) return false;
    const { network } = this.#cluster;
    if (instead === null) {
      if (this.#cluster.live(to)) this.arrived(to);
      return true;
    }
    let meant = false;
    for (const forged of Array.isArray(instead) ? instead : [instead]) {
      // The first time it is meant; again, it is one of a flood.
      if (forged === message && !meant) {
        meant = true;
        network.send(from, to, message);
      } else if (forged instanceof Uint8Array) network.forge(from, to, message, forged);
      else network.forge(from, to, forged, this.#encode(forged));
    }
    return true;
  }

  /** A live process met a forgery: that counts, unless it is itself a traitor. */
  arrived(port: number): void {
    if ((this.#traitors & (1 << port)) === 0) this.#cluster.faults.delivered(TRAITOR);
  }

  /** Members of the healed core are honest from now on; a traitor outside goes on. */
  healed(core: number): void {
    for (const node of this.#rewrites.keys()) {
      if ((core & (1 << node)) !== 0) this.#rewrites.delete(node);
    }
  }

  #encode(message: M): Uint8Array {
    // The encoder may hand out a buffer of its own.
    return this.#cluster.system.messages.encode(message, this.#cluster.cluster).slice();
  }
}
