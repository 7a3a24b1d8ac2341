/**
 * One connection: frames in, frames out, a bounded queue. Knows nothing of who is behind it.
 *
 * What is sent within one turn of the event loop leaves in one system call. A slow reader at the
 * other end costs at most `QUEUE_BYTES_MAX` of this process's memory: what does not fit is dropped,
 * which the protocol expects.
 */
import type { Socket } from 'node:net';
import { FrameReader } from './frames.ts';
import type { OnFrame } from './frames.ts';
import { atTurnEnd } from './turn-end.ts';
import { TurnWriter } from './turn-writer.ts';

const QUEUE_BYTES_MAX = 16 << 20;
/** Idle connections are probed after this long, so that a vanished machine's are noticed. */
const KEEP_ALIVE_MILLIS = 10_000;

export class Link {
  readonly socket: Socket;
  private readonly reader: FrameReader;
  private readonly writer: TurnWriter;

  constructor(socket: Socket, frameBytesMax: number, onFrame: OnFrame) {
    this.socket = socket;
    // Not on the next tick: what the other sockets of this turn bring leaves with it.
    this.writer = new TurnWriter(socket, atTurnEnd);
    this.reader = new FrameReader(frameBytesMax, (bytes) => onFrame(bytes) && !socket.destroyed);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLIS);
    socket.on('data', (chunk) => {
      if (!this.reader.push(chunk)) socket.destroy();
    });
    // 'close' follows, which is what the owner acts on.
    socket.on('error', () => socket.destroy());
  }

  /** Largest frame taken from now on. */
  limit(frameBytesMax: number): void {
    this.reader.bytesMax = frameBytesMax;
  }

  /** False when the frame was dropped. */
  send(payload: Uint8Array): boolean {
    if (this.socket.destroyed || this.writer.waiting > QUEUE_BYTES_MAX) return false;
    this.writer.writeFrame(payload);
    return true;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
