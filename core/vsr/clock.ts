/**
 * Cluster time: an interval on which a majority of the clocks agrees, own clock included, by
 * Marzullo's intersection (1984).
 *
 * Any clock may be wrong: offset, drifting, frozen, jumping. A primary therefore stamps entries
 * with its own realtime *clamped into the agreed interval*, and stamps nothing without agreement.
 *
 * A pong proves: while own monotonic time went from m0 (ping sent) to m1 (pong received), the
 * peer's clock stood at P once. So the peer's *offset*, realtime minus own monotonic time, lies
 * within [P - m1, P - m0]. Offsets are kept against the monotonic clock, hence a jump of the own
 * realtime moves the own offset alone and spoils no sample. An interval counts padded by the
 * tolerance, which is how far each clock may be off, and by what two monotonic clocks drift apart
 * as it ages.
 *
 * Promise: while a majority of the clocks has been within `clockToleranceMicros` of true time for
 * `clockSampleMicros`, an agreed instant is within `clockErrorMicros(limits)` of true time. (Two
 * majorities share a clock; so the agreed interval lies within the padded interval of a good one:
 * tolerance for its clock, tolerance for the padding, one round trip, and the drift.)
 *
 * Cost: a sample is a few stores; agreeing on R clocks R² compares (R <= 6); nothing allocates.
 */
import type { Limits } from '../limits.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import type { PongMessage } from './message.ts';

/** Monotonic clocks drift apart by less than one microsecond in this many (about 1000 ppm). */
const MICROS_PER_DRIFT = 1024;
const NO_SAMPLE = -1;
/** Salts stay below 2^50, so that salt plus monotonic time stays a safe integer. */
const SALT_HIGH_MASK = 0x3_ffff;
const TWO_32 = 0x1_0000_0000;

export interface ClockOptions {
  /** Own index; a standby (`>= replicaCount`) listens, but its own clock does not count. */
  readonly replica: number;
  readonly replicaCount: number;
  readonly limits: Limits;
  /** Fresh for each incarnation. */
  readonly nonce: Hash128;
  /** Now. */
  readonly monotonic: number;
}

/** How far an agreed instant may be from true time while most clocks are within tolerance. */
export function clockErrorMicros(limits: Limits): number {
  const drift = Math.ceil(limits.clockSampleMicros / MICROS_PER_DRIFT);
  return 2 * limits.clockToleranceMicros + roundTripMicrosMax(limits) + drift;
}

/** Two clocks that far apart agree on no instant. */
export function clocksApartMicros(limits: Limits): number {
  return 2 * limits.clockToleranceMicros;
}

/** A pong that took longer says too little: it is no sample. */
export function roundTripMicrosMax(limits: Limits): number {
  return limits.clockToleranceMicros;
}

export class Clock {
  private readonly replica: number;
  private readonly replicaCount: number;
  private readonly limits: Limits;
  private readonly majority: number;
  private readonly salt: number;
  private readonly openedAt: number;

  // The kept sample of each voter: when its ping was sent, and the bounds of its offset, unpadded.
  private readonly sentAt: Float64Array;
  private readonly lows: Float64Array;
  private readonly highs: Float64Array;
  /** When each voter last said that it is synchronized, or `NO_SAMPLE`. */
  private readonly saidSynchronizedAt: Float64Array;

  // Outcome of the last `agree`: bounds of the offset, and how many clocks share them.
  private low: number = 0;
  private high: number = 0;
  private sources: number = 0;
  private agreedAt: number;

  constructor(options: ClockOptions) {
    const { replicaCount, nonce } = options;
    assert(replicaCount >= 1 && replicaCount <= options.limits.replicasMax, 'a cluster');
    this.replica = options.replica;
    this.replicaCount = replicaCount;
    this.limits = options.limits;
    this.majority = (replicaCount >> 1) + 1;
    this.salt = (nonce.a & SALT_HIGH_MASK) * TWO_32 + (nonce.b >>> 0);
    this.openedAt = options.monotonic;
    this.agreedAt = options.monotonic;
    this.sentAt = new Float64Array(replicaCount).fill(NO_SAMPLE);
    this.lows = new Float64Array(replicaCount);
    this.highs = new Float64Array(replicaCount);
    this.saidSynchronizedAt = new Float64Array(replicaCount).fill(NO_SAMPLE);
  }

  /**
   * What a ping sent now carries as its `monotonic`. Salted, because monotonic time may start again
   * at a restart: the pong to a ping of an earlier incarnation would look like a sample of now.
   */
  pingToken(monotonic: number): number {
    assert(monotonic >= this.openedAt, 'monotonic time does not go back');
    return this.salt + monotonic;
  }

  /** Takes a sample. Returns the round trip, or -1 if the pong answers no ping of this clock. */
  pong(peer: number, message: PongMessage, monotonic: number): number {
    const sentAt = message.pingMonotonic - this.salt;
    if (sentAt < this.openedAt || sentAt > monotonic) return -1;
    const roundTrip = monotonic - sentAt;
    if (peer >= this.replicaCount || peer === this.replica) return roundTrip;
    if (message.synchronized) this.saidSynchronizedAt[peer] = monotonic;
    else this.saidSynchronizedAt[peer] = NO_SAMPLE;
    if (roundTrip > roundTripMicrosMax(this.limits)) return roundTrip;
    // Duplicates and overtaken pongs: the same instant or an earlier one, less precisely.
    if (sentAt <= this.sentAt[peer]!) return roundTrip;
    const low = message.realtime - monotonic;
    const high = message.realtime - sentAt;
    if (this.worthKeeping(peer, monotonic, low, high)) {
      this.sentAt[peer] = sentAt;
      this.lows[peer] = low;
      this.highs[peer] = high;
    }
    return roundTrip;
  }

