/**
 * The catalogue being changed by one statement: objects are put and removed here, and become
 * records of the overlay at its end. Like rows, they leave their old versions in the history.
 */
import { readU64, writeU32, writeU64 } from '../../codec/bytes.ts';
import { writeBigEndian32 } from '../../store/directory.ts';
import { encodeObject } from '../catalog/record.ts';
import { STATE_BYTES } from '../catalog/load.ts';
import type { ObjectId } from '../catalog/model.ts';
import type { CatalogObject } from '../catalog/state.ts';
import { CatalogState } from '../catalog/state.ts';
import { CatalogView, SYSTEM_SCHEMAS, TEMPORARY_ALIAS, isTemporary } from '../catalog/view.ts';
import type { BindContext } from '../bind/bind.ts';
import { Literals } from '../bind/literals.ts';
import { SqlError, unsupported } from '../error.ts';
import {
  CATALOG_INDEX,
  KEYSPACE_CURRENT,
  KEYSPACE_HISTORY,
  PENDING_POSITION,
  POSITION_BYTES,
  PREFIX_BYTES,
  STATE_KEY,
  writePosition,
  writePrefix,
} from '../rows/keyspaces.ts';
import { Lookup } from '../rows/lookup.ts';
import { withLiterals } from './pin.ts';
import { withTypes } from './pin-types.ts';
import type { QualifiedName } from '../tree/define.ts';
import type { WriteContext } from '../write/context.ts';

const ID_BYTES = 4;

/** The command tag; that of CREATE TABLE AS, `SELECT 3`, is known when all is done. */
export type Tag = string | (() => string);

export class Editor {
  readonly context: WriteContext;
  readonly notices: string[] = [];
  readonly #objects: Map<ObjectId, CatalogObject>;
  readonly #changed: Set<ObjectId> = new Set();
  readonly #literals: Literals = new Literals();
  /** What is still to be done to rows, in order. */
  readonly #later: Generator<void>[] = [];
  readonly #version: number;
  #lastId: ObjectId;
  #state: CatalogState;

  constructor(context: WriteContext) {
    this.context = context;
    this.#state = context.source.state;
    this.#objects = new Map(this.#state.objects);
    this.#lastId = this.#state.lastId;
    const { position } = context.source.view;
    // A transaction's own catalogues have numbers of their own, below every position.
    const own = this.#state.version < 0 ? this.#state.version - 1 : -1;
    this.#version = position === PENDING_POSITION ? own : position;
  }

  /** The catalogue with what was changed so far. */
  get state(): CatalogState {
    return this.#state;
  }

  /** For binding expressions that may name what this statement makes. */
  binding(): BindContext {
    const { environment, source } = this.context;
    const catalog = new CatalogView(this.#state, source.path, source.catalog.system);
    const literals = this.#literals;
    const free = { parameterTypes: [], time: null };
    return { catalog, catalogAt: () => catalog, environment, ...free, literals };
  }

  newId(): ObjectId {
    this.#lastId += 1;
    return this.#lastId;
  }

  put(object: CatalogObject): void {
    this.#objects.set(object.id, object);
    this.#note(object.id);
  }

  remove(id: ObjectId): void {
    this.#objects.delete(id);
    this.#note(id);
  }

  /** Rows are read and written once the catalogue is as the statement makes it, in slices. */
  later(work: Generator<void>): void {
    this.#later.push(work);
  }

  /** Does a slice of that; true when all is done. */
  work(): boolean {
    const [next] = this.#later;
    if (next === undefined) return true;
    if (next.next().done === true) this.#later.shift();
    return this.#later.length === 0;
  }

  notice(text: string): void {
    this.notices.push(text);
  }

  /** The schema in which a new object of this name goes. 3F000 when there is none. */
  schemaFor(name: QualifiedName, temporary: boolean = false): string {
    if (temporary || name.schema === TEMPORARY_ALIAS) return this.#temporarySchema(name);
    const { creationPath, temporary: own } = this.context.source;
    const isThere = (one: string): boolean => one === own || this.hasSchema(one);
    const schema = name.schema ?? creationPath.find(isThere);
    if (schema !== undefined && schema === own) return this.#temporarySchema(name);
    if (schema === undefined) {
      throw new SqlError('3F000', 'no schema has been selected to create in', { at: name.at });
    }
    if (SYSTEM_SCHEMAS.includes(schema)) {
      throw new SqlError('42501', `permission denied for schema ${schema}`, { at: name.at });
    }
    if (!this.hasSchema(schema)) {
      throw new SqlError('3F000', `schema "${schema}" does not exist`, { at: name.at });
    }
    return schema;
  }

  /** The schema `to`: what is of a session alone stays that. */
  schemaToMoveTo(
    { schema: from, name }: { readonly schema: string; readonly name: string },
    to: string,
    at: number,
  ): string {
    if (to === TEMPORARY_ALIAS || isTemporary(from) || isTemporary(to)) {
      throw new SqlError('0A000', 'cannot move objects into or out of temporary schemas', { at });
    }
    return this.schemaFor({ schema: to, name, at });
  }

  /** The schema of the session's temporary relations, made when the first one is. */
  #temporarySchema({ schema, at }: QualifiedName): string {
    const { temporary } = this.context.source;
    if (schema !== null && schema !== TEMPORARY_ALIAS && schema !== temporary) {
      const message = 'cannot create temporary relation in non-temporary schema';
      throw new SqlError('42P16', message, { at });
    }
    if (temporary === null) throw unsupported('a temporary relation outside a session', at);
    if (!this.hasSchema(temporary)) {
      this.put({ kind: 'schema', id: this.newId(), name: temporary });
    }
    return temporary;
  }

