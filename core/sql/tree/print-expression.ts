/**
 * Expressions as SQL text, in the manner of PostgreSQL's `pg_get_expr`: one line, every operation
 * in brackets. Parsing the text gives the tree again, offsets apart.
 */
import { unreachable } from '../../types/assert.ts';
import { PINNED_SCHEMA } from '../types/user-type.ts';
import type {
  CallNode,
  CaseNode,
  CastNode,
  Expression,
  LikeNode,
  LiteralNode,
  SubqueryNode,
  SubscriptNode,
  SubscriptPart,
} from './expression.ts';
import { printType, qualified, quoteName, quoteText } from './name-print.ts';
import { pinnedText } from './print-label.ts';
import { printQuery, printSortKeys, printWindow } from './print-query.ts';

export function printExpressions(list: readonly Expression[]): string {
  return list.map(printExpression).join(', ');
}

export function printExpression(node: Expression): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node);
    case 'parameter':
      return `$${node.index + 1}`;
    case 'column':
      return node.parts.map(quoteName).join('.');
    case 'operator':
      return node.left === null
        ? `(${node.name} ${printExpression(node.right)})`
        : `(${printExpression(node.left)} ${node.name} ${printExpression(node.right)})`;
    case 'logic': {
      const word = node.operator === 'and' ? ' AND ' : ' OR ';
      return `(${node.arguments.map(printExpression).join(word)})`;
    }
    case 'not':
      return `(NOT ${printExpression(node.argument)})`;
    case 'nullTest':
      return `(${printExpression(node.argument)} IS ${negation(node.negated)}NULL)`;
    case 'booleanTest': {
      const test = { true: 'TRUE', false: 'FALSE', unknown: 'UNKNOWN' }[node.test];
      return `(${printExpression(node.argument)} IS ${negation(node.negated)}${test})`;
    }
    case 'distinctTest':
      return (
        `(${printExpression(node.left)} IS ${negation(node.negated)}DISTINCT FROM ` +
        `${printExpression(node.right)})`
      );
    case 'between':
      return (
        `(${printExpression(node.argument)} ${negation(node.negated)}BETWEEN ` +
        `${node.symmetric ? 'SYMMETRIC ' : ''}${printExpression(node.low)} AND ` +
        `${printExpression(node.high)})`
      );
    case 'inList': {
      const list = printExpressions(node.list);
      return `(${printExpression(node.argument)} ${negation(node.negated)}IN (${list}))`;
    }
    default:
      return printOther(node);
  }
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
      | 'nullTest'
      | 'booleanTest'
      | 'distinctTest'
      | 'between'
      | 'inList';
  }
>;

function printOther(node: Other): string {
  switch (node.kind) {
    case 'like':
      return printLike(node);
    case 'case':
      return printCase(node);
    case 'cast':
      return printCast(node);
    case 'call':
      return printCall(node);
    case 'keywordValue':
      return `${upperCase(node.name)}${node.precision < 0 ? '' : `(${node.precision})`}`;
    case 'coalesce':
      return `COALESCE(${printExpressions(node.arguments)})`;
    case 'nullIf':
      return `NULLIF(${printExpression(node.left)}, ${printExpression(node.right)})`;
    case 'extreme':
      return `${upperCase(node.operator)}(${printExpressions(node.arguments)})`;
    case 'subquery':
      return printSubquery(node);
    case 'arrayComparison':
      return (
        `(${printExpression(node.left)} ${node.operator} ${node.all ? 'ALL' : 'ANY'} ` +
        `(${printExpression(node.array)}))`
      );
    case 'array':
      return `ARRAY[${printExpressions(node.elements)}]`;
    case 'subscript':
      return printSubscript(node);
    case 'row':
      return `ROW(${printExpressions(node.fields)})`;
    case 'collate':
      return `(${printExpression(node.argument)} COLLATE ${quoteName(node.collation)})`;
    case 'operatorClass':
      return `${printExpression(node.argument)} ${node.name.map(quoteName).join('.')}`;
    case 'atTimeZone':
      return `(${printExpression(node.argument)} AT TIME ZONE ${printExpression(node.zone)})`;
    case 'namedArgument':
      return `${quoteName(node.name)} => ${printExpression(node.argument)}`;
    case 'default':
      return 'DEFAULT';
    case 'grouping':
      return `GROUPING(${printExpressions(node.arguments)})`;
    case 'wholeRow':
      return `${node.qualifier.map(quoteName).join('.')}.*`;
    default:
      return unreachable(node);
  }
}

function printSubscript(node: SubscriptNode): string {
  const text = printExpression(node.argument);
  const closed = ['column', 'parameter'].includes(node.argument.kind) || text.startsWith('(');
  return `${closed ? text : `(${text})`}${printSubscripts(node.parts)}`;
}

export function printSubscripts(parts: readonly SubscriptPart[]): string {
  const printed = parts.map(({ slice, low, high }) => {
    const last = high === null ? '' : printExpression(high);
    return slice ? `[${low === null ? '' : printExpression(low)}:${last}]` : `[${last}]`;
  });
  return printed.join('');
}

function negation(negated: boolean): string {
  return negated ? 'NOT ' : '';
}

