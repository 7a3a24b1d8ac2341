/**
 * One request under way: how it is answered, how many bytes of rows it may send, when it must end.
 */
import { NO_STATE } from '../protocol/message.ts';
import type { ServerMessage, SessionState } from '../protocol/message.ts';
import type { SqlError } from '../../core/sql/error.ts';
import { RequestEnd } from './request-end.ts';

/** What carries answers away. */
export interface Outlet {
  /** Writes a frame. */
  write(frame: Uint8Array): void;
  send(channel: number, request: number, message: ServerMessage): void;
  /** Resolves when the socket has room; at once if it has. */
  room(): Promise<void> | null;
}

export class Running {
  readonly channel: number;
  readonly request: number;
  /** What it is counted as. */
  kind: string;
  readonly end: RequestEnd;
  readonly startedAt: number = performance.now();
  /** Bytes that it holds while it waits. */
  readonly bytes: number;
  private readonly outlet: Outlet;
  private credit: number;
  private wake: (() => void) | null = null;

  constructor(
    outlet: Outlet,
    channel: number,
    request: number,
    kind: string,
    bytes: number,
    credit: number,
    guard: { check(): void },
  ) {
    this.end = new RequestEnd(guard);
    this.outlet = outlet;
    this.channel = channel;
    this.request = request;
    this.kind = kind;
    this.bytes = bytes;
    this.credit = credit;
  }

  send(message: ServerMessage): void {
    this.outlet.send(this.channel, this.request, message);
  }

  error(error: SqlError, state: SessionState = NO_STATE): void {
    this.send({ kind: 'error', state, error });
  }

  /** More may be sent. */
  grant(bytes: number): void {
    this.credit += bytes;
    if (this.credit > 0) this.wake?.();
  }

  /**
   * A frame of rows: waits for credit and for the socket. Null: it has left. Throws, or rejects,
   * when the request ends.
   */
  stream(frame: Uint8Array): Promise<void> | null {
    const { exceeded } = this.end;
    if (exceeded !== null) throw exceeded;
    const room = this.credit > 0 ? this.outlet.room() : null;
    if (this.credit <= 0 || room !== null) return this.streamLater(frame, room);
    this.write(frame);
    return null;
  }

  /** `room`: null if that was not asked for yet. */
  private async streamLater(frame: Uint8Array, room: Promise<void> | null): Promise<void> {
    while (this.credit <= 0) await this.end.race(this.granted());
    const full = room ?? this.outlet.room();
    if (full !== null) await this.end.race(full);
    this.write(frame);
  }

  private write(frame: Uint8Array): void {
    this.credit -= frame.length;
    this.outlet.write(frame);
  }

  private granted(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = null;
        resolve();
      };
    });
  }
}
