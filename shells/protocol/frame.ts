/**
 * Frames of the client protocol: length u32 (of all that follows) | CRC-32C u32 of the payload |
 * payload = kind u8, channel u16, request u32, body. Little-endian.
 *
 * Cost: one CRC and one copy a frame.
 */
import { readU16, readU32, writeU32 } from '../../core/codec/bytes.ts';
import { crc32c } from '../../core/crypto/crc32c.ts';
import { ByteReader, ByteWriter } from '../../core/sql/session/bytes.ts';
import { assert } from '../../core/types/assert.ts';

const CRC_BYTES = 4;
/** Length and CRC. */
const HEAD_BYTES = 8;
const PAYLOAD_HEAD_BYTES = 7;

/** One buffer for all frames that are made, unless it had to grow large. */
let scratch: ByteWriter = new ByteWriter(1 << 16);
const SCRATCH_BYTES_MAX = 1 << 20;

/** The bytes of a frame; `write` writes the body. */
export function encodeFrame(
  kind: number,
  channel: number,
  request: number,
  write: (out: ByteWriter) => void,
): Uint8Array {
  const out = scratch.bytes.length > SCRATCH_BYTES_MAX ? new ByteWriter(1 << 16) : scratch;
  scratch = out;
  out.clear();
  out.u32(0);
  out.u32(0);
  out.u8(kind);
  out.u8(channel & 0xff);
  out.u8(channel >>> 8);
  out.u32(request);
  write(out);
  const bytes = out.copy();
  const payloadBytes = bytes.length - HEAD_BYTES;
  assert(readU16(bytes, HEAD_BYTES + 1) === channel, 'a channel is 16 bits');
  writeU32(bytes, 0, CRC_BYTES + payloadBytes);
  writeU32(bytes, CRC_BYTES, crc32c(bytes, HEAD_BYTES, payloadBytes));
  return bytes;
}

/** What stands in a frame before its body. `body` reads the rest. */
export interface FrameView {
  readonly kind: number;
  readonly channel: number;
  readonly request: number;
  readonly body: ByteReader;
}

/** `frame`: without its length, as `FrameReader` hands it out. A string says why it is refused. */
export function openFrame(frame: Uint8Array): FrameView | string {
  if (frame.length < CRC_BYTES + PAYLOAD_HEAD_BYTES) return 'a frame is too short';
  const crc = crc32c(frame, CRC_BYTES, frame.length - CRC_BYTES);
  if (crc !== readU32(frame, 0)) return 'a frame does not match its checksum';
  return {
    kind: frame[CRC_BYTES]!,
    channel: readU16(frame, CRC_BYTES + 1),
    request: readU32(frame, CRC_BYTES + 3),
    body: new ByteReader(frame, CRC_BYTES + PAYLOAD_HEAD_BYTES),
  };
}
