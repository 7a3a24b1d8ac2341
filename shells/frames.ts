/**
 * Frames on a byte stream: length u32 little-endian, then that many bytes. One reader a connection;
 * memory is bounded by the largest frame allowed.
 */

export const FRAME_HEADER_BYTES = 4;

export interface FrameReader {
  /** Takes bytes as they arrive; false when the stream is not ours and must be closed. */
  push(chunk: Uint8Array): boolean;
}

/** `onFrame` gets a view that is valid during the call only. */
export function createFrameReader(
  bytesMax: number,
  onFrame: (frame: Uint8Array) => void,
): FrameReader {
  let buffer = new Uint8Array(4096);
  let used = 0;
  return {
    push(chunk: Uint8Array): boolean {
      if (used + chunk.length > buffer.length) {
        const grown = new Uint8Array(Math.max(buffer.length * 2, used + chunk.length));
        grown.set(buffer.subarray(0, used));
        buffer = grown;
      }
      buffer.set(chunk, used);
      used += chunk.length;
      let at = 0;
      const view = new DataView(buffer.buffer);
      while (used - at >= FRAME_HEADER_BYTES) {
        const length = view.getUint32(at, true);
        if (length > bytesMax) return false;
        if (used - at < FRAME_HEADER_BYTES + length) break;
        onFrame(buffer.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length));
        at += FRAME_HEADER_BYTES + length;
      }
      buffer.copyWithin(0, at, used);
      used -= at;
      return true;
    },
  };
}

/** Header and payload in one buffer, ready to write. */
export function frame(payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  new DataView(out.buffer).setUint32(0, payload.length, true);
  out.set(payload, FRAME_HEADER_BYTES);
  return out;
}
