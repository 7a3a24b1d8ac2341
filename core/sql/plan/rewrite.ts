/**
 * Logical rewriting: conditions move down to where their columns come from, subqueries in
 * conditions become semi-joins, common tables that are mentioned once are put in place, joins get
 * an order.
 *
 * `rewrite(plan, conditions)` means `plan` filtered by `conditions`, and gives them away downwards
 * as far as the result stays the same. A condition with a volatile function never moves.
 */
import { unreachable } from '../../types/assert.ts';
import type { Environment } from '../environment.ts';
import { unsupported } from '../error.ts';
import type { SqlType } from '../types/type.ts';
import { factored } from './alternatives.ts';
import { cannotFail } from './barrier.ts';
import { intersects, isSameForAll, mentions, within, yields } from './columns.ts';
import { extremeByIndex, extremesApart } from './extreme.ts';
import type {
  ColumnId,
  CommonDefinition,
  Computed,
  Expr,
  Logical,
  LogicalWrite,
} from './logical.ts';
import { conjuncts, filterOf } from './conjunction.ts';
import { rewriteJoin } from './rewrite-join.ts';
import { semiJoin } from './semi-join.ts';
import { isNull, isTrue, simplify } from './simplify.ts';
import {
  hasQuery,
  isVolatile,
  isWrite,
  mapChildren,
  mapExpr,
  mapParts,
  mapQuery,
  mapWrite,
} from './walk.ts';

export interface Rewriting {
  readonly environment: Environment;
  readonly commons: Map<number, CommonDefinition>;
  /** How often each common table is mentioned. */
  readonly mentions: ReadonlyMap<number, number>;
  /**
   * Within expressions over written rows (RETURNING, ON CONFLICT), which are evaluated outside the
   * WITH: every common table is put in place, as often as it is mentioned.
   */
  readonly everywhere: boolean;
}

/** Simplified, and with its subqueries rewritten. */
export function rewriteExpr(rewriting: Rewriting, expr: Expr): Expr {
  const inner = rewriteQueries(rewriting, expr);
  return simplify(inner, rewriting.environment);
}

function rewriteQueries(rewriting: Rewriting, expr: Expr): Expr {
  return mapChildren(
    expr,
    (child) => rewriteQueries(rewriting, child),
    (query) => {
      const plan = rewrite(rewriting, query.plan, []);
      return plan === query.plan ? query : { ...query, plan };
    },
  );
}

export function splitCondition(rewriting: Rewriting, condition: Expr): readonly Expr[] {
  const list = conjuncts(simplify(condition, rewriting.environment));
  return list.flatMap(factored).filter((one) => !isTrue(one));
}

/** The plan under a filter; a condition that is never true needs no plan. */
export function filtered(plan: Logical, conditions: readonly Expr[]): Logical {
  if (conditions.some(isNever)) return { kind: 'values', rows: [], columns: [...yields(plan)] };
  return filterOf(plan, conditions);
}

function isNever(condition: Expr): boolean {
  return isNull(condition) || (condition.kind === 'constant' && condition.value === false);
}

/** Conditions that no input can take: those with subqueries as semi-joins where possible. */
export function applyHere(
  rewriting: Rewriting,
  plan: Logical,
  conditions: readonly Expr[],
): Logical {
  const simple = conditions.filter((one) => !hasQuery(one));
  const own = simple.map((one) => simplify(one, rewriting.environment));
  if (simple.length === conditions.length) return filtered(plan, own);
  // What is the same for every row goes on top: where it does not hold, nothing is read.
  const columns = yields(plan);
  const rest = own.filter((one) => isSameForAll(one, columns));
  const plain = own.filter((one) => !rest.includes(one));
  const asked = conditions.filter((one) => !simple.includes(one));
  let result = filtered(plan, plain);
  for (const condition of asked) {
    const joined = semiJoin(rewriting, result, condition);
    if (joined === null) rest.push(rewriteExpr(rewriting, condition));
    else result = joined;
  }
  return filtered(result, rest);
}

