/** Arrays in expressions: `ARRAY[…]`, `ARRAY(SELECT …)`, subscripts, `op ANY (array)`. */
import { SqlError } from '../error.ts';
import { elementAssignment, sliceAssignment } from '../functions/array-assign.ts';
import * as make from '../functions/array-make.ts';
import { arrayOfRows, unnestTogether } from '../functions/array-sets.ts';
import type { ScalarFunction } from '../functions/function.ts';
import { noArrayType } from '../functions/polymorphic.ts';
import { findFunction, findOperator } from '../functions/resolve.ts';
import type { ResolvedCall } from '../functions/resolve.ts';
import type { Expr, Logical } from '../plan/logical.ts';
import type {
  ArrayComparisonNode,
  ArrayNode,
  CallNode,
  Expression,
  SubqueryNode,
  SubscriptNode,
  SubscriptPart,
} from '../tree/expression.ts';
import type { ElementName } from '../tree/write.ts';
import { memberAssignment } from '../functions/json-assign.ts';
import { DIMENSIONS_MAX, tooManyDimensions } from '../types/array.ts';
import { arrayOf, elementOf, isArrayType } from '../types/array-type.ts';
import { plainType, typeName } from '../types/describe.ts';
import { BOOL, BPCHAR, INT2, INT4, JSONB, NAME, TEXT, UNKNOWN, VARCHAR } from '../types/type.ts';
import type { SqlType, TypeId } from '../types/type.ts';
import { columnOf, newColumn } from './binder.ts';
import type { Binder, Level } from './binder.ts';
import { callFunction } from './call.ts';
import { BOOLEAN, castExplicitly, coerceOr, placed, tryCoerce, unify } from './coerce.ts';
import { bindExpression } from './expression.ts';
import { all, argument, compare, inList } from './predicate.ts';
import { bindQuery } from './query.ts';

function call(type: SqlType, fn: ScalarFunction, list: readonly Expr[], at: number): Expr {
  return { kind: 'call', type, function: fn, arguments: list, at };
}

/** `target`: the array type that a cast around it asks for; null: what the elements share. */
export function bindArray(
  binder: Binder,
  level: Level,
  node: ArrayNode,
  target: SqlType | null,
): Expr {
  const list = node.elements.map((one) => bindElement(binder, level, one, target));
  return arrayOfElements(binder, list, target, node.at);
}

function bindElement(binder: Binder, level: Level, node: Expression, target: SqlType | null): Expr {
  if (node.kind === 'array') return bindArray(binder, level, node, target);
  return bindExpression(binder, level, node);
}

function arrayOfElements(
  binder: Binder,
  list: readonly Expr[],
  target: SqlType | null,
  at: number,
): Expr {
  const nested = list.some((one) => isArrayType(one.type.id));
  if (target !== null) {
    const { id, modifier } = target;
    const wanted = nested ? target : { id: elementOf(id) as TypeId, modifier };
    const values = list.map((one) => castExplicitly(binder, one, wanted, at));
    return construct(values, nested, { id, modifier }, at);
  }
  if (list.length === 0) {
    throw new SqlError('42P18', 'cannot determine type of empty array', {
      at,
      hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
    });
  }
  const { type, values } = unify(binder, list, 'ARRAY', at);
  if (nested) return construct(values, true, type, at);
  const id = arrayOf(type.id);
  if (id === null) throw noArrayType(type.id, at);
  return construct(values, false, { id, modifier: type.modifier }, at);
}

/** As many as are handed to a function at once. */
const PIECE = 1000;

function construct(list: readonly Expr[], nested: boolean, type: SqlType, at: number): Expr {
  const { id } = type;
  const count = list.length;
  if (count <= PIECE) {
    const fn = nested
      ? make.rowsConstructor(id, count)
      : make.elementsConstructor(elementOf(id) as TypeId, id, count);
    return call(type, fn, list, at);
  }
  const pieces: Expr[] = [];
  for (let i = 0; i < count; i += PIECE) {
    pieces.push(construct(list.slice(i, i + PIECE), nested, type, at));
  }
  const join = nested ? make.rowPiecesConstructor : make.piecesConstructor;
  return call(type, join(id, pieces.length), pieces, at);
}

