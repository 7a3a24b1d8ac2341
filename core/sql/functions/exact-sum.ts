/**
 * Sums of floats without error: the sum of any values in any order, rounded once at the end.
 *
 * Shewchuk's expansions ("Adaptive precision floating-point arithmetic", 1997): the sum is kept as
 * floats that do not overlap, smallest first; adding a value costs one exact two-sum for each, of
 * which there are seldom more than three.
 */
export class ExactSum {
  #parts: number[] = [];
  /** Sum of the infinities and NaNs met: they swallow everything else. */
  #odd = 0;
  /** Added up plainly: says on which side a sum beyond all floats lies. */
  #overflowed = false;

  add(value: number): void {
    if (!Number.isFinite(value)) {
      this.#odd += value;
      return;
    }
    const parts = this.#parts;
    let carried = value;
    let kept = 0;
    for (let i = 0; i < parts.length; i += 1) {
      const part = parts[i] ?? 0;
      const large = Math.abs(carried) < Math.abs(part) ? part : carried;
      const small = large === carried ? part : carried;
      const sum = large + small;
      const rest = small - (sum - large);
      if (rest !== 0) {
        parts[kept] = rest;
        kept += 1;
      }
      carried = sum;
    }
    if (!Number.isFinite(carried)) this.#overflowed = true;
    parts[kept] = carried;
    parts.length = kept + 1;
  }

  /** The nearest float; null: too large for one. */
  result(): number | null {
    if (this.#odd !== 0) return this.#odd;
    if (this.#overflowed) return null;
    const parts = this.#parts;
    let at = parts.length - 1;
    if (at < 0) return 0;
    let sum = parts[at] ?? 0;
    let rest = 0;
    while (at > 0 && rest === 0) {
      const before = sum;
      const next = parts[at - 1] ?? 0;
      sum = before + next;
      rest = next - (sum - before);
      at -= 1;
    }
    return halfway(sum, rest, parts[at - 1] ?? 0);
  }
}

/** A rest of exactly half a unit was rounded to even; what lies below it may say otherwise. */
function halfway(sum: number, rest: number, below: number): number {
  if ((rest < 0 && below < 0) || (rest > 0 && below > 0)) {
    const doubled = rest * 2;
    const moved = sum + doubled;
    if (moved - sum === doubled) return moved;
  }
  return sum;
}
