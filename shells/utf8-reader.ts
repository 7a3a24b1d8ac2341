/**
 * Bytes that come in pieces, as text: UTF-8 or an error that says in which line it is not. Never
 * another text than what was written: a replacement character in its place would be stored. A byte
 * order mark at the beginning is left out.
 */
import { isUtf8 } from 'node:buffer';

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';
const NOTHING = Buffer.alloc(0);

export class NotUtf8Error extends Error {
  override readonly name: string = 'NotUtf8Error';
  /** 1-based. */
  readonly line: number;

  constructor(line: number) {
    super('ERROR 22021: invalid byte sequence for encoding "UTF8"; convert it to UTF-8');
    this.line = line;
  }
}

export class Utf8Reader {
  private held: Buffer = NOTHING;
  private line = 1;
  private begun = false;

  /** The text of all whole characters so far that were not answered before. */
  write(chunk: Buffer): string {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const whole = bytes.length - unfinished(bytes);
    this.held = bytes.subarray(whole);
    return this.text(bytes.subarray(0, whole));
  }

  /** What is left. */
  end(): string {
    const { held } = this;
    this.held = NOTHING;
    return this.text(held);
  }

  private text(bytes: Buffer): string {
    if (!isUtf8(bytes))
      throw new NotUtf8Error(this.line + lineBreaks(bytes.subarray(0, bad(bytes))));
    this.line += lineBreaks(bytes);
    const text = bytes.toString('utf8');
    const skips = !this.begun && text.startsWith(BYTE_ORDER_MARK);
    this.begun ||= text !== '';
    return skips ? text.slice(1) : text;
  }
}

/** How many bytes at the end begin a character that the next piece may finish: 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? back : 0;
  }
  return 0;
}

/** Where the first line begins that is no UTF-8. */
function bad(bytes: Buffer): number {
  for (let from = 0; ;) {
    const end = bytes.indexOf(LINE_FEED, from);
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return from;
    from = end + 1;
  }
}

function lineBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    count += 1;
  }
  return count;
}
