/**
 * Expressions: from the tree, with names and without types, to `Expr`, with types and numbers.
 *
 * One function a kind of node; conditions are in `predicate.ts`, calls in `call.ts`, subqueries in
 * `subquery.ts`. What PostgreSQL evaluates in some order keeps that order.
 */
import { unreachable } from '../../types/assert.ts';
import { relationByText, textOfRelation } from '../catalog/by-text.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Expr } from '../plan/logical.ts';
import type {
  CaseNode,
  CastNode,
  CollateNode,
  Expression,
  KeywordValueNode,
  LiteralNode,
} from '../tree/expression.ts';
import { isArrayType } from '../types/array-type.ts';
import { category, plainType, typeFromName } from '../types/describe.ts';
import {
  DATE,
  INT4,
  INT8,
  NAME,
  NUMERIC,
  RECORD,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
} from '../types/type.ts';
import { parseValue } from '../types/text-io.ts';
import { bindArray, bindArrayComparison, bindSubscript } from './array.ts';
import { columnOf } from './binder.ts';
import type { Binder, Level } from './binder.ts';
import { bindCall, bindGrouping, callFunction } from './call.ts';
import {
  BOOLEAN,
  castExplicitly,
  coerceBoolean,
  constant,
  parameterOf,
  typeName,
  unify,
} from './coerce.ts';
import { noteDepth } from './depth.ts';
import {
  bindBetween,
  bindDistinctTest,
  bindInList,
  bindLike,
  bindOperator,
  compare,
} from './predicate.ts';
import { findItem, resolveColumn, rowFields, wholeRow } from './scope.ts';
import { bindSubquery } from './subquery.ts';

export function bindExpression(binder: Binder, level: Level, node: Expression): Expr {
  switch (node.kind) {
    case 'literal':
      return bindLiteral(binder, node);
    case 'parameter':
      return bindParameter(binder, node.index);
    case 'column': {
      const found = resolveColumn(binder, level, node);
      noteDepth(binder, found.depth);
      return found.value;
    }
    case 'operator':
      return bindOperator(binder, level, node);
    case 'logic': {
      const word = node.operator === 'and' ? 'AND' : 'OR';
      const list = node.arguments.map((one) => bindCondition(binder, level, one, word));
      return { kind: node.operator, type: BOOLEAN, arguments: list };
    }
    case 'not': {
      const argument = bindCondition(binder, level, node.argument, 'NOT');
      return { kind: 'not', type: BOOLEAN, argument };
    }
    case 'between':
      return bindBetween(binder, level, node);
    case 'inList':
      return bindInList(binder, level, node);
    case 'like':
      return bindLike(binder, level, node);
    case 'distinctTest':
      return bindDistinctTest(binder, level, node);
    case 'arrayComparison':
      return bindArrayComparison(binder, level, node);
    case 'nullTest':
      return nullTest(bindTested(binder, level, node.argument), node.negated);
    case 'subquery':
      return bindSubquery(binder, level, node);
    case 'call':
      return bindCall(binder, level, node);
    case 'grouping':
      return bindGrouping(binder, level, node);
    default:
      return bindOther(binder, level, node);
  }
}

/** Of ROW and VALUES: there `t.*` stands for all columns of t. */
export function bindList(
  binder: Binder,
  level: Level,
  nodes: readonly Expression[],
): readonly Expr[] {
  return nodes.flatMap((node): readonly Expr[] => {
    if (node.kind !== 'wholeRow') return [bindExpression(binder, level, node)];
    const { item, depth } = findItem(level, node.qualifier, node.at);
    noteDepth(binder, depth);
    return item.columns.map((column) => columnOf(binder, column.id));
  });
}

type Other = Exclude<
  Expression,
  {
    readonly kind:
      | 'literal'
      | 'parameter'
      | 'column'
      | 'operator'
      | 'logic'
      | 'not'
      | 'between'
      | 'inList'
      | 'like'
      | 'distinctTest'
      | 'arrayComparison'
      | 'nullTest'
      | 'subquery'
      | 'call'
      | 'grouping';
  }
>;

