/**
 * A session's settings (PostgreSQL's GUCs), by lower-case name.
 *
 * Three sorts. Those with an effect here: `search_path`, `timezone`, `datestyle`, `intervalstyle`,
 * `extra_float_digits`, `bytea_output`, `statement_timeout`, `kimberlite.as_of`, the transaction's.
 * Those whose one value is what we do (`client_encoding`, …): another value is an error. And
 * PostgreSQL's hints to its own planner and memory (`enable_hashjoin`, `work_mem`, …), which can
 * change no result: they are kept and shown, and setting one gives a notice that it has no effect
 * here. Any other name is an error (42704), but a dotted one of somebody else's (`app.user`) is
 * kept, as PostgreSQL does.
 */
import { TEMPORARY_ALIAS } from '../catalog/view.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Expression } from '../tree/expression.ts';
import type { SetVariable } from '../tree/statement.ts';
import type { Clock } from '../types/datetime-text.ts';
import {
  BYTES_STYLES,
  dateStyleOf,
  FLOAT_DIGITS_MAX,
  FLOAT_DIGITS_MIN,
  INTERVAL_STYLES,
  outputStyle,
} from '../types/style.ts';
import type { Display, OutputStyle } from '../types/style.ts';
import { parseValue } from '../types/text-io.ts';
import { TIMESTAMPTZ } from '../types/type.ts';
import { findZone, UTC } from '../types/zone.ts';
import type { Zone } from '../types/zone.ts';
import { ZONE_DATA_VERSION } from '../types/zone-data.ts';
import { parseZone, zoneOfInterval } from './zone.ts';

interface Setting {
  readonly initial: string;
  /** The value as kept, or null for a bad one. */
  readonly accept: (value: string, current: string, clock: Clock) => string | null;
  readonly hint?: true;
  /** Another value is one that PostgreSQL may know, and we do not. */
  readonly fixed?: true;
}

const MILLIS_MAX = 0x7fff_ffff;
/** Positions of the log as `kimberlite.as_of` has them. */
export const POSITION: RegExp = /^\d{1,15}$/;
const NO_EFFECT = 'planner and memory settings of PostgreSQL have no effect here';

function only(...values: readonly string[]): Setting {
  const accept = (value: string): string | null =>
    values.find((one) => one.toLowerCase() === value.toLowerCase()) === undefined
      ? null
      : values[0]!;
  return { initial: values[0]!, accept, fixed: true };
}

function free(initial: string): Setting {
  return { initial, accept: (value) => value };
}

function oneOf(name: string, values: readonly string[]): Setting['accept'] {
  return (value) => {
    const found = values.find((one) => one === value.toLowerCase());
    if (found !== undefined) return found;
    throw new SqlError('22023', `invalid value for parameter "${name}": "${value}"`, {
      hint: `Available values: ${values.join(', ')}.`,
    });
  };
}

const READ_ONLY: Setting['accept'] = () => null;
const ISOLATION: Setting = {
  initial: 'serializable',
  // A weaker level may be asked for and is shown; as in PostgreSQL, more may be given than asked.
  accept: (value) => (isIsolation(value.toLowerCase()) ? value.toLowerCase() : null),
};
const BOOLEAN: Setting['accept'] = (value) => booleanOf(value);
const MILLIS: Setting['accept'] = (value) => {
  const millis = parseMillis(value);
  return millis === null ? null : showMillis(millis);
};

/** What `kimberlite.as_of` takes: a position of the log, an instant, or nothing. */
function isMoment(value: string, clock: Clock): boolean {
  if (value === '' || POSITION.test(value)) return true;
  try {
    return parseValue(TIMESTAMPTZ, value, clock) !== null;
  } catch {
    return false;
  }
}

const MOMENT: Setting['accept'] = (value, _, clock) => (isMoment(value, clock) ? value : null);

/** The schema of the session's temporary objects; the session sets it, nobody else. */
const TEMPORARY = 'kimberlite.temp_schema';

