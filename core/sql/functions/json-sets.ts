/** Rows of JSON: json_each, json_array_elements, json_object_keys, and those of jsonb. */
import { SqlError } from '../error.ts';
import type { SetFunction } from './function.ts';
import { jsonRecordFunctions } from './json-records.ts';
import type { JsonType } from './json-writer.ts';
import { JsonParts, checkEscapes, kindOf, scalarText } from '../types/json-scan.ts';
import { JSON, JSONB, TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';

type Row = readonly Value[];

function setFunction(
  name: string,
  type: TypeId,
  columns: SetFunction['columns'],
  rows: (text: string) => Iterable<Row>,
): SetFunction {
  return {
    kind: 'set',
    name,
    arguments: [type],
    variadic: false,
    strict: true,
    volatility: 'immutable',
    columns,
    rows: (_, text) => rows(text as string),
  };
}

function refused(message: string): SqlError {
  return new SqlError('22023', message);
}

function objectParts(text: string, name: string, type: JsonType): JsonParts {
  const kind = kindOf(text);
  if (type === JSONB && kind !== 'object') throw refused(`cannot call ${name} on a non-object`);
  if (kind === 'array') throw refused('cannot deconstruct an array as an object');
  if (type === JSON) checkEscapes(text);
  if (kind === 'object') return new JsonParts(text);
  throw refused('cannot deconstruct a scalar');
}

function* members(parts: JsonParts, asText: boolean): Generator<Row> {
  while (parts.next()) yield [parts.name, asText ? scalarText(parts.value) : parts.value];
}

function each(prefix: string, type: JsonType, asText: boolean): SetFunction {
  const name = `${prefix}_each${asText ? '_text' : ''}`;
  const columns = [
    { name: 'key', type: TEXT },
    { name: 'value', type: asText ? TEXT : type },
  ];
  return setFunction(name, type, columns, (text) => members(objectParts(text, name, type), asText));
}

function arrayParts(text: string, name: string, type: JsonType, asText: boolean): JsonParts {
  const kind = kindOf(text);
  if (type === JSONB && kind !== 'array') {
    throw refused(`cannot extract elements from ${kind === 'object' ? 'an object' : 'a scalar'}`);
  }
  if (kind === 'object') throw refused(`cannot call ${name} on a non-array`);
  if (type === JSON && asText) checkEscapes(text);
  if (kind === 'array') return new JsonParts(text);
  throw refused(`cannot call ${name} on a scalar`);
}

function* elements(parts: JsonParts, asText: boolean): Generator<Row> {
  while (parts.next()) yield [asText ? scalarText(parts.value) : parts.value];
}

function arrayElements(prefix: string, type: JsonType, asText: boolean): SetFunction {
  const name = `${prefix}_array_elements${asText ? '_text' : ''}`;
  const columns = [{ name: 'value', type: asText ? TEXT : type }];
  return setFunction(name, type, columns, (text) =>
    elements(arrayParts(text, name, type, asText), asText),
  );
}

function* names(parts: JsonParts): Generator<Row> {
  while (parts.next()) yield [parts.name];
}

function objectKeys(prefix: string, type: JsonType): SetFunction {
  const name = `${prefix}_object_keys`;
  return setFunction(name, type, [{ name, type: TEXT }], (text) => {
    const kind = kindOf(text);
    if (kind === 'array') throw refused(`cannot call ${name} on an array`);
    if (type === JSON) checkEscapes(text);
    if (kind === 'object') return names(new JsonParts(text));
    throw refused(`cannot call ${name} on a scalar`);
  });
}

function setsOf(prefix: string, type: JsonType): readonly SetFunction[] {
  return [
    each(prefix, type, false),
    each(prefix, type, true),
    arrayElements(prefix, type, false),
    arrayElements(prefix, type, true),
    objectKeys(prefix, type),
  ];
}

export const jsonSetFunctions: readonly SetFunction[] = [
  ...setsOf('json', JSON),
  ...setsOf('jsonb', JSONB),
  ...jsonRecordFunctions,
];
