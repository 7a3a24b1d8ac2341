/**
 * The order of jsonb, of canonical texts: object above array above boolean above number above
 * string above null; arrays and objects by size first, then part by part, members in their order,
 * each by its name as text and then by its value.
 *
 * Parts are compared as they are met, so that values that differ early are not read to their end.
 */
import { compareDecimals } from './decimal.ts';
import { parseDecimal } from './decimal-text.ts';
import { JsonParts, checkDepth, countParts, decodeString, isScalar, kindOf } from './json-scan.ts';
import { compareText } from './text.ts';

const RANK = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const;

export function compareJson(a: string, b: string): number {
  if (a === b) return 0;
  // PostgreSQL keeps an oddity: at the top an empty array is below every scalar.
  if (a === '[]' && isScalar(kindOf(b))) return -1;
  if (b === '[]' && isScalar(kindOf(a))) return 1;
  return compareDeep(a, b, 0);
}

function compareDeep(a: string, b: string, depth: number): number {
  if (a === b) return 0;
  checkDepth(depth);
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind !== other) return RANK[kind] - RANK[other];
  switch (kind) {
    case 'null':
      return 0;
    case 'string':
      return compareText(decodeString(a), decodeString(b));
    case 'number':
      return compareDecimals(parseDecimal(a), parseDecimal(b));
    case 'boolean':
      return Number(a === 'true') - Number(b === 'true');
    case 'array':
    case 'object':
      return countParts(a) - countParts(b) || compareParts(a, b, kind === 'object', depth);
  }
}

/** Of equally many. */
function compareParts(a: string, b: string, named: boolean, depth: number): number {
  const left = new JsonParts(a);
  const right = new JsonParts(b);
  while (left.next() && right.next()) {
    const names = named ? compareText(left.name, right.name) : 0;
    const order = names === 0 ? compareDeep(left.value, right.value, depth + 1) : names;
    if (order !== 0) return order;
  }
  return 0;
}
