/**
 * Integer mixing: the randomness of choices and the lanes of the run's digest.
 *
 * Not cryptographic. The constants and shifts are the "lowbias32" finaliser found by exhaustive
 * search (Wellons, 2018); one step costs about a nanosecond and allocates nothing.
 */

/** A bijection of 32-bit integers in which every input bit reaches every output bit. */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** Folds `value` into `hash`; the order of folds matters. */
export function fold(hash: number, value: number): number {
  return mix(Math.imul(hash, 0x9e3779b1) + value);
}

/** A uniform integer in [0, n) from the 32 bits of `hash`; n ≤ 2^20 keeps the bias below 1/4096. */
export function scale(hash: number, n: number): number {
  return Math.floor(((hash >>> 0) * n) / 4294967296);
}

/** 32-bit hash of a short text, by UTF-16 code unit. For names; never on a hot path. */
export function mixText(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i++) hash = fold(hash, text.charCodeAt(i));
  return hash;
}

/** Eight lower-case hex digits. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