function bindOther(binder: Binder, level: Level, node: Other): Expr {
  switch (node.kind) {
    case 'booleanTest': {
      const word = `IS ${node.negated ? 'NOT ' : ''}${UPPER[node.test]}`;
      const argument = bindCondition(binder, level, node.argument, word);
      const test = node.test === 'unknown' ? null : node.test === 'true';
      return { kind: 'isTruth', type: BOOLEAN, argument, test, negated: node.negated };
    }
    case 'case':
      return conditional(level, 'CASE', () => bindCase(binder, level, node));
    case 'cast':
      return bindCast(binder, level, node);
    case 'keywordValue':
      return bindKeyword(binder, node);
    case 'coalesce':
      return conditional(level, 'COALESCE', () => {
        const list = node.arguments.map((one) => bindExpression(binder, level, one));
        const { type, values } = unify(binder, list, 'COALESCE', node.at);
        return { kind: 'coalesce', type, arguments: values };
      });
    case 'nullIf': {
      const left = bindExpression(binder, level, node.left);
      const right = bindExpression(binder, level, node.right);
      const equal = compare(binder, '=', left, right, node.at);
      const value = equal.kind === 'call' ? (equal.arguments[0] as Expr) : left;
      const whens = [{ when: equal, result: constant(value.type, null) }];
      return { kind: 'case', type: value.type, whens, otherwise: value };
    }
    case 'extreme': {
      const word = node.operator === 'greatest' ? 'GREATEST' : 'LEAST';
      const list = node.arguments.map((one) => bindExpression(binder, level, one));
      const { type, values } = unify(binder, list, word, node.at);
      const less = compare(binder, '<', values[0] as Expr, values[0] as Expr, node.at);
      if (less.kind !== 'call') throw unsupported(`${word} of ${typeName(type)}`, node.at);
      const greatest = node.operator === 'greatest';
      return { kind: 'extreme', type, greatest, less: less.function, arguments: values };
    }
    case 'row': {
      const fields = bindList(binder, level, node.fields);
      return { kind: 'record', type: plainType(RECORD), fields };
    }
    case 'wholeRow': {
      const { item, depth } = findItem(level, node.qualifier, node.at);
      noteDepth(binder, depth);
      return wholeRow(binder, item);
    }
    case 'collate':
      return bindCollate(binder, level, node);
    case 'operatorClass':
      return bindExpression(binder, level, node.argument);
    case 'atTimeZone': {
      const argument = bindExpression(binder, level, node.argument);
      const zone = bindExpression(binder, level, node.zone);
      return callFunction(binder, 'timezone', [zone, argument], node.at);
    }
    case 'array':
      return bindArray(binder, level, node, null);
    case 'subscript':
      return bindSubscript(binder, level, node);
    case 'namedArgument':
      throw new SqlError('42601', 'a named argument outside of a call', { at: node.at });
    case 'default':
      throw new SqlError('42601', 'DEFAULT is not allowed in this context', { at: node.at });
    default:
      return unreachable(node);
  }
}

const UPPER = { true: 'TRUE', false: 'FALSE', unknown: 'UNKNOWN' } as const;

export function bindCondition(binder: Binder, level: Level, node: Expression, what: string): Expr {
  return coerceBoolean(binder, bindExpression(binder, level, node), what, node.at);
}

const INT4_MAX = 2147483647n;
const INT8_MAX = 9223372036854775807n;

function bindLiteral(binder: Binder, node: LiteralNode): Expr {
  switch (node.type) {
    case 'null':
      return constant(plainType(UNKNOWN), null);
    case 'boolean':
      return constant(BOOLEAN, node.text === 'true');
    case 'string': {
      const text = constant(plainType(UNKNOWN), node.text);
      binder.context.literals?.bound(text, node);
      return text;
    }
    case 'integer': {
      // Digits, with a sign or without. Twenty characters may be too many for int8; more are.
      const value = node.text.length > 20 ? null : BigInt(node.text);
      if (value === null) return numericLiteral(binder, node.text);
      if (value <= INT4_MAX && value >= -INT4_MAX - 1n) {
        return constant(plainType(INT4), Number(value));
      }
      if (value > INT8_MAX || value < -INT8_MAX - 1n) return numericLiteral(binder, node.text);
      const number = Number(value);
      return constant(plainType(INT8), BigInt(number) === value && isSafe(number) ? number : value);
    }
    case 'numeric':
      return numericLiteral(binder, node.text);
    default:
      return unreachable(node.type);
  }
}

function isSafe(number: number): boolean {
  return number <= 9007199254740991 && number >= -9007199254740991;
}

function numericLiteral(binder: Binder, text: string): Expr {
  const type = plainType(NUMERIC);
  return constant(type, parseValue(NUMERIC, text, binder.context.environment));
}

/** With the type that is known of it so far. */
export function bindParameter(binder: Binder, index: number): Expr {
  while (binder.parameters.length <= index) binder.parameters.push(null);
  const type = binder.parameters[index] ?? plainType(UNKNOWN);
  return parameterOf(index, type);
}

