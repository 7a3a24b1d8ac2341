/**
 * What a statement may know besides rows: its time, its settings, its randomness, its sequences.
 *
 * Everything here is a function of the log entry (or, in a read, of the agreed clock at its start),
 * so that every replica computes the same.
 */
import type { Catalog } from './catalog/model.ts';
import type { OutputStyle } from './types/style.ts';
import type { Int64, Value } from './types/type.ts';
import type { Zone } from './types/zone.ts';

export interface Environment {
  /** `now()`: microseconds since 2000-01-01 UTC. Fixed for the whole transaction. */
  readonly now: Int64;
  /** The session's time zone. */
  readonly zone: Zone;
  /** How the session wants dates, intervals and floats written. */
  readonly style: OutputStyle;
  readonly user: string;
  readonly database: string;
  /** Where new objects go; null: no schema of the search path is there. */
  readonly schema: string | null;
  /** Values of `$1`, `$2`, …, already of their types. */
  readonly parameters: readonly Value[];
  /** Next 32 random bits, from the entry's salt. */
  random32(): number;
  /** A setting as `current_setting` shows it; null when there is no such setting. */
  setting(name: string): string | null;
  readonly sequences: Sequences;
  /** The present one; null: there is none to ask. */
  readonly catalog: Pick<Catalog, 'relation' | 'hasSchema' | 'sequencesOf'> | null;
  /** What functions remember until the statement ends, by keys of their own. Absent: nothing. */
  readonly memo?: Map<object, object>;
}

/** By name as `regclass` would read it, e.g. `s` or `public.s`. Errors are thrown `SqlError`s. */
export interface Sequences {
  next(name: string): Int64;
  current(name: string): Int64;
  last(): Int64;
  set(name: string, value: Int64, called: boolean): Int64;
}
