/**
 * Queries of the workload over the model's tables, worked out a second time: every row with every
 * other, conditions asked of each pair, subqueries run anew wherever they are met.
 *
 * A query is ordered by its first targets, as many as there are keys, and no two different rows
 * share those.
 */
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type {
  CommonTable,
  Query,
  QueryBody,
  SelectBody,
  SetBody,
  TableExpression,
  TableNode,
} from '../../../core/sql/tree/query.ts';
import { assert } from '../../../core/types/assert.ts';
import type { ModelDatabase } from './database.ts';
import { alive, filled, holdAll } from './database.ts';
import type { Cell, Scope } from './interpreter.ts';
import { checkNames, evaluate, refusal } from './interpreter.ts';
import { Groups, isCount } from './groups.ts';
import { compareNullable, identity } from './values.ts';
import { windowValues } from './windows.ts';

type Row = readonly Cell[];

/** What a query reads, and from where it is asked. */
export interface Reading {
  readonly database: ModelDatabase;
  readonly parameters: readonly Cell[];
  readonly now: number;
  /** By WITH. */
  readonly commons: ReadonlyMap<string, Relation>;
  /** Of the query around it. */
  readonly outer: readonly Scope[];
}

interface Relation {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Tables side by side: their scopes, and each combination of their rows. */
interface Combined {
  readonly scopes: readonly Scope[];
  readonly rows: readonly (readonly Row[])[];
}

/** Throws 42P01, 42703, 22023. */
export function rowsOf(query: Query, reading: Reading): readonly Row[] {
  return relationOf(query, reading).rows;
}

function relationOf(query: Query, around: Reading): Relation {
  const reading = query.with === null ? around : withCommons(query.with.tables, around);
  const { columns, rows } = bodyOf(query.body, reading);
  const ordered = rows.toSorted((a, b) => compareFirst(a, b, query.orderBy));
  const limit = query.limit === null ? Infinity : Number(evaluate(query.limit, [], []));
  return { columns, rows: ordered.slice(0, limit) };
}

function compareFirst(a: Row, b: Row, keys: Query['orderBy']): number {
  for (let i = 0; i < keys.length; i += 1) {
    const order = compareNullable(a[i]!, b[i]!);
    if (order !== 0) return keys[i]!.descending ? -order : order;
  }
  return 0;
}

function withCommons(tables: readonly CommonTable[], around: Reading): Reading {
  const commons = new Map(around.commons);
  const reading = { ...around, commons };
  for (const table of tables) {
    const { name, statement } = table;
    assert(statement.kind === 'query', 'the workload only reads in WITH');
    const { body } = statement;
    const found = mentions(body, name)
      ? recurse(table, body, reading)
      : relationOf(statement, reading);
    commons.set(name, named(found, table.columns));
  }
  return reading;
}

function named(relation: Relation, columns: readonly string[]): Relation {
  return columns.length === 0 ? relation : { ...relation, columns };
}

function mentions(body: QueryBody, name: string): boolean {
  if (body.kind === 'set') return mentions(body.left.body, name) || mentions(body.right.body, name);
  if (body.kind === 'values') return false;
  return body.from.some(function within(from: TableExpression): boolean {
    if (from.kind === 'join') return within(from.left) || within(from.right);
    return from.kind === 'table' && from.name === name;
  });
}

/** `q UNION r`, r over what the step before added, until one adds nothing. */
function recurse({ name, columns }: CommonTable, body: QueryBody, around: Reading): Relation {
  assert(body.kind === 'set' && !body.all, 'the workload recurs by UNION');
  const known = new Distinct();
  const first = relationOf(body.left, around);
  let added = first.rows.filter((row) => known.add(row));
  const all = [...added];
  // Once at least: what it names must be there.
  do {
    const commons = new Map(around.commons);
    commons.set(name, named({ ...first, rows: added }, columns));
    const { rows } = relationOf(body.right, { ...around, commons });
    added = rows.filter((row) => known.add(row));
    all.push(...added);
  } while (added.length > 0);
  return { ...first, rows: all };
}

function bodyOf(body: QueryBody, reading: Reading): Relation {
  assert(body.kind !== 'values', 'the workload selects');
  return body.kind === 'set' ? setOf(body, reading) : selected(body, reading);
}

/** Rows that were met, told apart as DISTINCT does. */
class Distinct {
  private readonly counts: Map<string, number> = new Map();

  /** Whether the row is new. */
  add(row: Row): boolean {
    const key = keyOf(row);
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    return count === 0;
  }

  /** Whether it was there; one less of it is. */
  take(row: Row): boolean {
    const key = keyOf(row);
    const count = this.counts.get(key) ?? 0;
    if (count > 0) this.counts.set(key, count - 1);
    return count > 0;
  }

