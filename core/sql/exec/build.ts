/** Builds the operators of a plan. */
import { unreachable } from '../../types/assert.ts';
import type { Plan } from '../plan/plan.ts';
import { Aggregate } from './aggregate.ts';
import { factsOf } from './analysis.ts';
import { CommonScan, With } from './common.ts';
import { Distinct } from './distinct.ts';
import { Condition, Filter } from './filter.ts';
import { Gate } from './gate.ts';
import { FirstRowsJoin } from './first-rows-join.ts';
import { HashJoin } from './hash-join.ts';
import { Limit } from './limit.ts';
import { LoopJoin } from './loop-join.ts';
import type { Operator, Scope } from './operator.ts';
import { OrderedAggregate } from './ordered-aggregate.ts';
import { Project } from './project.ts';
import { Recursive } from './recursive.ts';
import { Scan, SystemScan } from './scan.ts';
import { FunctionScan, ProjectSet } from './set-function.ts';
import { Intersection, Union } from './set-operation.ts';
import { Sort } from './sort.ts';
import { Values } from './values.ts';
import { Window } from './window.ts';

export function build(plan: Plan, scope: Scope): Operator {
  switch (plan.kind) {
    case 'scan':
      return new Scan(plan, scope);
    case 'systemScan':
      return filtered(new SystemScan(plan, scope), plan.filter, scope);
    case 'values':
      return new Values(plan, scope);
    case 'functionScan':
      return new FunctionScan(plan, scope);
    case 'hashJoin':
      return new HashJoin(plan, build(plan.left, scope), build(plan.right, scope), scope);
    case 'loopJoin':
      return new LoopJoin(plan, build(plan.left, scope), scope);
    case 'firstRowsJoin': {
      const right = build(plan.hash.right, scope);
      return new FirstRowsJoin(plan, build(plan.hash.left, scope), right, scope);
    }
    case 'set':
      return plan.operator === 'union'
        ? new Union(plan, build(plan.left, scope), build(plan.right, scope), scope)
        : new Intersection(plan, build(plan.left, scope), build(plan.right, scope), scope);
    case 'with':
      return new With(plan, scope);
    case 'commonScan':
      return new CommonScan(plan, scope.commons);
    case 'recursive':
      return new Recursive(plan, scope);
    default:
      return buildOver(plan, build(plan.input, scope), scope);
  }
}

/** Operators over one input. */
function buildOver(plan: Extract<Plan, { input: Plan }>, input: Operator, scope: Scope): Operator {
  switch (plan.kind) {
    case 'filter':
      return new Filter(input, new Condition(plan.condition, scope), factsOf(plan.input).volatile);
    case 'gate':
      return new Gate(plan, input, scope);
    case 'project':
      return new Project(input, plan.values, scope);
    case 'projectSet':
      return new ProjectSet(plan, input, scope);
    case 'aggregate':
      return plan.presorted === undefined
        ? new Aggregate(plan, input, scope)
        : new OrderedAggregate(plan, plan.presorted, input, scope);
    case 'window':
      return new Window(plan, input, scope);
    case 'sort':
      return new Sort(plan, input, scope);
    case 'limit':
      return new Limit(plan, input, scope);
    case 'distinct':
      return new Distinct(plan, input, scope);
    default:
      return unreachable(plan);
  }
}

function filtered(
  input: Operator,
  filter: Extract<Plan, { kind: 'systemScan' }>['filter'],
  scope: Scope,
): Operator {
  return filter === null ? input : new Filter(input, new Condition(filter, scope), false);
}
