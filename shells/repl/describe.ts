/**
 * `\d` and its relatives: what tables, views and sequences there are, and what one of them is made
 * of, read from `information_schema` as anybody could.
 */
import { quoted } from './complete.ts';
import type { KnownTable } from './complete.ts';
import type { TextResult } from './format-result.ts';
import { textRows } from './shell-database.ts';
import type { ShellDatabase, TextRow } from './shell-database.ts';

const NOT_SYSTEM = "NOT IN ('information_schema', 'pg_catalog', 'kimberlite')";

/** What `\d` lists; `types` are those of `information_schema.tables`, or null for everything. */
export async function listRelations(
  database: ShellDatabase,
  types: readonly string[] | null,
): Promise<TextResult> {
  const tables = await textRows(
    database,
    `SELECT table_schema, table_name, table_type FROM information_schema.tables ` +
      `WHERE table_schema ${NOT_SYSTEM} ORDER BY table_schema, table_name`,
  );
  const wanted = tables.filter(([, , type]) => types === null || types.includes(type ?? ''));
  const rows = wanted.map(([schema, name, type]) => [schema!, name!, kindOf(type ?? '')]);
  if (types === null || types.includes('SEQUENCE')) {
    const sequences = await textRows(
      database,
      'SELECT sequence_schema, sequence_name FROM information_schema.sequences ORDER BY 1, 2',
    );
    rows.push(...sequences.map(([schema, name]) => [schema!, name!, 'sequence']));
  }
  return { columns: textColumns('Schema', 'Name', 'Type'), rows };
}

function kindOf(type: string): string {
  if (type === 'BASE TABLE') return 'table';
  return type === 'LOCAL TEMPORARY' ? 'temporary table' : type.toLowerCase();
}

export function textColumns(...names: readonly string[]): TextResult['columns'] {
  return names.map((name) => ({ name, type: 'text' }));
}

export interface Description {
  readonly title: string;
  readonly columns: TextResult;
  /** Below the columns: indexes, checks, references; a view's text. */
  readonly notes: readonly string[];
}

/** What one relation is made of; null: there is none of that name. */
export async function describe(database: ShellDatabase, name: string): Promise<Description | null> {
  const [schema, relation] = await find(database, name);
  if (relation === null) return null;
  const full = `${quoted(schema)}.${quoted(relation)}`;
  const [[type] = []] = await textRows(
    database,
    'SELECT table_type FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2',
    [schema, relation],
  );
  const kind = kindOf(type ?? '');
  const columns = await describeColumns(database, schema, relation, full);
  const notes =
    kind === 'view'
      ? await viewText(database, schema, relation)
      : await constraintsOf(database, schema, relation);
  return { title: `${kind} ${full}`, columns, notes };
}

/** By name alone the first that a statement would find; names as SQL has them. */
async function find(database: ShellDatabase, text: string): Promise<[string, string | null]> {
  const parts = nameParts(text);
  const relation = parts.at(-1) ?? '';
  const schema = parts.length > 1 ? parts[0]! : null;
  const found = await textRows(
    database,
    'SELECT table_schema FROM information_schema.tables WHERE table_name = $1 ' +
      "ORDER BY table_schema <> 'public', table_schema",
    [relation],
  );
  const match = found.find(([each]) => schema === null || each === schema);
  return match === undefined ? ['', null] : [match[0]!, relation];
}

/** `public."Odd Name"` as its names. */
export function nameParts(text: string): readonly string[] {
  const parts = text.match(/"(?:[^"]|"")+"|[^."]+/g) ?? [];
  return parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  );
}

async function describeColumns(
  database: ShellDatabase,
  schema: string,
  relation: string,
  full: string,
): Promise<TextResult> {
  // Types in full, as only a result names them.
  const { columns: types } = await database.execute(`SELECT * FROM ${full} WHERE false`);
  const facts = await textRows(
    database,
    'SELECT column_name, is_nullable, column_default, identity_generation, ' +
      'generation_expression FROM information_schema.columns ' +
      'WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position',
    [schema, relation],
  );
  const rows = facts.map((fact) => {
    const [name, nullable] = fact;
    const type = types.find((each) => each.name === name)?.type ?? '';
    return [name!, type, nullable === 'NO' ? 'not null' : '', defaultOf(fact)];
  });
  return { columns: textColumns('Column', 'Type', 'Nullable', 'Default'), rows };
}

