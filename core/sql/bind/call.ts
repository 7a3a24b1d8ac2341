/**
 * Calls: of functions, aggregates, window functions and set-returning functions.
 *
 * A call of an aggregate becomes a column of the query that it belongs to (`depth.ts`), as a window
 * call or a set-returning function becomes one of the query that it stands in; `select.ts` makes
 * the operators that compute these columns.
 */
import { SqlError, unsupported } from '../error.ts';
import { findFunction } from '../functions/resolve.ts';
import type { ResolvedCall } from '../functions/resolve.ts';
import { findSpread } from '../functions/spread.ts';
import type { Expr, ExprAggregate, ExprSortKey } from '../plan/logical.ts';
import { sameExpr } from '../plan/same.ts';
import type { CallNode, GroupingNode } from '../tree/expression.ts';
import { plainType } from '../types/describe.ts';
import { INT4, RECORD, UNKNOWN } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';
import { ANYARRAY, ANYELEMENT, ANYNONARRAY } from '../functions/function.ts';
import type { SetFunction } from '../functions/function.ts';
import { columnOf, newColumn, within } from './binder.ts';
import type { Binder, Clause, Level } from './binder.ts';
import { castExplicitly, coerceBoolean, tryCoerce } from './coerce.ts';
import { noteDepth, watchDepth } from './depth.ts';
import { bindCondition, bindExpression } from './expression.ts';
import { findHypothetical } from './hypothetical.ts';
import { byPlace } from './named-arguments.ts';
import { bindSortKeys, requireEquality } from './sort.ts';
import { bindWindow } from './window.ts';

/** What is bound of a call before it is known what it calls. */
interface Parts {
  readonly arguments: readonly Expr[];
  readonly orderBy: readonly ExprSortKey[];
  readonly filter: Expr | null;
}

export function bindCall(binder: Binder, level: Level, written: CallNode): Expr {
  const node = byPlace(binder, level, written);
  if (node.schema !== null && node.schema !== 'pg_catalog') {
    throw new SqlError('42883', `function ${node.schema}.${node.name} does not exist`, {
      at: node.at,
    });
  }
  const before = countCalls(level);
  const { result: parts, deepest } = watchDepth(binder, level.depth, () =>
    bindParts(binder, level, node),
  );
  const types = [...parts.arguments, ...orderedArguments(node, parts)].map((one) => one.type);
  const found = node.variadic
    ? findSpread(node.name, types, node.at)
    : (findHypothetical(binder, node, parts.arguments, parts.orderBy) ??
      findFunction(node.name, types, node.at));
  if (found.kind === 'cast') {
    return castExplicitly(binder, parts.arguments[0] as Expr, plainType(found.to), node.at);
  }
  refuseMisuse(node, found);
  refuseUnknown(found, types, node.at);
  switch (found.function.kind) {
    case 'scalar':
      return makeCall(binder, found, parts.arguments, node.at);
    case 'aggregate':
      if (node.over !== null) {
        return bindWindowCall(binder, level, node, found, parts, before.sets);
      }
      return bindAggregate(binder, level, node, found, parts, deepest, before);
    case 'window':
      return bindWindowCall(binder, level, node, found, parts, before.sets);
    default:
      return bindSetCall(binder, level, node, found, parts);
  }
}

function bindParts(binder: Binder, level: Level, node: CallNode): Parts {
  const { result: list, deepest: direct } = watchDepth(binder, level.depth, () =>
    node.arguments.map((one) => bindExpression(binder, level, one)),
  );
  const { result: others, deepest } = watchDepth(binder, level.depth, () => {
    const orderBy = bindSortKeys(binder, level, node.orderBy);
    const { filter: condition } = node;
    const filter =
      condition === null
        ? null
        : within(level, 'FILTER', () => bindCondition(binder, level, condition, 'FILTER'));
    return { orderBy, filter };
  });
  // What is ordered says whose aggregate it is.
  if (node.withinGroup && deepest >= 0 && direct > deepest) {
    throw new SqlError(
      '42803',
      'outer-level aggregate cannot contain a lower-level variable in its direct arguments',
      { at: node.at },
    );
  }
  return { arguments: list, ...others };
}

function orderedArguments(node: CallNode, parts: Parts): readonly Expr[] {
  return node.withinGroup ? parts.orderBy.map((key) => key.value) : [];
}

