/** Relations by names within text, as `regclass` reads and shows them. */
import { SqlError } from '../error.ts';
import { nameParts } from '../tree/name-parts.ts';
import { quoteName, qualified } from '../tree/name-print.ts';
import type { Catalog, Relation } from './model.ts';
import { TEMPORARY_ALIAS } from './view.ts';

export type RelationLookUp = Pick<Catalog, 'relation' | 'hasSchema'>;

/** Null: there is none. */
export function findByText(catalog: RelationLookUp, text: string): Relation | null {
  const { schema, name } = namesIn(text);
  return catalog.relation(schema, name);
}

/** Throws 42P01, or 3F000 where its schema is missing. */
export function relationByText(catalog: RelationLookUp, text: string): Relation {
  const found = findByText(catalog, text);
  if (found !== null) return found;
  const { schema } = namesIn(text);
  if (schema !== null && schema !== TEMPORARY_ALIAS && !catalog.hasSchema(schema)) {
    throw new SqlError('3F000', `schema "${schema}" does not exist`);
  }
  throw new SqlError('42P01', `relation "${nameParts(text).join('.')}" does not exist`);
}

/** With its schema where the name alone means something else, or nothing. */
export function textOfRelation(catalog: RelationLookUp, relation: Relation): string {
  const { schema, name } = relation;
  const seen = catalog.relation(null, name);
  const isSeen = seen !== null && seen.schema === schema;
  return isSeen ? quoteName(name) : qualified(schema, name);
}

function namesIn(text: string): { readonly schema: string | null; readonly name: string } {
  const parts = nameParts(text);
  return { schema: parts.length > 1 ? parts.at(-2)! : null, name: parts.at(-1)! };
}
