/** json_agg, json_object_agg and those of jsonb: rows folded into one array or object. */
import { requireLength } from '../types/length.ts';
import { SqlError, unsupported } from '../error.ts';
import { aggregate } from './define.ts';
import { ANY, ANYELEMENT } from './function.ts';
import type { Accumulator, AggregateFunction } from './function.ts';
import type { Environment } from '../environment.ts';
import { isStructured, jsonWriter, keyWriter } from './json-writer.ts';
import type { JsonType, JsonWriter } from './json-writer.ts';
import { sortedObjectText } from '../types/json-scan.ts';
import { quoteJson } from '../types/jsonb.ts';
import { JSON, JSONB } from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';

/** Elements in the order in which they come; null of none at all. */
class Elements implements Accumulator {
  #text = '';
  readonly #write: JsonWriter;
  readonly #between: string;

  /** `between` stands before an element that is not null; a null has just a comma. */
  constructor(write: JsonWriter, between: string) {
    this.#write = write;
    this.#between = between;
  }

  add(environment: Environment, value: Value): void {
    const between = this.#text === '' ? '' : value === null ? ', ' : this.#between;
    this.#text += between + this.#write(environment, value);
    requireLength(this.#text.length);
  }

  result(): Value {
    return this.#text === '' ? null : `[${this.#text}]`;
  }
}

function nullName(): SqlError {
  return new SqlError('22023', 'field name must not be null');
}

/** json keeps every member, in the order in which they come. */
class Members implements Accumulator {
  #text = '';
  readonly #key: ReturnType<typeof keyWriter>;
  readonly #write: JsonWriter;

  constructor([key, value]: readonly SqlType[]) {
    this.#key = keyWriter(key as SqlType);
    this.#write = jsonWriter(value as SqlType, JSON);
  }

  add(environment: Environment, key: Value, value: Value): void {
    if (key === null) throw nullName();
    const name = quoteJson(this.#key(environment, key));
    this.#text += `${this.#text === '' ? '' : ', '}${name} : ${this.#write(environment, value)}`;
    requireLength(this.#text.length);
  }

  result(): Value {
    return this.#text === '' ? null : `{ ${this.#text} }`;
  }
}

/** jsonb keeps the last member of a name. */
class UniqueMembers implements Accumulator {
  readonly #members = new Map<string, string>();
  readonly #key: ReturnType<typeof keyWriter>;
  readonly #write: JsonWriter;

  constructor([key, value]: readonly SqlType[]) {
    this.#key = keyWriter(key as SqlType);
    this.#write = jsonWriter(value as SqlType, JSONB);
  }

  add(environment: Environment, key: Value, value: Value): void {
    if (key === null) throw nullName();
    this.#members.set(this.#key(environment, key), this.#write(environment, value));
  }

  result(): Value {
    if (this.#members.size === 0) return null;
    return sortedObjectText(Array.from(this.#members, ([name, value]) => ({ name, value })));
  }
}

/** Nulls are given to it, too. It is replaced by the one for its types before it is created. */
function polymorphic(
  name: string,
  types: readonly number[],
  to: JsonType,
  create: (types: readonly SqlType[]) => Accumulator,
): AggregateFunction {
  const unresolved = (): never => {
    throw unsupported('an aggregate of any type that was not resolved', -1);
  };
  const general = { ...aggregate(name, types, to, unresolved), strict: false, gathers: true };
  return {
    ...general,
    specialize: (given) => ({ ...general, create: () => create(given) }),
  };
}

function ofElements(to: JsonType): (types: readonly SqlType[]) => Accumulator {
  return ([type]) => {
    const between = to === JSON && isStructured(type) ? ', \n ' : ', ';
    return new Elements(jsonWriter(type as SqlType, to), between);
  };
}

export const jsonAggregates: readonly AggregateFunction[] = [
  polymorphic('json_agg', [ANYELEMENT], JSON, ofElements(JSON)),
  polymorphic('jsonb_agg', [ANYELEMENT], JSONB, ofElements(JSONB)),
  polymorphic('json_object_agg', [ANY, ANY], JSON, (types) => new Members(types)),
  polymorphic('jsonb_object_agg', [ANY, ANY], JSONB, (types) => new UniqueMembers(types)),
];