const POLYMORPHIC: readonly number[] = [ANYELEMENT, ANYNONARRAY, ANYARRAY];

/** Of any type, but of one: a literal that nothing says more about will not do. */
function refuseUnknown(found: ResolvedCall, types: readonly SqlType[], at: number): void {
  const declared = found.function.arguments;
  const alike = types.filter((_, i) => POLYMORPHIC.includes(declared[i] as number));
  if (alike.length === 0 || !alike.every((type) => type.id === UNKNOWN)) return;
  throw new SqlError(
    '42804',
    'could not determine polymorphic type because input has type unknown',
    { at },
  );
}

/** How many of what a level has found so far: to notice what an argument added. */
function countCalls(level: Level): { aggregates: number[]; windows: number; sets: number } {
  const aggregates: number[] = [];
  for (let one: Level | null = level; one !== null; one = one.outer) {
    aggregates[one.depth] = one.aggregates.length;
  }
  return { aggregates, windows: level.windows.length, sets: level.setFunctions.length };
}

function refuseMisuse(node: CallNode, found: ResolvedCall): void {
  const { kind } = found.function;
  const { name, at } = node;
  const wrong = (message: string): SqlError => new SqlError('42809', message, { at });
  if (kind === 'window' && node.over === null) {
    throw wrong(`window function ${name} requires an OVER clause`);
  }
  if (kind === 'aggregate') {
    if (node.arguments.length === 0 && !node.star && !node.withinGroup) {
      throw wrong(`${name}(*) must be used to call a parameterless aggregate function`);
    }
    if (found.function.orderedSet && !node.withinGroup) {
      throw wrong(`WITHIN GROUP is required for ordered-set aggregate ${name}`);
    }
    if (!found.function.orderedSet && node.withinGroup) {
      throw wrong(`${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`);
    }
    return;
  }
  if (node.star) throw wrong(`${name}(*) specified, but ${name} is not an aggregate function`);
  if (node.distinct) throw wrong(`DISTINCT specified, but ${name} is not an aggregate function`);
  if (node.withinGroup)
    throw wrong(`WITHIN GROUP specified, but ${name} is not an aggregate function`);
  if (node.orderBy.length > 0) {
    throw wrong(`ORDER BY specified, but ${name} is not an aggregate function`);
  }
  if (node.filter !== null && kind === 'window' && node.over !== null) {
    throw unsupported('FILTER of a window function that is no aggregate', node.at);
  }
  if (node.filter !== null)
    throw wrong(`FILTER specified, but ${name} is not an aggregate function`);
  if (node.over !== null && kind !== 'window') {
    throw wrong(`OVER specified, but ${name} is not a window function nor an aggregate function`);
  }
}

function coerceArguments(
  binder: Binder,
  found: ResolvedCall,
  list: readonly Expr[],
  at: number,
): readonly Expr[] {
  return list.map((one, i) => {
    const type = plainType(found.argumentTypes[i] as number);
    const result = tryCoerce(binder, one, type, 'implicit', at);
    if (result === null) throw new SqlError('42883', 'function does not exist', { at });
    return result;
  });
}

function makeCall(binder: Binder, found: ResolvedCall, list: readonly Expr[], at: number): Expr {
  if (found.function.kind !== 'scalar') throw unsupported(`function ${found.function.name}`, at);
  if (found.function.name === 'nextval' || found.function.name === 'setval') binder.writes = true;
  return {
    kind: 'call',
    type: found.result,
    function: found.function,
    arguments: coerceArguments(binder, found, list, at),
    at,
  };
}

/** A call that the binder itself makes. */
export function callFunction(
  binder: Binder,
  name: string,
  list: readonly Expr[],
  at: number,
): Expr {
  const types = list.map((one) => one.type);
  const found = findFunction(name, types, at);
  if (found.kind === 'cast') throw unsupported(`function ${name}`, at);
  return makeCall(binder, found, list, at);
}

const AGGREGATES_ALLOWED: ReadonlySet<Clause> = new Set([
  'SELECT',
  'HAVING',
  'ORDER BY',
  'DISTINCT ON',
  'window definitions',
]);