  /** Whether a new sample replaces the kept one. */
  private worthKeeping(peer: number, monotonic: number, low: number, high: number): boolean {
    const kept = this.sentAt[peer]!;
    if (kept === NO_SAMPLE) return true;
    const age = monotonic - kept;
    if (2 * age > this.limits.clockSampleMicros) return true;
    const drift = driftMicros(age);
    const keptLow = this.lows[peer]! - drift;
    const keptHigh = this.highs[peer]! + drift;
    // Disjoint: the peer's clock jumped, and the kept sample speaks of a clock that is no more.
    if (high < keptLow || low > keptHigh) return true;
    return high - low <= keptHigh - keptLow;
  }

  /**
   * How far a peer's clock is ahead of the own one, in microseconds, give or take half a round
   * trip; null without a sample. Beyond `clocksApartMicros` the two can never agree.
   */
  ahead(peer: number, monotonic: number, realtime: number): number | null {
    if (peer === this.replica || !this.live(peer, monotonic)) return null;
    const middle = Math.floor((this.lows[peer]! + this.highs[peer]!) / 2);
    return middle - (realtime - monotonic);
  }

  /** Whether a majority of the clocks agrees now. A single replica always agrees with itself. */
  synchronized(monotonic: number, realtime: number): boolean {
    if (this.replicaCount === 1) return true;
    this.agree(monotonic, realtime);
    return this.sources >= this.majority;
  }

  /** Own realtime, clamped into the agreed interval; -1 without agreement. */
  realtimeAgreed(monotonic: number, realtime: number): number {
    if (this.replicaCount === 1) return realtime;
    if (!this.synchronized(monotonic, realtime)) return -1;
    const earliest = monotonic + this.low;
    const latest = monotonic + this.high;
    assert(earliest <= latest, 'an agreed interval holds an instant');
    if (realtime < earliest) return earliest;
    return realtime > latest ? latest : realtime;
  }

  /** The timestamp of the entry after one stamped `previous`; -1 without agreement. */
  stamp(previous: number, monotonic: number, realtime: number): number {
    const agreed = this.realtimeAgreed(monotonic, realtime);
    if (agreed < 0) return -1;
    return agreed > previous ? agreed : previous + 1;
  }

  /**
   * Whether a primary should let another take over: it has no agreement, and a peer said lately
   * that it has, or there has been none for `clockEpochMicros`.
   */
  shouldAbdicate(monotonic: number, realtime: number): boolean {
    if (this.synchronized(monotonic, realtime)) return false;
    for (let peer = 0; peer < this.replicaCount; peer += 1) {
      const said = this.saidSynchronizedAt[peer]!;
      if (said !== NO_SAMPLE && monotonic - said <= this.limits.clockSampleMicros) return true;
    }
    return monotonic - this.agreedAt > this.limits.clockEpochMicros;
  }

  /**
   * Finds the offsets shared by most clocks. Of several such intervals it takes the widest, where
   * clocks agree best (padding makes them equally long, so a narrow overlap is a near miss), then
   * the earliest.
   */
  private agree(monotonic: number, realtime: number): void {
    this.sources = 0;
    if (this.replica < this.replicaCount) {
      // The own offset is exact, now.
      this.sentAt[this.replica] = monotonic;
      this.lows[this.replica] = realtime - monotonic;
      this.highs[this.replica] = realtime - monotonic;
    }
    for (let edge = 0; edge < this.replicaCount; edge += 1) {
      if (this.live(edge, monotonic)) this.overlapFrom(edge, monotonic);
    }
    if (this.sources >= this.majority) this.agreedAt = monotonic;
  }

  /** Every largest overlap begins where some interval does: this one tries the start of `edge`. */
  private overlapFrom(edge: number, monotonic: number): void {
    const start = this.paddedLow(edge, monotonic);
    let end = this.paddedHigh(edge, monotonic);
    let sources = 0;
    for (let other = 0; other < this.replicaCount; other += 1) {
      if (!this.live(other, monotonic) || this.paddedLow(other, monotonic) > start) continue;
      const high = this.paddedHigh(other, monotonic);
      if (high < start) continue;
      sources += 1;
      if (high < end) end = high;
    }
    assert(sources >= 1 && end >= start, 'an interval overlaps itself');
    if (sources < this.sources) return;
    if (sources === this.sources) {
      const wider = end - start - (this.high - this.low);
      if (wider < 0 || (wider === 0 && start >= this.low)) return;
    }
    this.sources = sources;
    this.low = start;
    this.high = end;
  }

  private live(peer: number, monotonic: number): boolean {
    const sentAt = this.sentAt[peer]!;
    return sentAt !== NO_SAMPLE && monotonic - sentAt <= this.limits.clockSampleMicros;
  }

  private paddedLow(peer: number, monotonic: number): number {
    const drift = driftMicros(monotonic - this.sentAt[peer]!);
    return this.lows[peer]! - drift - this.limits.clockToleranceMicros;
  }

  private paddedHigh(peer: number, monotonic: number): number {
    const drift = driftMicros(monotonic - this.sentAt[peer]!);
    return this.highs[peer]! + drift + this.limits.clockToleranceMicros;
  }

  /** Digest of the samples of others; the own one is refreshed by mere questions. */
  fingerprint(): number {
    let digest = 0;
    for (let peer = 0; peer < this.replicaCount; peer += 1) {
      if (peer === this.replica) continue;
      digest = (Math.imul(digest, 31) + (this.sentAt[peer]! | 0)) | 0;
      digest = (Math.imul(digest, 31) + (this.lows[peer]! | 0)) | 0;
    }
    return digest;
  }
}

function driftMicros(ageMicros: number): number {
  return Math.ceil(ageMicros / MICROS_PER_DRIFT);
}