const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['search_path', free('"$user", public')],
  ['timezone', { initial: 'UTC', accept: (value) => parseZone(value)?.name ?? null }],
  ['statement_timeout', { initial: '0', accept: MILLIS }],
  ['kimberlite.as_of', { initial: '', accept: MOMENT }],
  [TEMPORARY, { initial: '', accept: READ_ONLY }],
  ['transaction_isolation', ISOLATION],
  ['default_transaction_isolation', ISOLATION],
  ['transaction_read_only', { initial: 'off', accept: BOOLEAN }],
  ['default_transaction_read_only', { initial: 'off', accept: BOOLEAN }],
  ['transaction_deferrable', { initial: 'off', accept: BOOLEAN }],
  ['default_transaction_deferrable', { initial: 'off', accept: BOOLEAN }],
  ['application_name', free('')],
  ['client_min_messages', free('notice')],
  ['datestyle', { initial: 'ISO, MDY', accept: dateStyleOf }],
  ['intervalstyle', { initial: 'postgres', accept: oneOf('intervalstyle', INTERVAL_STYLES) }],
  ['client_encoding', only('UTF8', 'utf-8', 'unicode')],
  ['server_encoding', { initial: 'UTF8', accept: READ_ONLY }],
  ['kimberlite.time_zone_data', { initial: ZONE_DATA_VERSION, accept: READ_ONLY }],
  ['server_version', { initial: '15.0', accept: READ_ONLY }],
  ['server_version_num', { initial: '150000', accept: READ_ONLY }],
  ['integer_datetimes', { initial: 'on', accept: READ_ONLY }],
  ['max_identifier_length', { initial: '63', accept: READ_ONLY }],
  ['lc_collate', { initial: 'C', accept: READ_ONLY }],
  ['lc_ctype', { initial: 'C', accept: READ_ONLY }],
  ['lc_messages', only('C')],
  ['lc_monetary', only('C')],
  ['lc_numeric', only('C')],
  ['lc_time', only('C')],
  ['standard_conforming_strings', only('on', 'true', 'yes', '1')],
  ['bytea_output', { initial: 'hex', accept: oneOf('bytea_output', BYTES_STYLES) }],
  ['extra_float_digits', { initial: '1', accept: (value) => floatDigits(value) }],
  ['xmloption', only('content')],
  ['row_security', only('off', 'false', 'no', '0')],
  ['default_tablespace', only('')],
  ['default_table_access_method', only('heap')],
  ['default_toast_compression', only('pglz')],
  ['array_nulls', only('on', 'true', 'yes', '1')],
  ['transform_null_equals', only('off', 'false', 'no', '0')],
  ['backslash_quote', only('safe_encoding')],
  ['lock_timeout', only('0')],
  ['idle_in_transaction_session_timeout', only('0')],
  ['idle_session_timeout', only('0')],
  ['check_function_bodies', { initial: 'on', accept: BOOLEAN, hint: true }],
  ['escape_string_warning', { initial: 'on', accept: BOOLEAN, hint: true }],
  ['synchronous_commit', only('on', 'true', 'yes', '1')],
]);

function floatDigits(value: string): string | null {
  if (!/^\s*[+-]?[0-9]{1,9}\s*$/.test(value)) return null;
  const digits = Number(value);
  if (digits >= FLOAT_DIGITS_MIN && digits <= FLOAT_DIGITS_MAX) return String(digits);
  const range = `(${FLOAT_DIGITS_MIN} .. ${FLOAT_DIGITS_MAX})`;
  const name = 'extra_float_digits';
  const message = `${digits} is outside the valid range for parameter "${name}" ${range}`;
  throw new SqlError('22023', message);
}

/** PostgreSQL's planner and memory settings: names, or the beginnings of names. */
const HINTS: readonly string[] = [
  'enable_',
  'work_mem',
  'maintenance_work_mem',
  'temp_buffers',
  'hash_mem_multiplier',
  'logical_decoding_work_mem',
  'jit',
  'geqo',
  'min_parallel_',
  'max_parallel_',
  'parallel_',
  'force_parallel_mode',
  'debug_parallel_query',
  'cpu_',
  'seq_page_cost',
  'random_page_cost',
  'effective_cache_size',
  'effective_io_concurrency',
  'constraint_exclusion',
  'cursor_tuple_fraction',
  'default_statistics_target',
  'from_collapse_limit',
  'join_collapse_limit',
  'plan_cache_mode',
  'recursive_worktable_factor',
];

function settingOf(name: string): Setting | null {
  const known = SETTINGS.get(name);
  if (known !== undefined) return known;
  if (HINTS.some((hint) => name.startsWith(hint))) {
    return { initial: 'default', accept: (value) => value, hint: true };
  }
  // PostgreSQL keeps any two-part name of an extension that it does not know.
  return name.includes('.') && !name.startsWith('kimberlite.') ? free('') : null;
}

/** All values that differ from the initial ones. Kept for a transaction, to be put back. */
export type SettingValues = ReadonlyMap<string, string>;

