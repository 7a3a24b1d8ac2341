/** CREATE SCHEMA, with what is created in it. */
import { SqlError, unsupported } from '../../error.ts';
import type { CreateSchema, CreateSchemaWith, SchemaElement } from '../../tree/define.ts';
import { createIndex, createSequence, createTable } from './define.ts';
import { constructName } from './names.ts';
import type { Context, Raw } from './raw.ts';
import { createView } from './view.ts';
import { bodyOf, children, flag, kindOf, refuse, text } from './raw.ts';

/** PostgreSQL makes them kind after kind, whatever their order. */
const ORDER = ['createSequence', 'createTable', 'createView', 'createIndex'];

export function createSchema(c: Context, node: Raw, at: number): CreateSchema | CreateSchemaWith {
  refuse(node, at, { authrole: 'AUTHORIZATION' });
  const name = text(node, 'schemaname');
  const ifNotExists = flag(node, 'if_not_exists');
  const schema: CreateSchema = { kind: 'createSchema', name, ifNotExists, at };
  const elements = children(node, 'schemaElts').map((each) => element(c, each, at));
  if (elements.length === 0) return schema;
  for (const one of elements) checkSchema(one, name);
  const rank = ({ kind }: SchemaElement): number => ORDER.indexOf(kind);
  const sorted = elements.toSorted((a, b) => rank(a) - rank(b));
  return { kind: 'createSchemaWith', schema, elements: sorted, at };
}

function element(c: Context, node: Raw, at: number): SchemaElement {
  const body = bodyOf(node);
  switch (kindOf(node)) {
    case 'CreateStmt': {
      const table = createTable(c, body, at);
      if (table.kind === 'createTable') return table;
      throw unsupported('a temporary table in CREATE SCHEMA', at);
    }
    case 'ViewStmt': {
      const view = createView(c, body, at);
      if (view.kind === 'createView') return view;
      throw unsupported('options of a view in CREATE SCHEMA', at);
    }
    case 'IndexStmt': {
      const index = createIndex(c, body, at);
      if (index.kind === 'createIndex') return index;
      throw unsupported('CONCURRENTLY in CREATE SCHEMA', at);
    }
    case 'CreateSeqStmt':
      return createSequence(c, body, at);
    default:
      throw unsupported(`${constructName(node)} in CREATE SCHEMA`, at);
  }
}

function checkSchema(one: SchemaElement, name: string): void {
  const { schema } = one.kind === 'createIndex' ? one.table : one.name;
  if (schema === null || schema === name) return;
  const message = `CREATE specifies a schema (${schema}) different from the one being created (${name})`;
  throw new SqlError('42P15', message);
}
