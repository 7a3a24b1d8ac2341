/**
 * Everything that is defined, at one version of the catalogue: immutable; a change makes another.
 *
 * Relations and indexes share one namespace in each schema, as in PostgreSQL; types have another.
 */
import { assert } from '../../types/assert.ts';
import { contentOf } from './intern.ts';
import type { Content } from './intern.ts';
import type {
  EnumType,
  ForeignKey,
  Index,
  ObjectId,
  Schema,
  Sequence,
  Table,
  View,
} from './model.ts';

/** What the catalogue stores, each under its id. */
export type CatalogObject = Schema | Table | View | Sequence | EnumType;
export type StoredRelation = Table | View | Sequence;

export interface IndexOf {
  readonly table: Table;
  readonly index: Index;
}

export interface Referring {
  readonly table: Table;
  readonly key: ForeignKey;
}

/** The schema that is there from the beginning. */
export const PUBLIC: Schema = Object.freeze({ kind: 'schema', id: 1, name: 'public' });
/** Ids below this are the house's own. */
export const FIRST_OBJECT_ID = 16;

export class CatalogState {
  /** Position of the last definition; 0: there was none. */
  readonly version: number;
  /** The last object id that was given out. */
  readonly lastId: ObjectId;
  readonly objects: ReadonlyMap<ObjectId, CatalogObject>;
  /** States of one identity are of one store, and have the same definitions. */
  readonly identity: object;
  readonly #schemas: Map<string, Schema> = new Map();
  readonly #relations: Map<string, Map<string, StoredRelation>> = new Map();
  readonly #indexes: Map<string, Map<string, IndexOf>> = new Map();
  readonly #types: Map<string, Map<string, EnumType>> = new Map();
  readonly #referring: Map<ObjectId, Referring[]> = new Map();
  #content: Content | null | undefined;

  constructor(version: number, lastId: ObjectId, objects: ReadonlyMap<ObjectId, CatalogObject>) {
    this.identity = this;
    this.version = version;
    this.lastId = lastId;
    this.objects = objects;
    this.#schemas.set(PUBLIC.name, PUBLIC);
    for (const object of objects.values()) this.#enter(object);
  }

  /** States of one content have the same definitions, whatever store they are of. */
  get content(): Content | null {
    if (this.#content === undefined) this.#content = contentOf(this.objects);
    return this.#content;
  }

  schema(name: string): Schema | null {
    return this.#schemas.get(name) ?? null;
  }

  schemas(): Iterable<Schema> {
    return this.#schemas.values();
  }

  relation(schema: string, name: string): StoredRelation | null {
    return this.#relations.get(schema)?.get(name) ?? null;
  }

  /** An index by its own name. */
  index(schema: string, name: string): IndexOf | null {
    return this.#indexes.get(schema)?.get(name) ?? null;
  }

  /** Whether a new relation or index may not be called so. */
  isTaken(schema: string, name: string): boolean {
    return this.relation(schema, name) !== null || this.index(schema, name) !== null;
  }

  relationById(id: ObjectId): StoredRelation | null {
    const object = this.objects.get(id);
    return object === undefined || !isRelation(object) ? null : object;
  }

  type(schema: string, name: string): EnumType | null {
    return this.#types.get(schema)?.get(name) ?? null;
  }

  typeById(id: ObjectId): EnumType | null {
    const object = this.objects.get(id);
    return object?.kind === 'enum' ? object : null;
  }

  get hasTypes(): boolean {
    return this.#types.size > 0;
  }

  /** Every type that was defined, in the order of their ids. */
  *types(): Generator<EnumType> {
    for (const object of this.objects.values()) if (object.kind === 'enum') yield object;
  }

  /** Every relation, in the order of their ids. */
  *relations(): Generator<StoredRelation> {
    for (const object of this.objects.values()) if (isRelation(object)) yield object;
  }

  referringTo(table: ObjectId): readonly Referring[] {
    return this.#referring.get(table) ?? [];
  }

  #enter(object: CatalogObject): void {
    if (object.kind === 'schema') {
      this.#schemas.set(object.name, object);
      return;
    }
    if (object.kind === 'enum') {
      place(this.#types, object.schema).set(object.name, object);
      return;
    }
    const before = place(this.#relations, object.schema).get(object.name);
    assert(before === undefined, () => `relation ${object.schema}.${object.name} is there twice`);
    place(this.#relations, object.schema).set(object.name, object);
    if (object.kind !== 'table') return;
    for (const index of object.indexes) {
      if (index.name !== '')
        place(this.#indexes, object.schema).set(index.name, { table: object, index });
    }
    for (const key of object.constraints) {
      if (key.kind !== 'foreignKey') continue;
      const list = this.#referring.get(key.table) ?? [];
      list.push({ table: object, key });
      this.#referring.set(key.table, list);
    }
  }
}

function isRelation(object: CatalogObject): object is StoredRelation {
  return object.kind !== 'schema' && object.kind !== 'enum';
}

function place<T>(map: Map<string, Map<string, T>>, schema: string): Map<string, T> {
  const found = map.get(schema);
  if (found !== undefined) return found;
  const made: Map<string, T> = new Map();
  map.set(schema, made);
  return made;
}

export const EMPTY_CATALOG: CatalogState = new CatalogState(0, FIRST_OBJECT_ID - 1, new Map());
