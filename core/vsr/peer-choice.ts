/**
 * Whom to ask for repair: the nearest peers mostly, everyone now and then.
 *
 * A peer's chance is inversely proportional to its average round trip; one request in ten goes to a
 * peer drawn evenly, or a peer that was slow once would never be measured again. An expired request
 * counts as a round trip of the whole expiry.
 *
 * Cost: at most two passes over the peers and two draws a choice; no allocation.
 */
import type { Limits } from '../limits.ts';
import { assert } from '../types/assert.ts';
import type { Prng } from './prng.ts';
import { countReplicas } from './quorum.ts';

const EXPLORE_ONE_IN = 10;
/** Newest sample's share of the average. */
const AVERAGE_WEIGHT = 4;
/** Weight of a peer that answers at once; weights stay integers far below 2^31. */
const WEIGHT_SCALE = 1 << 24;
/** Round trips below this are equally good. */
const NEAR_MICROS = 64;
const PEERS_MAX = 30;

export class PeerChoice {
  private readonly averages: Int32Array;
  private readonly expiryMicros: number;
  private readonly prng: Prng;

  /**
   * Peers are 0 … `peers` - 1. Unmeasured ones are taken to be quick, so that they get measured.
   */
  constructor(peers: number, limits: Limits, prng: Prng) {
    assert(peers >= 1 && peers <= PEERS_MAX, 'peers fit a bit set');
    this.averages = new Int32Array(peers).fill(NEAR_MICROS);
    this.expiryMicros = limits.repairExpiryMicros;
    this.prng = prng;
  }

  answered(peer: number, roundTripMicros: number): void {
    assert(peer >= 0 && peer < this.averages.length, 'a peer of this chooser');
    assert(roundTripMicros >= 0, 'time does not go back');
    const sample = Math.min(roundTripMicros, this.expiryMicros);
    const average = this.averages[peer]!;
    this.averages[peer] = average + Math.trunc((sample - average) / AVERAGE_WEIGHT);
  }

  /** A request to `peer` expired. */
  failed(peer: number): void {
    this.answered(peer, this.expiryMicros);
  }

  latencyMicros(peer: number): number {
    assert(peer >= 0 && peer < this.averages.length, 'a peer of this chooser');
    return this.averages[peer]!;
  }

  /** One of the peers in the bit set, or -1 when it is empty. */
  choose(candidates: number): number {
    assert(candidates >= 0 && candidates < 1 << this.averages.length, 'candidates are peers');
    if (candidates === 0) return -1;
    if (this.prng.below(EXPLORE_ONE_IN) === 0) return this.chooseEvenly(candidates);
    let total = 0;
    for (let peer = 0; peer < this.averages.length; peer += 1) {
      if ((candidates & (1 << peer)) !== 0) total += this.weight(peer);
    }
    let left = this.prng.below(total);
    for (let peer = 0; peer < this.averages.length; peer += 1) {
      if ((candidates & (1 << peer)) === 0) continue;
      left -= this.weight(peer);
      if (left < 0) return peer;
    }
    assert(false, 'the weights add up');
  }

  private chooseEvenly(candidates: number): number {
    let skip = this.prng.below(countReplicas(candidates));
    for (let peer = 0; peer < this.averages.length; peer += 1) {
      if ((candidates & (1 << peer)) === 0) continue;
      if (skip === 0) return peer;
      skip -= 1;
    }
    assert(false, 'fewer are skipped than there are');
  }

  private weight(peer: number): number {
    return Math.max(1, Math.floor(WEIGHT_SCALE / (this.averages[peer]! + NEAR_MICROS)));
  }

  fingerprint(): number {
    let digest = this.prng.fingerprint();
    for (let peer = 0; peer < this.averages.length; peer += 1) {
      digest = (Math.imul(digest, 31) + this.averages[peer]!) | 0;
    }
    return digest;
  }
}
