/**
 * What is written to a socket within one turn of the event loop leaves as one piece of memory, in
 * one system call: a stream that is corked would pass every frame through its queue by itself, and
 * to the system as a list.
 *
 * Cost: one copy of the bytes, which are the caller's again when `write` returns.
 */
import type { Socket } from 'node:net';
import { FRAME_HEADER_BYTES, writeFrame } from './frames.ts';

/** A short piece is carved out of a slab that it shares with others. */
const PIECE_BYTES_MIN = 512;
/** A longer piece is not the measure of the next one. */
const PIECE_BYTES_KEPT = 1 << 16;

export class TurnWriter {
  private readonly socket: Socket;
  private readonly soon: (flush: () => void) => void;
  private piece: Buffer | null = null;
  private used = 0;
  private sizeNext = PIECE_BYTES_MIN;

  /** `soon` calls what it is given once, at the end of the turn: `atTurnEnd`, say. */
  constructor(socket: Socket, soon: (flush: () => void) => void) {
    this.socket = socket;
    this.soon = soon;
  }

  /** Bytes that the other end has not taken. */
  get waiting(): number {
    return this.socket.writableLength + this.used;
  }

  write(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.piece!.set(bytes, at);
  }

  /** The payload behind its length, u32 little-endian. */
  writeFrame(payload: Uint8Array): void {
    const at = this.room(FRAME_HEADER_BYTES + payload.length);
    writeFrame(payload, this.piece!, at);
  }

  /** Hands over what there is: before the socket is ended, which would not wait for the turn. */
  readonly flush = (): void => {
    const { piece, used } = this;
    if (piece === null) return;
    this.piece = null;
    this.used = 0;
    this.sizeNext = Math.min(Math.max(used, PIECE_BYTES_MIN), PIECE_BYTES_KEPT);
    if (!this.socket.destroyed) this.socket.write(piece.subarray(0, used));
  };

  /** Where the next bytes go. */
  private room(bytes: number): number {
    const at = this.used;
    const end = at + bytes;
    if (this.piece === null) {
      this.piece = Buffer.allocUnsafe(Math.max(bytes, this.sizeNext));
      this.soon(this.flush);
    } else if (end > this.piece.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.piece.length));
      this.piece.copy(longer, 0, 0, at);
      this.piece = longer;
    }
    this.used = end;
    return at;
  }
}
