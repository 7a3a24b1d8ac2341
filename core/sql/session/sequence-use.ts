/**
 * Sequences as a statement uses them: values come from the state, and what the session has drawn
 * before (`currval`, `lastval`) comes with the request and goes back with the answer.
 */
import type { Sequence } from '../catalog/model.ts';
import { relationByText } from '../catalog/by-text.ts';
import type { Sequences } from '../environment.ts';
import { SqlError } from '../error.ts';
import type { Database } from '../rows/database.ts';
import { narrow } from '../types/int64.ts';
import type { Int64 } from '../types/type.ts';
import type { SequenceValues } from './request.ts';

export class SequenceUse implements Sequences {
  readonly #database: Database;
  readonly #before: SequenceValues;
  /** Made at the first use: few statements draw anything. */
  #drawn: Map<string, bigint> | null = null;

  /** `before`: what the session has drawn. */
  constructor(database: Database, before: SequenceValues) {
    this.#database = database;
    this.#before = before;
  }

  get drawn(): readonly (readonly [string, bigint])[] {
    return this.#drawn === null ? NOTHING : [...this.#drawn];
  }

  next(name: string): Int64 {
    const sequence = this.#find(name);
    const value = this.#database.nextValue(sequence);
    this.#note(keyOf(sequence), value);
    return value;
  }

  current(name: string): Int64 {
    const sequence = this.#find(name);
    const value = this.#valueOf(keyOf(sequence));
    if (value !== undefined) return narrow(value);
    const message = `currval of sequence "${sequence.name}" is not yet defined in this session`;
    throw new SqlError('55000', message);
  }

  last(): Int64 {
    // Of those drawn, the last one comes last.
    const last = this.drawn.at(-1)?.[0] ?? this.#before.last;
    const value = this.#valueOf(last);
    const isThere = this.#database.catalog.relationById(Number(last))?.kind === 'sequence';
    if (value !== undefined && isThere) return narrow(value);
    throw new SqlError('55000', 'lastval is not yet defined in this session');
  }

  set(name: string, value: Int64, called: boolean): Int64 {
    const sequence = this.#find(name);
    this.#database.setValue(sequence, value, called);
    if (called) this.#note(keyOf(sequence), value);
    return value;
  }

  #note(key: string, value: Int64): void {
    const wide = BigInt(value);
    this.#drawn ??= new Map();
    // The last one drawn comes last.
    this.#drawn.delete(key);
    this.#drawn.set(key, wide);
  }

  #valueOf(key: string): bigint | undefined {
    const drawn = this.#drawn?.get(key);
    return drawn ?? this.#before.current.find(([name]) => name === key)?.[1];
  }

  #find(text: string): Sequence {
    const found = relationByText(this.#database.catalog, text);
    if (found.kind === 'sequence') return found;
    throw new SqlError('42809', `"${found.name}" is not a sequence`);
  }
}

const NOTHING: readonly (readonly [string, bigint])[] = [];

/** Sequences are remembered by id: a renamed one stays what it is. */
function keyOf(sequence: Sequence): string {
  return String(sequence.id);
}
