/**
 * Kinds of expressions: by the type that they are of, lists of `{ feature, make(e) }`, where
 * `e(type)` gives an operand.
 */
export function of(feature, ...makes) {
  return makes.map((make) => ({ feature, make }));
}

export function mergeKinds(...all) {
  const merged = {};
  for (const kinds of all) {
    for (const [type, list] of Object.entries(kinds)) (merged[type] ??= []).push(...list);
  }
  return merged;
}
