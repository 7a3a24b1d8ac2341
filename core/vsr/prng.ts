/**
 * A small deterministic generator for timeout jitter and for the exploration of peers: xoshiro128**
 * (Blackman and Vigna, 2018) in 32-bit integers. Never for anything that another replica must agree
 * on, and never for secrets: those come from the host's `random`.
 *
 * Cost: a dozen integer operations a draw, no allocation.
 */
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';

export class Prng {
  private s0: number;
  private s1: number;
  private s2: number;
  private s3: number;

  /** Equal seed and salt give equal draws; `salt` tells the users of one seed apart. */
  constructor(seed: Hash128, salt: number) {
    this.s0 = scramble(seed.a ^ salt);
    this.s1 = scramble(seed.b + this.s0);
    this.s2 = scramble(seed.c + this.s1);
    this.s3 = scramble(seed.d + this.s2);
    // The all-zero state is the one from which the generator never leaves.
    if ((this.s0 | this.s1 | this.s2 | this.s3) === 0) this.s0 = 1;
  }

  /** The next 32 bits, as a signed integer. */
  next(): number {
    const drawn = Math.imul(rotate(Math.imul(this.s1, 5), 7), 9);
    const shifted = this.s1 << 9;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= shifted;
    this.s3 = rotate(this.s3, 11);
    return drawn;
  }

  /** An integer in [0, n). Biased by less than n / 2^32: for jitter, not for statistics. */
  below(n: number): number {
    assert(n >= 1 && n <= 0xffff_ffff, 'below: 1 to 2^32 - 1');
    return (this.next() >>> 0) % n;
  }

  /** True in `numerator` of `denominator` draws. */
  chance(numerator: number, denominator: number): boolean {
    assert(numerator >= 0 && denominator >= 1, 'chance: a ratio');
    return this.below(denominator) < numerator;
  }

  /** A digest of the state; draws nothing. */
  fingerprint(): number {
    return (this.s0 ^ rotate(this.s1, 8) ^ rotate(this.s2, 16) ^ rotate(this.s3, 24)) | 0;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** A bijection of 32-bit words in which each input bit reaches every output bit. */
function scramble(word: number): number {
  let x = Math.imul((word ^ (word >>> 16)) + 0x9e37_79b9, 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return x ^ (x >>> 16);
}
