/**
 * Putting values of any type into text: `||`, concat, concat_ws, format, and quoting.
 *
 * Functions of `ANY` are specialised for the types of a call, since a value alone does not say how
 * it is written.
 */
import type { Environment } from '../environment.ts';
import { SqlError, unsupported } from '../error.ts';
import { findCast } from './casts.ts';
import { lenient, strict } from './define.ts';
import { ANY, ANYNONARRAY } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { requireLength } from '../types/length.ts';
import { formatValue } from '../types/text-io.ts';
import { characterCount } from '../types/text.ts';
import { BYTEA, TEXT, VARCHAR, UNKNOWN } from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';

type Writer = (environment: Environment, value: Value) => string;

/** As `concat` and `format` write it: the type's output. */
function outputWriter(type: SqlType): Writer {
  if (type.id === TEXT || type.id === VARCHAR || type.id === UNKNOWN) return (_, v) => v as string;
  return (environment, value) => formatValue(type.id, value, environment);
}

/** As `||` writes it: the cast to text, by which true is `true` and char(n) loses its blanks. */
function castWriter(type: SqlType): Writer {
  const cast = type.id === TEXT ? null : findCast(type.id, TEXT, 'explicit');
  if (cast === null) return outputWriter(type);
  return (environment, value) => cast.apply(environment, value, -1, false) as string;
}

function writers(types: readonly SqlType[], make: (type: SqlType) => Writer): readonly Writer[] {
  return types.map(make);
}

function concat(types: readonly SqlType[]): ScalarFunction {
  const write = writers(types, outputWriter);
  return lenient('concat', [ANY], TEXT, (environment, ...values: Value[]) =>
    values
      .map((value, i) => (value === null ? '' : (write[i]?.(environment, value) ?? '')))
      .join(''),
  );
}

function concatWithSeparator(types: readonly SqlType[]): ScalarFunction {
  const write = writers(types, outputWriter);
  return lenient('concat_ws', [TEXT, ANY], TEXT, (environment, ...values: Value[]) => {
    const [separator = null, ...rest] = values;
    if (separator === null) return null;
    const parts = rest.map((value, i) =>
      value === null ? null : (write[i + 1]?.(environment, value) ?? ''),
    );
    return parts.filter((part) => part !== null).join(separator as string);
  });
}

/** `text || any` and `any || text`: as changing as what the cast depends on. */
function concatenate(types: readonly SqlType[]): ScalarFunction {
  const [left, right] = types.map(castWriter);
  return strict(
    '||',
    types.map((type) => type.id),
    TEXT,
    (environment, a: Value, b: Value) =>
      (left?.(environment, a) ?? '') + (right?.(environment, b) ?? ''),
    types.every(isWrittenAlike) ? 'immutable' : 'stable',
  );
}

/** Whether the cast to text is the same for every session. */
function isWrittenAlike({ id }: SqlType): boolean {
  return id === TEXT || findCast(id, TEXT, 'explicit')?.volatility === 'immutable';
}

/** Replaced by `specialize` before it is ever called. */
function unresolved(): never {
  throw unsupported('a function of any type that was not resolved', -1);
}

export function quoteIdentifier(name: string): string {
  const plain = /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name);
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** PostgreSQL's keywords that an identifier must not be unquoted. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit ' +
    'boolean both case cast char character check coalesce collate collation column concurrently ' +
    'constraint create cross current_catalog current_date current_role current_schema ' +
    'current_time current_timestamp current_user dec decimal default deferrable desc distinct do ' +
    'else end except exists extract false fetch float for foreign freeze from full grant greatest ' +
    'group grouping having ilike in initially inner inout int integer intersect interval into is ' +
    'isnull join lateral leading least left like limit localtime localtimestamp national natural ' +
    'nchar none normalize not notnull null nullif numeric offset on only or order out outer ' +
    'overlaps overlay placing position precision primary real references returning right row ' +
    'select session_user setof similar smallint some substring symmetric table tablesample then ' +
    'time timestamp to trailing treat trim true union unique user using values varchar variadic ' +
    'verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest ' +
    'xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
  ).split(' '),
);

