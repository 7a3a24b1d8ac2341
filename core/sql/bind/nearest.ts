/**
 * The nearest name: what PostgreSQL suggests when a column or table does not exist.
 *
 * Levenshtein distance; a name is near when at most half of it, and at most three characters, would
 * have to change. Costs length times length for each name; callers have some hundreds.
 */
const DISTANCE_MAX = 3;
const LENGTH_MAX = 64;

/** The nearest of `names`; null when none is near. The first of equals. */
export function nearestName(name: string, names: readonly string[]): string | null {
  if (name.length > LENGTH_MAX) return null;
  let best: string | null = null;
  let bestDistance = DISTANCE_MAX + 1;
  for (const candidate of names) {
    const difference = candidate.length - name.length;
    if (difference >= bestDistance || -difference >= bestDistance) continue;
    const distance = editDistance(name, candidate);
    if (distance < bestDistance && distance * 2 <= candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row: number[] = [];
  for (let j = 0; j <= to.length; j++) row.push(j);
  for (let i = 1; i <= from.length; i++) {
    const next: number[] = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      const replaced = (row[j - 1] as number) + (same ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
