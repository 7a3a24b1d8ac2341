/**
 * A script's file, piece by piece: statements and psql's commands, and line by line the data that
 * stands behind a `COPY … FROM stdin`. Read as a stream: what is held is one statement, or one
 * line.
 */
import { createReadStream } from 'node:fs';
import { COPY_END } from '../embedded/copy.ts';
import { readLast, readStatements } from '../repl/read-statements.ts';
import type { Item } from '../repl/read-statements.ts';
import { Utf8Reader } from '../utf8-reader.ts';

export interface Piece {
  /** `copy`: a statement whose data comes next, as `data`, until `end of data`. */
  readonly kind: Item['kind'] | 'copy' | 'data' | 'end of data';
  readonly text: string;
  /** 1-based, of the file. */
  readonly line: number;
  /** Bytes read so far. */
  readonly read: number;
}

/** Throws `NotUtf8Error`. */
export async function* readScript(path: string): AsyncGenerator<Piece> {
  const decoder = new Utf8Reader();
  const script = new ScriptReader();
  let read = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    read += chunk.length;
    for (const piece of script.take(decoder.write(chunk))) yield { ...piece, read };
  }
  for (const piece of script.end(decoder.end())) yield { ...piece, read };
}

type Found = Omit<Piece, 'read'>;

class ScriptReader {
  private rest = '';
  private line = 1;
  /** Within data; `head`: still in the line of the COPY. */
  private state: 'statements' | 'head' | 'data' = 'statements';
  /** What was last read has come to its end, and something else begins. */
  private changed = false;

  *take(added: string): Generator<Found> {
    this.rest += added;
    // Without one of these nothing that was begun has ended.
    if (/[;\n]/.test(added)) yield* this.pieces();
  }

  *end(added: string): Generator<Found> {
    this.rest += added;
    yield* this.pieces();
    if (this.state === 'statements') {
      for (const item of readLast(this.rest)) yield this.found(item);
      return;
    }
    if (this.state === 'data' && this.rest !== '') yield this.lineOf(this.rest, 'data');
    yield this.lineOf('', 'end of data');
  }

  private *pieces(): Generator<Found> {
    for (;;) {
      if (this.state === 'statements') yield* this.statements();
      else yield* this.data();
      const isMore = this.state === 'statements' ? this.rest !== '' : this.rest.includes('\n');
      if (!this.changed || !isMore) return;
    }
  }

  private *statements(): Generator<Found> {
    const { items, rest, copies } = readStatements(this.rest, true);
    for (const item of items) {
      const found = this.found(item);
      yield copies && item === items.at(-1) ? { ...found, kind: 'copy' } : found;
    }
    this.line += this.rest.split('\n').length - rest.split('\n').length;
    this.rest = rest;
    this.changed = copies;
    if (copies) this.state = 'head';
  }

  private *data(): Generator<Found> {
    this.changed = false;
    let at = 0;
    for (;;) {
      const end = this.rest.indexOf('\n', at);
      if (end < 0) break;
      const text = this.rest.slice(at, end);
      at = end + 1;
      const isEnd = this.state === 'data' && (text === COPY_END || text === `${COPY_END}\r`);
      if (this.state === 'data') yield this.lineOf(text, isEnd ? 'end of data' : 'data');
      else this.state = 'data';
      this.line += 1;
      if (!isEnd) continue;
      this.state = 'statements';
      this.changed = true;
      break;
    }
    this.rest = this.rest.slice(at);
  }

  private found({ kind, text, line }: Item): Found {
    return { kind, text, line: this.line + line - 1 };
  }

  private lineOf(text: string, kind: 'data' | 'end of data'): Found {
    return { kind, text, line: this.line };
  }
}