/** What follows from the values, worked out when it is first asked for. */
class Derived {
  readonly #get: (name: string) => string;
  readonly #temporary: string;
  #zone: Zone | null = null;
  #style: OutputStyle | null = null;
  #path: readonly string[] | null = null;
  #searchPath: readonly string[] | null = null;
  #creationPath: readonly string[] | null = null;
  #timeout = -1;

  constructor(get: (name: string) => string, temporary: string) {
    this.#get = get;
    this.#temporary = temporary;
  }

  get zone(): Zone {
    this.#zone ??= findZone(this.#get('timezone')) ?? UTC;
    return this.#zone;
  }

  get style(): OutputStyle {
    this.#style ??= outputStyle(
      this.#get('datestyle'),
      this.#get('intervalstyle'),
      this.#get('bytea_output'),
      this.#get('extra_float_digits'),
    );
    return this.#style;
  }

  get timeoutMillis(): number {
    if (this.#timeout < 0) this.#timeout = parseMillis(this.#get('statement_timeout')) ?? 0;
    return this.#timeout;
  }

  /** As it was said. */
  get path(): readonly string[] {
    this.#path ??= splitPath(this.#get('search_path'));
    return this.#path;
  }

  get creationPath(): readonly string[] {
    this.#creationPath ??= this.path
      .filter((schema) => schema !== '$user')
      .map((schema) => (schema === TEMPORARY_ALIAS ? this.#temporary : schema))
      .filter((schema) => schema !== '');
    return this.#creationPath;
  }

  get searchPath(): readonly string[] {
    const { creationPath } = this;
    const own = this.#temporary;
    const isSaid = own === '' || creationPath.includes(own);
    this.#searchPath ??= isSaid ? creationPath : [own, ...creationPath];
    return this.#searchPath;
  }
}

const NO_VALUES: SettingValues = new Map();
/** Of all sessions that have set nothing. */
const INITIAL: Derived = new Derived((name) => SETTINGS.get(name)!.initial, '');

export class Settings {
  /** Never changed: a change makes another one. */
  #values: SettingValues;
  #temporary: string;
  #signature: string | null = '';
  /** Null: to be made. */
  #derived: Derived | null = INITIAL;

  constructor(values: SettingValues = NO_VALUES) {
    this.#values = values;
    this.#temporary = values.get(TEMPORARY) ?? '';
    if (this.#temporary !== '') this.#values = without(values, TEMPORARY);
    if (values.size > 0) this.#changed();
  }

  /** Schema of the session's temporary objects; empty while there are none. */
  get temporarySchema(): string {
    return this.#temporary;
  }

  set temporarySchema(schema: string) {
    if (schema === this.#temporary) return;
    this.#temporary = schema;
    this.#changed();
  }

  /** Null: there is no such setting. */
  get(name: string): string | null {
    if (name === TEMPORARY) return this.#temporary;
    const setting = settingOf(name);
    if (setting === null) return null;
    return this.#values.get(name) ?? setting.initial;
  }

  save(): SettingValues {
    return this.#values;
  }

  restore(values: SettingValues): void {
    this.#values = values;
    this.#changed();
  }

  /** Notices. Throws 42704 for an unknown name, 22023 for a value that is not possible. */
  set(name: string, value: string | null): readonly string[] {
    const setting = settingOf(name);
    if (setting === null) {
      throw new SqlError('42704', `unrecognized configuration parameter "${name}"`);
    }
    if (value === null) {
      this.#values = without(this.#values, name);
      this.#changed();
      return [];
    }
    if (setting.accept === READ_ONLY) {
      throw new SqlError('55P02', `parameter "${name}" cannot be changed`);
    }
    // Of before the change. Whether a text is an instant does not depend on when it is asked.
    const clock: Clock = { now: 0, zone: this.zone, setting: (other) => this.get(other) };
    const accepted = setting.accept(value, this.#values.get(name) ?? setting.initial, clock);
    if (accepted === null && setting.fixed === true) {
      throw unsupported(`setting ${name} to "${value}"`, -1);
    }
    if (accepted === null) {
      throw new SqlError('22023', `invalid value for parameter "${shownName(name)}": "${value}"`);
    }
    this.#values = new Map(this.#values).set(name, accepted);
    this.#changed();
    return setting.hint === true ? [`${name}: ${NO_EFFECT}`] : [];
  }

  /** `RESET ALL`. */
  resetAll(): void {
    this.#values = NO_VALUES;
    this.#changed();
  }

  #changed(): void {
    this.#signature = null;
    this.#derived = null;
  }

  get #facts(): Derived {
    this.#derived ??= new Derived((name) => this.get(name)!, this.#temporary);
    return this.#derived;
  }

  /** What differs from the initial values, by name. */
  get entries(): readonly (readonly [name: string, value: string])[] {
    const all = [...this.#values];
    if (this.#temporary !== '') all.push([TEMPORARY, this.#temporary]);
    return all.sort((a, b) => byUnits(a[0], b[0]));
  }

  /** Equal for settings with equal values. */
  get signature(): string {
    this.#signature ??= this.entries.length === 0 ? '' : JSON.stringify(this.entries);
    return this.#signature;
  }

  get zone(): Zone {
    return this.#facts.zone;
  }

  /** How dates, intervals and floats are written. */
  get style(): OutputStyle {
    return this.#facts.style;
  }

  /** What the text of values depends on. */
  get display(): Display {
    return { zone: this.zone, style: this.style };
  }

  /** Names of all settings that `SHOW ALL` lists, sorted. */
  names(): readonly string[] {
    return [...new Set([...SETTINGS.keys(), ...this.#values.keys()])].sort(byUnits);
  }

  get statementTimeoutMillis(): number {
    return this.#facts.timeoutMillis;
  }

  /** Schemas that new objects go to, the first that there is; `$user` has none here. */
  get creationPath(): readonly string[] {
    return this.#facts.creationPath;
  }

  /** Whether what names no schema is made in the temporary one. */
  get createsTemporary(): boolean {
    return this.#facts.path[0] === TEMPORARY_ALIAS;
  }

  /** Schemas in which names are looked for, in order: the temporary one first, unless they say. */
  get searchPath(): readonly string[] {
    return this.#facts.searchPath;
  }
}

function without(values: SettingValues, name: string): SettingValues {
  if (!values.has(name)) return values;
  const left = new Map(values);
  left.delete(name);
  return left;
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name as SHOW writes it: three are not in lower case, for history's sake. */
export function shownName(name: string): string {
  return SHOWN.get(name) ?? name;
}

const SHOWN: ReadonlyMap<string, string> = new Map([
  ['datestyle', 'DateStyle'],
  ['intervalstyle', 'IntervalStyle'],
  ['timezone', 'TimeZone'],
]);

/** The text of `SET name = values`. */
export function settingText(statement: SetVariable): string {
  const { values, name } = statement;
  const [first] = values;
  const zone = name === 'timezone' && first !== undefined ? zoneOfInterval(first) : null;
  if (zone !== null) return zone;
  if (name !== 'search_path') return values.map(valueText).join(', ');
  return values.map((value) => quoteName(valueText(value))).join(', ');
}

function valueText(value: Expression): string {
  if (value.kind === 'literal' && value.type !== 'null') return value.text;
  if (value.kind === 'column') return value.parts.join('.');
  if (value.kind === 'operator' && value.left === null && value.right.kind === 'literal') {
    return value.name + value.right.text;
  }
  throw unsupported('this value of a setting', value.at);
}

function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Names between commas, quoted or not. */
function splitPath(path: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < path.length; i += 1) {
    const c = path[i]!;
    if (c === '"') {
      if (quoted && path[i + 1] === '"') {
        name += c;
        i += 1;
      } else quoted = !quoted;
    } else if (c === ',' && !quoted) {
      names.push(name);
      name = '';
    } else if (c !== ' ' || quoted) name += c;
  }
  names.push(name);
  return names.filter((one) => one !== '');
}

function booleanOf(value: string): string | null {
  const text = value.toLowerCase();
  if (['on', 'true', 'yes', '1', 't', 'y'].includes(text)) return 'on';
  return ['off', 'false', 'no', '0', 'f', 'n'].includes(text) ? 'off' : null;
}

export function isIsolation(level: string): boolean {
  return ['serializable', 'repeatable read', 'read committed', 'read uncommitted'].includes(level);
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** `5000`, `5s`, `1min`; null when it is none. */
function parseMillis(value: string): number | null {
  const parts = /^ *(\d{1,10}) *(ms|s|min|h|) *$/.exec(value);
  if (parts === null) return null;
  const millis = Number(parts[1]) * UNITS[parts[2]!]!;
  return millis <= MILLIS_MAX ? millis : null;
}

function showMillis(millis: number): string {
  if (millis === 0) return '0';
  for (const unit of ['h', 'min', 's']) {
    if (millis % UNITS[unit]! === 0) return `${millis / UNITS[unit]!}${unit}`;
  }
  return `${millis}ms`;
}
