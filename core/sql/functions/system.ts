/** Sequences, settings, and what a session may ask about itself and about values. */
import { SqlError, unsupported } from '../error.ts';
import { lenient, stable, strict } from './define.ts';
import { ANY } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { formatType, typeName } from '../types/describe.ts';
import { BOOL, INT4, INT8, NAME, OID, TEXT, UNKNOWN, UUID } from '../types/type.ts';
import type { Int64, SqlType, Value } from '../types/type.ts';

/** Names of sequences are text here: what `regclass` would read. */
const sequences: readonly ScalarFunction[] = [
  strict('nextval', [TEXT], INT8, (e, name: string) => e.sequences.next(name), 'volatile'),
  strict('currval', [TEXT], INT8, (e, name: string) => e.sequences.current(name), 'volatile'),
  strict('lastval', [], INT8, (e) => e.sequences.last(), 'volatile'),
  strict(
    'setval',
    [TEXT, INT8],
    INT8,
    (e, name: string, value: Int64) => e.sequences.set(name, value, true),
    'volatile',
  ),
  strict(
    'setval',
    [TEXT, INT8, BOOL],
    INT8,
    (e, name: string, value: Int64, called: boolean) => e.sequences.set(name, value, called),
    'volatile',
  ),
];

function setting(value: string | null, name: string, missingOk: boolean): string | null {
  if (value !== null || missingOk) return value;
  throw new SqlError('42704', `unrecognized configuration parameter "${name}"`);
}

/** What clients look for in it is the dialect. */
const VERSION = 'PostgreSQL 15 (Kimberlite: PostgreSQL 15 dialect)';

const session: readonly ScalarFunction[] = [
  stable('version', [], TEXT, () => VERSION),
  stable('current_database', [], NAME, (e) => e.database),
  stable('current_schema', [], NAME, (e) => e.schema),
  stable('current_setting', [TEXT], TEXT, (e, name: string) =>
    setting(e.setting(name.toLowerCase()), name, false),
  ),
  stable('current_setting', [TEXT, BOOL], TEXT, (e, name: string, missingOk: boolean) =>
    setting(e.setting(name.toLowerCase()), name, missingOk),
  ),
];

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** Version 4: 122 bits from the entry's salt. */
function randomUuid(next: () => number): string {
  const a = hex32(next());
  const b = hex32(((next() & 0xffff0fff) | 0x4000) >>> 0);
  const c = hex32(((next() & 0x3fffffff) | 0x80000000) >>> 0);
  const d = hex32(next());
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

function typeOf([type]: readonly SqlType[]): ScalarFunction {
  const shown = typeName(type?.id ?? UNKNOWN);
  return lenient('pg_typeof', [ANY], TEXT, () => shown, { volatility: 'stable' });
}

function unresolved(): never {
  throw unsupported('a function of any type that was not resolved', -1);
}

function countNulls(name: string, ofNulls: boolean): ScalarFunction {
  return lenient(
    name,
    [ANY],
    INT4,
    (_, ...values: Value[]) => values.filter((value) => (value === null) === ofNulls).length,
    { variadic: true },
  );
}

/** The folding steps of bool_and and bool_or. */
const booleanSteps: readonly ScalarFunction[] = [
  strict('booland_statefunc', [BOOL, BOOL], BOOL, (_, a: boolean, b: boolean) => a && b),
  strict('boolor_statefunc', [BOOL, BOOL], BOOL, (_, a: boolean, b: boolean) => a || b),
];

export const systemFunctions: readonly ScalarFunction[] = [
  ...booleanSteps,
  ...sequences,
  ...session,
  strict('gen_random_uuid', [], UUID, (e) => randomUuid(() => e.random32()), 'volatile'),
  { ...lenient('pg_typeof', [ANY], TEXT, unresolved), specialize: typeOf },
  countNulls('num_nulls', true),
  countNulls('num_nonnulls', false),
  lenient('format_type', [OID, INT4], TEXT, (_, id: number | null, modifier: number | null) => {
    if (id === null) return null;
    const kept = modifier ?? -1;
    // pg_attribute's modifiers count four bytes of header.
    return formatType({ id, modifier: kept < 4 ? -1 : kept - 4 });
  }),
];
