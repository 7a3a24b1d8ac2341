/**
 * CREATE SEQUENCE, ALTER SEQUENCE.
 */
import type { Sequence } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { typeBounds } from '../rows/sequences.ts';
import { formatType, typeFromName } from '../types/describe.ts';
import type { Int64, SqlType } from '../types/type.ts';
import { INT2, INT4, INT8 } from '../types/type.ts';
import type { AlterSequence, CreateSequence, SequenceOptions } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import { findColumn, findSequence, findTable, missingRelation, shownName } from './find.ts';

export const NO_OPTIONS: SequenceOptions = Object.freeze({
  type: null,
  start: null,
  increment: null,
  minimum: null,
  maximum: null,
  cache: null,
  cycle: null,
  restart: null,
  ownedBy: null,
});

const DEFAULT_TYPE: SqlType = Object.freeze({ id: INT8, modifier: -1 });

export function createSequence(statement: CreateSequence, editor: Editor): void {
  const { name, options, ifNotExists } = statement;
  const schema = editor.schemaFor(name, statement.temporary);
  if (ifNotExists && editor.state.isTaken(schema, name.name)) {
    editor.notice(`relation "${name.name}" already exists, skipping`);
    return;
  }
  editor.claimName(schema, name.name, name.at);
  const type = options.type === null ? DEFAULT_TYPE : typeFromName(options.type);
  const made = makeSequence(editor, schema, name.name, options, type);
  editor.put({ ...made, ...ownerOf(editor, options, schema) });
}

/** A sequence that is not put yet. */
export function makeSequence(
  editor: Editor,
  schema: string,
  name: string,
  options: SequenceOptions,
  type: SqlType,
): Sequence {
  if (options.restart !== null) {
    throw new SqlError('42601', 'sequence option "restart" not supported here');
  }
  const id = editor.newId();
  const base = { kind: 'sequence', id, schema, name, ownerTable: 0, ownerColumn: 0 } as const;
  return { ...base, ...bounds(options, type, null), comment: null };
}

type Bounds = Pick<Sequence, 'type' | 'start' | 'increment' | 'minimum' | 'maximum' | 'cycle'>;

/** What options say, over what was there (null: over PostgreSQL's defaults). */
function bounds(options: SequenceOptions, type: SqlType, before: Sequence | null): Bounds {
  if (type.id !== INT2 && type.id !== INT4 && type.id !== INT8) {
    throw invalid('sequence type must be smallint, integer, or bigint');
  }
  checkCache(options);
  const increment = number(options.increment) ?? before?.increment ?? 1n;
  if (increment === 0n) throw invalid('INCREMENT must not be zero');
  const limits = typeBounds(type.id);
  const retyped = before !== null && before.type.id !== type.id;
  const old = before === null ? null : typeBounds(before.type.id);
  const ascending = increment > 0n;
  const lowest = ascending ? 1n : limits.low;
  const highest = ascending ? limits.high : -1n;
  // A bound that was only the old type's follows the new one.
  const keptLow = retyped && before.minimum === old!.low ? limits.low : before?.minimum;
  const keptHigh = retyped && before.maximum === old!.high ? limits.high : before?.maximum;
  const minimum =
    options.minimum === 'none' ? lowest : (number(options.minimum) ?? keptLow ?? lowest);
  const maximum =
    options.maximum === 'none' ? highest : (number(options.maximum) ?? keptHigh ?? highest);
  checkBound('MINVALUE', minimum, limits, type);
  checkBound('MAXVALUE', maximum, limits, type);
  if (minimum >= maximum) {
    throw invalid(`MINVALUE (${minimum}) must be less than MAXVALUE (${maximum})`);
  }
  const start = number(options.start) ?? before?.start ?? (ascending ? minimum : maximum);
  if (start < minimum) {
    throw invalid(`START value (${start}) cannot be less than MINVALUE (${minimum})`);
  }
  if (start > maximum) {
    throw invalid(`START value (${start}) cannot be greater than MAXVALUE (${maximum})`);
  }
  const cycle = options.cycle ?? before?.cycle ?? false;
  return { type, start, increment, minimum, maximum, cycle };
}

function checkBound(
  name: string,
  value: bigint,
  limits: { readonly low: bigint; readonly high: bigint },
  type: SqlType,
): void {
  if (value >= limits.low && value <= limits.high) return;
  throw invalid(`${name} (${value}) is out of range for sequence data type ${formatType(type)}`);
}

/** How many values to keep at hand changes no answer here; it must make sense all the same. */
function checkCache({ cache }: SequenceOptions): void {
  const value = number(cache);
  if (value !== null && value < 1n) throw invalid(`CACHE (${value}) must be greater than zero`);
}

function number(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}

function invalid(message: string): SqlError {
  return new SqlError('22023', message);
}

function ownerOf(
  editor: Editor,
  { ownedBy }: SequenceOptions,
  ownSchema: string,
): Partial<Pick<Sequence, 'ownerTable' | 'ownerColumn'>> {
  if (ownedBy === null) return {};
  if (ownedBy.length === 0) return { ownerTable: 0, ownerColumn: 0 };
  if (ownedBy.length === 1)
    throw new SqlError('42601', 'invalid OWNED BY option', {
      hint: 'Specify OWNED BY table.column or OWNED BY NONE.',
    });
  const [column, name, schema] = ownedBy.toReversed();
  const table = findTable(editor, { schema: schema ?? null, name: name!, at: -1 });
  if (table.schema !== ownSchema) {
    throw new SqlError('55000', 'sequence must be in same schema as table it is linked to');
  }
  return { ownerTable: table.id, ownerColumn: findColumn(table, column!).id };
}

export function alterSequence(statement: AlterSequence, editor: Editor): void {
  const { name, options, ifExists } = statement;
  const found = findSequence(editor, name);
  if (found === null) {
    if (!ifExists) throw missingRelation(editor, name);
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return;
  }
  changeSequence(editor, found, options);
}

export function changeSequence(editor: Editor, found: Sequence, options: SequenceOptions): void {
  const linked = options.ownedBy === null ? null : editor.state.relationById(found.ownerTable);
  if (linked?.kind === 'table') {
    const own = linked.columns.find(({ id }) => id === found.ownerColumn);
    if (own !== undefined && own.identity !== 'none') {
      throw new SqlError('0A000', 'cannot change ownership of identity sequence', {
        detail: `Sequence "${found.name}" is linked to table "${linked.name}".`,
      });
    }
  }
  const type = options.type === null ? found.type : typeFromName(options.type);
  const owner = ownerOf(editor, options, found.schema);
  const changed = { ...found, ...bounds(options, type, found), ...owner };
  editor.put(changed);
  const { sequences } = editor.context.source;
  if (options.restart !== null) {
    const value = options.restart === 'start' ? changed.start : BigInt(options.restart);
    checkRestart(value, changed);
    sequences.write(found.id, narrowed(value), false);
  } else {
    const { value } = sequences.state(found);
    checkRestart(BigInt(value), changed);
  }
}

/** As if never used: TRUNCATE … RESTART IDENTITY. */
export function restartSequence(editor: Editor, sequence: Sequence): void {
  editor.context.source.sequences.write(sequence.id, narrowed(sequence.start), false);
}

function checkRestart(value: bigint, { minimum, maximum }: Sequence): void {
  if (value < minimum) {
    throw invalid(`RESTART value (${value}) cannot be less than MINVALUE (${minimum})`);
  }
  if (value > maximum) {
    throw invalid(`RESTART value (${value}) cannot be greater than MAXVALUE (${maximum})`);
  }
}

function narrowed(value: bigint): Int64 {
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}