/** `quote_literal` and `quote_nullable` of any type. */
function quoting(name: string, ofNull: string | null): readonly ScalarFunction[] {
  const quote = (types: readonly SqlType[]): ScalarFunction => {
    const [write] = types.map(castWriter);
    return lenient(name, [ANY], TEXT, (environment, value: Value) =>
      value === null ? ofNull : quoteLiteral(write?.(environment, value) ?? ''),
    );
  };
  const ofText = lenient(name, [TEXT], TEXT, (_, text: string | null) =>
    text === null ? ofNull : quoteLiteral(text),
  );
  return [ofText, { ...lenient(name, [ANY], TEXT, unresolved), specialize: quote }];
}

const SPECIFIER = /%(?:([0-9]+)\$)?(-?)(?:([0-9]+)|\*(?:([0-9]+)\$)?)?([\s\S]?)/g;

function invalidFormat(message: string): SqlError {
  return new SqlError('22023', message);
}

/** `format('%s %I %L %%', …)`. */
function formatFunction(types: readonly SqlType[]): ScalarFunction {
  const write = writers(types, outputWriter);
  return lenient('format', [TEXT, ANY], TEXT, (environment, ...values: Value[]) => {
    const [pattern = null] = values;
    if (pattern === null) return null;
    let next = 1;
    const take = (explicit: string | undefined): string | null => {
      if (explicit === '0') {
        throw invalidFormat('format specifies argument 0, but arguments are numbered from 1');
      }
      const index = explicit === undefined ? next : Number(explicit);
      if (index >= values.length) throw invalidFormat('too few arguments for format()');
      next = index + 1;
      const value = values[index] ?? null;
      return value === null ? null : (write[index]?.(environment, value) ?? '');
    };
    return (pattern as string).replace(
      SPECIFIER,
      (whole: string, at?: string, minus = '', width?: string, widthAt?: string, kind = '') => {
        if (kind === '%') return '%';
        const star = whole.includes('*');
        let size = Number(width ?? '0');
        if (star) size = Number(take(widthAt) ?? '0');
        const text = convert(kind, () => take(at));
        return justify(text, Math.abs(size), minus === '-' || size < 0);
      },
    );
  });
}

function convert(kind: string, take: () => string | null): string {
  switch (kind) {
    case 's':
      return take() ?? '';
    case 'I': {
      const name = take();
      if (name === null) {
        throw new SqlError('22004', 'null values cannot be formatted as an SQL identifier');
      }
      return quoteIdentifier(name);
    }
    case 'L': {
      const text = take();
      return text === null ? 'NULL' : quoteLiteral(text);
    }
    case '':
      throw new SqlError('22023', 'unterminated format() type specifier', {
        hint: 'For a single "%" use "%%".',
      });
    default:
      throw new SqlError('22023', `unrecognized format() type specifier "${kind}"`, {
        hint: 'For a single "%" use "%%".',
      });
  }
}

function justify(text: string, width: number, leftAligned: boolean): string {
  requireLength(width + text.length);
  const missing = ' '.repeat(Math.max(width - characterCount(text), 0));
  return leftAligned ? text + missing : missing + text;
}

function joinTexts(a: string, b: string): string {
  requireLength(a.length + b.length);
  return a + b;
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

const any = { variadic: true, volatility: 'stable' as const };

export const concatenationFunctions: readonly ScalarFunction[] = [
  strict('||', [TEXT, TEXT], TEXT, (_, a: string, b: string) => joinTexts(a, b)),
  { ...strict('||', [TEXT, ANYNONARRAY], TEXT, unresolved, 'stable'), specialize: concatenate },
  { ...strict('||', [ANYNONARRAY, TEXT], TEXT, unresolved, 'stable'), specialize: concatenate },
  strict('||', [BYTEA, BYTEA], BYTEA, (_, a: Uint8Array, b: Uint8Array) => joinBytes(a, b)),
  strict('textcat', [TEXT, TEXT], TEXT, (_, a: string, b: string) => joinTexts(a, b)),
  { ...lenient('concat', [ANY], TEXT, unresolved, any), specialize: concat },
  { ...lenient('concat_ws', [TEXT, ANY], TEXT, unresolved, any), specialize: concatWithSeparator },
  {
    ...lenient('format', [TEXT], TEXT, unresolved, { volatility: 'stable' }),
    specialize: formatFunction,
  },
  { ...lenient('format', [TEXT, ANY], TEXT, unresolved, any), specialize: formatFunction },
  strict('quote_ident', [TEXT], TEXT, (_, name: string) => quoteIdentifier(name)),
  ...quoting('quote_literal', null),
  ...quoting('quote_nullable', 'NULL'),
];
