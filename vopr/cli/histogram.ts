/**
 * Counts of small whole numbers, mergeable between workers, with exact percentiles. Memory is one
 * array as long as the largest value seen, which `CAP` bounds; larger values count as `CAP`.
 */

const CAP = 65_535;

export interface Histogram {
  readonly counts: number[];
  total: number;
  sum: number;
}

export function createHistogram(): Histogram {
  return { counts: [], total: 0, sum: 0 };
}

export function record(histogram: Histogram, value: number): void {
  const bucket = Math.min(CAP, Math.max(0, Math.floor(value)));
  while (histogram.counts.length <= bucket) histogram.counts.push(0);
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.total++;
  histogram.sum += value;
}

export function merge(into: Histogram, from: Histogram): void {
  while (into.counts.length < from.counts.length) into.counts.push(0);
  from.counts.forEach((count, bucket) => {
    into.counts[bucket] = (into.counts[bucket] ?? 0) + count;
  });
  into.total += from.total;
  into.sum += from.sum;
}

export function mean(histogram: Histogram): number {
  return histogram.total === 0 ? 0 : histogram.sum / histogram.total;
}

/** The smallest value that at least `percent` per cent of the samples do not exceed. */
export function percentile(histogram: Histogram, percent: number): number {
  const wanted = Math.max(1, Math.ceil((histogram.total * percent) / 100));
  let seen = 0;
  for (let bucket = 0; bucket < histogram.counts.length; bucket++) {
    seen += histogram.counts[bucket] ?? 0;
    if (seen >= wanted) return bucket;
  }
  return 0;
}

const SPARKS = '▁▂▃▄▅▆▇█';

/**
 * `cells` characters, each as high as its share of the samples between 0 and the 99th percentile.
 */
export function sparkline(histogram: Histogram, cells: number): string {
  const top = Math.max(1, percentile(histogram, 99));
  const bins = Array.from({ length: cells }, () => 0);
  histogram.counts.forEach((count, bucket) => {
    const bin = Math.min(cells - 1, Math.floor((bucket * cells) / (top + 1)));
    bins[bin] = (bins[bin] ?? 0) + count;
  });
  const high = Math.max(1, ...bins);
  return bins
    .map((bin) => (bin === 0 ? ' ' : (SPARKS[Math.ceil((bin * 8) / high) - 1] ?? ' ')))
    .join('');
}
