/** One piece a turn, whatever was written in it, in order. */
import { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TurnWriter } from './turn-writer.ts';

class Bench {
  readonly pieces: Uint8Array[] = [];
  readonly socket: Socket = new Socket();
  readonly writer: TurnWriter;
  private ends: (() => void)[] = [];

  constructor() {
    this.socket.write = (bytes: unknown): boolean => {
      this.pieces.push(bytes as Uint8Array);
      return true;
    };
    this.writer = new TurnWriter(this.socket, (flush) => this.ends.push(flush));
  }

  /** Returns how often an end of the turn was asked for. */
  endTurn(): number {
    const ends = this.ends.splice(0);
    for (const end of ends) end();
    return ends.length;
  }
}

test('what is written in a turn leaves in one piece, frames behind their lengths', () => {
  const bench = new Bench();
  const reused = Uint8Array.of(1, 2, 3);
  bench.writer.write(reused);
  reused.fill(9);
  bench.writer.writeFrame(Uint8Array.of(4, 5));
  expect(bench.writer.waiting).toBe(9);
  expect(bench.pieces).toEqual([]);
  expect(bench.endTurn()).toBe(1);
  expect(bench.pieces.map((piece) => [...piece])).toEqual([[1, 2, 3, 2, 0, 0, 0, 4, 5]]);
  expect(bench.writer.waiting).toBe(0);
  bench.writer.write(Uint8Array.of(7));
  expect(bench.endTurn()).toBe(1);
  expect(bench.pieces.length).toBe(2);
});

test('flushed before its turn ends it leaves once, and to a destroyed socket never', () => {
  const bench = new Bench();
  bench.writer.write(Uint8Array.of(1));
  bench.writer.flush();
  bench.endTurn();
  expect(bench.pieces.length).toBe(1);
  bench.writer.write(Uint8Array.of(2));
  bench.socket.destroy();
  bench.endTurn();
  expect(bench.pieces.length).toBe(1);
  expect(bench.writer.waiting).toBe(0);
});

test('any bytes in any turns arrive in order, and a piece handed over is not written again', () => {
  const turn = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), (turns) => {
      const bench = new Bench();
      for (const writes of turns) {
        for (const bytes of writes) bench.writer.write(bytes);
        expect(bench.endTurn()).toBe(writes.length > 0 ? 1 : 0);
      }
      expect(Buffer.concat(bench.pieces).equals(Buffer.concat(turns.flat()))).toBe(true);
    }),
  );
});