export function rewrite(rewriting: Rewriting, plan: Logical, conditions: readonly Expr[]): Logical {
  switch (plan.kind) {
    case 'filter':
      return rewrite(rewriting, plan.input, [
        ...conditions,
        ...splitCondition(rewriting, plan.condition),
      ]);
    case 'extend':
      return rewriteExtend(rewriting, plan, conditions);
    case 'join':
      return rewriteJoin(rewriting, plan, conditions);
    case 'aggregate': {
      const apart = extremesApart(plan);
      if (apart !== null) return rewrite(rewriting, apart, conditions);
      const keys = new Set(plan.sets === null ? plan.keys : []);
      const below = (one: Expr): boolean => keys.size > 0 && mentionsOnly(one, plan, keys);
      return split(rewriting, extremeByIndex(plan), conditions, below);
    }
    case 'window': {
      const keys = new Set<ColumnId>();
      for (const key of plan.partitionBy) if (key.kind === 'column') keys.add(key.index);
      return split(rewriting, plan, conditions, (one) => mentionsOnly(one, plan, keys));
    }
    case 'distinct': {
      const keys = plan.on === null ? null : new Set(plan.on);
      return split(
        rewriting,
        plan,
        conditions,
        (one) => keys === null || mentionsOnly(one, plan, keys),
      );
    }
    case 'projectSet': {
      const own = new Set(plan.functions.map((one) => one.id));
      return split(rewriting, plan, conditions, (one) => !intersects(mentions(one), own));
    }
    case 'sort':
      return split(rewriting, plan, conditions, () => true);
    case 'limit':
      return split(rewriting, plan, conditions, plan.barrier === true ? cannotFail : () => false);
    case 'set':
      return rewriteSet(rewriting, plan, conditions);
    case 'with':
      return rewriteWith(rewriting, plan, conditions);
    case 'common':
      return rewriteCommon(rewriting, plan, conditions);
    case 'table':
    case 'system':
      return applyHere(rewriting, plan, conditions);
    case 'values':
    case 'function':
    case 'recursive':
      return applyHere(rewriting, rewriteInside(rewriting, plan), conditions);
    default:
      return unreachable(plan);
  }
}

function mentionsOnly(expr: Expr, plan: Logical, some: ReadonlySet<ColumnId>): boolean {
  return within(expr, yields(plan), some);
}

/** Expressions and inputs of this relation, without conditions. */
function rewriteInside(rewriting: Rewriting, plan: Logical): Logical {
  return mapParts(
    plan,
    (input) => rewrite(rewriting, input, []),
    (expr) => rewriteExpr(rewriting, expr),
  );
}

type Unary = Extract<
  Logical,
  { readonly kind: 'aggregate' | 'window' | 'distinct' | 'projectSet' | 'sort' | 'limit' }
>;

/** Those conditions that may go below do, the others stay above. */
function split(
  rewriting: Rewriting,
  plan: Unary,
  conditions: readonly Expr[],
  below: (condition: Expr) => boolean,
): Logical {
  const down: Expr[] = [];
  const here: Expr[] = [];
  for (const one of conditions) (!isVolatile(one) && below(one) ? down : here).push(one);
  const result = mapParts(
    plan,
    (input) => rewrite(rewriting, input, down),
    (expr) => rewriteExpr(rewriting, expr),
  );
  return applyHere(rewriting, result, here);
}

/** Every mention of these columns replaced by what they are. */
export function substitute(expr: Expr, values: ReadonlyMap<ColumnId, Expr>): Expr {
  if (values.size === 0) return expr;
  return mapExpr(expr, (one) => (one.kind === 'column' ? (values.get(one.index) ?? null) : null));
}

function rewriteExtend(
  rewriting: Rewriting,
  plan: Extract<Logical, { readonly kind: 'extend' }>,
  conditions: readonly Expr[],
): Logical {
  // Room for a column that nobody asked for.
  if (plan.values.length === 0) return rewrite(rewriting, plan.input, conditions);
  const open = new Map<ColumnId, Expr>();
  const closed = new Set<ColumnId>();
  const values = plan.values.map((one): Computed => {
    const value = rewriteExpr(rewriting, one.value);
    if (isVolatile(value) || hasQuery(value)) closed.add(one.id);
    else open.set(one.id, value);
    return value === one.value ? one : { id: one.id, value };
  });
  const down: Expr[] = [];
  const here: Expr[] = [];
  for (const one of conditions) {
    const stays = isVolatile(one) || intersects(mentions(one), closed);
    if (stays) here.push(one);
    else down.push(...splitCondition(rewriting, substitute(one, open)));
  }
  const input = rewrite(rewriting, plan.input, down);
  return applyHere(rewriting, { ...plan, input, values }, here);
}

