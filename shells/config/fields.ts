/**
 * Reads the fields of a JSON object by name and collects what is wrong with them, one line each:
 * a field that is missing, one of another kind, and one that nobody asked for, with the name that
 * was probably meant. Costs nothing worth naming; never throws.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export class Fields {
  private readonly object: JsonObject;
  private readonly path: string;
  private readonly errors: string[];
  private readonly asked: string[] = [];

  /** `path` is how errors name the object: empty for the whole file. */
  constructor(object: JsonObject, path: string, errors: string[]) {
    this.object = object;
    this.path = path;
    this.errors = errors;
  }

  /** Null when the value is none of the wanted kind; that is said then. */
  text(name: string, wanted: string): string | null {
    const value = this.take(name);
    if (typeof value === 'string' && value !== '') return value;
    return this.wrong(name, value, wanted);
  }

  integer(name: string, min: number, max: number): number | null {
    const value = this.take(name);
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    return this.wrong(name, value, `a whole number from ${min} to ${max}`);
  }

  boolean(name: string): boolean | null {
    const value = this.take(name);
    return typeof value === 'boolean' ? value : this.wrong(name, value, 'true or false');
  }

  /** The elements; null when it is no list of `min` to `max` of them. */
  list(name: string, min: number, max: number): readonly Json[] | null {
    const value = this.take(name);
    if (isList(value) && value.length >= min && value.length <= max) return value;
    return this.wrong(name, value, `a list of ${min} to ${max}`);
  }

  /** What is read of an object inside this one; null when it is none. */
  inner(name: string): Fields | null {
    const value = this.take(name);
    if (isObject(value)) return new Fields(value, this.named(name), this.errors);
    return this.wrong(name, value, 'an object');
  }

  has(name: string): boolean {
    if (Object.hasOwn(this.object, name)) return true;
    this.asked.push(name);
    return false;
  }

  /** Says that a field was readable, and still is not what it must be. */
  refuse(name: string, reason: string): null {
    this.errors.push(`"${this.named(name)}" ${reason}`);
    return null;
  }

  /** To be called last: whatever nobody asked for is an error. */
  end(): void {
    for (const name of Object.keys(this.object)) {
      if (this.asked.includes(name)) continue;
      const known = this.asked.map((each) => `"${each}"`).join(', ');
      this.errors.push(`"${this.named(name)}" is no key that is known here; those are ${known}`);
    }
  }

  private take(name: string): Json | undefined {
    this.asked.push(name);
    return Object.hasOwn(this.object, name) ? this.object[name] : undefined;
  }

  private wrong(name: string, value: Json | undefined, wanted: string): null {
    return this.refuse(name, value === undefined ? `is missing: ${wanted}` : `must be ${wanted}`);
  }

  private named(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
