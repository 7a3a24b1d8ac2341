/**
 * Equal definitions are one object, in the whole process: replicas of a simulated cluster, a node
 * that opens again, and tenants with the same tables then share what is derived from definitions,
 * plans above all.
 *
 * What a definition says is its stored text, so equal text is the same object; and equal objects,
 * in order, have one `identity`. Nothing of a result depends on it: whoever is not found here has
 * an identity of its own. Bounded; large catalogues stay out.
 *
 * Cost: a hash and a compare of each definition that is read or made.
 */
import { mixBytes } from '../../crypto/fasthash.ts';
import type { ObjectId } from './model.ts';
import { decodeObject, encodeObject, textFrom } from './record.ts';
import { CatalogState } from './state.ts';
import type { CatalogObject } from './state.ts';

const OBJECTS_MAX = 4096;
const SETS_MAX = 1024;
/** Definitions of a catalogue that takes part. */
const MEMBERS_MAX = 64;

interface KnownObject {
  readonly text: Uint8Array;
  readonly object: CatalogObject;
}

/** By the hash of their text; of equal hashes the last one stays. */
const objects: Map<number, KnownObject> = new Map();
const serials: WeakMap<CatalogObject, number> = new WeakMap();
let serial = 0;

interface KnownSet {
  readonly members: readonly CatalogObject[];
}

const sets: Map<number, KnownSet> = new Map();

/** The definition that a stored record holds. */
export function internedRecord(bytes: Uint8Array, from: number, length: number): CatalogObject {
  const at = textFrom(from);
  const end = from + length;
  const hash = mixBytes(0, bytes, at, end - at);
  const known = objects.get(hash);
  if (known !== undefined && isText(known.text, bytes, at, end)) return known.object;
  return keep(hash, bytes.slice(at, end), decodeObject(bytes, from, length));
}

/** A state of these definitions; it shares objects and identity with others that are equal. */
export function internedState(
  version: number,
  lastId: ObjectId,
  definitions: ReadonlyMap<ObjectId, CatalogObject>,
): CatalogState {
  if (definitions.size > MEMBERS_MAX) return new CatalogState(version, lastId, definitions);
  const own: Map<ObjectId, CatalogObject> = new Map();
  let hash = 0;
  for (const [id, definition] of definitions) {
    const object = interned(definition);
    own.set(id, object);
    hash = (Math.imul(hash, 0x01000193) + serials.get(object)!) | 0;
  }
  return new CatalogState(version, lastId, own, identityOf(hash, [...own.values()]));
}

function interned(definition: CatalogObject): CatalogObject {
  if (serials.has(definition)) return definition;
  const bytes = encodeObject(definition, 0);
  return internedRecord(bytes, 0, bytes.length);
}

function keep(hash: number, text: Uint8Array, object: CatalogObject): CatalogObject {
  serial += 1;
  serials.set(object, serial);
  if (objects.size >= OBJECTS_MAX) objects.delete(objects.keys().next().value!);
  objects.set(hash, { text, object });
  return object;
}

function identityOf(hash: number, members: readonly CatalogObject[]): object {
  const known = sets.get(hash);
  if (known !== undefined && isSame(known.members, members)) return known;
  if (sets.size >= SETS_MAX) sets.delete(sets.keys().next().value!);
  const set = { members };
  sets.set(hash, set);
  return set;
}

function isSame(a: readonly CatalogObject[], b: readonly CatalogObject[]): boolean {
  return a.length === b.length && a.every((object, i) => object === b[i]);
}

function isText(text: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false;
  for (let i = 0; i < text.length; i += 1) if (text[i] !== bytes[from + i]) return false;
  return true;
}