export function bindArrayQuery(binder: Binder, level: Level, node: SubqueryNode): Expr {
  const query = bindQuery(binder, level, node.query);
  const [column] = query.columns;
  if (query.columns.length !== 1 || column === undefined) {
    throw new SqlError('42601', 'subquery must return only one column', { at: node.at });
  }
  const value = columnOf(binder, column);
  const element = value.type.id;
  const array = isArrayType(element) ? element : arrayOf(element);
  if (array === null) throw noArrayType(element, node.at);
  const type = { id: array, modifier: value.type.modifier };
  const id = newColumn(binder, type);
  const aggregate = {
    function: arrayOfRows(element, array),
    arguments: [value],
    distinct: false,
    filter: null,
    orderBy: [],
    type,
  };
  const plan: Logical = {
    kind: 'aggregate',
    input: query.plan,
    keys: [],
    sets: null,
    grouping: null,
    aggregates: [{ id, aggregate }],
  };
  return { kind: 'scalarQuery', type, query: { plan, columns: [id] } };
}

export function bindSubscript(binder: Binder, level: Level, node: SubscriptNode): Expr {
  const { at } = node;
  const array = bindExpression(binder, level, node.argument);
  const element = elementOf(array.type.id);
  if (array.type.id === JSONB) return bindMember(binder, level, array, node);
  if (element === null) {
    const name = typeName(array.type.id);
    throw new SqlError(
      '42804',
      `cannot subscript type ${name} because it does not support subscripting`,
      { at },
    );
  }
  const { list, ends } = bindSubscripts(binder, level, node.parts, at);
  if (ends === null) {
    const fn = make.subscript(array.type.id, element, list.length);
    return call({ id: element, modifier: array.type.modifier }, fn, [array, ...list], at);
  }
  return call(array.type, make.slicing(array.type.id, ends), [array, ...list], at);
}

/** `ends` null: of an element; else of a slice, `list` being the ends that are written. */
function bindSubscripts(
  binder: Binder,
  level: Level,
  parts: readonly SubscriptPart[],
  at: number,
): { readonly list: readonly Expr[]; readonly ends: readonly make.SliceEnds[] | null } {
  if (parts.length > DIMENSIONS_MAX) throw placed(tooManyDimensions(parts.length), at);
  const list = parts.flatMap(({ low, high }) =>
    [low, high].flatMap((one) => (one === null ? [] : [bindIndex(binder, level, one)])),
  );
  if (!parts.some((part) => part.slice)) return { list, ends: null };
  const ends = parts.map(({ slice, low, high }) => ({
    low: low !== null,
    high: high !== null,
    single: !slice,
  }));
  return { list, ends };
}

function bindIndex(binder: Binder, level: Level, node: Expression): Expr {
  return coerceOr(
    binder,
    bindExpression(binder, level, node),
    plainType(INT4),
    () => 'array subscript must have type integer',
    node.at,
  );
}

/** `a[1] = value`: what becomes of the array `old` in the column. */
export function bindElementAssignment(
  binder: Binder,
  level: Level,
  target: ElementName,
  column: { readonly name: string; readonly type: SqlType },
  old: Expr,
  value: Expr | null,
): Expr {
  const { at } = target;
  const { type } = column;
  const element = elementOf(type.id);
  if (element === null && type.id !== JSONB) {
    const name = typeName(type.id);
    const message = `cannot subscript type ${name} because it does not support subscripting`;
    throw new SqlError('42804', message, { at });
  }
  if (value === null) throw new SqlError('0A000', 'cannot set an array element to DEFAULT', { at });
  const steps = element === null ? bindSteps(binder, level, target.parts, at) : null;
  const { list, ends } = steps ?? bindSubscripts(binder, level, target.parts, at);
  const wanted =
    element !== null && ends === null ? { id: element, modifier: type.modifier } : type;
  const given = tryCoerce(binder, value, wanted, 'assignment', at);
  if (given === null) {
    throw new SqlError(
      '42804',
      `subscripted assignment to "${column.name}" requires type ${typeName(wanted.id)} ` +
        `but expression is of type ${typeName(value.type.id)}`,
      { at, hint: 'You will need to rewrite or cast the expression.' },
    );
  }
  const fn =
    element === null
      ? memberAssignment(list.map((step) => step.type.id === INT4))
      : ends === null
        ? elementAssignment(type.id, element, list.length)
        : sliceAssignment(type.id, ends);
  return call(type, fn, [old, given, ...list], at);
}

