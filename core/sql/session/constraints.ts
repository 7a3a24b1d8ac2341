/**
 * SET CONSTRAINTS: when the deferrable constraints of the transaction under way are checked. Those
 * that become immediate are checked now, what was done before included.
 */
import type { CatalogView } from '../catalog/view.ts';
import type { Constraint, ObjectId } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { QualifiedName } from '../tree/define.ts';
import type { SetConstraints } from '../tree/statement.ts';
import { isDeferrable } from '../write/deferral.ts';

/**
 * Ids of the constraints that the statement names; null: ALL. Throws 42704, 3F000, and 42809 for
 * one that is not deferrable.
 */
export function namedConstraints(
  { names, deferred }: SetConstraints,
  catalog: CatalogView,
): readonly ObjectId[] | null {
  if (names.length === 0) return null;
  return names.flatMap((name) => idsOf(name, deferred, catalog));
}

/** All of that name in the first schema of the search path that has any. */
function idsOf(
  { schema, name, at }: QualifiedName,
  deferred: boolean,
  catalog: CatalogView,
): ObjectId[] {
  if (schema !== null && !catalog.hasSchema(schema)) {
    throw new SqlError('3F000', `schema "${schema}" does not exist`, { at });
  }
  for (const one of schema === null ? catalog.path : [schema]) {
    const found = constraintsOf(one, name, catalog);
    if (found.length === 0) continue;
    const able = found.filter(isDeferrable);
    // What cannot be deferred is immediate already.
    if (!deferred || able.length === found.length) return able.map(({ id }) => id);
    throw new SqlError('42809', `constraint "${name}" is not deferrable`, { at });
  }
  throw new SqlError('42704', `constraint "${name}" does not exist`, { at });
}

function constraintsOf(schema: string, name: string, { state }: CatalogView): Constraint[] {
  const found: Constraint[] = [];
  for (const relation of state.relations()) {
    if (relation.kind !== 'table' || relation.schema !== schema) continue;
    found.push(...relation.constraints.filter((one) => one.name === name));
  }
  return found;
}
