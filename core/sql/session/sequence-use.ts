/**
 * Sequences as a statement uses them: values come from the state, and what the session has drawn
 * before (`currval`, `lastval`) comes with the request and goes back with the answer.
 */
import type { Sequence } from '../catalog/model.ts';
import { TEMPORARY_ALIAS } from '../catalog/view.ts';
import type { Sequences } from '../environment.ts';
import { SqlError } from '../error.ts';
import type { Database } from '../rows/database.ts';
import { nameParts } from '../tree/name-parts.ts';
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
    const parts = nameParts(text);
    const name = parts.at(-1)!;
    const schema = parts.length > 1 ? parts.at(-2)! : null;
    const { catalog } = this.#database;
    const found = catalog.relation(schema, name);
    if (found === null) {
      if (schema !== null && schema !== TEMPORARY_ALIAS && !catalog.hasSchema(schema)) {
        throw new SqlError('3F000', `schema "${schema}" does not exist`);
      }
      throw new SqlError('42P01', `relation "${parts.join('.')}" does not exist`);
    }
    if (found.kind !== 'sequence') throw new SqlError('42809', `"${name}" is not a sequence`);
    return found;
  }
}

const NOTHING: readonly (readonly [string, bigint])[] = [];

/** Sequences are remembered by id: a renamed one stays what it is. */
function keyOf(sequence: Sequence): string {
  return String(sequence.id);
}
