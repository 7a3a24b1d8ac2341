/** Timing that two systems share: interleaved rounds, medians, one line a comparison. */

/**
 * Runs each contender `rounds` times in turn and returns, by name, the median of its milliseconds.
 * A contender is an asynchronous function that does the whole work once.
 */
export async function interleaved(contenders, rounds) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (const run of Object.values(contenders)) await run();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const start = process.hrtime.bigint();
      await run();
      times[name].push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

export function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** `name  ours 1.234 ms  postgres 2.345 ms  ratio 0.53`. */
export function line(name, medians, against, divide = 1, unit = 'ms') {
  const scale = unit === 'us' ? 1000 : 1;
  const parts = Object.entries(medians).map(
    ([who, millis]) =>
      `${who} ${((millis * scale) / divide).toFixed(unit === 'us' ? 1 : 2)} ${unit}`,
  );
  const other = medians[against];
  const ratio = other === undefined ? '' : `  ratio ${(medians.kimberlite / other).toFixed(2)}`;
  return `${name.padEnd(44)} ${parts.join('  ')}${ratio}`;
}