/** `document['a'][0]`: what `->` finds, step by step. */
function bindMember(binder: Binder, level: Level, document: Expr, node: SubscriptNode): Expr {
  const path = bindSteps(binder, level, node.parts, node.at).list.map((step) => {
    return castExplicitly(binder, step, plainType(TEXT), node.at);
  });
  return callFunction(binder, 'jsonb_extract_path', [document, ...path], node.at);
}

/** Subscripts of a document, each an integer or a text. */
function bindSteps(
  binder: Binder,
  level: Level,
  parts: readonly SubscriptPart[],
  at: number,
): { readonly list: readonly Expr[]; readonly ends: null } {
  const list = parts.map(({ slice, high }) => {
    if (slice || high === null) {
      throw new SqlError('42804', 'jsonb subscript does not support slices', { at });
    }
    const step = bindExpression(binder, level, high);
    if (!STEPS.has(step.type.id)) {
      const message = `subscript type ${typeName(step.type.id)} is not supported`;
      throw new SqlError('42804', message, {
        at: high.at,
        hint: 'jsonb subscript must be coercible to either integer or text.',
      });
    }
    const isNumber = step.type.id === INT2 || step.type.id === INT4;
    return castExplicitly(binder, step, plainType(isNumber ? INT4 : TEXT), high.at);
  });
  return { list, ends: null };
}

const STEPS: ReadonlySet<TypeId> = new Set([INT2, INT4, TEXT, VARCHAR, BPCHAR, NAME, UNKNOWN]);

export function bindArrayComparison(binder: Binder, level: Level, node: ArrayComparisonNode): Expr {
  const { operator, at } = node;
  const left = bindExpression(binder, level, node.left);
  if (node.array.kind !== 'array') {
    return quantified(binder, left, bindExpression(binder, level, node.array), node);
  }
  const list = node.array.elements.map((one) => bindElement(binder, level, one, null));
  if (list.length === 0 || list.some((one) => isArrayType(one.type.id))) {
    return quantified(binder, left, arrayOfElements(binder, list, null, at), node);
  }
  if (!node.all) return inList(binder, left, list, operator, false, at);
  return all(list.map((one) => compare(binder, operator, left, one, at)));
}

function quantified(binder: Binder, left: Expr, right: Expr, node: ArrayComparisonNode): Expr {
  const { operator, at } = node;
  const element = right.type.id === UNKNOWN ? UNKNOWN : elementOf(right.type.id);
  if (element === null) {
    throw new SqlError('42809', 'op ANY/ALL (array) requires array on right side', { at });
  }
  const found = findOperator(operator, left.type, plainType(element), at);
  if (found.result.id !== BOOL) {
    throw new SqlError('42809', 'op ANY/ALL (array) requires operator to yield boolean', { at });
  }
  const [value, member] = found.argumentTypes as readonly [TypeId, TypeId];
  const array = arrayOf(member);
  if (array === null) throw noArrayType(member, at);
  const list = [argument(binder, left, value, at), argument(binder, right, array, at)];
  return call(BOOLEAN, make.quantified(found.function, array, node.all), list, at);
}

/** `unnest(a, b)` in FROM, the one function that takes several arrays side by side. */
export function isUnnestOfSeveral(node: CallNode): boolean {
  const named = node.name === 'unnest' && (node.schema === null || node.schema === 'pg_catalog');
  return named && node.arguments.length > 1 && !node.variadic;
}

export function bindUnnest(
  binder: Binder,
  level: Level,
  node: CallNode,
): { readonly found: ResolvedCall; readonly arguments: readonly Expr[] } {
  const list = node.arguments.map((one) => bindExpression(binder, level, one));
  const elements = list.map((one): TypeId => {
    const found = findFunction('unnest', [one.type], node.at);
    if (found.kind === 'cast' || one.type.id === UNKNOWN) {
      const message = 'could not determine polymorphic type because input has type unknown';
      throw new SqlError('42804', message, { at: node.at });
    }
    return found.result.id;
  });
  const argumentTypes = list.map((one) => one.type.id);
  const found: ResolvedCall = {
    kind: 'call',
    function: unnestTogether(argumentTypes, elements),
    argumentTypes,
    result: plainType(elements[0] as TypeId),
  };
  return { found, arguments: list };
}
