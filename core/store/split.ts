/**
 * Where a full node is split: a function of its content and the new cell alone, never of what came
 * before, because replicas are byte-equal.
 *
 * Halves as even as can be, but where keys come in ascending order: there the page that is left
 * behind is left full. That is at the node's end; at the end of the keys of one kind, where a table
 * grows that other things stand behind; and at the end of the versions of one key, where its
 * history grows.
 */
import { CELL_HEADER_BYTES, cellBytes, cellKeyBytes } from './cell.ts';
import type { Node } from './node.ts';
import { PAGE_HEADER_BYTES } from './page.ts';

/** Bytes that keys of one kind have in common: a keyspace and a number within it. */
const KIND_BYTES = 5;
/** Bytes at the end of a key that tell its versions apart: a position. */
const VERSION_BYTES = 8;

/**
 * How many cells, the new one counted, stay left. A cell is at most half a page, so the longest
 * prefix that fits leaves a rest that fits.
 */
export function splitPoint(
  node: Node,
  index: number,
  bytes: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
): number {
  const count = node.cells.length;
  // The new cell goes right alone, so that ascending keys fill pages.
  if (index === count) return count;
  const total = node.used - PAGE_HEADER_BYTES + bytes;
  const room = node.heap.length - PAGE_HEADER_BYTES;
  const ends = index > 0 && endsKind(node, index, key, keyFrom, keyBytes);
  const endsKey = index > 0 && endsVersions(node, index, key, keyFrom, keyBytes);
  let left = 0;
  let best = 1;
  let bestMax = total;
  for (let i = 0; i < count; i += 1) {
    // Only a page that is half full by then is left alone.
    if (i === index && ends && 2 * left >= total) return index;
    left += i === index ? bytes : cellBytes(node.heap, node.cells[i < index ? i : i - 1]!);
    // The versions stay together: the next one finds them at its page's end.
    if (i === index && endsKey && 2 * left >= total && left <= room) return index + 1;
    const max = left > total - left ? left : total - left;
    if (max < bestMax) {
      bestMax = max;
      best = i + 1;
    }
  }
  return best;
}

/** Whether the cell before is of the new key's kind, and the one behind is not. */
function endsKind(
  node: Node,
  index: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
): boolean {
  const { heap, cells } = node;
  if (keyBytes < KIND_BYTES || !begins(heap, cells[index - 1]!, key, keyFrom, KIND_BYTES)) {
    return false;
  }
  return !begins(heap, cells[index]!, key, keyFrom, KIND_BYTES);
}

/** Whether the cell before is another version of the new key, and the one behind is none. */
function endsVersions(
  node: Node,
  index: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
): boolean {
  const { heap, cells } = node;
  const common = keyBytes - VERSION_BYTES;
  if (common <= KIND_BYTES || cellKeyBytes(heap, cells[index - 1]!) !== keyBytes) return false;
  if (!begins(heap, cells[index - 1]!, key, keyFrom, common)) return false;
  return !begins(heap, cells[index]!, key, keyFrom, common);
}

function begins(
  heap: Uint8Array,
  at: number,
  key: Uint8Array,
  keyFrom: number,
  bytes: number,
): boolean {
  if (cellKeyBytes(heap, at) < bytes) return false;
  for (let i = 0; i < bytes; i += 1) {
    if (heap[at + CELL_HEADER_BYTES + i] !== key[keyFrom + i]) return false;
  }
  return true;
}
