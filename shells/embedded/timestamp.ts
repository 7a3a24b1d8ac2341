/**
 * A timestamp as SQL shows it, exact to the microsecond; `Date` knows milliseconds only.
 */
export class Timestamp {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }

  /**
   * The instant, cut to milliseconds. A timestamp without time zone is taken for UTC; infinities,
   * and years before 1 or above 9999, are an invalid date.
   */
  toDate(): Date {
    const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-][\d:]+)?$/.exec(this.#text);
    if (parts === null) return new Date(Number.NaN);
    const [, day, time, fraction = '', offset = '+00'] = parts;
    const local = Date.parse(`${day}T${time}${fraction.slice(0, 4)}Z`);
    // The clocks of long ago were seconds apart, which JavaScript's own reader does not know.
    const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number);
    const east = ((hours * 60 + minutes) * 60 + seconds) * 1000;
    return new Date(offset.startsWith('-') ? local + east : local - east);
  }

  get [Symbol.toStringTag](): string {
    return 'Timestamp';
  }
}

/** So that `console.log` shows the text. */
Object.defineProperty(Timestamp.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Timestamp): string {
    return this.toString();
  },
});
