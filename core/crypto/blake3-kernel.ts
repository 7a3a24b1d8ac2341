/**
 * The BLAKE3 compression function, unrolled (BLAKE3 specification of 2020, section 2.2).
 *
 * All seven rounds are written out and the message permutation is folded into the operand names:
 * a loop over rounds that moves the sixteen message words costs a quarter more time. This makes
 * the one function of this house that is far longer than a page; it has no branch.
 *
 * Cost: about 0.08 µs per 64-byte block plus 0.03 µs to load it. Allocates nothing. Not constant
 * time in any promised sense: a JavaScript engine gives no such guarantee.
 */

export const BLAKE3_BLOCK_BYTES = 64;

export const IV0: number = 0x6a09e667 | 0;
export const IV1: number = 0xbb67ae85 | 0;
export const IV2: number = 0x3c6ef372 | 0;
export const IV3: number = 0xa54ff53a | 0;
export const IV4: number = 0x510e527f | 0;
export const IV5: number = 0x9b05688c | 0;
export const IV6: number = 0x1f83d9ab | 0;
export const IV7: number = 0x5be0cd19 | 0;

function rotr16(x: number): number {
  return (x << 16) | (x >>> 16);
}

function rotr12(x: number): number {
  return (x << 20) | (x >>> 12);
}

function rotr8(x: number): number {
  return (x << 24) | (x >>> 8);
}

function rotr7(x: number): number {
  return (x << 25) | (x >>> 7);
}

/**
 * Compresses the 16 words of `block` under the chaining value at `cv[cvOffset..+8]` and writes all
 * 16 output words to `out`; the first eight are the next chaining value. `out` may be `cv` only if
 * `cvOffset` is 0 and `cv` has 16 words.
 */
// oxfmt-ignore
export function compressBlake3(
  cv: Int32Array,
  cvOffset: number,
  block: Int32Array,
  counterLow: number,
  counterHigh: number,
  blockBytes: number,
  flags: number,
  out: Int32Array,
): void {
  let v0 = cv[cvOffset]!;
  let v1 = cv[cvOffset + 1]!;
  let v2 = cv[cvOffset + 2]!;
  let v3 = cv[cvOffset + 3]!;
  let v4 = cv[cvOffset + 4]!;
  let v5 = cv[cvOffset + 5]!;
  let v6 = cv[cvOffset + 6]!;
  let v7 = cv[cvOffset + 7]!;
  let v8 = IV0, v9 = IV1, v10 = IV2, v11 = IV3;
  let v12 = counterLow | 0, v13 = counterHigh | 0, v14 = blockBytes | 0, v15 = flags | 0;
  const m0 = block[0]!;
  const m1 = block[1]!;
  const m2 = block[2]!;
  const m3 = block[3]!;
  const m4 = block[4]!;
  const m5 = block[5]!;
  const m6 = block[6]!;
  const m7 = block[7]!;
  const m8 = block[8]!;
  const m9 = block[9]!;
  const m10 = block[10]!;
  const m11 = block[11]!;
  const m12 = block[12]!;
  const m13 = block[13]!;
  const m14 = block[14]!;
  const m15 = block[15]!;
  // Round 1: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m0) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m1) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m2) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m3) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m4) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m5) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m6) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m7) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m8) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m9) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m10) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m11) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m12) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m13) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m14) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m15) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 2: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m2) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m6) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m3) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m10) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m7) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m0) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m4) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m13) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m1) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m11) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m12) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m5) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m9) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m14) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m15) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m8) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 3: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m3) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m4) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m10) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m12) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m13) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m2) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m7) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m14) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m6) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m5) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m9) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m0) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m11) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m15) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m8) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m1) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 4: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m10) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m7) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m12) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m9) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m14) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m3) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m13) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m15) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m4) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m0) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m11) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m2) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m5) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m8) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m1) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m6) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 5: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m12) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m13) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m9) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m11) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m15) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m10) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m14) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m8) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m7) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m2) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m5) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m3) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m0) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m1) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m6) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m4) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 6: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m9) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m14) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m11) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m5) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m8) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m12) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m15) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m1) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m13) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m3) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m0) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m10) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m2) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m6) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m4) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m7) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // Round 7: the four columns, then the four diagonals.
  v0 = (v0 + v4 + m11) | 0; v12 = rotr16(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr12(v4 ^ v8);
  v0 = (v0 + v4 + m15) | 0; v12 = rotr8(v12 ^ v0); v8 = (v8 + v12) | 0; v4 = rotr7(v4 ^ v8);
  v1 = (v1 + v5 + m5) | 0; v13 = rotr16(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr12(v5 ^ v9);
  v1 = (v1 + v5 + m0) | 0; v13 = rotr8(v13 ^ v1); v9 = (v9 + v13) | 0; v5 = rotr7(v5 ^ v9);
  v2 = (v2 + v6 + m1) | 0; v14 = rotr16(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr12(v6 ^ v10);
  v2 = (v2 + v6 + m9) | 0; v14 = rotr8(v14 ^ v2); v10 = (v10 + v14) | 0; v6 = rotr7(v6 ^ v10);
  v3 = (v3 + v7 + m8) | 0; v15 = rotr16(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr12(v7 ^ v11);
  v3 = (v3 + v7 + m6) | 0; v15 = rotr8(v15 ^ v3); v11 = (v11 + v15) | 0; v7 = rotr7(v7 ^ v11);
  v0 = (v0 + v5 + m14) | 0; v15 = rotr16(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr12(v5 ^ v10);
  v0 = (v0 + v5 + m10) | 0; v15 = rotr8(v15 ^ v0); v10 = (v10 + v15) | 0; v5 = rotr7(v5 ^ v10);
  v1 = (v1 + v6 + m2) | 0; v12 = rotr16(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr12(v6 ^ v11);
  v1 = (v1 + v6 + m12) | 0; v12 = rotr8(v12 ^ v1); v11 = (v11 + v12) | 0; v6 = rotr7(v6 ^ v11);
  v2 = (v2 + v7 + m3) | 0; v13 = rotr16(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr12(v7 ^ v8);
  v2 = (v2 + v7 + m4) | 0; v13 = rotr8(v13 ^ v2); v8 = (v8 + v13) | 0; v7 = rotr7(v7 ^ v8);
  v3 = (v3 + v4 + m7) | 0; v14 = rotr16(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr12(v4 ^ v9);
  v3 = (v3 + v4 + m13) | 0; v14 = rotr8(v14 ^ v3); v9 = (v9 + v14) | 0; v4 = rotr7(v4 ^ v9);
  // The high half first: it still reads the chaining value, which `out` may overwrite.
  out[8] = v8 ^ cv[cvOffset]!;
  out[9] = v9 ^ cv[cvOffset + 1]!;
  out[10] = v10 ^ cv[cvOffset + 2]!;
  out[11] = v11 ^ cv[cvOffset + 3]!;
  out[12] = v12 ^ cv[cvOffset + 4]!;
  out[13] = v13 ^ cv[cvOffset + 5]!;
  out[14] = v14 ^ cv[cvOffset + 6]!;
  out[15] = v15 ^ cv[cvOffset + 7]!;
  out[0] = v0 ^ v8;
  out[1] = v1 ^ v9;
  out[2] = v2 ^ v10;
  out[3] = v3 ^ v11;
  out[4] = v4 ^ v12;
  out[5] = v5 ^ v13;
  out[6] = v6 ^ v14;
  out[7] = v7 ^ v15;
}