function defaultOf([, , value, identity, generated]: TextRow): string {
  if (identity !== null) return `generated ${identity!.toLowerCase()} as identity`;
  if (generated !== null) return `generated always as (${generated!}) stored`;
  return value ?? '';
}

async function viewText(
  database: ShellDatabase,
  schema: string,
  relation: string,
): Promise<readonly string[]> {
  const [[text] = []] = await textRows(
    database,
    'SELECT view_definition FROM information_schema.views ' +
      'WHERE table_schema = $1 AND table_name = $2',
    [schema, relation],
  );
  return text === undefined || text === null ? [] : ['Definition:', `    ${text}`];
}

async function constraintsOf(
  database: ShellDatabase,
  schema: string,
  relation: string,
): Promise<readonly string[]> {
  const constraints = await textRows(
    database,
    'SELECT constraint_name, constraint_type FROM information_schema.table_constraints ' +
      'WHERE table_schema = $1 AND table_name = $2 ORDER BY 2 DESC, 1',
    [schema, relation],
  );
  const lines: string[] = [];
  for (const [name, type] of constraints) {
    const what = await constraintText(database, schema, name!, type!);
    if (what !== null) lines.push(`    ${quoted(name!)} ${what}`);
  }
  return lines.length === 0 ? [] : ['Constraints:', ...lines];
}

async function constraintText(
  database: ShellDatabase,
  schema: string,
  name: string,
  type: string,
): Promise<string | null> {
  if (type === 'CHECK') {
    const [[clause] = []] = await textRows(
      database,
      'SELECT check_clause FROM information_schema.check_constraints ' +
        'WHERE constraint_schema = $1 AND constraint_name = $2',
      [schema, name],
    );
    // The columns say so already.
    return (clause ?? '').endsWith(' IS NOT NULL') ? null : `check ${clause!}`;
  }
  const columns = await columnsOf(database, 'key_column_usage', schema, name, 'ordinal_position');
  if (type !== 'FOREIGN KEY') return `${type.toLowerCase()} (${columns.join(', ')})`;
  const [[targetSchema, target, onUpdate, onDelete] = []] = await textRows(
    database,
    'SELECT unique_constraint_schema, unique_constraint_name, update_rule, delete_rule ' +
      'FROM information_schema.referential_constraints ' +
      'WHERE constraint_schema = $1 AND constraint_name = $2',
    [schema, name],
  );
  const [[table] = []] = await textRows(
    database,
    'SELECT table_name FROM information_schema.table_constraints ' +
      'WHERE constraint_schema = $1 AND constraint_name = $2',
    [targetSchema ?? '', target ?? ''],
  );
  const keys = await columnsOf(database, 'key_column_usage', targetSchema ?? '', target ?? '', '1');
  const rules = [ruleText('update', onUpdate), ruleText('delete', onDelete)].join('');
  const refers = `references ${quoted(table ?? '')} (${keys.join(', ')})`;
  return `foreign key (${columns.join(', ')}) ${refers}${rules}`;
}

async function columnsOf(
  database: ShellDatabase,
  source: string,
  schema: string,
  constraint: string,
  order: string,
): Promise<readonly string[]> {
  const rows = await textRows(
    database,
    `SELECT column_name FROM information_schema.${source} ` +
      `WHERE constraint_schema = $1 AND constraint_name = $2 ORDER BY ${order}`,
    [schema, constraint],
  );
  return rows.map(([name]) => quoted(name ?? ''));
}

function ruleText(event: string, rule: string | null | undefined): string {
  if (rule === null || rule === undefined || rule === 'NO ACTION') return '';
  return ` on ${event} ${rule.toLowerCase()}`;
}

/** Every table with its columns, for completion. */
export async function knownTables(database: ShellDatabase): Promise<readonly KnownTable[]> {
  const rows = await textRows(
    database,
    'SELECT table_schema, table_name, column_name FROM information_schema.columns ' +
      "WHERE table_schema NOT IN ('information_schema', 'pg_catalog') " +
      'ORDER BY table_schema, table_name, ordinal_position',
  );
  const tables: { schema: string; name: string; columns: string[] }[] = [];
  for (const [schema, name, column] of rows) {
    const last = tables.at(-1);
    if (last?.schema === schema && last?.name === name) last!.columns.push(column!);
    else tables.push({ schema: schema!, name: name!, columns: [column!] });
  }
  return tables;
}
