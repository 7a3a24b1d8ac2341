/**
 * What is staged in one tenant, said anew: which chunks wait for the request that names them, and
 * which of those requests have expired. Plain maps instead of the kernel's records.
 */
import { STAGED_NONCE_BYTES, chunkBytes } from '../../../core/kernel/staging.ts';
import type { Chunk } from '../../../core/kernel/staging.ts';
import type { Limits } from '../../../core/limits.ts';

/** Of the longest request that can be staged, how much a tenant holds at a time. */
const HELD_MAX = 4;

interface StagedModel {
  readonly bytes: number;
  /** Each chunk that is there. */
  readonly chunks: Map<number, Uint8Array>;
  /** Of its newest chunk. */
  op: number;
}

export class StagingModel {
  used = false;
  /** By name, that of the oldest newest chunk first. */
  private readonly requests = new Map<string, StagedModel>();

  /** SQLSTATE with which the chunk is refused; '': it is taken. */
  put({ name, bytes, index, chunk }: Chunk, op: number, limits: Limits): string {
    this.used = true;
    const key = name.join();
    const known = this.requests.get(key) ?? { bytes, chunks: new Map<number, Uint8Array>(), op };
    if (known.bytes !== bytes) return '22023';
    const [oldest] = this.requests;
    const drop =
      oldest !== undefined && oldest[0] !== key && op - oldest[1].op > limits.stagedOpsMax
        ? oldest
        : null;
    const held = this.held() - (drop === null ? 0 : bytesOf(drop[1]));
    const gained = known.chunks.has(index) ? 0 : chunk.length;
    if (held + gained > limits.stagedBytesMax * HELD_MAX) return '53400';
    if (drop !== null) this.requests.delete(drop[0]);
    known.chunks.set(index, chunk.slice());
    known.op = op;
    this.requests.delete(key);
    this.requests.set(key, known);
    return '';
  }

  /** The request of this name is executed, and then gone; null: it is not there as a whole. */
  take(name: Uint8Array, bytes: number): Uint8Array | null {
    const key = name.join();
    const known = this.requests.get(key);
    if (known === undefined || known.bytes !== bytes || bytesOf(known) !== bytes) return null;
    this.requests.delete(key);
    const inOrder = [...known.chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk);
    return Uint8Array.from(inOrder.flatMap((chunk) => [...chunk])).subarray(STAGED_NONCE_BYTES);
  }

  private held(): number {
    let bytes = 0;
    for (const staged of this.requests.values()) bytes += bytesOf(staged);
    return bytes;
  }
}

/** Whether it is such a chunk as can be. */
export function isChunk({ bytes, index, chunk }: Chunk, limits: Limits): boolean {
  const from = index * chunkBytes(limits);
  if (bytes === 0 || bytes > limits.stagedBytesMax || from >= bytes) return false;
  return chunk.length === Math.min(bytes, from + chunkBytes(limits)) - from;
}

function bytesOf({ chunks }: StagedModel): number {
  let bytes = 0;
  for (const chunk of chunks.values()) bytes += chunk.length;
  return bytes;
}
