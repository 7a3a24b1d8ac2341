/**
 * Objects of JSON as rows with typed columns: json_to_record, json_populate_record and their like.
 *
 * Which columns there are says the query that calls them (`AS x(a int, b text)`, `null::t`), so
 * `ofColumns` makes the function proper. A member becomes a value as its text would: a string
 * through the type's input, anything else as it is written; json columns take the value itself.
 */
import type { Environment } from '../environment.ts';
import { SqlError, unsupported } from '../error.ts';
import type { RecordColumn, SetFunction } from './function.ts';
import type { JsonType } from './json-writer.ts';
import {
  JsonParts,
  checkEscapes,
  elementsOf,
  kindOf,
  membersOf,
  scalarText,
  trimJson,
} from '../types/json-scan.ts';
import {
  DIMENSIONS_MAX,
  listArray,
  sameNumbers,
  stack,
  tooManyDimensions,
} from '../types/array.ts';
import { elementOf } from '../types/array-type.ts';
import { canonicalJson } from '../types/jsonb.ts';
import { parseFitted } from '../types/text-io.ts';
import { JSON, JSONB } from '../types/type.ts';
import type { ArrayValue, Value } from '../types/type.ts';

type Row = readonly Value[];

function refused(message: string): SqlError {
  return new SqlError('22023', message);
}

function fieldValue(
  value: string | undefined,
  { name, type }: RecordColumn,
  environment: Environment,
): Value {
  if (value === undefined || value === 'null') return null;
  if (type.id === JSON) return value;
  if (type.id === JSONB) return canonicalJson(value);
  const element = elementOf(type.id);
  if (element !== null && kindOf(value) !== 'string') {
    const column: RecordColumn = { name, type: { id: element, modifier: type.modifier } };
    return arrayOf(value, column, environment, 0);
  }
  const text = scalarText(value) ?? '';
  return parseFitted(type.id, text, environment, type.modifier, false);
}

/** Lists within a list are another dimension. `column`: of one element. */
function arrayOf(
  value: string,
  column: RecordColumn,
  environment: Environment,
  depth: number,
): ArrayValue {
  if (depth >= DIMENSIONS_MAX) throw tooManyDimensions(depth + 1);
  if (kindOf(value) !== 'array') {
    throw new SqlError('22P02', 'expected JSON array', {
      hint: `See the value of key "${column.name}".`,
    });
  }
  const parts = elementsOf(value);
  const nested = parts.filter((part) => kindOf(part) === 'array');
  if (nested.length === 0) {
    return listArray(parts.map((part) => fieldValue(part, column, environment)));
  }
  const rows = nested.map((part) => arrayOf(part, column, environment, depth + 1));
  const [first] = rows;
  const even = rows.every(({ dimensions }) => sameNumbers(dimensions, first!.dimensions));
  if (even && nested.length === parts.length) return stack(rows);
  throw new SqlError('22P02', 'malformed JSON array', {
    detail: 'Multidimensional arrays must have sub-arrays with matching dimensions.',
  });
}

function rowOf(object: string, columns: readonly RecordColumn[], environment: Environment): Row {
  const members = new Map(membersOf(object).map(({ name, value }) => [name, value]));
  return columns.map((column) => fieldValue(members.get(column.name), column, environment));
}

/** PostgreSQL's errors name its own function. */
function readObject(text: string, type: JsonType): string {
  const kind = kindOf(text);
  if (kind === 'array') throw refused('cannot call populate_composite on an array');
  if (type === JSON) checkEscapes(text);
  if (kind === 'object') return trimJson(text);
  throw refused('cannot call populate_composite on a scalar');
}

function* rowsOf(
  text: string,
  name: string,
  type: JsonType,
  make: (object: string) => Row,
): Generator<Row> {
  const kind = kindOf(text);
  if (type === JSONB && kind !== 'array') throw refused(`cannot call ${name} on a non-array`);
  if (kind === 'object') throw refused(`cannot call ${name} on an object`);
  if (type === JSON) checkEscapes(text);
  if (kind !== 'array') throw refused(`cannot call ${name} on a scalar`);
  const parts = new JsonParts(text);
  while (parts.next()) {
    const { value } = parts;
    if (kindOf(value) !== 'object') {
      throw refused(`argument of ${name} must be an array of objects`);
    }
    yield make(value);
  }
}

/** `set`: of an array of objects. */
function toRecord(name: string, type: JsonType, set: boolean): SetFunction {
  const plain: SetFunction = {
    kind: 'set',
    name,
    arguments: [type],
    variadic: false,
    strict: false,
    volatility: 'stable',
    columns: [],
    rows: () => {
      throw unsupported(`function ${name} without a column definition list`, -1);
    },
  };
  return {
    ...plain,
    ofColumns: (columns) => ({
      ...plain,
      columns: columns.map((column) => ({ name: column.name, type: column.type.id })),
      rows: (environment, text) => {
        const make = (object: string): Row => rowOf(object, columns, environment);
        if (text === null) return set ? [] : [columns.map(() => null)];
        if (set) return rowsOf(text as string, name, type, make);
        return [make(readObject(text as string, type))];
      },
    }),
  };
}

/** Of those that populate, the null row before the document is the binder's (`populate.ts`). */
export const jsonRecordFunctions: readonly SetFunction[] = [
  toRecord('json_to_record', JSON, false),
  toRecord('json_to_recordset', JSON, true),
  toRecord('jsonb_to_record', JSONB, false),
  toRecord('jsonb_to_recordset', JSONB, true),
  toRecord('json_populate_record', JSON, false),
  toRecord('json_populate_recordset', JSON, true),
  toRecord('jsonb_populate_record', JSONB, false),
  toRecord('jsonb_populate_recordset', JSONB, true),
];