/** Of a row that an outer join has not, every field is null. */
function bindTested(binder: Binder, level: Level, node: Expression): Expr {
  if (node.kind !== 'column' && node.kind !== 'wholeRow')
    return bindExpression(binder, level, node);
  if (node.kind === 'column') {
    const found = resolveColumn(binder, level, node, rowFields);
    noteDepth(binder, found.depth);
    return found.value;
  }
  const { item, depth } = findItem(level, node.qualifier, node.at);
  noteDepth(binder, depth);
  return rowFields(binder, item);
}

/** Of a row: all its fields are (not) null. */
export function nullTest(argument: Expr, negated: boolean): Expr {
  if (argument.kind !== 'record') return { kind: 'isNull', type: BOOLEAN, argument, negated };
  const list = argument.fields.map((field) => nullTest(field, negated));
  if (list.length === 1) return list[0] as Expr;
  return { kind: 'and', type: BOOLEAN, arguments: list };
}

/** Set-returning functions may not stand where they might not be reached. */
function conditional(level: Level, word: string, work: () => Expr): Expr {
  const before = level.insideConditional;
  level.insideConditional = word;
  try {
    return work();
  } finally {
    level.insideConditional = before;
  }
}

function bindCase(binder: Binder, level: Level, node: CaseNode): Expr {
  const operand = node.operand === null ? null : bindExpression(binder, level, node.operand);
  const conditions = node.whens.map(({ when }) => {
    if (operand === null) return bindCondition(binder, level, when, 'CASE/WHEN');
    return compare(binder, '=', operand, bindExpression(binder, level, when), when.at);
  });
  // The ELSE comes first when the common type is chosen, as in PostgreSQL.
  const results = node.whens.map((one) => bindExpression(binder, level, one.result));
  const otherwise =
    node.otherwise === null
      ? constant(plainType(UNKNOWN), null)
      : bindExpression(binder, level, node.otherwise);
  const { type, values } = unify(binder, [otherwise, ...results], 'CASE', node.at);
  const whens = conditions.map((when, i) => ({ when, result: values[i + 1] as Expr }));
  return { kind: 'case', type, whens, otherwise: node.otherwise === null ? null : values[0]! };
}

function bindCast(binder: Binder, level: Level, node: CastNode): Expr {
  if (node.type.name === 'regclass' && node.type.arrayDimensions === 0) {
    return bindRegclass(binder, level, node);
  }
  const target = typeFromName(node.type);
  const argument =
    node.argument.kind === 'array' && isArrayType(target.id)
      ? bindArray(binder, level, node.argument, target)
      : bindExpression(binder, level, node.argument);
  return castExplicitly(binder, argument, target, node.at);
}

/** Of a name that is known: the relation's name as a text. Functions of relations take texts. */
function bindRegclass(binder: Binder, level: Level, node: CastNode): Expr {
  const argument = bindExpression(binder, level, node.argument);
  if (argument.kind === 'constant' && typeof argument.value === 'string') {
    const { catalog } = binder.now;
    const named = textOfRelation(catalog, relationByText(catalog, argument.value));
    return constant(plainType(TEXT), named);
  }
  throw unsupported('type regclass', node.at);
}

function bindKeyword(binder: Binder, node: KeywordValueNode): Expr {
  const { name, precision, at } = node;
  const now = (): Expr => callFunction(binder, 'now', [], at);
  const cast = (id: number): Expr =>
    castExplicitly(binder, now(), { id, modifier: Math.min(precision, 6) }, at);
  switch (name) {
    case 'current_timestamp':
      return precision < 0 ? now() : cast(TIMESTAMPTZ);
    case 'localtimestamp':
      return cast(TIMESTAMP);
    case 'current_date':
      return cast(DATE);
    case 'localtime':
      return cast(TIME);
    case 'current_time':
      throw unsupported('CURRENT_TIME (time with time zone)', at);
    case 'current_user':
    case 'session_user':
    case 'user':
    case 'current_role':
      return constant(plainType(NAME), binder.context.environment.user);
    case 'current_catalog':
      return constant(plainType(NAME), binder.context.environment.database);
    case 'current_schema':
      return constant(plainType(NAME), binder.context.environment.schema);
    default:
      return unreachable(name);
  }
}

/** Text compares by bytes whatever is said; other orders than that we do not have. */
const BYTE_ORDERS: ReadonlySet<string> = new Set(['C', 'POSIX', 'default', 'ucs_basic']);

function bindCollate(binder: Binder, level: Level, node: CollateNode): Expr {
  const argument = bindExpression(binder, level, node.argument);
  if (!BYTE_ORDERS.has(node.collation)) {
    throw unsupported(`collation "${node.collation}"`, node.at);
  }
  const kind = category(argument.type.id);
  if (kind === 'string' || kind === 'unknown') return argument;
  throw new SqlError('42804', `collations are not supported by type ${typeName(argument.type)}`, {
    at: node.at,
  });
}
