/**
 * When a request ends before it is done: its deadline, its client's CANCEL, or its connection.
 */
import { SqlError } from '../../core/sql/error.ts';
import type { CallEnd } from '../embedded/limit.ts';

const TIMEOUT_MILLIS_MAX = 0x7fff_ffff;

export class RequestEnd implements CallEnd {
  private readonly guard: { check(): void };
  private endsAt: number = Number.POSITIVE_INFINITY;
  private error: Error | null = null;
  private onEnd: (() => void) | null = null;

  /** `guard`: asked between slices of work; throws when the work must not go on. */
  constructor(guard: { check(): void }) {
    this.guard = guard;
  }

  /** The earlier of two deadlines counts. 0: none. */
  deadline(millis: number): void {
    if (millis > 0) this.endsAt = Math.min(this.endsAt, performance.now() + millis);
  }

  /** Gives it up. */
  end(error: Error): void {
    if (this.error !== null) return;
    this.error = error;
    this.onEnd?.();
  }

  get exceeded(): Error | null {
    if (this.error !== null) return this.error;
    if (performance.now() < this.endsAt) return null;
    this.error = new SqlError('57014', 'canceling statement due to statement timeout');
    return this.error;
  }

  get reason(): Error {
    return this.exceeded ?? new SqlError('57014', 'canceling statement due to statement timeout');
  }

  check(): void {
    const { exceeded } = this;
    if (exceeded !== null) throw exceeded;
    this.guard.check();
  }

  watch(end: () => void): () => void {
    const left = this.endsAt - performance.now();
    const timed = left < TIMEOUT_MILLIS_MAX;
    const timer = timed ? setTimeout(end, Math.max(0, left)) : null;
    this.onEnd = end;
    if (this.error !== null) end();
    return () => {
      if (timer !== null) clearTimeout(timer);
      this.onEnd = null;
    };
  }

  /** Rejects when the request ends before `work` does. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false;
      let stop = (): void => undefined;
      // Once: by then `onEnd` may be another race's.
      const settle = (act: () => void): void => {
        if (over) return;
        over = true;
        stop();
        act();
      };
      stop = this.watch(() => settle(() => reject(this.reason)));
      if (over) stop();
      work.then(
        (value) => settle(() => resolve(value)),
        (error: Error) => settle(() => reject(error)),
      );
    });
  }
}

export function canceled(): SqlError {
  return new SqlError('57014', 'canceling statement due to user request');
}
