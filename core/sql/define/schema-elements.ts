/** CREATE SCHEMA with what is created in it, where its own names come first. */
import type { CreateSchemaWith, SchemaElement } from '../tree/define.ts';
import type { Expression } from '../tree/expression.ts';
import { quoteName } from '../tree/name-print.ts';
import { createTable } from './create-table.ts';
import { Editor } from './editor.ts';
import { createIndex } from './index.ts';
import { rewrite } from './walk.ts';
import { createSchema } from './schema.ts';
import { createSequence } from './sequence.ts';
import { createView } from './view.ts';

export function createSchemaWith(statement: CreateSchemaWith, editor: Editor): void {
  const { name } = statement.schema;
  createSchema(statement.schema, editor);
  editor.finish();
  const { context } = editor;
  const source = context.source.along([name, ...context.source.path]);
  const inside = new Editor({ ...context, source });
  const { elements } = statement;
  for (const element of elements) create(qualified(element, elements, name), name, inside);
  inside.finish();
  editor.notices.push(...inside.notices);
}

/**
 * Sequences that are made here too, named with the schema where a default draws from them: the
 * search path does not lead there.
 */
function qualified(
  element: SchemaElement,
  elements: readonly SchemaElement[],
  schema: string,
): SchemaElement {
  const made = elements.flatMap((one) => (one.kind === 'createSequence' ? [one.name.name] : []));
  if (element.kind !== 'createTable' || made.length === 0) return element;
  return rewrite(element, (node) => {
    const call = node as Extract<Expression, { kind: 'call' }>;
    if (node.kind !== 'call' || call.name !== 'nextval') return undefined;
    const named = rewrite(call.arguments, (argument) => {
      const literal = argument as Extract<Expression, { kind: 'literal' }>;
      if (argument.kind !== 'literal' || !made.includes(literal.text)) return undefined;
      return { ...literal, text: `${quoteName(schema)}.${quoteName(literal.text)}` };
    });
    return { ...call, arguments: named };
  });
}

function create(element: SchemaElement, schema: string, editor: Editor): void {
  switch (element.kind) {
    case 'createTable':
      return createTable({ ...element, name: { ...element.name, schema } }, editor);
    case 'createView':
      return createView({ ...element, name: { ...element.name, schema } }, editor);
    case 'createSequence':
      return createSequence({ ...element, name: { ...element.name, schema } }, editor);
    case 'createIndex':
      return createIndex({ ...element, table: { ...element.table, schema } }, editor);
  }
}
