/**
 * Expressions, worked out a second time: by walking the tree that a client sent, over plain rows.
 *
 * Knows only what the workload's shapes use and shares nothing with `core/sql` but the tree's
 * types: no binder, no planner, no casts. Three-valued logic as SQL has it; null is null.
 */
import type { Expression, SubqueryNode } from '../../../core/sql/tree/expression.ts';
import type { Query } from '../../../core/sql/tree/query.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell } from './values.ts';
import * as values from './values.ts';

export type { Cell } from './values.ts';

/** What a name can mean: columns of one table under its name, and the row they stand in. */
export interface Scope {
  readonly name: string;
  /** Index of each column in the row. */
  readonly columns: ReadonlyMap<string, number>;
  row: readonly Cell[];
  /** Rows of a query within an expression, which sees these scopes. Only queries have it. */
  readonly ask?: (query: Query, outer: readonly Scope[]) => readonly (readonly Cell[])[];
}

/** A statement's error, by its SQLSTATE. */
export class ModelError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const errors: Map<string, ModelError> = new Map();

/** To throw; one object a code, because a stack costs more than the statement. */
export function refusal(code: string): ModelError {
  let error = errors.get(code);
  if (error === undefined) {
    error = new ModelError(code);
    errors.set(code, error);
  }
  return error;
}

export function evaluate(
  node: Expression,
  scopes: readonly Scope[],
  parameters: readonly Cell[],
): Cell {
  switch (node.kind) {
    case 'literal':
      return node.type === 'integer' ? Number(node.text) : node.text;
    case 'parameter':
      return parameters[node.index]!;
    case 'column':
      return columnOf(node.parts, scopes);
    case 'operator':
      assert(node.left !== null, 'the workload has no prefix operators');
      return operate(
        node.name,
        evaluate(node.left, scopes, parameters),
        evaluate(node.right, scopes, parameters),
      );
    case 'logic':
      return combine(
        node.operator === 'and',
        node.arguments.map((each) => evaluate(each, scopes, parameters)),
      );
    case 'not':
      return negate(evaluate(node.argument, scopes, parameters));
    case 'nullTest':
      return (evaluate(node.argument, scopes, parameters) === null) !== node.negated;
    case 'between': {
      const value = evaluate(node.argument, scopes, parameters);
      return combine(true, [
        operate('>=', value, evaluate(node.low, scopes, parameters)),
        operate('<=', value, evaluate(node.high, scopes, parameters)),
      ]);
    }
    case 'inList': {
      const value = evaluate(node.argument, scopes, parameters);
      const equal = node.list.map((each) =>
        operate('=', value, evaluate(each, scopes, parameters)),
      );
      return combine(false, equal);
    }
    case 'subquery':
      return evaluateSubquery(node, scopes, parameters);
    default:
      return evaluateRare(node, (each) => evaluate(each, scopes, parameters));
  }
}

function evaluateSubquery(
  { mode, operator, test, query }: SubqueryNode,
  scopes: readonly Scope[],
  parameters: readonly Cell[],
): Cell {
  const rows = ask(query, scopes);
  if (mode === 'exists') return rows.length > 0;
  if (mode === 'scalar') return rows[0]?.[0] ?? null;
  assert(mode === 'any', () => `the workload has no ${mode}`);
  const value = evaluate(test!, scopes, parameters);
  return combine(
    false,
    rows.map(([each = null]) => operate(operator, value, each)),
  );
}

function ask(query: Query, scopes: readonly Scope[]): readonly (readonly Cell[])[] {
  const found = scopes.find((scope) => scope.ask !== undefined);
  assert(found?.ask !== undefined, 'only queries have queries in them');
  return found.ask(query, scopes);
}

function evaluateRare(node: Expression, value: (node: Expression) => Cell): Cell {
  switch (node.kind) {
    case 'coalesce': {
      for (const each of node.arguments) {
        const found = value(each);
        if (found !== null) return found;
      }
      return null;
    }
    case 'array':
      return values.arrayOf(node.elements.map(value));
    case 'subscript':
      return values.elementAt(value(node.argument), value(node.parts[0]!.high!));
    case 'arrayComparison':
      return values.isAny(value(node.left), value(node.array));
    case 'call':
      return apply(node.name, node.arguments.map(value));
    default:
      assert(false, () => `the workload has no ${node.kind}`);
  }
}

function apply(name: string, list: readonly Cell[]): Cell {
  const [first = null, second = null, third = null] = list;
  switch (name) {
    case 'array_append':
      return values.appended(first, second);
    case 'array_length':
      return values.isArray(first) ? (first.dimensions[Number(second) - 1] ?? null) : null;
    case 'to_jsonb':
      return values.jsonOf(first);
    case 'jsonb_set':
      return values.withMember(first, String(second).replaceAll(/[{}]/g, ''), third);
    case 'jsonb_build_object':
      return values.written({ [String(first)]: second as number | string });
    default:
      assert(false, () => `the workload does not call ${name}`);
  }
}

/** Refuses names that mean nothing, before any row is looked at. */
export function checkNames(node: Expression, scopes: readonly Scope[]): void {
  if (node.kind === 'column') place(node.parts, scopes);
  // To run it is to check its names: rows that stand in no scope yet are nulls.
  else if (node.kind === 'subquery') ask(node.query, scopes);
  else for (const child of childrenOf(node)) checkNames(child, scopes);
}

function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'operator':
      return node.left === null ? [node.right] : [node.left, node.right];
    case 'logic':
    case 'call':
    case 'coalesce':
      return node.arguments;
    case 'array':
      return node.elements;
    case 'subscript':
      return [node.argument];
    case 'arrayComparison':
      return [node.left, node.array];
    case 'not':
    case 'nullTest':
      return [node.argument];
    case 'between':
      return [node.argument, node.low, node.high];
    case 'inList':
      return [node.argument, ...node.list];
    default:
      return [];
  }
}

function columnOf(parts: readonly string[], scopes: readonly Scope[]): Cell {
  const { scope, index } = place(parts, scopes);
  return scope.row[index] ?? null;
}

function place(
  parts: readonly string[],
  scopes: readonly Scope[],
): { readonly scope: Scope; readonly index: number } {
  const name = parts[parts.length - 1]!;
  for (const scope of scopes) {
    if (parts.length > 1 && scope.name !== parts[0]) continue;
    const index = scope.columns.get(name);
    if (index !== undefined) return { scope, index };
  }
  throw refusal('42703');
}

function operate(name: string, left: Cell, right: Cell): Cell {
  // Of two arrays one may be null.
  if (name === '||') return values.joined(left, right);
  if (left === null || right === null) return null;
  if (name === '+') return Number(left) + Number(right);
  if (values.isArray(left) && values.isArray(right) && name !== '@>') {
    return operate(name, values.compareCells(left, right), 0);
  }
  switch (name) {
    case '=':
      return left === right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    case '<>':
      return left !== right;
    case '*':
      return Number(left) * Number(right);
    case '-':
      return typeof left === 'string'
        ? values.withoutMember(left, right)
        : Number(left) - Number(right);
    case '->>':
      return values.memberText(left, right);
    case '?':
      return values.hasMember(left, right);
    case '@>':
      return values.contains(left, right);
    default:
      assert(false, () => `the workload has no operator ${name}`);
  }
}

function negate(value: Cell): Cell {
  return value === null ? null : value !== true;
}

/** AND is false if anything is, OR true if anything is; else null if anything is. */
function combine(and: boolean, values: readonly Cell[]): Cell {
  if (values.includes(!and)) return !and;
  return values.includes(null) ? null : and;
}
