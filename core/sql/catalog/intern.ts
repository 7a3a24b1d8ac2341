/**
 * Equal definitions are one object, in the whole process: replicas of a simulated cluster, a node
 * that opens again, and tenants with the same tables then share what is derived from definitions.
 *
 * What a definition says is its stored text, so equal text is the same object; and equal objects,
 * in order, have one `content`. Nothing of a result depends on it, nor what is read of the store:
 * whoever is not found here gets an object, or a content, of its own. Bounded; large catalogues
 * have no content.
 *
 * Cost: a hash and a compare of each definition that is read or made.
 */
import { mixBytes } from '../../crypto/fasthash.ts';
import type { ObjectId } from './model.ts';
import { decodeObject, encodeObject, textFrom } from './record.ts';
import type { CatalogObject } from './state.ts';

const OBJECTS_MAX = 4096;
const CONTENTS_MAX = 1024;
/** Definitions of a catalogue that has a content. */
const MEMBERS_MAX = 64;

interface KnownObject {
  readonly text: Uint8Array;
  readonly object: CatalogObject;
}

/** What a catalogue defines. */
export interface Content {
  /** Tells contents apart in hashes. */
  readonly serial: number;
  readonly members: readonly CatalogObject[];
}

/** By the hash of their text; of equal hashes the last one stays. */
const objects: Map<number, KnownObject> = new Map();
const serials: WeakMap<CatalogObject, number> = new WeakMap();
const contents: Map<number, Content> = new Map();
let serial = 0;

/** The definition that a stored record holds. */
export function internedRecord(bytes: Uint8Array, from: number, length: number): CatalogObject {
  const at = textFrom(from);
  const end = from + length;
  const hash = mixBytes(0, bytes, at, end - at);
  const known = objects.get(hash);
  if (known !== undefined && isText(known.text, bytes, at, end)) return known.object;
  return keep(hash, bytes.slice(at, end), decodeObject(bytes, from, length));
}

/** The object for a definition that was made. */
export function interned(definition: CatalogObject): CatalogObject {
  if (serials.has(definition)) return definition;
  const bytes = encodeObject(definition, 0);
  return internedRecord(bytes, 0, bytes.length);
}

/** Of a catalogue of these definitions; null when it is large. */
export function contentOf(definitions: ReadonlyMap<ObjectId, CatalogObject>): Content | null {
  if (definitions.size > MEMBERS_MAX) return null;
  const members: CatalogObject[] = [];
  let hash = 0;
  for (const definition of definitions.values()) {
    const object = interned(definition);
    members.push(object);
    hash = (Math.imul(hash, 0x01000193) + serials.get(object)!) | 0;
  }
  const known = contents.get(hash);
  if (known !== undefined && isSame(known.members, members)) return known;
  if (contents.size >= CONTENTS_MAX) contents.delete(contents.keys().next().value!);
  serial += 1;
  const content = { serial, members };
  contents.set(hash, content);
  return content;
}

function keep(hash: number, text: Uint8Array, object: CatalogObject): CatalogObject {
  serial += 1;
  serials.set(object, serial);
  if (objects.size >= OBJECTS_MAX) objects.delete(objects.keys().next().value!);
  objects.set(hash, { text, object });
  return object;
}

function isSame(a: readonly CatalogObject[], b: readonly CatalogObject[]): boolean {
  return a.length === b.length && a.every((object, i) => object === b[i]);
}

function isText(text: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false;
  for (let i = 0; i < text.length; i += 1) if (text[i] !== bytes[from + i]) return false;
  return true;
}
