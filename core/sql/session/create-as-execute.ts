/**
 * CREATE TABLE … AS EXECUTE: the prepared query with its parameters' values in their places, as a
 * CREATE TABLE AS of its own, which is what the log gets.
 */
import { rewrite } from '../define/walk.ts';
import { SqlError } from '../error.ts';
import type { CreateOnCommit, CreateTableAs } from '../tree/define.ts';
import type { Expression, ParameterNode } from '../tree/expression.ts';
import type { Query } from '../tree/query.ts';
import type { CreateTableAsExecute, Statement } from '../tree/statement.ts';
import { typeDescription } from '../types/describe.ts';
import { formatValue } from '../types/text-io.ts';
import { isArrayType } from '../types/array-type.ts';
import type { SqlType, Value } from '../types/type.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';
import { PINNED_SCHEMA, isUserType, objectOf, shownType } from '../types/user-type.ts';

/** Throws 42809 unless the prepared statement is a query. */
export function preparedQuery(statement: Statement): Query {
  if (statement.kind === 'query') return statement;
  throw new SqlError('42809', 'prepared statement is not a SELECT');
}

export function tableFromPrepared(
  node: CreateTableAsExecute,
  prepared: Query,
  types: readonly SqlType[],
  values: readonly Value[],
): CreateTableAs | CreateOnCommit {
  const { name, temporary, ifNotExists, columns, withData, onCommit, at } = node;
  const query = rewrite(prepared, (one) => {
    if (one.kind !== 'parameter') return undefined;
    const { index } = one as ParameterNode;
    return literal(values[index]!, types[index]!);
  });
  const kind = 'createTableAs';
  const table = { kind, name, temporary, ifNotExists, columns, withData, query, at } as const;
  if (onCommit === 'preserveRows') return table;
  return { kind: 'createOnCommit', table, action: onCommit, at };
}

/** As text with its type; times stand in UTC. */
function literal(value: Value, type: SqlType): Expression {
  const at = -1;
  const argument: Expression =
    value === null
      ? { kind: 'literal', type: 'null', text: '', at }
      : {
          kind: 'literal',
          type: 'string',
          text: formatValue(shownType(type).id, value, DEFAULT_DISPLAY),
          at,
        };
  const own = isUserType(type.id);
  const name = {
    schema: own ? PINNED_SCHEMA : 'pg_catalog',
    name: own ? String(objectOf(type.id)) : typeDescription(type.id).internalName,
    modifiers: [],
    fields: null,
    arrayDimensions: own && isArrayType(type.id) ? 1 : 0,
    at,
  };
  return { kind: 'cast', argument, type: name, at };
}
