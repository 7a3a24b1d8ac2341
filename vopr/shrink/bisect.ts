/**
 * Bisecting a failure: when was it baked in? The run is repeated up to some choice, and from there
 * on with other luck, several times. While most tails pass the failure was still avoidable; from
 * the moment on at which most tails fail, whatever happens later, what matters lies behind.
 *
 * A coarse grid over the choices first, then halving between the last prefix whose tails mostly
 * pass and the first whose tails mostly fail. A generator: it yields each prefix as it is probed.
 *
 * Cost: `tails` runs a prefix.
 */

/** One prefix, and how its tails ended. */
export interface Probe {
  /** Choices kept; the rest came from other seeds. */
  readonly after: number;
  /** Virtual time at which the tail began, in microseconds. */
  readonly atMicros: number;
  readonly tails: number;
  /** Tails that failed in the same way. */
  readonly failed: number;
}

export interface BisectOptions {
  /** Choices that the failing run made. */
  readonly choices: number;
  /** Prefixes of the grid. */
  readonly points: number;
  /** Runs for each prefix. */
  readonly tails: number;
}

/** Runs the first `after` choices as they were, then those of `tail`: whether it failed alike. */
export type RunTail = (
  after: number,
  tail: number,
) => { readonly failed: boolean; readonly atMicros: number };

/** Halvings between two points of the grid. */
const HALVINGS_MAX = 12;

/** Yields each probe; returns all, in the order of their prefixes. */
export function* bisect(options: BisectOptions, run: RunTail): Generator<Probe, readonly Probe[]> {
  const { choices, points, tails } = options;
  const probes: Probe[] = [];
  const probe = (after: number): Probe => {
    let failed = 0;
    let atMicros = 0;
    for (let tail = 1; tail <= tails; tail += 1) {
      const end = run(after, tail);
      if (end.failed) failed += 1;
      ({ atMicros } = end);
    }
    const made = { after, atMicros, tails, failed };
    probes.push(made);
    probes.sort((a, b) => a.after - b.after);
    return made;
  };
  let last = -1;
  for (let point = 0; point <= points; point += 1) {
    const after = Math.floor((choices * point) / points);
    if (after !== last) yield probe(after);
    last = after;
  }
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    const at = turningPoint(probes);
    const [before, from] = [probes[at - 1], probes[at]];
    if (before === undefined || from === undefined || from.after - before.after <= 1) break;
    yield probe((before.after + from.after) >> 1);
  }
  return probes;
}

/**
 * Index of the earliest probe from which on all fail more often than not; the number of probes if
 * there is none.
 */
export function turningPoint(probes: readonly Probe[]): number {
  let at = probes.length;
  while (at > 0 && mostlyFails(probes[at - 1])) at -= 1;
  return at;
}

function mostlyFails(probe: Probe | undefined): boolean {
  return probe !== undefined && probe.failed * 2 > probe.tails;
}
