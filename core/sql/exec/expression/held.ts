/**
 * Arrays that an expression makes: all of a batch's are there at once, before any operator keeps
 * them. They are accounted for one by one, as they are made, and given back with the next batch.
 */
import { isArrayType } from '../../types/array-type.ts';
import type { TypeId, Value } from '../../types/type.ts';
import { account } from '../operator.ts';
import type { Run } from '../operator.ts';

/** An object or a short string with the reference to it; a number in an array. */
const VALUE_BYTES = 48;
const NUMBER_BYTES = 16;

export class Held {
  readonly #run: Run;
  #bytes = 0;
  /** The same one again takes nothing more. */
  #last: Value = null;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Throws `53200`. */
  add(value: Value): void {
    if (value === this.#last) return;
    this.#last = value;
    const bytes = heldBytes(value);
    this.#bytes += bytes;
    account(this.#run, bytes);
  }

  release(): void {
    account(this.#run, -this.#bytes);
    this.#bytes = 0;
    this.#last = null;
  }
}

/** Null: values of this type are small, or somebody else's. */
export function heldOf(type: TypeId, run: Run): Held | null {
  return isArrayType(type) ? new Held(run) : null;
}

/** By our own rule: the same on every machine. */
export function heldBytes(value: Value): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  if (value.kind !== 'array') return 0;
  let bytes = VALUE_BYTES;
  for (const element of value.elements) {
    if (typeof element === 'string') bytes += VALUE_BYTES + element.length;
    else bytes += typeof element === 'object' && element !== null ? VALUE_BYTES : NUMBER_BYTES;
  }
  return bytes;
}
