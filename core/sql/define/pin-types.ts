/**
 * Types in definitions, pinned: a default, a check, an index or a view names a type by the id of
 * its object, so that it means the same along every search path and whatever the type is called.
 */
import type { CatalogObject } from '../catalog/state.ts';
import type { TypeName } from '../tree/expression.ts';
import { typeIdByName } from '../types/describe.ts';
import { PINNED_SCHEMA, currentTypes, isUserType, objectOf } from '../types/user-type.ts';

/** The object with every type in its trees named by id. */
export function withTypes(object: CatalogObject): CatalogObject {
  if (object.kind === 'view') {
    const columns = mapTypes(object.columns, pinned);
    return { ...object, columns, query: mapTypes(object.query, pinned) };
  }
  if (object.kind !== 'table') return object;
  return {
    ...object,
    columns: mapTypes(object.columns, pinned),
    constraints: mapTypes(object.constraints, pinned),
    indexes: mapTypes(object.indexes, pinned),
  };
}

function pinned(type: TypeName): TypeName {
  const { schema, name } = type;
  if (schema === PINNED_SCHEMA || schema === 'pg_catalog') return type;
  if (schema === null && typeIdByName(name) !== null) return type;
  const id = currentTypes().find(schema, name);
  if (id === null || !isUserType(id)) return type;
  return { ...type, schema: PINNED_SCHEMA, name: String(objectOf(id)) };
}

/** The tree itself where nothing changes. */
function mapTypes<T>(tree: T, map: (type: TypeName) => TypeName): T {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) {
    const parts: readonly unknown[] = tree;
    const mapped = parts.map((part) => mapTypes(part, map));
    return mapped.every((part, i) => part === parts[i]) ? tree : (mapped as T);
  }
  if (isTypeName(tree)) return map(tree) as T & TypeName;
  const changed: [string, unknown][] = [];
  for (const [key, part] of Object.entries(tree)) {
    const mapped: unknown = mapTypes(part, map);
    if (mapped !== part) changed.push([key, mapped]);
  }
  return changed.length === 0 ? tree : { ...tree, ...Object.fromEntries(changed) };
}

function isTypeName(tree: object): tree is TypeName {
  return 'arrayDimensions' in tree && 'modifiers' in tree;
}

/** Whether a tree names the type of this object. */
export function namesType(tree: unknown, object: number): boolean {
  let found = false;
  const name = String(object);
  mapTypes(tree, (type) => {
    found ||= type.schema === PINNED_SCHEMA && type.name === name;
    return type;
  });
  return found;
}
