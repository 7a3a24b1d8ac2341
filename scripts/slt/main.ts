/**
 * `npm run slt -- FILE…`: runs sqllogictest files against the embedded database in memory.
 *
 * Scores per file and per source; `--failures` lists what fails, `--reasons` what fails most,
 * `--json` everything for other tools. Records on which PostgreSQL 15 itself differs, listed in a
 * `PG15_RESULTS.tsv` above the file, are out of scope; a PostgreSQL file is preceded by the
 * `prelude_*.slt` beside it. Exits with 1 when a record in scope fails, with 2 when a file cannot
 * be read.
 */
import { readFileSync, readdirSync, statSync, existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openSession } from './database.ts';
import type { Family, SltFile } from './read.ts';
import { familyOf, readSlt } from './read.ts';
import type { FileReport } from './report.ts';
import { fileLine, reasonLines, sourceLines, totals } from './report.ts';
import { runFile, runPrelude } from './run.ts';

interface Options {
  readonly paths: readonly string[];
  readonly failures: boolean;
  readonly reasons: boolean;
  readonly json: boolean;
}

const RESULTS = 'PG15_RESULTS.tsv';
const USAGE = 'usage: npm run slt -- [--failures] [--reasons] [--json] FILE-OR-FOLDER…';

function options(argv: readonly string[]): Options | null {
  const known = new Set(['--failures', '--reasons', '--json']);
  const flags = argv.filter((each) => each.startsWith('--'));
  const paths = argv.filter((each) => !each.startsWith('--'));
  if (paths.length === 0 || flags.some((each) => !known.has(each))) return null;
  const has = (name: string): boolean => flags.includes(name);
  return { paths, failures: has('--failures'), reasons: has('--reasons'), json: has('--json') };
}

/** Files as given; of a folder every `.test` and `.slt` below it, preludes left out. */
function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map(String)
    .filter((name) => /\.(test|slt)$/.test(name) && !basename(name).startsWith('prelude_'))
    .toSorted()
    .map((name) => join(path, name));
}

/** The folder above a file that holds PostgreSQL's own results; null: none. */
function resultsFolder(path: string): string | null {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, RESULTS))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

const excludedByFile = new Map<string, ReadonlyMap<string, ReadonlySet<number>>>();

function excludedLines(path: string): ReadonlySet<number> {
  const folder = resultsFolder(path);
  if (folder === null) return new Set();
  let table = excludedByFile.get(folder);
  if (table === undefined) {
    table = readResults(readFileSync(join(folder, RESULTS), 'utf8'));
    excludedByFile.set(folder, table);
  }
  return table.get(relative(folder, resolve(path))) ?? new Set();
}

/** Header lines of failing records, by file. */
function readResults(text: string): ReadonlyMap<string, ReadonlySet<number>> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [file = '', , , , , , failing = ''] = line.split('\t');
      return [file, new Set(failing.split(',').filter(Boolean).map(Number))];
    }),
  );
}

const preludes = new Map<string, SltFile>();

function preludesOf(path: string, text: string, family: Family): readonly SltFile[] {
  if (family !== 'pg_regress') return [];
  const names = ['prelude_small.slt', ...(/\btenk1\b/.test(text) ? ['prelude_tenk1.slt'] : [])];
  return names
    .map((name) => join(dirname(path), name))
    .filter((prelude) => existsSync(prelude) && prelude !== path)
    .map((prelude) => {
      const read = preludes.get(prelude) ?? readSlt(readFileSync(prelude, 'utf8'));
      preludes.set(prelude, read);
      return read;
    });
}

function reportOf(path: string): FileReport {
  const text = readFileSync(path, 'utf8');
  const family = familyOf(resolve(path), text);
  const file = readSlt(text);
  const started = performance.now();
  const session = openSession();
  let problem = '';
  for (const prelude of preludesOf(path, text, family)) problem ||= runPrelude(session, prelude);
  if (file.unknown.length > 0) problem ||= `unknown directive, line ${file.unknown[0]!}`;
  const score = runFile(session, family, file, excludedLines(path));
  return { path, source: family, millis: performance.now() - started, problem, score };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printFailures(report: FileReport): void {
  for (const { line, sql, reason, extended } of report.score.failures) {
    const first = sql.trim().replaceAll(/\s+/g, ' ');
    print(`  ${report.path}:${line}${extended ? ' (extended)' : ''}: ${reason}`);
    print(`      ${first.length > 160 ? `${first.slice(0, 160)}…` : first}`);
  }
}

function main(): number {
  const asked = options(process.argv.slice(2));
  if (asked === null) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const reports: FileReport[] = [];
  for (const path of asked.paths.flatMap(filesOf)) {
    const report = reportOf(path);
    reports.push(report);
    if (asked.json) continue;
    print(fileLine(report));
    if (asked.failures) printFailures(report);
  }
  if (asked.json) {
    print(
      JSON.stringify({ files: reports, sources: Object.fromEntries(totals(reports)) }, null, 1),
    );
  } else {
    if (asked.reasons) for (const line of reasonLines(reports, 60)) print(line);
    for (const line of sourceLines(reports)) print(line);
  }
  return reports.some(({ score, problem }) => score.failed > 0 || problem !== '') ? 1 : 0;
}

process.exitCode = main();