function bindAggregate(
  binder: Binder,
  level: Level,
  node: CallNode,
  found: ResolvedCall,
  parts: Parts,
  deepest: number,
  before: ReturnType<typeof countCalls>,
): Expr {
  let owner = level;
  while (deepest >= 0 && owner.depth > deepest && owner.outer !== null) owner = owner.outer;
  if (!AGGREGATES_ALLOWED.has(owner.clause)) {
    throw new SqlError('42803', `aggregate functions are not allowed in ${owner.clause}`, {
      at: node.at,
    });
  }
  if (owner.aggregates.length > (before.aggregates[owner.depth] ?? 0)) {
    throw new SqlError('42803', 'aggregate function calls cannot be nested', { at: node.at });
  }
  if (level.windows.length > before.windows) {
    throw new SqlError('42803', 'aggregate function calls cannot contain window function calls', {
      at: node.at,
    });
  }
  if (level.setFunctions.length > before.sets) {
    throw new SqlError(
      '0A000',
      'aggregate function calls cannot contain set-returning function calls',
      { at: node.at },
    );
  }
  const aggregate = makeAggregate(binder, node, found, parts);
  const id = newColumn(binder, aggregate.type);
  owner.aggregates.push({ id, aggregate });
  noteDepth(binder, owner.depth);
  return columnOf(binder, id);
}

function makeAggregate(
  binder: Binder,
  node: CallNode,
  found: ResolvedCall,
  parts: Parts,
): ExprAggregate {
  if (found.function.kind !== 'aggregate') throw unsupported(`function ${node.name}`, node.at);
  const ordered = orderedArguments(node, parts);
  const list = coerceArguments(binder, found, [...parts.arguments, ...ordered], node.at);
  const direct = list.length - ordered.length;
  // What is ordered must be what is added, casts included.
  const added = (key: ExprSortKey): number =>
    parts.arguments.findIndex((one) => sameExpr(one, key.value));
  const written = parts.orderBy.map((key, i) => {
    const place = node.withinGroup ? direct + i : node.distinct ? added(key) : -1;
    return { ...key, value: list[place] ?? key.value };
  });
  // As in PostgreSQL, which sorts to find what is distinct, and with which it shows.
  const sorts = node.distinct && found.function.gathers === true;
  const unsorted = list.filter((one) => !written.some((key) => sameExpr(key.value, one)));
  const orderBy = sorts ? [...written, ...unsorted.map(ascending)] : written;
  if (node.distinct) {
    for (const one of list) requireEquality(one, node.at);
    if (list.length === 0) {
      throw new SqlError('42601', 'DISTINCT requires an argument', { at: node.at });
    }
    if (!parts.orderBy.every((key) => added(key) >= 0)) {
      throw new SqlError(
        '42P10',
        'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
        { at: node.at },
      );
    }
  }
  const type = found.result;
  const { filter } = parts;
  return {
    function: found.function,
    arguments: list,
    distinct: node.distinct,
    filter: filter === null ? null : coerceBoolean(binder, filter, 'FILTER', node.at),
    orderBy,
    type,
  };
}

function ascending(value: Expr): ExprSortKey {
  return { value, descending: false, nullsFirst: false };
}

const WINDOWS_ALLOWED: ReadonlySet<Clause> = new Set(['SELECT', 'ORDER BY', 'DISTINCT ON']);

function bindWindowCall(
  binder: Binder,
  level: Level,
  node: CallNode,
  found: ResolvedCall,
  parts: Parts,
  sets: number,
): Expr {
  const { at } = node;
  if (!WINDOWS_ALLOWED.has(level.clause)) {
    throw new SqlError('42P20', `window functions are not allowed in ${level.clause}`, { at });
  }
  if (level.insideWindow) {
    throw new SqlError('42P20', 'window function calls cannot be nested', { at });
  }
  if (node.distinct) throw unsupported('DISTINCT in a window function', at);
  if (node.orderBy.length > 0) {
    throw unsupported('ORDER BY in the arguments of a window function', at);
  }
  if (level.setFunctions.length > sets) {
    throw new SqlError(
      '0A000',
      'window function calls cannot contain set-returning function calls',
      { at },
    );
  }
  const windows = level.windows.length;
  if (node.over === null) throw unsupported(`window function ${node.name}`, at);
  const window = bindWindow(binder, level, node.over);
  const nested = [...parts.arguments, ...(parts.filter === null ? [] : [parts.filter])];
  if (level.windows.length > windows || nested.some((one) => mentionsWindow(level, one))) {
    throw new SqlError('42P20', 'window function calls cannot be nested', { at });
  }
  const list = coerceArguments(binder, found, parts.arguments, at);
  const id = newColumn(binder, found.result);
  if (found.function.kind === 'window') {
    if (node.filter !== null) {
      throw unsupported('FILTER of a window function that is no aggregate', at);
    }
    const call = { kind: 'window' as const, function: found.function, arguments: list };
    level.windows.push({ id, call, window });
  } else {
    const aggregate = makeAggregate(binder, node, found, parts);
    level.windows.push({ id, call: { kind: 'aggregate', aggregate }, window });
  }
  return columnOf(binder, id);
}

