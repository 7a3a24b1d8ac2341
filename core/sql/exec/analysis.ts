/**
 * What plans and expressions depend on: whether they may be kept when an operator starts over, and
 * whether their rows must be made one at a time.
 *
 * Answers are remembered by plan: plans are immutable, and kept by the plan cache.
 */
import { unreachable } from '../../types/assert.ts';
import type { Bound, BoundSortKey, SubPlan } from '../plan/expression.ts';
import { isWriteKind, operandsOf } from '../plan/plan.ts';
import type { Plan, WritePlan } from '../plan/plan.ts';

export interface Facts {
  /** Reads arguments of the frame it is built in. */
  readonly arguments: boolean;
  /** Common tables that it reads and does not define itself. */
  readonly commons: ReadonlySet<number>;
  /** Calls something with an effect or a different answer each time. */
  readonly volatile: boolean;
}

interface Finding {
  arguments: boolean;
  volatile: boolean;
  commons: Set<number>;
  /** Of the row that the expressions are over. */
  columns: Set<number>;
}

function nothing(): Finding {
  return { arguments: false, volatile: false, commons: new Set(), columns: new Set() };
}

const known = new WeakMap<object, Facts>();

export function factsOf(plan: Plan): Facts {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const finding = nothing();
  visitPlan(plan, finding);
  known.set(plan, finding);
  return finding;
}

/** The answer stays the same when the operator around it starts over. */
export function isIndependent(plan: Plan): boolean {
  const facts = factsOf(plan);
  return !facts.arguments && facts.commons.size === 0;
}

/** As `isIndependent`, of expressions. */
export function areIndependent(bounds: readonly Bound[]): boolean {
  const finding = nothing();
  visitAll(bounds, finding);
  return !finding.arguments && finding.commons.size === 0;
}

export function isVolatile(bounds: readonly (Bound | null)[]): boolean {
  const finding = nothing();
  visitAll(bounds, finding);
  return finding.volatile;
}

/** Columns of the input row that the expression looks at. */
export function columnsOf(bound: Bound): ReadonlySet<number> {
  const finding = nothing();
  visitBound(bound, finding);
  return finding.columns;
}

function visitAll(bounds: readonly (Bound | null)[], into: Finding): void {
  for (const bound of bounds) if (bound !== null) visitBound(bound, into);
}

function visitKeys(keys: readonly BoundSortKey[], into: Finding): void {
  for (const key of keys) visitBound(key.value, into);
}

/** A sub-plan's own arguments are not ours; what it is started with may be. */
function visitSubPlan(sub: SubPlan, into: Finding): void {
  visitAll(sub.arguments, into);
  const facts = factsOf(sub.plan);
  if (facts.volatile) into.volatile = true;
  for (const id of facts.commons) into.commons.add(id);
}

function visitComparison(compare: Bound, into: Finding): void {
  const inner = nothing();
  visitBound(compare, inner);
  if (inner.arguments) into.arguments = true;
  if (inner.volatile) into.volatile = true;
}

function visitBound(bound: Bound, into: Finding): void {
  switch (bound.kind) {
    case 'constant':
    case 'parameter':
      return;
    case 'column':
      into.columns.add(bound.index);
      return;
    case 'argument':
      into.arguments = true;
      return;
    case 'call':
      if (bound.function.volatility === 'volatile') into.volatile = true;
      return visitAll(bound.arguments, into);
    case 'cast':
      if (bound.cast.volatility === 'volatile') into.volatile = true;
      return visitBound(bound.argument, into);
    case 'not':
    case 'isNull':
    case 'isTruth':
      return visitBound(bound.argument, into);
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extreme':
      return visitAll(bound.arguments, into);
    case 'distinctFrom':
      return visitAll([bound.left, bound.right], into);
    case 'case':
      visitAll(
        bound.whens.flatMap(({ when, result }) => [when, result]),
        into,
      );
      return visitAll([bound.otherwise], into);
    case 'inList':
      return visitAll([bound.argument, ...bound.list], into);
    case 'record':
      return visitAll(bound.fields, into);
    case 'scalarQuery':
    case 'existsQuery':
      return visitSubPlan(bound.query, into);
    case 'anyQuery':
      // `compare` is over another row.
      visitAll(bound.tests, into);
      visitComparison(bound.compare, into);
      return visitSubPlan(bound.query, into);
    default:
      return unreachable(bound);
  }
}

function merge(plan: Plan, into: Finding): void {
  const facts = factsOf(plan);
  if (facts.arguments) into.arguments = true;
  if (facts.volatile) into.volatile = true;
  for (const id of facts.commons) into.commons.add(id);
}

