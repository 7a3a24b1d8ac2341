/**
 * A stream of frames of the protocol: bytes in, messages out; the first thing that is wrong ends
 * it, with its reason.
 */
import { FrameReader } from '../frames.ts';

export class FrameStream<F> {
  /** Why the stream was refused; null while it is good. */
  refused: string | null = null;
  private ended = false;
  private readonly reader: FrameReader;

  /** `onFrame`: false ends the stream. */
  constructor(
    bytesMax: number,
    decode: (frame: Uint8Array) => F | string,
    onFrame: (frame: F) => boolean,
  ) {
    this.reader = new FrameReader(bytesMax, (bytes) => {
      const decoded = decode(bytes);
      if (typeof decoded === 'string') {
        this.refused = decoded;
        return false;
      }
      this.ended = !onFrame(decoded);
      return !this.ended;
    });
  }

  /** Bytes of memory held for a frame that is not whole. */
  get heldBytes(): number {
    return this.reader.heldBytes;
  }

  /** Largest frame taken from now on. */
  limit(bytesMax: number): void {
    this.reader.bytesMax = bytesMax;
  }

  /** False: close the connection; `refused` says why, unless `onFrame` ended it. */
  push(chunk: Uint8Array): boolean {
    if (this.reader.push(chunk)) return true;
    if (!this.ended) this.refused ??= `a frame is longer than ${this.reader.bytesMax} bytes`;
    return false;
  }
}
