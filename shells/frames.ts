/**
 * Frames on a byte stream: length u32 little-endian, then that many bytes. One reader a connection.
 *
 * Memory is bounded by the largest frame allowed and one chunk; a buffer that grew for a large
 * frame is given back after it. Frames that lie whole in a chunk are read where they are, without a
 * copy.
 */

export const FRAME_HEADER_BYTES = 4;
/** A buffer larger than this is not kept once it is empty. */
const KEEP_BYTES_MAX = 1 << 16;
const NOTHING: Uint8Array = new Uint8Array(0);

/** Gets a view that is valid during the call only; false refuses the rest of the stream. */
export type OnFrame = (frame: Uint8Array) => boolean;

export class FrameReader {
  /** Largest frame that is taken; may be changed between frames. */
  bytesMax: number;
  private readonly onFrame: OnFrame;
  /** The beginning of a frame that is not whole yet: `used` bytes of `buffer`. */
  private buffer: Uint8Array = NOTHING;
  private used = 0;
  private refused = false;

  constructor(bytesMax: number, onFrame: OnFrame) {
    this.bytesMax = bytesMax;
    this.onFrame = onFrame;
  }

  /** Bytes of memory held. */
  get heldBytes(): number {
    return this.buffer.length;
  }

  /** Takes bytes as they arrive; false when the stream must be closed, now and ever after. */
  push(received: Uint8Array): boolean {
    if (this.refused) return false;
    // Sockets give Buffers, whose `slice` is a view where everybody else's is a copy.
    const chunk = new Uint8Array(received.buffer, received.byteOffset, received.length);
    if (this.used === 0) {
      this.keep(chunk, this.consume(chunk));
    } else {
      this.append(chunk);
      const bytes = this.buffer.subarray(0, this.used);
      this.used = 0;
      this.keep(bytes, this.consume(bytes));
    }
    return !this.refused;
  }

  /** Hands out the whole frames; returns where the first one that is not whole begins. */
  private consume(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = view.getUint32(at, true);
      if (length > this.bytesMax) {
        this.refused = true;
        break;
      }
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      if (!this.onFrame(bytes.subarray(at + FRAME_HEADER_BYTES, end))) {
        this.refused = true;
        break;
      }
      at = end;
    }
    return at;
  }

  private keep(bytes: Uint8Array, from: number): void {
    const rest = this.refused ? NOTHING : bytes.subarray(from);
    if (rest.length === 0) {
      this.used = 0;
      if (this.buffer.length > KEEP_BYTES_MAX || this.refused) this.buffer = NOTHING;
      return;
    }
    if (rest.buffer === this.buffer.buffer) this.buffer.copyWithin(0, from, bytes.length);
    else this.append(rest);
    this.used = rest.length;
  }

  private append(chunk: Uint8Array): void {
    const needed = this.used + chunk.length;
    if (needed > this.buffer.length) {
      const largest = FRAME_HEADER_BYTES + this.bytesMax;
      const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.buffer.length, largest)));
      grown.set(this.buffer.subarray(0, this.used));
      this.buffer = grown;
    }
    this.buffer.set(chunk, this.used);
    this.used = needed;
  }
}

/** Header and payload; `out` has room for both. */
export function writeFrame(payload: Uint8Array, out: Buffer, at: number): void {
  out.writeUInt32LE(payload.length, at);
  out.set(payload, at + FRAME_HEADER_BYTES);
}
