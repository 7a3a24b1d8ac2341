/**
 * Sequences: the values behind `nextval` and `setval`, as records of the state.
 *
 * A record is `position u64, value 64 bits, called u8`; a sequence that was never used has none.
 * It is part of the statement's writes: a statement that fails leaves no gap, unlike PostgreSQL's.
 * A transaction that used a sequence fails with 40001 when another committed a use meanwhile.
 */
import { writeU64 } from '../../codec/bytes.ts';
import { PRESENT } from '../../store/store.ts';
import type { ObjectId, Sequence } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Int64 } from '../types/type.ts';
import { INT2, INT4 } from '../types/type.ts';
import { readInt64 } from './decode.ts';
import { writeInt64 } from './encode.ts';
import { SEQUENCE_BYTES, sequenceKey } from './keyspaces.ts';
import { LAYER_PUT } from './layer.ts';
import type { ReadSet } from './read-set.ts';
import { needed } from './stream.ts';
import type { View } from './view.ts';

export interface SequenceState {
  readonly value: Int64;
  readonly called: boolean;
}

export class StoredSequences {
  readonly #view: View;
  readonly #reads: ReadSet | null;

  constructor(view: View, reads: ReadSet | null) {
    this.#view = view;
    this.#reads = reads;
  }

  /** `setval`. */
  set(sequence: Sequence, value: Int64, called: boolean): void {
    const { minimum, maximum } = sequence;
    if (value < minimum || value > maximum) {
      const bounds = `(${minimum}..${maximum})`;
      const message = `setval: value ${value} is out of bounds for sequence "${sequence.name}"`;
      throw new SqlError('22003', `${message} ${bounds}`);
    }
    this.#reads?.whole(sequence.id);
    this.write(sequence.id, value, called);
  }

  /** The value that comes next, and is now taken. */
  next(sequence: Sequence): Int64 {
    const state = this.state(sequence);
    const value = state.called ? following(sequence, state.value) : state.value;
    this.write(sequence.id, value, true);
    return value;
  }

  state(sequence: Sequence): SequenceState {
    this.#reads?.whole(sequence.id);
    const key = sequenceKey(sequence.id);
    const { overlay, source } = this.#view;
    for (const layer of [overlay.statement, overlay.base]) {
      if (layer.find(key, 0, key.length) !== LAYER_PUT) continue;
      return readState(layer.tree.value, layer.tree.valueFrom);
    }
    if (needed(source.get(key, 0, key.length)) === PRESENT) {
      return readState(source.value, source.valueFrom);
    }
    return { value: narrow(sequence.start), called: false };
  }

  write(sequence: ObjectId, value: Int64, called: boolean): void {
    const key = sequenceKey(sequence);
    const bytes = new Uint8Array(SEQUENCE_BYTES);
    writeU64(bytes, 0, this.#view.position);
    writeInt64(value, bytes, 8);
    bytes[16] = called ? 1 : 0;
    this.#view.overlay.statement.put(key, 0, key.length, bytes, 0, bytes.length);
  }
}

function readState(value: Uint8Array, from: number): SequenceState {
  return { value: readInt64(value, from + 8), called: value[from + 16] === 1 };
}

function narrow(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function following(sequence: Sequence, value: Int64): Int64 {
  const { increment, minimum, maximum, cycle } = sequence;
  if (typeof value === 'number') {
    const near = value + Number(increment);
    if (Number.isSafeInteger(near) && near >= minimum && near <= maximum) return near;
  }
  const next = BigInt(value) + increment;
  if (next >= minimum && next <= maximum) return narrow(next);
  if (cycle) return narrow(increment > 0n ? minimum : maximum);
  const which = increment > 0n ? 'maximum' : 'minimum';
  const bound = increment > 0n ? maximum : minimum;
  const message = `nextval: reached ${which} value of sequence "${sequence.name}" (${bound})`;
  throw new SqlError('2200H', message);
}

/** The bounds that a sequence's type allows. */
export function typeBounds(type: number): { readonly low: bigint; readonly high: bigint } {
  if (type === INT2) return { low: -32_768n, high: 32_767n };
  if (type === INT4) return { low: -2_147_483_648n, high: 2_147_483_647n };
  return { low: -9_223_372_036_854_775_808n, high: 9_223_372_036_854_775_807n };
}
