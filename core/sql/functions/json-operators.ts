/**
 * Looking into JSON and changing jsonb: `->`, `#>>`, `?`, `@>`, `||`, `-`, jsonb_set and the like,
 * under their spellings as operators and under the names of the functions behind them.
 */
import { SqlError } from '../error.ts';
import { lenient, strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { readTextArray } from './json-text-arrays.ts';
import { TEXT_ARRAY } from '../types/array-type.ts';
import {
  concatenate,
  contains,
  deleteElement,
  deleteNames,
  deletePath,
  exists,
  indexOf,
  insertAt,
  setPath,
} from '../types/json-change.ts';
import type { Path } from '../types/json-change.ts';
import { prettyJson, stripNulls } from '../types/json-layout.ts';
import {
  JsonParts,
  checkDepth,
  checkEscapes,
  countParts,
  elementOf,
  isScalar,
  kindOf,
  memberOf,
  scalarText,
  trimJson,
} from '../types/json-scan.ts';
import { BOOL, INT4, JSON, JSONB, TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';

/** An operator and the function that PostgreSQL has behind it, of one value or two. */
function both<A extends Value, B extends Value>(
  names: readonly string[],
  types: readonly TypeId[],
  result: TypeId,
  body: (a: A, b: B) => Value,
): readonly ScalarFunction[] {
  return names.map((name) => strict(name, types, result, (_, a: A, b: B) => body(a, b)));
}

/** json is read as it was written, escapes that stand for nothing included. */
function readable(type: TypeId, text: string): string {
  if (type === JSON) checkEscapes(text);
  return text;
}

function asText(value: string | null): string | null {
  return value === null ? null : scalarText(value);
}

/** Null: there is nothing. Of json's members of one name the last counts that has the rest. */
function follow(text: string, path: Path, level: number): string | null {
  checkDepth(level);
  if (level === path.length) return text;
  const step = path[level] ?? null;
  if (step === null) return null;
  const kind = kindOf(text);
  if (kind === 'object') {
    const parts = new JsonParts(text);
    let found: string | null = null;
    while (parts.next()) {
      if (parts.hasName(step)) found = follow(parts.value, path, level + 1) ?? found;
    }
    return found;
  }
  const index = kind === 'array' ? indexOf(step) : null;
  const element = index === null ? null : elementOf(text, index);
  return element === null ? null : follow(element, path, level + 1);
}

/** PostgreSQL keeps a jsonb that is no container as an array of it, and this shows. */
function elementAt(type: TypeId, text: string, index: number): string | null {
  const alone = type === JSONB && isScalar(kindOf(text));
  if (alone) return index === 0 || index === -1 ? text : null;
  return elementOf(readable(type, text), index);
}

function lookups(type: TypeId, prefix: string): readonly ScalarFunction[] {
  const member = (text: string, name: string): string | null =>
    memberOf(readable(type, text), name);
  const element = (text: string, index: number): string | null => elementAt(type, text, index);
  const extract = (text: string, path: Path): string | null =>
    path.includes(null) ? null : follow(trimJson(readable(type, text)), path, 0);
  const at = (text: string, path: Value): string | null =>
    extract(text, readTextArray(path).elements);
  return [
    ...both(['->', `${prefix}_object_field`], [type, TEXT], type, member),
    ...both(['->', `${prefix}_array_element`], [type, INT4], type, element),
    ...both(['#>'], [type, TEXT_ARRAY], type, at),
    ...both(['->>', `${prefix}_object_field_text`], [type, TEXT], TEXT, (t: string, n: string) =>
      asText(member(t, n)),
    ),
    ...both(['->>', `${prefix}_array_element_text`], [type, INT4], TEXT, (t: string, i: number) =>
      asText(element(t, i)),
    ),
    ...both(['#>>'], [type, TEXT_ARRAY], TEXT, (t: string, p: Value) => asText(at(t, p))),
    repeated(
      strict(`${prefix}_extract_path`, [type, TEXT], type, (_, t: string, ...path: string[]) =>
        extract(t, path),
      ),
    ),
    repeated(
      strict(`${prefix}_extract_path_text`, [type, TEXT], TEXT, (_, t: string, ...path: string[]) =>
        asText(extract(t, path)),
      ),
    ),
    ...both([`${prefix}_typeof`], [type], TEXT, (text: string) => kindOf(text)),
    ...both([`${prefix}_array_length`], [type], INT4, arrayLength),
    ...both([`${prefix}_strip_nulls`], [type], type, (text: string) =>
      stripNulls(trimJson(readable(type, text)), type === JSON ? 'json' : 'jsonb'),
    ),
  ];
}

function repeated(one: ScalarFunction): ScalarFunction {
  return { ...one, variadic: true };
}

function arrayLength(text: string): number {
  const kind = kindOf(text);
  if (kind === 'array') return countParts(text);
  const what = isScalar(kind) ? 'a scalar' : 'a non-array';
  throw new SqlError('22023', `cannot get array length of ${what}`);
}

function namesOf(value: Value): readonly string[] {
  return readTextArray(value).elements.filter((name) => name !== null);
}

const tests: readonly ScalarFunction[] = [
  ...both(['@>', 'jsonb_contains'], [JSONB, JSONB], BOOL, contains),
  ...both(['<@', 'jsonb_contained'], [JSONB, JSONB], BOOL, (a: string, b: string) =>
    contains(b, a),
  ),
  ...both(['?', 'jsonb_exists'], [JSONB, TEXT], BOOL, exists),
  ...both(['?|', 'jsonb_exists_any'], [JSONB, TEXT_ARRAY], BOOL, (text: string, names: Value) =>
    namesOf(names).some((name) => exists(text, name)),
  ),
  ...both(['?&', 'jsonb_exists_all'], [JSONB, TEXT_ARRAY], BOOL, (text: string, names: Value) =>
    namesOf(names).every((name) => exists(text, name)),
  ),
];

/** A path to a place that is to be changed. */
function pathOf(value: Value): Path {
  const { dimensions, elements } = readTextArray(value);
  if (dimensions > 1) throw new SqlError('2202E', 'wrong number of array subscripts');
  return elements;
}

const TREATMENTS =
  'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"';

/** jsonb_set with a say in what a null does. */
function setLax(
  target: string | null,
  path: Value,
  value: string | null,
  create: boolean | null,
  treatment: string | null,
): Value {
  if (target === null || path === null || create === null) return null;
  if (treatment === null) throw new SqlError('22023', TREATMENTS);
  if (value !== null) return setPath(target, pathOf(path), value, create);
  switch (treatment) {
    case 'raise_exception':
      throw new SqlError('22004', 'JSON value must not be null', {
        detail: 'Exception was raised because null_value_treatment is "raise_exception".',
        hint:
          'To avoid, either change the null_value_treatment argument or ' +
          'ensure that an SQL NULL is not passed.',
      });
    case 'use_json_null':
      return setPath(target, pathOf(path), 'null', create);
    case 'delete_key':
      return deletePath(target, pathOf(path));
    case 'return_target':
      return target;
    default:
      throw new SqlError('22023', TREATMENTS);
  }
}

const SET = [JSONB, TEXT_ARRAY, JSONB];

const changes: readonly ScalarFunction[] = [
  ...both(['||', 'jsonb_concat'], [JSONB, JSONB], JSONB, concatenate),
  ...both(['-', 'jsonb_delete'], [JSONB, TEXT], JSONB, (text: string, name: string) =>
    deleteNames(text, [name]),
  ),
  ...both(['-', 'jsonb_delete'], [JSONB, INT4], JSONB, deleteElement),
  ...both(['-', 'jsonb_delete'], [JSONB, TEXT_ARRAY], JSONB, (text: string, names: Value) =>
    deleteNames(text, namesOf(names)),
  ),
  ...both(['#-', 'jsonb_delete_path'], [JSONB, TEXT_ARRAY], JSONB, (text: string, path: Value) =>
    deletePath(text, pathOf(path)),
  ),
  strict('jsonb_set', SET, JSONB, (_, text: string, path: Value, value: string) =>
    setPath(text, pathOf(path), value, true),
  ),
  strict(
    'jsonb_set',
    [...SET, BOOL],
    JSONB,
    (_, text: string, path: Value, value: string, create: boolean) =>
      setPath(text, pathOf(path), value, create),
  ),
  strict('jsonb_insert', SET, JSONB, (_, text: string, path: Value, value: string) =>
    insertAt(text, pathOf(path), value, false),
  ),
  strict(
    'jsonb_insert',
    [...SET, BOOL],
    JSONB,
    (_, text: string, path: Value, value: string, after: boolean) =>
      insertAt(text, pathOf(path), value, after),
  ),
  ...[SET, [...SET, BOOL], [...SET, BOOL, TEXT]].map((types) =>
    lenient(
      'jsonb_set_lax',
      types,
      JSONB,
      (
        _,
        target: string | null,
        path: Value,
        value: string | null,
        create: boolean | null = true,
        treatment: string | null = 'use_json_null',
      ) => setLax(target, path, value, create, treatment),
    ),
  ),
  strict('jsonb_pretty', [JSONB], TEXT, (_, text: string) => prettyJson(text)),
];

export const jsonOperators: readonly ScalarFunction[] = [
  ...lookups(JSON, 'json'),
  ...lookups(JSONB, 'jsonb'),
  ...tests,
  ...changes,
];
