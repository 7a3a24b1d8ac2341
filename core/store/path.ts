/**
 * A way from a tree's root to a leaf, kept from one access to the next.
 *
 * A statement goes through several runs of keys at a time: a table's rows, their history, the
 * entries of an index. The tree keeps a path for each (told apart by how the keys begin), so that
 * the one does not lose the place of the other.
 *
 * Cost: an access beside the one before takes one or two comparisons; elsewhere in the same leaf,
 * two and a search of the leaf.
 */
import { compareCell } from './cell.ts';
import type { Node } from './node.ts';
import { findCell } from './node.ts';

/** How many runs of keys a tree follows at a time: a power of two. */
export const PATHS = 8;

/** No index, and no complement of one. */
const ELSEWHERE = 0x7fff_ffff;

export class Path {
  readonly nodes: Node[] = [];
  /** Where it went on in each node; in the leaf what `findCell` told. */
  readonly indexes: number[] = [];
  /** Nodes on it; 0: it leads nowhere. */
  depth = 0;
  /** The tree's `shape` when it was walked: any other, and it is a path no more. */
  shape = -1;
  /** The last access was beside the one before: the next may be, too. */
  isRun = false;

  /** Lets go of its nodes. */
  clear(): void {
    this.nodes.length = 0;
    this.depth = 0;
  }

  /**
   * Whether it leads to the leaf in which a key is, or would be put; the last index is then that
   * key's. A leaf with an older `stamp` than this must be walked to, or it would be forgotten.
   */
  leadsTo(key: Uint8Array, from: number, bytes: number, stamp: number): boolean {
    const last = this.depth - 1;
    if (last < 0) return false;
    const leaf = this.nodes[last]!;
    if (leaf.stamp !== stamp) return false;
    const before = positionOf(this.indexes[last]!);
    if (this.isRun) {
      const found = this.#beside(leaf, before, key, from, bytes);
      if (found !== ELSEWHERE) {
        this.indexes[last] = found;
        return true;
      }
    }
    if (last > 0 && !this.#covers(leaf, key, from, bytes)) return false;
    const found = findCell(leaf, key, from, bytes);
    this.indexes[last] = found;
    const away = positionOf(found) - before;
    this.isRun = away >= -1 && away <= 1;
    return true;
  }

  /** As `findCell`, if the key is at one of the two cells about `before`, or beside them. */
  #beside(leaf: Node, before: number, key: Uint8Array, from: number, bytes: number): number {
    const { heap, cells } = leaf;
    const count = cells.length;
    if (before >= count) return ELSEWHERE;
    const order = compareCell(heap, cells[before]!, key, from, bytes);
    if (order === 0) return ~before;
    if (order > 0) {
      if (before === 0) return ELSEWHERE;
      const lower = compareCell(heap, cells[before - 1]!, key, from, bytes);
      if (lower === 0) return ~(before - 1);
      return lower < 0 ? before : ELSEWHERE;
    }
    const next = before + 1;
    if (next === count) return this.#isBelowNext(key, from, bytes) ? count : ELSEWHERE;
    const higher = compareCell(heap, cells[next]!, key, from, bytes);
    if (higher === 0) return ~next;
    return higher > 0 ? next : ELSEWHERE;
  }

  #covers(leaf: Node, key: Uint8Array, from: number, bytes: number): boolean {
    const { heap, cells } = leaf;
    const count = cells.length;
    if (count === 0 || compareCell(heap, cells[0]!, key, from, bytes) > 0) return false;
    if (compareCell(heap, cells[count - 1]!, key, from, bytes) >= 0) return true;
    return this.#isBelowNext(key, from, bytes);
  }

  /** Behind the leaf's last key, all is the leaf's up to where the next one begins. */
  #isBelowNext(key: Uint8Array, from: number, bytes: number): boolean {
    for (let level = this.depth - 2; level >= 0; level -= 1) {
      const node = this.nodes[level]!;
      const next = this.indexes[level]! + 1;
      if (next >= node.cells.length) continue;
      return compareCell(node.heap, node.cells[next]!, key, from, bytes) > 0;
    }
    return true;
  }
}

/** The index of a cell, or of the first one above, by what `findCell` told. */
function positionOf(found: number): number {
  return found < 0 ? ~found : found;
}

/** Which path follows the run of a key: keys of one keyspace and index go together. */
export function runOf(key: Uint8Array, from: number, bytes: number): number {
  return bytes > 4 ? (key[from]! ^ (key[from + 4]! << 1)) & (PATHS - 1) : 0;
}
