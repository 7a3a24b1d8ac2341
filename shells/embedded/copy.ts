/**
 * `COPY … FROM stdin` in scripts, as pg_dump writes it: the statement, then lines of data up to one
 * that is `\.`. The statement itself is read by PostgreSQL's grammar, the lines are read here; both
 * become INSERTs with parameters (`insert-rows.ts`).
 *
 * The text format of PostgreSQL's COPY: fields between delimiters, `\N` for NULL, and a backslash
 * before what would else mean something.
 */
import { encodeUtf8 } from '../../core/codec/utf8.ts';
import { DatabaseError } from './errors.ts';
import type { RowTarget, TextRow } from './insert-rows.ts';

export interface CopyPlan {
  readonly target: RowTarget;
  readonly delimiter: string;
  /** How a field reads that is NULL, before backslashes are taken out. */
  readonly nullText: string;
}

/** The line that ends the data. */
export const COPY_END = '\\.';

/** What libpg-query says of the statement, as far as it is used. */
interface CopyStatement {
  readonly relation: { readonly schemaname?: string; readonly relname: string };
  readonly attlist?: readonly { readonly String: { readonly sval: string } }[];
  readonly options?: readonly { readonly DefElem: Option }[];
  readonly whereClause?: unknown;
}

interface Option {
  readonly defname: string;
  readonly arg?: { readonly String?: { readonly sval: string } };
}

/** Throws 42601 for what is no statement, and 0A000 for formats other than text. */
export async function readCopy(text: string): Promise<CopyPlan> {
  // Only now: clients have no need of a parser else.
  const { sharedGrammar } = await import('../parser.ts');
  const grammar = await sharedGrammar();
  const answer = grammar.parse(encodeUtf8(text) ?? new Uint8Array(0));
  if (answer.kind !== 'tree') {
    throw new DatabaseError('42601', answer.kind === 'refused' ? answer.message : 'syntax error');
  }
  const tree = JSON.parse(answer.json) as {
    readonly stmts: readonly { readonly stmt: { readonly CopyStmt: CopyStatement } }[];
  };
  const { relation, attlist, options = [], whereClause } = tree.stmts[0]!.stmt.CopyStmt;
  if (whereClause !== undefined) throw unsupported('WHERE');
  const { schemaname, relname } = relation;
  const columns = attlist?.map(({ String: { sval } }) => sval) ?? null;
  const table = schemaname === undefined ? [relname] : [schemaname, relname];
  const target = { table, columns, overriding: true };
  return { target, ...textFormat(options.map(({ DefElem }) => DefElem)) };
}

function textFormat(options: readonly Option[]): { delimiter: string; nullText: string } {
  let delimiter = '\t';
  let nullText = '\\N';
  for (const { defname, arg } of options) {
    const value = arg?.String?.sval ?? '';
    if (defname === 'delimiter') delimiter = value;
    else if (defname === 'null') nullText = value;
    else if (defname !== 'format' || value !== 'text') {
      throw unsupported(`${defname.toUpperCase()} ${value}`.trimEnd());
    }
  }
  if (delimiter.length === 1 && !/[a-z0-9.\\\r\n]/.test(delimiter)) return { delimiter, nullText };
  throw new DatabaseError('22023', `COPY delimiter cannot be "${delimiter}"`);
}

function unsupported(what: string): DatabaseError {
  const hint = 'kimberlite import FILE.csv --table NAME reads CSV.';
  return new DatabaseError('0A000', `COPY with ${what} is not supported`, { hint });
}

/** Makes rows of lines. */
export class CopyReader {
  private readonly plan: CopyPlan;
  /** 1-based line that comes next, and that on which the row under way begins. */
  private next: number;
  private begun: number;
  private part = '';

  constructor(plan: CopyPlan, line: number) {
    this.plan = plan;
    this.next = line;
    this.begun = line;
  }

  /** The row that a line ends; null: it goes on in the next one. */
  take(line: string): TextRow | null {
    const text = this.part + (line.endsWith('\r') ? line.slice(0, -1) : line);
    this.next += 1;
    if (goesOn(text)) {
      this.part = `${text}\n`;
      return null;
    }
    const row = { fields: copyFields(text, this.plan), line: this.begun };
    this.begun = this.next;
    this.part = '';
    return row;
  }

  /** There are no more lines. Throws 22P04 within a row. */
  end(): void {
    if (this.part === '') return;
    const message = `the data of COPY ends within the row that begins in line ${this.begun}`;
    throw new DatabaseError('22P04', message);
  }
}

/** Whether a row goes on in the next line: a backslash stands before the line break. */
function goesOn(line: string): boolean {
  const [backslashes = ''] = /\\*$/.exec(line) ?? [];
  return backslashes.length % 2 === 1;
}

/** The fields of a row, as text that its column's type reads. */
function copyFields(row: string, plan: CopyPlan): readonly (string | null)[] {
  return rawFields(row, plan.delimiter).map((raw) => (raw === plan.nullText ? null : plain(raw)));
}

function rawFields(row: string, delimiter: string): readonly string[] {
  if (!row.includes('\\')) return row.split(delimiter);
  const fields: string[] = [];
  let from = 0;
  for (let at = 0; at < row.length; at += 1) {
    if (row[at] === '\\') at += 1;
    else if (row[at] === delimiter) {
      fields.push(row.slice(from, at));
      from = at + 1;
    }
  }
  fields.push(row.slice(from));
  return fields;
}

const LETTERS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
/** Bytes written as numbers, together where they may be one character; or any other escape. */
const ESCAPE = /((?:\\x[\da-fA-F]{1,2}|\\[0-7]{1,3})+)|\\([^]?)/g;
const NUMBER = /\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3}))/g;

function plain(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replaceAll(ESCAPE, (_, numbers: string | undefined, letter: string) =>
    numbers === undefined ? (LETTERS[letter] ?? letter) : ofBytes(numbers),
  );
}

function ofBytes(numbers: string): string {
  const bytes = [...numbers.matchAll(NUMBER)].map(([, hex, octal]) =>
    hex === undefined ? Number.parseInt(octal!, 8) & 0xff : Number.parseInt(hex, 16),
  );
  return Buffer.from(bytes).toString('utf8');
}
