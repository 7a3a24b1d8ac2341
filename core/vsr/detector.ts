/**
 * Who is silent for too long, and how long to wait before trying again.
 *
 * `Detector` learns how often each peer is heard and judges its silence by that: *suspicious* past
 * 1.5 times, *dead* past 3 times the average. Both are bounded by the limits: `primaryDeadMicros`
 * is the least silence that makes a peer dead, so that a burst of traffic never makes the detector
 * trigger-happy, and `DEAD_FACTOR_MAX` times that the most, so that a long outage is not learnt as
 * normal. A wrong verdict costs a needless view change, never safety.
 *
 * Cost: integers in arrays, one per peer; no allocation after construction. The verdicts carry no
 * jitter: whoever acts on them adds it (`jittered`), so that replicas do not act in step.
 */
import type { Limits } from '../limits.ts';
import { assert } from '../types/assert.ts';
import type { Prng } from './prng.ts';

/** The adaptive timeout may grow to this many times the configured one. */
const DEAD_FACTOR_MAX = 4;
/** The newest interval counts for 1/8 of the average. */
const AVERAGE_WEIGHT = 8;
const DOUBLINGS_MAX = 20;

export class Detector {
  private readonly heardAt: Float64Array;
  private readonly averages: Float64Array;
  private readonly deadMicrosMin: number;

  /** Every peer counts as heard at `monotonic`. Peers are 0 … `peers` - 1. */
  constructor(limits: Limits, peers: number, monotonic: number) {
    assert(peers >= 1 && limits.heartbeatMicros > 0, 'a detector has somebody to listen to');
    this.heardAt = new Float64Array(peers).fill(monotonic);
    this.averages = new Float64Array(peers).fill(limits.heartbeatMicros);
    this.deadMicrosMin = limits.primaryDeadMicros;
  }

  /** A message of `peer` arrived. */
  heard(peer: number, monotonic: number): void {
    const before = this.lastHeard(peer);
    assert(monotonic >= before, 'monotonic time does not go back');
    const cap = this.deadMicrosMin * DEAD_FACTOR_MAX;
    const interval = Math.min(monotonic - before, cap);
    const average = this.averages[peer]!;
    this.averages[peer] = average + Math.trunc((interval - average) / AVERAGE_WEIGHT);
    this.heardAt[peer] = monotonic;
  }

  /** Silence counts from now on (a new view, a new primary); what was learnt is kept. */
  reset(peer: number, monotonic: number): void {
    assert(monotonic >= this.lastHeard(peer), 'monotonic time does not go back');
    this.heardAt[peer] = monotonic;
  }

  lastHeard(peer: number): number {
    const at = this.heardAt[peer];
    assert(at !== undefined, 'a peer of this detector');
    return at;
  }

  averageMicros(peer: number): number {
    const average = this.averages[peer];
    assert(average !== undefined, 'a peer of this detector');
    return average;
  }

  /** 1.5 times the average, within half the bounds of `deadMicros`. */
  suspiciousMicros(peer: number): number {
    const adaptive = Math.floor((this.averageMicros(peer) * 3) / 2);
    return clamp(adaptive, this.deadMicrosMin >> 1, (this.deadMicrosMin * DEAD_FACTOR_MAX) >> 1);
  }

  /** Three times the average, within [`primaryDeadMicros`, 4 * `primaryDeadMicros`]. */
  deadMicros(peer: number): number {
    const adaptive = this.averageMicros(peer) * 3;
    return clamp(adaptive, this.deadMicrosMin, this.deadMicrosMin * DEAD_FACTOR_MAX);
  }

  suspicious(peer: number, monotonic: number): boolean {
    return monotonic - this.lastHeard(peer) > this.suspiciousMicros(peer);
  }

  dead(peer: number, monotonic: number): boolean {
    return monotonic > this.deadAt(peer);
  }

  /** The last instant at which `peer`, if silent until then, is not yet dead. */
  deadAt(peer: number): number {
    return this.lastHeard(peer) + this.deadMicros(peer);
  }

  fingerprint(): number {
    let digest = 0;
    for (let peer = 0; peer < this.heardAt.length; peer += 1) {
      digest = (Math.imul(digest, 31) + (this.heardAt[peer]! | 0)) | 0;
      digest = (Math.imul(digest, 31) + (this.averages[peer]! | 0)) | 0;
    }
    return digest;
  }
}

/**
 * A delay in [`micros`, 1.5 * `micros`): never shorter than asked for, never in step with others.
 */
export function jittered(prng: Prng, micros: number): number {
  assert(Number.isSafeInteger(micros) && micros >= 0, 'jittered: whole microseconds');
  return micros + prng.below((micros >> 1) + 1);
}

/** `baseMicros` doubled `attempt` times, at most `capMicros`; then jittered. */
export function backoff(
  prng: Prng,
  baseMicros: number,
  attempt: number,
  capMicros: number,
): number {
  assert(baseMicros > 0 && baseMicros <= capMicros && attempt >= 0, 'backoff: sane bounds');
  const doublings = Math.min(attempt, DOUBLINGS_MAX);
  return jittered(prng, Math.min(capMicros, baseMicros * (1 << doublings)));
}

function clamp(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value;
}
