/** Making JSON of values: to_json, row_to_json, json_build_object, json_object and their like. */
import { SqlError, unsupported } from '../error.ts';
import { lenient, stable, strict } from './define.ts';
import { ANY, ANYARRAY, ANYELEMENT } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { arrayLines, jsonWriter, keyWriter, recordWriter } from './json-writer.ts';
import type { JsonType } from './json-writer.ts';
import { readTextArray } from './json-text-arrays.ts';
import { elementOf, TEXT_ARRAY } from '../types/array-type.ts';
import { arrayText, sortedObjectText } from '../types/json-scan.ts';
import type { MemberText } from '../types/json-scan.ts';
import { quoteJson } from '../types/jsonb.ts';
import { BOOL, JSON, JSONB, RECORD, TEXT } from '../types/type.ts';
import type { ArrayValue, RecordValue, SqlType, TypeId, Value } from '../types/type.ts';

/** Replaced by `specialize` before it is ever called. */
function unresolved(): never {
  throw unsupported('a function of any type that was not resolved', -1);
}

function toJson(name: string, to: JsonType): ScalarFunction {
  return {
    ...stable(name, [ANYELEMENT], to, unresolved),
    specialize: ([type = { id: to, modifier: -1 }]) => {
      const write = jsonWriter(type, to);
      return stable(name, [ANYELEMENT], to, (environment, value: Value) =>
        write(environment, value),
      );
    },
  };
}

function rowToJson(types: readonly TypeId[]): ScalarFunction {
  const write = recordWriter(JSON);
  return stable('row_to_json', types, JSON, (environment, row: RecordValue, pretty?: boolean) =>
    write(environment, row, pretty === true ? ',\n ' : ','),
  );
}

function arrayToJson(types: readonly TypeId[]): ScalarFunction {
  return {
    ...stable('array_to_json', types, JSON, unresolved),
    specialize: ([type]) => {
      const write = arrayLines(elementOf(type?.id ?? TEXT_ARRAY) ?? TEXT, JSON);
      return stable(
        'array_to_json',
        types,
        JSON,
        (environment, array: ArrayValue, pretty?: boolean) =>
          write(environment, array, pretty === true ? ',\n ' : ','),
      );
    },
  };
}

const variadic = { variadic: true, volatility: 'stable' as const };

function buildArray(name: string, to: JsonType): readonly ScalarFunction[] {
  return [
    lenient(name, [], to, () => '[]', { volatility: 'stable' }),
    {
      ...lenient(name, [ANY], to, unresolved, variadic),
      specialize: (types) => {
        const writers = types.map((type) => jsonWriter(type, to));
        return lenient(
          name,
          [ANY],
          to,
          (environment, ...values: Value[]) =>
            arrayText(values.map((value, i) => writers[i]?.(environment, value) ?? 'null')),
          variadic,
        );
      },
    },
  ];
}

function objectBuilder(name: string, to: JsonType, types: readonly SqlType[]): ScalarFunction {
  const writers = types.map((type) => jsonWriter(type, to));
  const keys = types.map(keyWriter);
  return lenient(
    name,
    [ANY],
    to,
    (environment, ...values: Value[]) => {
      if (values.length % 2 === 1) {
        throw new SqlError('22023', 'argument list must have even number of elements', {
          hint: `The arguments of ${name}() must consist of alternating keys and values.`,
        });
      }
      const members: MemberText[] = [];
      for (let i = 0; i < values.length; i += 2) {
        const key = values[i] ?? null;
        if (key === null) throw nullKey(i + 1, to);
        members.push({
          name: keys[i]?.(environment, key) ?? '',
          value: writers[i + 1]?.(environment, values[i + 1] ?? null) ?? 'null',
        });
      }
      return to === JSONB ? sortedObjectText(members) : spacedObject(members);
    },
    variadic,
  );
}

function nullKey(place: number, to: JsonType): SqlError {
  if (to === JSONB) return new SqlError('22023', `argument ${place}: key must not be null`);
  return new SqlError('22023', `argument ${place} cannot be null`, {
    hint: 'Object keys should be text.',
  });
}

/** As json functions that are given names write it. */
function spacedObject(members: readonly MemberText[]): string {
  return `{${members.map(({ name, value }) => `${quoteJson(name)} : ${value}`).join(', ')}}`;
}

function buildObject(name: string, to: JsonType): readonly ScalarFunction[] {
  return [
    lenient(name, [], to, () => '{}', { volatility: 'stable' }),
    {
      ...lenient(name, [ANY], to, unresolved, variadic),
      specialize: (types) => objectBuilder(name, to, types),
    },
  ];
}

function subscripts(message: string): SqlError {
  return new SqlError('2202E', message);
}

/** Names and values in turn, or pairs of them. */
function pairsOf(value: Value): readonly MemberText[] {
  const { dimensions, columns, elements } = readTextArray(value);
  if (dimensions > 2) throw subscripts('wrong number of array subscripts');
  if (dimensions === 2 && columns !== 2) throw subscripts('array must have two columns');
  if (elements.length % 2 === 1) throw subscripts('array must have even number of elements');
  const names = elements.filter((_, i) => i % 2 === 0);
  return zip(
    names,
    elements.filter((_, i) => i % 2 === 1),
  );
}

function zip(
  names: readonly (string | null)[],
  values: readonly (string | null)[],
): readonly MemberText[] {
  return names.map((name, i): MemberText => {
    if (name === null) throw new SqlError('22004', 'null value not allowed for object key');
    const value = values[i] ?? null;
    return { name, value: value === null ? 'null' : quoteJson(value) };
  });
}

function zipped(names: Value, values: Value): readonly MemberText[] {
  const left = readTextArray(names);
  const right = readTextArray(values);
  if (left.dimensions > 1 || left.dimensions !== right.dimensions) {
    throw subscripts('wrong number of array subscripts');
  }
  if (left.elements.length !== right.elements.length) {
    throw subscripts('mismatched array dimensions');
  }
  return zip(left.elements, right.elements);
}

function ofTexts(name: string, to: JsonType): readonly ScalarFunction[] {
  const write = to === JSONB ? sortedObjectText : spacedObject;
  return [
    strict(name, [TEXT_ARRAY], to, (_, pairs: Value) => write(pairsOf(pairs))),
    strict(name, [TEXT_ARRAY, TEXT_ARRAY], to, (_, names: Value, values: Value) =>
      write(zipped(names, values)),
    ),
  ];
}

export const jsonBuildFunctions: readonly ScalarFunction[] = [
  toJson('to_json', JSON),
  toJson('to_jsonb', JSONB),
  rowToJson([RECORD]),
  arrayToJson([ANYARRAY]),
  arrayToJson([ANYARRAY, BOOL]),
  rowToJson([RECORD, BOOL]),
  ...buildArray('json_build_array', JSON),
  ...buildArray('jsonb_build_array', JSONB),
  ...buildObject('json_build_object', JSON),
  ...buildObject('jsonb_build_object', JSONB),
  ...ofTexts('json_object', JSON),
  ...ofTexts('jsonb_object', JSONB),
];
