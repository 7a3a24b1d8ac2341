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
    const parts = /^(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::?\d\d)?)?$/.exec(
      this.#text,
    );
    if (parts === null) return new Date(Number.NaN);
    const [, year, month, day, time, fraction = '', zone = '+00'] = parts;
    const millis = fraction.slice(0, 4);
    const offset = zone.length === 3 ? `${zone}:00` : zone;
    return new Date(`${year}-${month}-${day}T${time}${millis}${offset}`);
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
