/**
 * What may follow at the cursor: words of SQL, tables, columns of the tables that the statement
 * names, and the REPL's own commands. Pure: the names are handed in.
 */
import type { Edit } from './edit.ts';
import { SQL_WORDS } from './words.ts';

export interface KnownTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

export interface Completion {
  /** Where what is completed begins. */
  readonly from: number;
  /** In order; empty: nothing is known. */
  readonly candidates: readonly string[];
}

/** After these, tables come. */
const BEFORE_TABLE = /\b(?:from|join|into|update|table|truncate|references|on)\s+$/i;
const CANDIDATES_MAX = 200;

export function complete(
  { text, cursor }: Edit,
  tables: readonly KnownTable[],
  commands: readonly string[],
): Completion {
  const before = text.slice(0, cursor);
  const command = /^\s*(\\\S*)$/.exec(before);
  if (command !== null) return matching(before, command[1]!, commands);
  const path = /(?:([\p{L}_][\p{L}\p{N}_$]*)\.)?([\p{L}_][\p{L}\p{N}_$]*)?$/u.exec(before)!;
  const [, owner, part = ''] = path;
  const ahead = before.slice(0, before.length - path[0].length);
  // A number, a string or a parameter is under way.
  if (/[\p{N}$':]$/u.test(ahead) && owner === undefined) return { from: cursor, candidates: [] };
  if (owner !== undefined) return matching(before, part, columnsOf(owner, text, tables));
  if (/^\s*\\d\S*\s+$/.test(ahead) || BEFORE_TABLE.test(ahead)) {
    return matching(before, part, namesOf(tables));
  }
  if (part === '') return { from: cursor, candidates: [] };
  const upper = part === part.toUpperCase() && part !== part.toLowerCase();
  const words = upper ? SQL_WORDS.map((word) => word.toUpperCase()) : SQL_WORDS;
  const columns = tables.filter(({ name }) => mentions(text, name)).flatMap((each) => each.columns);
  return matching(before, part, [...new Set([...columns, ...namesOf(tables), ...words])]);
}

function matching(before: string, part: string, all: readonly string[]): Completion {
  const wanted = part.toLowerCase();
  const fitting = all.filter(
    (each) => unquoted(each).toLowerCase().startsWith(wanted) && each !== part,
  );
  return { from: before.length - part.length, candidates: fitting.slice(0, CANDIDATES_MAX) };
}

function namesOf(tables: readonly KnownTable[]): readonly string[] {
  const shown = tables.map(({ schema, name }) =>
    schema === 'public' ? quoted(name) : `${quoted(schema)}.${quoted(name)}`,
  );
  return shown.sort((a, b) => (a < b ? -1 : 1));
}

/** Columns of a table, or of what an alias stands for; or the tables of a schema. */
function columnsOf(owner: string, text: string, tables: readonly KnownTable[]): readonly string[] {
  const wanted = owner.toLowerCase();
  const inSchema = tables.filter(({ schema }) => schema === wanted);
  if (inSchema.length > 0) return inSchema.map(({ name }) => quoted(name));
  const alias = new RegExp(`"?([\\p{L}_][\\p{L}\\p{N}_$]*)"?\\s+(?:as\\s+)?${owner}\\b`, 'giu');
  const named = Array.from(text.matchAll(alias), ([, name]) => name!.toLowerCase());
  const table =
    tables.find(({ name }) => name.toLowerCase() === wanted) ??
    tables.find(({ name }) => named.includes(name.toLowerCase()));
  return (table?.columns ?? []).map(quoted);
}

function mentions(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.toLowerCase());
}

/** A name as a statement must have it. */
export function quoted(name: string): string {
  return /^[a-z_][a-z\d_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1) : name;
}

/** What all candidates begin with, letters of either case alike. */
export function commonStart(candidates: readonly string[]): string {
  const [first = '', ...others] = candidates;
  let length = first.length;
  for (const each of others) {
    let same = 0;
    while (same < length && each[same]?.toLowerCase() === first[same]!.toLowerCase()) same += 1;
    length = same;
  }
  return first.slice(0, length);
}