  hasSchema(name: string): boolean {
    return this.#state.schema(name) !== null;
  }

  /** A new name for a relation or index: 42P07 when it is taken. */
  claimName(schema: string, name: string, at: number): void {
    if (!this.#state.isTaken(schema, name)) return;
    throw new SqlError('42P07', `relation "${name}" already exists`, { at });
  }

  /** Puts everything that changed into the overlay's statement layer. */
  finish(): void {
    if (this.#changed.size === 0) return;
    const { view } = this.context.source;
    const layer = view.overlay.statement;
    const ids = Array.from(this.#changed).sort((a, b) => a - b);
    for (const id of ids) this.#pin(id);
    for (const id of ids) this.#record(id);
    const state = new Uint8Array(STATE_BYTES);
    writeU64(state, 0, view.position);
    writeU32(state, POSITION_BYTES, this.#lastId);
    layer.put(STATE_KEY, 0, STATE_KEY.length, state, 0, STATE_BYTES);
  }

  #pin(id: ObjectId): void {
    const object = this.#objects.get(id);
    if (object === undefined) return;
    const literal = this.#literals.isEmpty ? object : withLiterals(object, this.#literals);
    const pinned = this.#state.hasTypes ? withTypes(literal) : literal;
    if (pinned !== object) this.put(pinned);
  }

  #note(id: ObjectId): void {
    this.#changed.add(id);
    this.#state = new CatalogState(this.#version, this.#lastId, new Map(this.#objects));
    // What the statement does to rows goes by the catalogue as it has made it.
    this.context.source.view.overlay.statementCatalog = this.#state;
  }

  #record(id: ObjectId): void {
    const { view } = this.context.source;
    const layer = view.overlay.statement;
    const key = new Uint8Array(PREFIX_BYTES + ID_BYTES + POSITION_BYTES);
    const end = PREFIX_BYTES + ID_BYTES;
    writePrefix(KEYSPACE_CURRENT, CATALOG_INDEX, key);
    writeBigEndian32(id, key, PREFIX_BYTES);
    const lookup = new Lookup(view.source);
    lookup.aim(CATALOG_INDEX, key, PREFIX_BYTES, ID_BYTES);
    const found = lookup.present([layer, view.overlay.base], view.snapshot, view.moved());
    if (found && readU64(lookup.heap, lookup.from) !== view.position) {
      key[0] = KEYSPACE_HISTORY;
      writePosition(view.position, key, end);
      layer.put(key, 0, key.length, lookup.heap, lookup.from, lookup.bytes);
      key[0] = KEYSPACE_CURRENT;
    }
    const object = this.#objects.get(id);
    if (object === undefined) {
      if (found) layer.delete(key, 0, end);
      return;
    }
    const bytes = encodeObject(object, view.position);
    layer.put(key, 0, end, bytes, 0, bytes.length);
  }
}
