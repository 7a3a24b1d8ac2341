/** `text[]` as the JSON functions take it: paths of `#>` and jsonb_set, names of `?|` and `?&`. */
import type { ArrayValue, Value } from '../types/type.ts';

export interface TextArray {
  /** 0 of an empty array. */
  readonly dimensions: number;
  /** Elements of an innermost array. */
  readonly columns: number;
  /** All of them, row by row. */
  readonly elements: readonly (string | null)[];
}

export function readTextArray(value: Value): TextArray {
  const { dimensions, elements } = value as ArrayValue;
  return {
    dimensions: dimensions.length,
    columns: dimensions.at(-1) ?? 0,
    elements: elements as readonly (string | null)[],
  };
}
