/**
 * What the operating system gives besides disk and network: clocks, randomness, a timer.
 */
import { createHash, randomFillSync } from 'node:crypto';
import { pureCrypto } from '../core/crypto/crypto.ts';
import type { Crypto } from '../core/crypto/crypto.ts';
import { NEVER } from '../core/ports.ts';
import { HASH128_BYTES, read128 } from '../core/types/hash128.ts';
import type { Hash128 } from '../core/types/hash128.ts';

/** Microseconds since some instant in the past; never goes backwards, stops while suspended. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Microseconds since 1970 by the wall clock, which an operator or NTP may set to anything. */
export function realtimeMicros(): number {
  return Date.now() * 1000;
}

/** Randomness is fetched in blocks: a call of its own for each salt costs more than the op. */
const BLOCK_BYTES = 8192;
let block: Uint8Array = new Uint8Array(0);
let used = 0;

/** Bytes of the operating system's randomness, each given out once. */
function random(bytes: number): Uint8Array {
  if (bytes > BLOCK_BYTES) return randomFillSync(new Uint8Array(bytes));
  if (used + bytes > block.length) {
    block = randomFillSync(new Uint8Array(BLOCK_BYTES));
    used = 0;
  }
  const from = used;
  used += bytes;
  const given = block.slice(from, used);
  block.fill(0, from, used);
  return given;
}

const pure: Crypto = pureCrypto(random);
/** From here on the native SHA-256 is quicker, the call included (seven times at 64 KiB). */
const NATIVE_BYTES_MIN = 512;

/** Our own hash kernels, the system's for what is long, and the operating system's randomness. */
export const systemCrypto: Crypto = {
  ...pure,
  sha256Into: (input, offset, length, out, outOffset) => {
    if (length < NATIVE_BYTES_MIN) return pure.sha256Into(input, offset, length, out, outOffset);
    const hash = createHash('sha256').update(input.subarray(offset, offset + length));
    out.set(hash.digest(), outOffset);
  },
};

/** Unguessable and, for all purposes, unique. */
export function random128(): Hash128 {
  return read128(systemCrypto.random(HASH128_BYTES), 0);
}

/** `setTimeout` takes no more than this. */
const TIMER_MILLIS_MAX = 0x7fff_ffff;

/**
 * Calls `wake` when a deadline has passed. Deadlines move with every input, nearly always into the
 * future, so a timer that is set stays set and looks again when it rings: an input costs no system
 * call. A deadline that has passed already is served after what is ready to be read or completed,
 * so that work in slices starves nobody.
 */
export class DeadlineTimer {
  private readonly wake: () => void;
  private deadline: number = NEVER;
  private timer: NodeJS.Timeout | null = null;
  /** When `timer` rings. */
  private ringsAt: number = NEVER;
  private immediate: NodeJS.Immediate | null = null;
  /** Whether the process stays alive for the deadline. */
  private held: boolean = true;
  private readonly ring: () => void;
  private readonly rush: () => void;

  constructor(wake: () => void) {
    this.wake = wake;
    this.ring = () => {
      this.timer = null;
      this.ringsAt = NEVER;
      if (this.deadline <= monotonicMicros()) this.fire();
      else this.arm(monotonicMicros(), this.deadline);
    };
    this.rush = () => {
      this.immediate = null;
      if (this.deadline !== NEVER) this.fire();
    };
  }

  /** Whether the process must not end before the deadline, though nothing else keeps it alive. */
  hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    if (held) this.timer?.ref();
    else this.timer?.unref();
  }

  arm(now: number, deadline: number): void {
    this.deadline = deadline;
    if (deadline === NEVER) return;
    if (deadline <= now) {
      this.immediate ??= setImmediate(this.rush);
    } else if (deadline < this.ringsAt) {
      if (this.timer !== null) clearTimeout(this.timer);
      const millis = Math.min(Math.ceil((deadline - now) / 1000), TIMER_MILLIS_MAX);
      this.timer = setTimeout(this.ring, millis);
      if (!this.held) this.timer.unref();
      this.ringsAt = now + millis * 1000;
    }
  }

  stop(): void {
    this.deadline = NEVER;
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.immediate !== null) clearImmediate(this.immediate);
  }

  /** The one who is woken arms again. */
  private fire(): void {
    this.deadline = NEVER;
    this.wake();
  }
}