/** ASCII only; what is printed in capitals is ours. */
function upperCase(word: string): string {
  let upper = '';
  for (let i = 0; i < word.length; i += 1) {
    const code = word.charCodeAt(i);
    upper += code >= 0x61 && code <= 0x7a ? String.fromCharCode(code - 0x20) : word[i]!;
  }
  return upper;
}

function printLiteral(node: LiteralNode): string {
  if (node.type === 'null') return 'NULL';
  return node.type === 'string' ? quoteText(node.text) : node.text;
}

/** Labels of enums stand by their ranks in definitions, cast to their type. */
function printCast({ argument, type }: CastNode): string {
  if (type.schema === PINNED_SCHEMA) {
    if (argument.kind === 'literal') {
      return `${quoteText(pinnedText(type, argument))}::${printType(type)}`;
    }
    if (argument.kind === 'cast' && argument.type.name === type.name) return printCast(argument);
  }
  return `${printOperand(argument)}::${printType(type)}`;
}

/** Before `::`, which binds tighter than a sign. */
function printOperand(node: Expression): string {
  const text = printExpression(node);
  const closed =
    (node.kind === 'literal' && !node.text.startsWith('-')) ||
    node.kind === 'cast' ||
    node.kind === 'parameter' ||
    text.startsWith('(');
  return closed ? text : `(${text})`;
}

function printLike(node: LikeNode): string {
  const word = { like: 'LIKE', ilike: 'ILIKE', similar: 'SIMILAR TO' }[node.operator];
  const escape = node.escape === null ? '' : ` ESCAPE ${printExpression(node.escape)}`;
  return (
    `(${printExpression(node.argument)} ${negation(node.negated)}${word} ` +
    `${printExpression(node.pattern)}${escape})`
  );
}

function printCase(node: CaseNode): string {
  const operand = node.operand === null ? '' : ` ${printExpression(node.operand)}`;
  const whens = node.whens.map(
    ({ when, result }) => ` WHEN ${printExpression(when)} THEN ${printExpression(result)}`,
  );
  const otherwise = node.otherwise === null ? '' : ` ELSE ${printExpression(node.otherwise)}`;
  return `CASE${operand}${whens.join('')}${otherwise} END`;
}

function printSubquery(node: SubqueryNode): string {
  const query = `( ${printQuery(node.query)})`;
  const test = node.test === null ? '' : printExpression(node.test);
  switch (node.mode) {
    case 'scalar':
      return query;
    case 'exists':
      return `(EXISTS ${query})`;
    case 'array':
      return `ARRAY${query}`;
    case 'any':
      return node.operator === '='
        ? `(${test} IN ${query})`
        : `(${test} ${node.operator} ANY ${query})`;
    case 'all':
      return `(${test} ${node.operator} ALL ${query})`;
    default:
      return unreachable(node.mode);
  }
}

function printCall(node: CallNode): string {
  const special = node.schema === 'pg_catalog' ? printSpecial(node) : null;
  if (special !== null) return special;
  const list = node.arguments.map(printExpression);
  if (node.variadic) list[list.length - 1] = `VARIADIC ${list[list.length - 1]!}`;
  const order = node.orderBy.length === 0 ? '' : `ORDER BY ${printSortKeys(node.orderBy)}`;
  const inside = [
    node.distinct ? 'DISTINCT' : '',
    node.star ? '*' : list.join(', '),
    node.withinGroup ? '' : order,
  ];
  const within = node.withinGroup ? ` WITHIN GROUP (${order})` : '';
  const filter = node.filter === null ? '' : ` FILTER (WHERE ${printExpression(node.filter)})`;
  const over = node.over === null ? '' : ` OVER ${printWindow(node.over)}`;
  const text = inside.filter((part) => part !== '').join(' ');
  return `${qualified(node.schema, node.name)}(${text})${within}${filter}${over}`;
}

/** Calls that SQL has a syntax of its own for; null: written as a plain call. */
function printSpecial(node: CallNode): string | null {
  if (node.filter !== null || node.over !== null || node.distinct || node.variadic) return null;
  const [first, second, third, fourth] = node.arguments;
  if (first === undefined) return null;
  const args = node.arguments.map(printExpression);
  const [a, b, c, d] = args;
  switch (node.name) {
    case 'extract':
      if (second === undefined || first.kind !== 'literal' || first.type !== 'string') return null;
      return `EXTRACT(${/^[a-z_]+$/.test(first.text) ? first.text : a!} FROM ${b!})`;
    case 'position':
      return second === undefined ? null : `POSITION(${b!} IN ${a!})`;
    case 'substring':
      if (second === undefined) return null;
      return `SUBSTRING(${a!} FROM ${b!}${third === undefined ? '' : ` FOR ${c!}`})`;
    case 'overlay':
      if (third === undefined) return null;
      return `OVERLAY(${a!} PLACING ${b!} FROM ${c!}${fourth === undefined ? '' : ` FOR ${d!}`})`;
    case 'btrim':
    case 'ltrim':
    case 'rtrim': {
      const side = { btrim: 'BOTH', ltrim: 'LEADING', rtrim: 'TRAILING' }[node.name];
      return `TRIM(${side} ${second === undefined ? '' : `${b!} `}FROM ${a!})`;
    }
    default:
      return null;
  }
}
