/**
 * Reading the catalogue from the store: as it is, as it was at a position, and with what the
 * running transaction has defined. Versions that were read are kept, so that a catalogue of one
 * version is one object.
 */
import { readU32, readU64 } from '../../codec/bytes.ts';
import { PRESENT } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import { CATALOG_INDEX, PENDING_POSITION, STATE_KEY } from '../rows/keyspaces.ts';
import { needed } from '../rows/stream.ts';
import { VersionScan } from '../rows/versions.ts';
import type { View } from '../rows/view.ts';
import { interned, internedRecord } from './intern.ts';
import type { ObjectId } from './model.ts';
import type { CatalogObject } from './state.ts';
import { CatalogState, EMPTY_CATALOG, FIRST_OBJECT_ID } from './state.ts';
import type { CatalogView } from './view.ts';

export const STATE_BYTES = 12;

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Versions kept. */
const KEPT_MAX = 16;

/** Catalogues that were read. One for each tenant of each store; serves any number of views. */
export class CatalogCache {
  readonly #states: Map<number, CatalogState> = new Map();
  /** Positions at which something was defined, ascending, up to `#changesVersion`. */
  #changes: readonly number[] = [];
  #changesVersion = -1;

  readonly #named: WeakMap<CatalogState, CatalogView[]> = new WeakMap();

  /** What a state's names mean along a search path, when that was asked before. */
  named(state: CatalogState, path: readonly string[]): CatalogView | undefined {
    return this.#named.get(state)?.find((one) => samePath(one.path, path));
  }

  keep(view: CatalogView): void {
    const kept = this.#named.get(view.state) ?? [];
    if (kept.length >= KEPT_MAX) kept.length = 0;
    kept.push(view);
    this.#named.set(view.state, kept);
  }

  /**
   * A transaction's own catalogue became the store's at this position: the next statement need not
   * read it again.
   */
  adopt(state: CatalogState, position: number): void {
    const objects: Map<ObjectId, CatalogObject> = new Map();
    for (const [id, object] of state.objects) objects.set(id, interned(object));
    this.#keep(new CatalogState(position, state.lastId, objects));
  }

  /** The catalogue that a view's reads see. */
  current(view: View): CatalogState {
    const own = view.overlay.statementCatalog ?? view.overlay.catalog;
    if (own !== null) return own;
    const { version, lastId } = readState(view);
    if (version > view.snapshot) return this.at(view, view.snapshot);
    return this.#state(view, version, lastId);
  }

  /** The catalogue as of a position. */
  at(view: View, position: number): CatalogState {
    const { version, lastId } = readState(view);
    if (position >= version) return this.#state(view, version, lastId);
    if (this.#changesVersion !== version) {
      this.#changes = readChanges(view);
      this.#changesVersion = version;
    }
    let found = 0;
    for (const change of this.#changes) if (change <= position) found = change;
    return this.#state(view, found, lastId);
  }

  #state(view: View, version: number, lastId: ObjectId): CatalogState {
    if (version === 0) return EMPTY_CATALOG;
    const known = this.#states.get(version);
    if (known !== undefined) return known;
    const state = new CatalogState(version, lastId, readObjects(view, version));
    this.#keep(state);
    return state;
  }

  #keep(state: CatalogState): void {
    if (this.#states.size >= KEPT_MAX) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    this.#states.set(state.version, state);
  }
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((schema, i) => schema === b[i]);
}

function readState(view: View): { readonly version: number; readonly lastId: ObjectId } {
  const { source } = view;
  const found = needed(source.get(STATE_KEY, 0, 1));
  if (found !== PRESENT) return { version: 0, lastId: FIRST_OBJECT_ID - 1 };
  const { value, valueFrom } = source;
  return { version: readU64(value, valueFrom), lastId: readU32(value, valueFrom + 8) };
}

function readObjects(view: View, position: number): Map<ObjectId, CatalogObject> {
  const objects: Map<ObjectId, CatalogObject> = new Map();
  const range = view.keyRange(CATALOG_INDEX, NO_BYTES, 0, 0);
  const scan = new VersionScan(view.source, range, false, position, position, true);
  while (scan.next()) {
    const { heap, from, bytes } = scan.entry;
    const object = internedRecord(heap, from, bytes);
    objects.set(object.id, object);
  }
  return objects;
}

/** Every position at which an object began or ended. */
function readChanges(view: View): readonly number[] {
  const changes: Set<number> = new Set();
  const range = view.keyRange(CATALOG_INDEX, NO_BYTES, 0, 0);
  const scan = new VersionScan(view.source, range, false, 0, PENDING_POSITION, true);
  while (scan.next()) {
    changes.add(readU64(scan.entry.heap, scan.entry.from));
    if (scan.entry.ended > 0) changes.add(scan.entry.ended);
  }
  const sorted = Array.from(changes).sort((a, b) => a - b);
  assert(
    sorted.every((change) => change > 0),
    'a definition has a position',
  );
  return sorted;
}
