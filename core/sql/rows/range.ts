/**
 * From a range of values to a range of keys.
 */
import type { Index, IndexElement, Table } from '../catalog/model.ts';
import type { ReadRange } from '../exec/source.ts';
import type { Value } from '../types/type.ts';
import { KeyWriter, VALUE_MARKER } from './key-writer.ts';
import { KEYSPACE_CURRENT, successor } from './keyspaces.ts';
import type { KeyRange } from './stream.ts';

const writer = new KeyWriter();

/** The range of one key; its end is mostly not asked for. */
class WholeKey implements KeyRange {
  readonly low: Uint8Array;
  readonly isKey = true;
  #high: Uint8Array | null = null;

  constructor(key: Uint8Array) {
    this.low = key;
  }

  get high(): Uint8Array {
    this.#high ??= above(this.low);
    return this.#high;
  }
}

/** Keys of an index whose first elements equal `range.equal` and whose next is within bounds. */
export function keyRangeOf(_table: Table, index: Index, range: ReadRange): KeyRange {
  writer.begin(KEYSPACE_CURRENT, index.id);
  for (const [i, value] of range.equal.entries()) writer.add(index.elements[i]!, value);
  const prefix = writer.copy();
  if (range.low === null && range.high === null) {
    // Keys of other indexes go on with the row's.
    const count = range.equal.length;
    const isKey = index.primary && count > 0 && count === index.elements.length;
    return isKey ? new WholeKey(prefix) : { low: prefix, high: above(prefix) };
  }
  const element = index.elements[range.equal.length]!;
  const first = element.descending ? range.high : range.low;
  const last = element.descending ? range.low : range.high;
  // Nulls are in no range: values alone have this marker.
  const values = Uint8Array.of(...prefix, VALUE_MARKER);
  return {
    low: first === null ? values : edge(prefix, element, first.value, !first.inclusive),
    high: last === null ? above(values) : edge(prefix, element, last.value, last.inclusive),
  };
}

/** The least key of those that have this value, or the least above all of them. */
function edge(
  prefix: Uint8Array,
  element: IndexElement,
  value: Value,
  behind: boolean,
): Uint8Array {
  writer.begin(KEYSPACE_CURRENT, 0);
  writer.end = 0;
  writer.addBytes(prefix, 0, prefix.length);
  writer.add(element, value);
  const key = writer.copy();
  return behind ? above(key) : key;
}

function above(key: Uint8Array): Uint8Array {
  const next = key.slice();
  return next.slice(0, successor(next, next.length));
}
