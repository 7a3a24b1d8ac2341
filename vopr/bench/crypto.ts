/**
 * What the crypto kernels cost: nanoseconds per operation, best of several rounds, on this machine.
 *
 * Each pair `pure` / `memo` says whether remembering hashes pays for inputs of that size: `memo` is
 * a hit, `memo miss` the price of never hitting.
 */
import { hrtime } from 'node:process';
import { crc32c } from '../../core/crypto/crc32c.ts';
import { type Crypto, pureCrypto } from '../../core/crypto/crypto.ts';
import { mix32, mixBytes } from '../../core/crypto/fasthash.ts';
import { memoCrypto } from '../../core/crypto/memo.ts';

export interface CryptoRow {
  readonly what: string;
  readonly nanosPerOp: number;
}

const ROUNDS = 40;
const OPS_WARM = 20_000;
/** Few enough that on a busy machine some round runs undisturbed. */
const OPS_PER_ROUND = 1000;
const SIZES: readonly number[] = [64, 128, 256, 512, 1024];
const MEMO_SLOTS = 1024;
/** Distinct inputs, fewer than the slots, so that the memo hits. */
const INPUTS = 61;

/** Runs every measurement: about two seconds. */
export function benchCrypto(): readonly CryptoRow[] {
  const rows: CryptoRow[] = [];
  const bytes = new Uint8Array(INPUTS * 1024 + 1024);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = mix32(1, i);
  const pure = pureCrypto((count) => new Uint8Array(count));
  for (const size of SIZES) {
    benchHashes(rows, 'pure', pure, bytes, size);
    benchHashes(rows, 'memo', memoCrypto(pure, MEMO_SLOTS), bytes, size);
    benchMiss(rows, memoCrypto(pure, MEMO_SLOTS), bytes, size);
    let sink = 0;
    measure(rows, `crc32c ${size}`, (i) => {
      sink ^= crc32c(bytes, (i % INPUTS) * 1024, size);
    });
    measure(rows, `mixBytes ${size}`, (i) => {
      sink = mixBytes(sink, bytes, (i % INPUTS) * 1024, size);
    });
  }
  let state = 0;
  measure(rows, 'mix32', (i) => {
    state = mix32(state, i);
  });
  return rows;
}

function benchHashes(
  rows: CryptoRow[],
  name: string,
  crypto: Crypto,
  bytes: Uint8Array,
  size: number,
): void {
  const out = new Uint8Array(32);
  measure(rows, `checksum128 ${size} ${name}`, (i) => {
    crypto.checksum128(bytes, (i % INPUTS) * 1024, size);
  });
  measure(rows, `blake3 ${size} ${name}`, (i) => {
    crypto.blake3Into(bytes, (i % INPUTS) * 1024, size, out, 0);
  });
  measure(rows, `sha256 ${size} ${name}`, (i) => {
    crypto.sha256Into(bytes, (i % INPUTS) * 1024, size, out, 0);
  });
}

function benchMiss(rows: CryptoRow[], memo: Crypto, bytes: Uint8Array, size: number): void {
  const input = bytes.slice(0, size);
  let fresh = 0;
  measure(rows, `checksum128 ${size} memo miss`, () => {
    fresh += 1;
    input[0] = fresh;
    input[1] = fresh >>> 8;
    input[2] = fresh >>> 16;
    input[3] = fresh >>> 24;
    memo.checksum128(input, 0, size);
  });
}

function measure(rows: CryptoRow[], what: string, op: (i: number) => void): void {
  for (let i = 0; i < OPS_WARM; i += 1) op(i);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = hrtime.bigint();
    for (let i = 0; i < OPS_PER_ROUND; i += 1) op(i);
    best = Math.min(best, Number(hrtime.bigint() - start) / OPS_PER_ROUND);
  }
  rows.push({ what, nanosPerOp: Math.round(best * 10) / 10 });
}