  has(row: Row): boolean {
    return this.counts.has(keyOf(row));
  }
}

function keyOf(row: Row): string {
  return JSON.stringify(row.map(identity));
}

function setOf({ operator, all, left, right }: SetBody, reading: Reading): Relation {
  const { columns, rows } = relationOf(left, reading);
  const others = relationOf(right, reading).rows;
  const seen = new Distinct();
  if (operator === 'union') {
    const both = [...rows, ...others];
    return { columns, rows: all ? both : both.filter((row) => seen.add(row)) };
  }
  const beside = new Distinct();
  for (const row of others) beside.add(row);
  const wanted = operator === 'intersect';
  if (all) return { columns, rows: rows.filter((row) => beside.take(row) === wanted) };
  return { columns, rows: rows.filter((row) => beside.has(row) === wanted && seen.add(row)) };
}

function selected(body: SelectBody, reading: Reading): Relation {
  const { parameters } = reading;
  const { scopes: own, rows } = sources(body.from, reading);
  const scopes = [...own, ...reading.outer];
  const targets = targetsOf(body);
  for (const one of targets) checkNames(one, scopes);
  if (body.where !== null) checkNames(body.where, scopes);
  const kept = rows.filter((row) => {
    place(own, row);
    return body.where === null || evaluate(body.where, scopes, parameters) === true;
  });
  const columns = body.targets.map(nameOf);
  const groups = new Groups(body, targets);
  const windows = windowValues(targets, kept.length, (i, node) => {
    place(own, kept[i]!);
    return evaluate(node, scopes, parameters);
  });
  const found: Row[] = [];
  kept.forEach((row, i) => {
    place(own, row);
    if (groups.grouping) groups.add((node) => evaluate(node, scopes, parameters));
    else {
      found.push(targets.map((node, j) => windows[j]?.[i] ?? evaluate(node, scopes, parameters)));
    }
  });
  const all = groups.grouping ? groups.rows() : found;
  const seen = new Distinct();
  return { columns, rows: body.distinct === 'all' ? all.filter((row) => seen.add(row)) : all };
}

function place(scopes: readonly Scope[], row: readonly Row[]): void {
  scopes.forEach((scope, i) => {
    scope.row = row[i]!;
  });
}

function targetsOf(body: SelectBody): Expression[] {
  return body.targets.map((target) => {
    assert(target.kind === 'value', 'the workload names its targets');
    return target.value;
  });
}

function nameOf(target: SelectBody['targets'][number]): string {
  assert(target.kind === 'value', 'the workload names its targets');
  const { value, alias } = target;
  if (alias !== null) return alias;
  return value.kind === 'column' ? value.parts.at(-1)! : isCount(value) ? 'count' : '';
}

/** Each with each of the others. */
function sources(list: readonly TableExpression[], reading: Reading): Combined {
  let combined: Combined = { scopes: [], rows: [[]] };
  for (const from of list) combined = product(combined, source(from, reading));
  return combined;
}

function product(left: Combined, right: Combined): Combined {
  const rows = left.rows.flatMap((a) => right.rows.map((b) => [...a, ...b]));
  return { scopes: [...left.scopes, ...right.scopes], rows };
}

function source(from: TableExpression, reading: Reading): Combined {
  if (from.kind === 'join') return joined(from, reading);
  if (from.kind === 'derived') {
    return alone(relationOf(from.query, reading), from.alias ?? '', reading);
  }
  assert(from.kind === 'table', 'the workload reads tables');
  const common = from.time === null ? reading.commons.get(from.name) : undefined;
  if (common !== undefined) return alone(common, from.alias ?? from.name, reading);
  return stored(from, reading);
}

function alone({ columns, rows }: Relation, name: string, reading: Reading): Combined {
  const places = new Map(columns.map((column, i) => [column, i]));
  const scope: Scope = { name, columns: places, row: [], ask: asker(reading) };
  return { scopes: [scope], rows: rows.map((row) => [row]) };
}

function stored(from: TableNode, reading: Reading): Combined {
  const { database, parameters, now } = reading;
  const position = from.time === null ? now : momentOf(from.time, parameters, now);
  const { table, columns, shown } = database.seen(from.name, position);
  const rows: Row[][] = [];
  for (const row of table.rows) {
    if (!alive(row, position)) continue;
    const cells = filled(table, row);
    if (shown.length === 0 || holdAll(shown, cells)) rows.push([cells]);
  }
  const name = from.alias ?? from.name;
  return { scopes: [{ name, columns, row: [], ask: asker(reading) }], rows };
}

/** How a row's expressions ask a query of their own. */
function asker(reading: Reading): NonNullable<Scope['ask']> {
  return (query, outer) => rowsOf(query, { ...reading, outer });
}

function joined(
  { left, right, on, type }: Extract<TableExpression, { kind: 'join' }>,
  reading: Reading,
): Combined {
  const [a, b] = [source(left, reading), source(right, reading)];
  const own = [...a.scopes, ...b.scopes];
  const scopes = [...own, ...reading.outer];
  if (on !== null) checkNames(on, scopes);
  const none = b.scopes.map((): Row => []);
  const rows = a.rows.flatMap((first) => {
    const pairs = b.rows
      .map((second) => [...first, ...second])
      .filter((row) => {
        place(own, row);
        return on === null || evaluate(on, scopes, reading.parameters) === true;
      });
    return pairs.length === 0 && type === 'left' ? [[...first, ...none]] : pairs;
  });
  return { scopes: own, rows };
}

function momentOf(
  time: NonNullable<TableNode['time']>,
  parameters: readonly Cell[],
  now: number,
): number {
  assert(time.kind === 'position', 'the workload travels by position');
  const position = Number(evaluate(time.operand, [], parameters));
  if (position > now) throw refusal('22023');
  return position;
}
