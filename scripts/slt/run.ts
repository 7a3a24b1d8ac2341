/** Runs the records of one file in one session of one fresh database, and keeps the score. */
import type { Rows } from './compare.ts';
import { difference, resultHash } from './compare.ts';
import type { Family, Record, SltFile } from './read.ts';

/** All that is asked of a database: one SQL text at a time, answered by the last statement. */
export interface Session {
  run(sql: string): Answer;
}

export type Answer =
  | ({ readonly kind: 'rows' } & Rows)
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

export interface Failure {
  readonly line: number;
  readonly sql: string;
  readonly reason: string;
  readonly extended: boolean;
}

export interface Score {
  readonly passed: number;
  readonly failed: number;
  readonly extendedPassed: number;
  readonly extendedFailed: number;
  /** Records on which PostgreSQL 15 differs itself, and settings of other engines. */
  readonly outOfScope: number;
  readonly failures: readonly Failure[];
}

/** Runs a prelude; its first failure, or ''. */
export function runPrelude(session: Session, file: SltFile): string {
  for (const record of file.records) {
    const answer = session.run(record.sql);
    if (answer.kind === 'error') return `prelude, line ${record.line}: ${answer.message}`;
  }
  return '';
}

export function runFile(
  session: Session,
  family: Family,
  file: SltFile,
  excluded: ReadonlySet<number>,
): Score {
  const score = { passed: 0, failed: 0, extendedPassed: 0, extendedFailed: 0, outOfScope: 0 };
  const failures: Failure[] = [];
  const labels = new Map<string, string>();
  for (const record of file.records) {
    if (family === 'duckdb' && /^\s*(PRAGMA|SET)\b/i.test(record.sql)) {
      score.outOfScope += 1;
      continue;
    }
    const reason = verdict(record, family, session.run(record.sql), labels);
    if (excluded.has(record.line)) {
      score.outOfScope += 1;
    } else if (reason === '') {
      if (record.extended) score.extendedPassed += 1;
      else score.passed += 1;
    } else {
      if (record.extended) score.extendedFailed += 1;
      else score.failed += 1;
      failures.push({ line: record.line, sql: record.sql, reason, extended: record.extended });
    }
  }
  return { ...score, failures };
}

/** '' or why the record fails. */
function verdict(
  record: Record,
  family: Family,
  answer: Answer,
  labels: Map<string, string>,
): string {
  if (answer.kind === 'error') {
    if (!record.fails) return `${answer.code} ${answer.message}`;
    if (record.sqlstate === '' || record.sqlstate === answer.code) return '';
    return `${answer.code} ${answer.message}, instead of ${record.sqlstate}`;
  }
  if (record.fails)
    return `no error${record.sqlstate === '' ? '' : `, instead of ${record.sqlstate}`}`;
  if (record.kind === 'statement') return '';
  const wrong = difference(record, family, answer);
  if (wrong !== '' || record.label === '') return wrong;
  const hash = resultHash(record, family, answer);
  const known = labels.get(record.label);
  labels.set(record.label, hash);
  return known === undefined || known === hash ? '' : `another result under ${record.label}`;
}