function mentionsWindow(level: Level, expr: Expr): boolean {
  return expr.kind === 'column' && level.windows.some((one) => one.id === expr.index);
}

const SETS_ALLOWED: ReadonlySet<Clause> = new Set([
  'SELECT',
  'ORDER BY',
  'DISTINCT ON',
  'GROUP BY',
]);

function bindSetCall(
  binder: Binder,
  level: Level,
  node: CallNode,
  found: ResolvedCall,
  parts: Parts,
): Expr {
  const { at } = node;
  if (found.function.kind !== 'set') throw unsupported(`function ${node.name}`, at);
  if (!SETS_ALLOWED.has(level.clause)) {
    throw new SqlError('0A000', `set-returning functions are not allowed in ${level.clause}`, {
      at,
    });
  }
  if (level.insideConditional !== null) {
    throw new SqlError(
      '0A000',
      `set-returning functions are not allowed in ${level.insideConditional}`,
      {
        at,
        hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
      },
    );
  }
  if (found.function.ofColumns !== undefined) {
    const message = `could not determine row type for result of ${node.name}`;
    throw new SqlError('0A000', message, {
      at,
      hint:
        'Provide a non-null record argument, ' +
        'or call the function in the FROM clause using a column definition list.',
    });
  }
  const several = found.function.columns.length !== 1;
  const id = newColumn(binder, several ? plainType(RECORD) : found.result);
  const list = coerceArguments(binder, found, parts.arguments, at);
  const called = several ? asRecords(found.function) : found.function;
  level.setFunctions.push({ id, function: called, arguments: list });
  return columnOf(binder, id);
}

/** In a select list rows of several columns are values of one. */
function asRecords(f: SetFunction): SetFunction {
  const types = f.columns.map(({ type }) => plainType(type));
  const names = f.columns.map(({ name }) => name);
  return {
    ...f,
    columns: [{ name: f.name, type: RECORD }],
    *rows(environment, ...values) {
      for (const fields of f.rows(environment, ...values)) {
        yield [{ kind: 'record', types, fields, names }];
      }
    },
  };
}

/** A set-returning function or an ordinary one in FROM: its resolved call with arguments. */
export function bindFromCall(
  binder: Binder,
  level: Level,
  written: CallNode,
): { readonly found: ResolvedCall; readonly arguments: readonly Expr[] } {
  const node = byPlace(binder, level, written);
  const parts = bindParts(binder, level, node);
  const types = parts.arguments.map((one) => one.type);
  const found = node.variadic
    ? findSpread(node.name, types, node.at)
    : findFunction(node.name, types, node.at);
  if (found.kind === 'cast') throw unsupported('a cast in FROM', node.at);
  refuseMisuse(node, found);
  if (found.function.kind === 'aggregate') {
    throw new SqlError('42803', 'aggregate functions are not allowed in functions in FROM', {
      at: node.at,
    });
  }
  return { found, arguments: coerceArguments(binder, found, parts.arguments, node.at) };
}

export function bindGrouping(binder: Binder, level: Level, node: GroupingNode): Expr {
  if (!AGGREGATES_ALLOWED.has(level.clause)) {
    throw new SqlError('42803', `grouping operations are not allowed in ${level.clause}`, {
      at: node.at,
    });
  }
  if (node.arguments.length > 31) {
    throw new SqlError('54023', 'GROUPING must have fewer than 32 arguments', { at: node.at });
  }
  const { result: list, deepest } = watchDepth(binder, level.depth, () =>
    node.arguments.map((one) => bindExpression(binder, level, one)),
  );
  // Like an aggregate it belongs to the query whose columns it names.
  let owner = level;
  while (deepest >= 0 && owner.depth > deepest && owner.outer !== null) owner = owner.outer;
  const id = newColumn(binder, plainType(INT4));
  owner.groupings.push({ id, arguments: list, at: node.at });
  noteDepth(binder, owner.depth);
  return columnOf(binder, id);
}
