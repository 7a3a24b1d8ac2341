/**
 * A node's clocks: one that never runs backwards, and a wall clock that may do anything.
 *
 * Both are integer functions of the virtual time. The monotonic clock drifts; the wall clock also
 * starts off, jumps and freezes. True time is virtual time plus a fixed epoch. Cost: a multiply and
 * a divide a reading.
 */
import { assert } from '../../core/types/assert.ts';
import { NEVER } from '../../core/ports.ts';

/** True wall-clock time at virtual time 0, in microseconds: some day in 2023. */
export const EPOCH_MICROS = 1_700_000_000_000_000;

/** Largest drift, either way: keeps the arithmetic below exact and deadlines ahead. */
export const DRIFT_PPM_MAX = 100_000;

export class NodeClock {
  /** Wall clock minus true time at virtual time 0, plus all jumps since. */
  #offset = 0;
  #driftPpm = 0;
  #monotonicStart = 0;
  /** Wall-clock reading at which it is frozen, or -1. */
  #frozenAt = -1;

  reset(monotonicStart: number, offsetMicros: number, driftPpm: number): void {
    assert(monotonicStart >= 0, 'a monotonic clock starts at zero or later');
    assert(driftPpm >= -DRIFT_PPM_MAX && driftPpm <= DRIFT_PPM_MAX, 'drift is bounded');
    this.#monotonicStart = monotonicStart;
    this.#offset = offsetMicros;
    this.#driftPpm = driftPpm;
    this.#frozenAt = -1;
  }

  monotonic(now: number): number {
    return this.#monotonicStart + this.#elapsed(now);
  }

  realtime(now: number): number {
    if (this.#frozenAt >= 0) return this.#frozenAt;
    return EPOCH_MICROS + this.#offset + this.#elapsed(now);
  }

  /** Wall clock minus true time. */
  error(now: number): number {
    return this.realtime(now) - (EPOCH_MICROS + now);
  }

  jump(micros: number): void {
    this.#offset += micros;
    if (this.#frozenAt >= 0) this.#frozenAt += micros;
  }

  /** From now on it runs fast or slow by this much; it does not jump. */
  drift(now: number, ppm: number): void {
    assert(ppm >= -DRIFT_PPM_MAX && ppm <= DRIFT_PPM_MAX, 'drift is bounded');
    const before = this.#elapsed(now);
    this.#driftPpm = ppm;
    const shift = before - this.#elapsed(now);
    this.#monotonicStart += shift;
    this.#offset += shift;
  }

  freeze(now: number): void {
    this.#frozenAt = this.realtime(now);
  }

  /** An operator repairs the wall clock: right now it is true; it still drifts. */
  correct(now: number): void {
    this.#frozenAt = -1;
    this.#offset = now - this.#elapsed(now);
  }

  /** Earliest virtual time at which `monotonic` reads `deadline` or later. */
  when(deadline: number): number {
    if (deadline === NEVER) return NEVER;
    const target = deadline - this.#monotonicStart;
    if (target <= 0) return 0;
    if (this.#driftPpm === 0) return target;
    let time = Math.floor((target * 1_000_000) / (1_000_000 + this.#driftPpm));
    while (this.#elapsed(time) < target) time += 1;
    while (time > 0 && this.#elapsed(time - 1) >= target) time -= 1;
    return time;
  }

  #elapsed(now: number): number {
    if (this.#driftPpm === 0) return now;
    return now + Math.floor((now * this.#driftPpm) / 1_000_000);
  }
}
