/**
 * The catalogue as the binder sees it: one version, along one search path, with the system's own
 * relations.
 */
import type { Content } from './intern.ts';
import type { Catalog, EnumType, ObjectId, Relation, Sequence, SystemTable } from './model.ts';
import type { CatalogState, Referring } from './state.ts';

/** Schemas that hold system relations; nobody may define things in them. */
export const SYSTEM_SCHEMAS: readonly string[] = ['information_schema', 'kimberlite', 'pg_catalog'];

/** What a session calls the schema of its own temporary relations. */
export const TEMPORARY_ALIAS = 'pg_temp';

/** Whether a schema holds the temporary relations of some session. */
export function isTemporary(schema: string): boolean {
  return schema.startsWith('pg_temp_');
}

/** A system relation and its rows. */
export interface SystemRelations {
  find(schema: string, name: string): SystemTable | null;
  all(): readonly SystemTable[];
}

export class CatalogView implements Catalog {
  readonly state: CatalogState;
  readonly path: readonly string[];
  readonly system: SystemRelations;
  /** Exact row counts of the statement that uses it; set anew for each. */
  rowCount: (table: ObjectId) => number = () => -1;

  constructor(state: CatalogState, path: readonly string[], system: SystemRelations) {
    this.state = state;
    this.path = path;
    this.system = system;
  }

  get version(): number {
    return this.state.version;
  }

  get identity(): object {
    return this.state.identity;
  }

  get content(): Content | null {
    return this.state.content;
  }

  relation(schema: string | null, name: string): Relation | null {
    if (schema !== null) {
      const own = schema === TEMPORARY_ALIAS ? (this.path.find(isTemporary) ?? schema) : schema;
      return this.state.relation(own, name) ?? this.system.find(schema, name);
    }
    const hidden = this.system.find('pg_catalog', name);
    if (hidden !== null) return hidden;
    for (const one of this.path) {
      const found = this.relation(one, name);
      if (found !== null) return found;
    }
    return null;
  }

  relationById(id: ObjectId): Relation | null {
    return this.state.relationById(id);
  }

  type(schema: string | null, name: string): EnumType | null {
    if (schema !== null) {
      const own = schema === TEMPORARY_ALIAS ? (this.path.find(isTemporary) ?? schema) : schema;
      return this.state.type(own, name);
    }
    for (const one of this.path) {
      const found = this.state.type(one, name);
      if (found !== null) return found;
    }
    return null;
  }

  typeById(id: ObjectId): EnumType | null {
    return this.state.typeById(id);
  }

  hasSchema(name: string): boolean {
    return this.state.schema(name) !== null || SYSTEM_SCHEMAS.includes(name);
  }

  relationNames(): readonly string[] {
    const names: string[] = [];
    for (const { name } of this.state.relations()) names.push(name);
    return names;
  }

  sequencesOf(table: ObjectId): readonly Sequence[] {
    const owned: Sequence[] = [];
    for (const one of this.state.relations()) {
      if (one.kind === 'sequence' && one.ownerTable === table) owned.push(one);
    }
    return owned;
  }

  referringTo(table: ObjectId): readonly Referring[] {
    return this.state.referringTo(table);
  }
}