function rewriteSet(
  rewriting: Rewriting,
  plan: Extract<Logical, { readonly kind: 'set' }>,
  conditions: readonly Expr[],
): Logical {
  const down = conditions.filter((one) => !isVolatile(one));
  const here = conditions.filter(isVolatile);
  const side = (input: Logical, columns: readonly ColumnId[]): Logical => {
    const names = new Map<ColumnId, Expr>();
    const types = new Map<ColumnId, Expr>();
    for (const one of down) {
      mapExpr(one, (expr) => {
        if (expr.kind === 'column') types.set(expr.index, expr);
        return null;
      });
    }
    plan.columns.forEach((id, i) => {
      const mention = types.get(id);
      if (mention === undefined || mention.kind !== 'column') return;
      names.set(id, { ...mention, index: columns[i] as ColumnId });
    });
    const own = down.flatMap((one) => splitCondition(rewriting, substitute(one, names)));
    return rewrite(rewriting, input, own);
  };
  const left = side(plan.left, plan.leftColumns);
  const right = side(plan.right, plan.rightColumns);
  return applyHere(rewriting, { ...plan, left, right }, here);
}

/** Common tables that are kept apart stay in the WITH; the others go where they are mentioned. */
function rewriteWith(
  rewriting: Rewriting,
  plan: Extract<Logical, { readonly kind: 'with' }>,
  conditions: readonly Expr[],
): Logical {
  const tables = keptTables(rewriting, plan.tables);
  const body = rewrite(rewriting, plan.body, conditions);
  return tables.length === 0 ? body : { ...plan, tables, body };
}

export function keptTables(
  rewriting: Rewriting,
  tables: readonly CommonDefinition[],
): readonly CommonDefinition[] {
  const kept: CommonDefinition[] = [];
  for (const table of tables) {
    rewriting.commons.set(table.id, table);
    if (isWrite(table.plan)) {
      kept.push({ ...table, plan: rewriteWrite(rewriting, table.plan) });
    } else if (!inlined(rewriting, table) && (rewriting.mentions.get(table.id) ?? 0) > 0) {
      const own = rewrite(rewriting, table.plan, []);
      kept.push({ ...table, plan: own });
    }
  }
  return kept;
}

/** The rows' source as any query; expressions over the rows on their own. */
export function rewriteWrite<W extends LogicalWrite>(rewriting: Rewriting, write: W): W {
  const apart = { ...rewriting, everywhere: true };
  return mapWrite(
    write,
    (input) => rewrite(rewriting, input, []),
    (expr) => rewriteExpr(apart, expr),
  );
}

function inlined(rewriting: Rewriting, table: CommonDefinition): boolean {
  if (table.fixed || isWrite(table.plan) || rewriting.mentions.get(table.id) !== 1) return false;
  let safe = true;
  mapQuery({ plan: table.plan, columns: [] }, (expr) => {
    if (expr.kind === 'call' && expr.function.volatility === 'volatile') safe = false;
    return null;
  });
  return safe;
}

function rewriteCommon(
  rewriting: Rewriting,
  plan: Extract<Logical, { readonly kind: 'common' }>,
  conditions: readonly Expr[],
): Logical {
  const table = rewriting.commons.get(plan.id);
  if (plan.self || table === undefined) return applyHere(rewriting, plan, conditions);
  if (isWrite(table.plan) || !(rewriting.everywhere || inlined(rewriting, table))) {
    if (rewriting.everywhere) {
      throw unsupported(`reading the WITH query "${table.name}" here, which changes rows,`, -1);
    }
    return applyHere(rewriting, plan, conditions);
  }
  // The first mention has the definition's own numbers; others take them over.
  const values = plan.columns.flatMap((id, i): Computed[] => {
    const from = table.columns[i] as ColumnId;
    if (from === id) return [];
    const type = plan.types[i] as SqlType;
    return [{ id, value: { kind: 'column', type, index: from } }];
  });
  if (values.length === 0) return rewrite(rewriting, table.plan, conditions);
  return rewrite(rewriting, { kind: 'extend', input: table.plan, values }, conditions);
}
