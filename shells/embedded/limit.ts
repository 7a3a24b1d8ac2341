/**
 * How long a call may take: its timeout, and its signal. A call looks between slices of work; what
 * waits for an answer is told.
 */
import { DatabaseError } from './errors.ts';
import { onAbort } from './on-abort.ts';

export interface CallOptions {
  /** The call is given up after this long. Default: the session's `statement_timeout`; 0: never. */
  readonly timeoutMillis?: number;
  /** Gives the call up when aborted. */
  readonly signal?: AbortSignal;
}

/** When a call must end. */
export interface CallEnd {
  /** Null, or why the call must end. */
  readonly exceeded: Error | null;
  /** What to say when `watch` called: a timer may be a little early. */
  readonly reason: Error;
  check(): void;
  /** Calls `end` once when the call must end; the answer stops that. */
  watch(end: () => void): () => void;
}

const TIMEOUT_MILLIS_MAX = 0x7fff_ffff;

export class CallLimit implements CallEnd {
  private readonly endsAt: number;
  private readonly signal: AbortSignal | undefined;
  private readonly ended: () => DatabaseError | null;

  /** `ended`: why there is nothing to call any more, or null. */
  constructor(
    options: CallOptions,
    defaultMillis: number,
    ended: () => DatabaseError | null = () => null,
  ) {
    const { timeoutMillis = defaultMillis, signal } = options;
    if (!Number.isInteger(timeoutMillis) || timeoutMillis < 0) {
      throw new DatabaseError('22023', 'timeoutMillis is a whole number of milliseconds, or 0');
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new DatabaseError('22023', 'signal is an AbortSignal');
    }
    this.endsAt =
      timeoutMillis === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMillis;
    this.signal = signal;
    this.ended = ended;
  }

  /** Null, or why the call must end. */
  get exceeded(): DatabaseError | null {
    if (this.signal?.aborted === true) {
      return new DatabaseError('57014', 'canceling statement due to user request');
    }
    if (performance.now() < this.endsAt) return this.ended();
    return new DatabaseError('57014', 'canceling statement due to statement timeout');
  }

  get reason(): DatabaseError {
    const late = 'canceling statement due to statement timeout';
    return this.exceeded ?? new DatabaseError('57014', late);
  }

  /** Milliseconds that are left, at least 1; 0: no end. */
  get remainingMillis(): number {
    if (this.endsAt === Number.POSITIVE_INFINITY) return 0;
    return Math.max(1, Math.ceil(this.endsAt - performance.now()));
  }

  check(): void {
    const { exceeded } = this;
    if (exceeded !== null) throw exceeded;
  }

  /** Calls `end` once when the call must end; the answer stops that. */
  watch(end: () => void): () => void {
    const { signal } = this;
    if (signal === undefined && this.endsAt === Number.POSITIVE_INFINITY) return () => undefined;
    const left = Math.min(Math.max(0, this.endsAt - performance.now()), TIMEOUT_MILLIS_MAX);
    const timer = Number.isFinite(left) && left < TIMEOUT_MILLIS_MAX ? setTimeout(end, left) : null;
    const stop = signal === undefined ? () => undefined : onAbort(signal, end);
    return () => {
      if (timer !== null) clearTimeout(timer);
      stop();
    };
  }
}
