/** One frame by itself, for tests that write to sockets. */
import { FRAME_HEADER_BYTES, writeFrame } from '../frames.ts';

export function frame(payload: Uint8Array): Uint8Array {
  const out = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrame(payload, out, 0);
  return out;
}
