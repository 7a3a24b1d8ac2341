/**
 * Reads sqllogictest files: the records of SQLite's, DuckDB's and our PostgreSQL family, without
 * judging them. Line numbers count from 1 and name a record's header.
 */
export type Sort = 'nosort' | 'rowsort' | 'valuesort';

export type Family = 'sqlite' | 'duckdb' | 'pg_regress';

export interface Record {
  readonly kind: 'statement' | 'query';
  readonly line: number;
  readonly sql: string;
  /** Of a statement: it must fail. */
  readonly fails: boolean;
  /** Of a failing statement, where the file says it; else ''. */
  readonly sqlstate: string;
  /** Of a query: a letter a column. */
  readonly types: string;
  readonly sort: Sort;
  readonly label: string;
  readonly expected: readonly string[];
  /** `# scope: extended`. */
  readonly extended: boolean;
}

export interface SltFile {
  readonly records: readonly Record[];
  /** Directives that nobody here knows, as `line: text`. */
  readonly unknown: readonly string[];
}

/** What a line before a record says about it. */
interface Remarks {
  applies: boolean;
  extended: boolean;
  sqlstate: string;
}

const IGNORED = /^(hash-threshold|mode|require|load|restart|reconnect)\b/;
const ENGINE = 'postgresql';

export function readSlt(text: string): SltFile {
  // A blank line ends a record: only what stands between them matters.
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const records: Record[] = [];
  const unknown: string[] = [];
  let remarks: Remarks = { applies: true, extended: false, sqlstate: '' };
  for (let i = 0; i < lines.length;) {
    const line = lines[i]!;
    if (line.startsWith('#') || line.trim() === '') {
      remark(line, remarks);
      i += 1;
      continue;
    }
    const condition = /^(skipif|onlyif)\s+(\S+)/.exec(line);
    if (condition !== null) {
      const named = condition[2] === ENGINE;
      if (named === (condition[1] === 'skipif')) remarks.applies = false;
      i += 1;
      continue;
    }
    if (/^halt\b/.test(line)) {
      if (remarks.applies) break;
      i += 1;
    } else if (/^(statement|query)\b/.test(line)) {
      const end = recordEnd(lines, i);
      if (remarks.applies) records.push(readRecord(lines, i, end, remarks));
      i = end;
    } else {
      if (!IGNORED.test(line)) unknown.push(`${i + 1}: ${line}`);
      i += 1;
    }
    remarks = { applies: true, extended: false, sqlstate: '' };
  }
  return { records, unknown };
}

function remark(line: string, remarks: Remarks): void {
  if (/^# scope: extended\b/.test(line)) remarks.extended = true;
  const state = /^# sqlstate (\w{5})\b/.exec(line);
  if (state !== null) remarks.sqlstate = state[1]!;
}

/** The blank line behind a record, or the end. */
function recordEnd(lines: readonly string[], start: number): number {
  let i = start + 1;
  while (i < lines.length && lines[i] !== '') i += 1;
  return i;
}

function readRecord(
  lines: readonly string[],
  start: number,
  end: number,
  remarks: Remarks,
): Record {
  const [kind, second = '', third = '', label = ''] = lines[start]!.trim().split(/\s+/);
  let divider = start + 1;
  while (divider < end && lines[divider] !== '----') divider += 1;
  const isQuery = kind === 'query';
  return {
    kind: isQuery ? 'query' : 'statement',
    line: start + 1,
    sql: lines.slice(start + 1, divider).join('\n'),
    fails: !isQuery && second === 'error',
    sqlstate: remarks.sqlstate,
    types: isQuery ? second : '',
    sort: third === 'rowsort' || third === 'valuesort' ? third : 'nosort',
    label: isQuery ? label : '',
    expected: lines.slice(divider + 1, end),
    extended: remarks.extended,
  };
}

/** Which dialect of the format a file is in: by its folder, else by what it says of itself. */
export function familyOf(path: string, text: string): Family {
  const folder = /(?:^|\/)(sqlite|duckdb|pg_regress)\//.exec(path);
  if (folder !== null) return folder[1] as Family;
  if (path.endsWith('.slt') || text.startsWith('# Derived from PostgreSQL')) return 'pg_regress';
  return text.startsWith('# name:') ? 'duckdb' : 'sqlite';
}
