/**
 * `WITH (fillfactor = 70)`: how PostgreSQL is to fill its pages and when to vacuum them. There are
 * no such pages here: the parameters are checked as PostgreSQL checks them, and have no effect.
 */
import { SqlError, unsupported } from '../../error.ts';
import type { Context, Raw } from './raw.ts';
import { bodyOf, child, flag, integer, kindOf, maybeChild, strings, text } from './raw.ts';

type Parameter =
  | { readonly kind: 'integer' | 'floating point'; readonly low: number; readonly high: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'enum'; readonly values: readonly string[] };

const INT_MAX = 0x7fff_ffff;
const BOOLEAN: Parameter = { kind: 'boolean' };

function integers(low: number, high: number): Parameter {
  return { kind: 'integer', low, high };
}

function floats(low: number, high: number): Parameter {
  return { kind: 'floating point', low, high };
}

/** Of tables, and with `toast.` before them of their large values. */
const VACUUM: readonly (readonly [string, Parameter])[] = [
  ['autovacuum_enabled', BOOLEAN],
  ['autovacuum_vacuum_threshold', integers(0, INT_MAX)],
  ['autovacuum_vacuum_insert_threshold', integers(-1, INT_MAX)],
  ['autovacuum_vacuum_scale_factor', floats(0, 100)],
  ['autovacuum_vacuum_insert_scale_factor', floats(0, 100)],
  ['autovacuum_vacuum_cost_delay', floats(-1, 100)],
  ['autovacuum_vacuum_cost_limit', integers(1, 10_000)],
  ['autovacuum_freeze_min_age', integers(0, 1_000_000_000)],
  ['autovacuum_freeze_max_age', integers(100_000, 2_000_000_000)],
  ['autovacuum_freeze_table_age', integers(0, 2_000_000_000)],
  ['autovacuum_multixact_freeze_min_age', integers(0, 1_000_000_000)],
  ['autovacuum_multixact_freeze_max_age', integers(10_000, 2_000_000_000)],
  ['autovacuum_multixact_freeze_table_age', integers(0, 2_000_000_000)],
  ['log_autovacuum_min_duration', integers(-1, INT_MAX)],
  ['vacuum_truncate', BOOLEAN],
  ['vacuum_index_cleanup', { kind: 'enum', values: ['on', 'off', 'auto'] }],
];

const KNOWN = {
  toast: new Map(VACUUM),
  table: new Map<string, Parameter>([
    ...VACUUM,
    ['autovacuum_analyze_threshold', integers(0, INT_MAX)],
    ['autovacuum_analyze_scale_factor', floats(0, 100)],
    ['fillfactor', integers(10, 100)],
    ['parallel_workers', integers(0, 1024)],
    ['toast_tuple_target', integers(128, 8160)],
    ['user_catalog_table', BOOLEAN],
  ]),
  index: new Map<string, Parameter>([
    ['fillfactor', integers(10, 100)],
    ['deduplicate_items', BOOLEAN],
    ['vacuum_cleanup_index_scale_factor', floats(0, 1e10)],
  ]),
  column: new Map<string, Parameter>([
    ['n_distinct', floats(-1, Infinity)],
    ['n_distinct_inherited', floats(-1, Infinity)],
  ]),
} as const;

/** Notes what has no effect. `reset`: names alone, without values. */
export function storageParameters(
  c: Context,
  items: readonly Raw[],
  of: 'table' | 'index' | 'column',
  reset: boolean = false,
): void {
  const seen = new Set<string>();
  for (const item of items) {
    const option = child(item, 'DefElem');
    const name = text(option, 'defname');
    const space = text(option, 'defnamespace');
    if (space !== '' && (space !== 'toast' || of !== 'table')) {
      throw invalid(`unrecognized parameter namespace "${space}"`);
    }
    if (name === 'oids' && of === 'table') {
      if (isTrue(written(option))) throw unsupported('tables declared WITH OIDS', -1);
      continue;
    }
    const parameter = KNOWN[space === 'toast' ? 'toast' : of].get(name);
    if (parameter === undefined) throw invalid(`unrecognized parameter "${name}"`);
    const shown = space === '' ? name : `${space}.${name}`;
    if (seen.has(shown)) throw invalid(`parameter "${name}" specified more than once`);
    seen.add(shown);
    if (!reset) check(name, parameter, written(option));
    c.idle.push(`storage parameter ${shown} has no effect here`);
  }
}

function check(name: string, parameter: Parameter, value: string): void {
  const fits = /^ *[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)? *$/i.test(value);
  switch (parameter.kind) {
    case 'boolean':
      if (/^(?:t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|y(?:es?)?|no?|on|off?|[01])$/i.test(value)) {
        return;
      }
      break;
    case 'enum': {
      if (parameter.values.includes(value.toLowerCase())) return;
      const quoted = parameter.values.map((one) => `"${one}"`);
      const last = quoted.pop()!;
      const detail = `Valid values are ${quoted.join(', ')}, and ${last}.`;
      throw invalid(`invalid value for enum option "${name}": ${value}`, detail);
    }
    default: {
      if (!fits) break;
      const { low, high } = parameter;
      if (Number(value) >= low && Number(value) <= high) return;
      const shown = (bound: number): string => {
        return parameter.kind === 'integer' ? String(bound) : bound.toFixed(6);
      };
      const detail = `Valid values are between "${shown(low)}" and "${shown(high)}".`;
      throw invalid(`value ${value} out of bounds for option "${name}"`, detail);
    }
  }
  throw invalid(`invalid value for ${parameter.kind} option "${name}": ${value}`);
}

function invalid(message: string, detail: string = ''): SqlError {
  return new SqlError('22023', message, { detail });
}

function isTrue(value: string): boolean {
  return ['true', 'on', 'yes', '1'].includes(value.toLowerCase());
}

/** A value as text; without one an option is on. */
function written(option: Raw): string {
  const value = maybeChild(option, 'arg');
  if (value === null) return 'true';
  const body = bodyOf(value);
  switch (kindOf(value)) {
    case 'Integer':
      return String(integer(body, 'ival'));
    case 'Float':
      return text(body, 'fval');
    case 'Boolean':
      return String(flag(body, 'boolval'));
    case 'TypeName':
      return strings((body['names'] ?? []) as readonly Raw[]).join('.');
    default:
      return text(body, 'sval');
  }
}
