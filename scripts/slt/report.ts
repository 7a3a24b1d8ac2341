/** Scores as text: a line a file, a line a source, failures by reason. */
import type { Score } from './run.ts';

export interface FileReport {
  readonly path: string;
  readonly source: string;
  readonly millis: number;
  /** Why the file could not be run as it is; ''. */
  readonly problem: string;
  readonly score: Score;
}

interface Total {
  files: number;
  passed: number;
  all: number;
  extendedPassed: number;
  extendedAll: number;
  outOfScope: number;
  millis: number;
}

export function totals(reports: readonly FileReport[]): ReadonlyMap<string, Readonly<Total>> {
  const sources = new Map<string, Total>();
  for (const { source, score, millis } of reports) {
    const total = sources.get(source) ?? {
      files: 0,
      passed: 0,
      all: 0,
      extendedPassed: 0,
      extendedAll: 0,
      outOfScope: 0,
      millis: 0,
    };
    total.files += 1;
    total.passed += score.passed;
    total.all += score.passed + score.failed;
    total.extendedPassed += score.extendedPassed;
    total.extendedAll += score.extendedPassed + score.extendedFailed;
    total.outOfScope += score.outOfScope;
    total.millis += millis;
    sources.set(source, total);
  }
  return sources;
}

export function percent(part: number, all: number): string {
  // Never rounded up to a bar that was not reached.
  return all === 0 ? '-' : `${(Math.floor((part / all) * 10_000) / 100).toFixed(2)} %`;
}

export function fileLine(report: FileReport): string {
  const { score } = report;
  const all = score.passed + score.failed;
  const extendedAll = score.extendedPassed + score.extendedFailed;
  const extended = extendedAll === 0 ? '' : `  extended ${score.extendedPassed}/${extendedAll}`;
  const problem = report.problem === '' ? '' : `  ${report.problem}`;
  const millis = String(Math.round(report.millis)).padStart(6);
  const share = percent(score.passed, all).padStart(9);
  return `${share} ${`${score.passed}/${all}`.padStart(11)} ${millis} ms  ${report.path}${extended}${problem}`;
}

export function sourceLines(reports: readonly FileReport[]): readonly string[] {
  const lines: string[] = [];
  for (const [source, total] of totals(reports)) {
    const extended =
      total.extendedAll === 0 ? '' : `, extended ${total.extendedPassed}/${total.extendedAll}`;
    lines.push(
      `${source}: ${percent(total.passed, total.all)} of ${total.all} records in ${total.files} ` +
        `files (${total.outOfScope} out of scope${extended}), ${(total.millis / 1000).toFixed(1)} s`,
    );
  }
  return lines;
}

/** What fails most: reasons with their varying parts taken out, the most frequent first. */
export function reasonLines(reports: readonly FileReport[], most: number): readonly string[] {
  const counts = new Map<string, { count: number; example: string }>();
  for (const { path, score } of reports) {
    for (const { reason, line, extended } of score.failures) {
      if (extended) continue;
      const key = generalized(reason);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { count: 1, example: `${path}:${line}` });
      else known.count += 1;
    }
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b.count - a.count)
    .slice(0, most)
    .map(([key, { count, example }]) => `${String(count).padStart(6)}  ${key}  (${example})`);
}

function generalized(reason: string): string {
  return reason
    .replace(/"(?:[^"\\]|\\.)*"(?:, …)?/g, '"…"')
    .replace(/("…"(?:, )?)+/g, '"…"')
    .replace(/\b\d+(?:\.\d+)?\b(?!\s*(?:SQLSTATE))/g, (digits) =>
      digits.length === 5 ? digits : 'n',
    )
    .slice(0, 160);
}