function visitPlan(plan: Plan, into: Finding): void {
  switch (plan.kind) {
    case 'scan':
      visitAll([...plan.range.equal, plan.filter], into);
      visitAll([plan.range.low?.value ?? null, plan.range.high?.value ?? null], into);
      return visitAll(operandsOf(plan.moment), into);
    case 'systemScan':
      return visitAll([plan.filter, ...operandsOf(plan.moment)], into);
    case 'values':
      return visitAll(plan.rows.flat(), into);
    case 'functionScan':
      if (plan.function.volatility === 'volatile') into.volatile = true;
      return visitAll(plan.arguments, into);
    case 'projectSet':
      for (const call of plan.functions) {
        if (call.function.volatility === 'volatile') into.volatile = true;
        visitAll(call.arguments, into);
      }
      return merge(plan.input, into);
    case 'with':
    case 'commonScan':
    case 'recursive':
      return visitCommon(plan, into);
    default:
      return visitInputs(plan, into);
  }
}

type Common = Extract<Plan, { kind: 'with' | 'commonScan' | 'recursive' }>;

function visitCommon(plan: Common, into: Finding): void {
  if (plan.kind === 'commonScan') {
    into.commons.add(plan.id);
    return;
  }
  const inner = nothing();
  if (plan.kind === 'recursive') {
    merge(plan.base, inner);
    merge(plan.step, inner);
    inner.commons.delete(plan.id);
  } else {
    for (const { plan: table } of plan.tables) {
      // A write happens once; its rows are handed in from outside.
      if (isWrite(table)) inner.volatile = true;
      else merge(table, inner);
    }
    merge(plan.body, inner);
    for (const { id } of plan.tables) inner.commons.delete(id);
  }
  if (inner.arguments) into.arguments = true;
  if (inner.volatile) into.volatile = true;
  for (const id of inner.commons) into.commons.add(id);
}

export function isWrite(plan: Plan | WritePlan): plan is WritePlan {
  return isWriteKind(plan.kind);
}

type Inner = Exclude<
  Plan,
  Common | { kind: 'scan' | 'systemScan' | 'values' | 'functionScan' | 'projectSet' }
>;

function visitInputs(plan: Inner, into: Finding): void {
  switch (plan.kind) {
    case 'filter':
    case 'gate':
      visitBound(plan.condition, into);
      return merge(plan.input, into);
    case 'project':
      visitAll(plan.values, into);
      return merge(plan.input, into);
    case 'hashJoin':
      visitAll([...plan.leftKeys, ...plan.rightKeys, plan.condition], into);
      merge(plan.left, into);
      return merge(plan.right, into);
    case 'loopJoin':
      visitAll([plan.condition], into);
      for (const { left, right } of plan.alternatives ?? []) visitAll([...left, ...right], into);
      visitSubPlan(plan.right, into);
      return merge(plan.left, into);
    case 'firstRowsJoin':
      visitInputs(plan.lookUp, into);
      return visitInputs(plan.hash, into);
    case 'aggregate':
      visitAll(plan.keys, into);
      for (const aggregate of plan.aggregates) {
        visitAll([...aggregate.arguments, aggregate.filter], into);
        visitKeys(aggregate.orderBy, into);
      }
      return merge(plan.input, into);
    case 'window':
      visitWindow(plan, into);
      return merge(plan.input, into);
    case 'sort':
      visitKeys(plan.keys, into);
      visitAll([plan.count], into);
      return merge(plan.input, into);
    case 'limit':
      visitAll([plan.count, plan.offset], into);
      visitKeys(plan.tieKeys ?? [], into);
      return merge(plan.input, into);
    case 'distinct':
      visitAll(plan.keys ?? [], into);
      return merge(plan.input, into);
    case 'set':
      merge(plan.left, into);
      return merge(plan.right, into);
    default:
      return unreachable(plan);
  }
}

function visitWindow(plan: Extract<Plan, { kind: 'window' }>, into: Finding): void {
  visitAll(plan.partitionBy, into);
  visitKeys(plan.orderBy, into);
  for (const bound of [plan.frame.start, plan.frame.end]) {
    if (bound.kind === 'preceding' || bound.kind === 'following') {
      visitAll([bound.offset], into);
    }
  }
  for (const { call } of plan.calls) {
    if (call.kind === 'window') {
      visitAll(call.arguments, into);
    } else {
      visitAll([...call.aggregate.arguments, call.aggregate.filter], into);
      visitKeys(call.aggregate.orderBy, into);
    }
  }
}
