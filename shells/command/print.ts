/**
 * How commands speak: results on standard output, and only those; progress, advice and errors on
 * standard error. Colours only on a terminal, and never with NO_COLOR. A progress bar only on a
 * terminal: elsewhere one line at the end says what was done.
 */

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** For people who look, not for programs that read. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)));
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Paints for a stream, if it shows colours. */
export function painter(stream: NodeJS.WriteStream): Paint {
  const { NO_COLOR: refused, TERM: term } = process.env;
  const plain = !stream.isTTY || (refused !== undefined && refused !== '') || term === 'dumb';
  return plain ? (_, text) => text : (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}

const BAR_COLUMNS = 30;
const REDRAW_MILLIS = 80;

/** A bar on standard error that fills as work is done. */
export class Progress {
  private readonly what: string;
  private readonly unit: (amount: number) => string;
  private readonly stream: NodeJS.WriteStream = process.stderr;
  private readonly began: number = performance.now();
  private drawnAt: number = Number.NEGATIVE_INFINITY;
  private drawn: boolean = false;

  constructor(what: string, unit: (amount: number) => string = String) {
    this.what = what;
    this.unit = unit;
  }

  /** `total` 0: not known. */
  show(done: number, total: number): void {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.drawnAt < REDRAW_MILLIS) return;
    this.drawnAt = now;
    this.drawn = true;
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const full = Math.round(share * BAR_COLUMNS);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)}`;
    const seconds = (now - this.began) / 1000;
    const left = share > 0.02 && seconds > 1 ? `, ${this.left(seconds, share)}` : '';
    const amount = total === 0 ? this.unit(done) : `${this.unit(done)} of ${this.unit(total)}`;
    const percent = total === 0 ? '' : `${Math.floor(share * 100)} % `;
    this.stream.write(`\r\u001b[K${this.what} ${bar} ${percent}${amount}${left}`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.drawn) this.stream.write('\r\u001b[K');
    this.drawn = false;
  }

  private left(seconds: number, share: number): string {
    const rest = Math.ceil(seconds / share - seconds);
    return rest < 90 ? `${rest} s left` : `${Math.ceil(rest / 60)} min left`;
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]!}`;
}

/** 12,345 */
export function countText(count: number): string {
  return String(count).replaceAll(/(\d)(?=(\d{3})+$)/g, '$1,');
}
