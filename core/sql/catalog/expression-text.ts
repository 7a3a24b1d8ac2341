/**
 * Expressions of definitions as text, for `information_schema`: PostgreSQL's spelling, with
 * parentheses around every operator as PostgreSQL shows them.
 */
import type { Expression, TypeName } from '../tree/expression.ts';
import { formatType, typeFromName } from '../types/describe.ts';

export function expressionText(value: Expression): string {
  switch (value.kind) {
    case 'literal':
      return literalText(value.type, value.text);
    case 'column':
      return value.parts.map(nameText).join('.');
    case 'operator': {
      const right = expressionText(value.right);
      if (value.left === null) return `(${value.name} ${right})`;
      return `(${expressionText(value.left)} ${value.name} ${right})`;
    }
    case 'logic':
      return `(${value.arguments.map(expressionText).join(` ${value.operator.toUpperCase()} `)})`;
    case 'not':
      return `(NOT ${expressionText(value.argument)})`;
    case 'nullTest':
      return `(${expressionText(value.argument)} IS ${negation(value.negated)}NULL)`;
    case 'booleanTest': {
      const test = value.test.toUpperCase();
      return `(${expressionText(value.argument)} IS ${negation(value.negated)}${test})`;
    }
    case 'distinctTest': {
      const middle = `IS ${negation(value.negated)}DISTINCT FROM`;
      return `(${expressionText(value.left)} ${middle} ${expressionText(value.right)})`;
    }
    case 'between': {
      const symmetric = value.symmetric ? 'SYMMETRIC ' : '';
      const bounds = `${expressionText(value.low)} AND ${expressionText(value.high)}`;
      const test = `${negation(value.negated)}BETWEEN ${symmetric}`;
      return `(${expressionText(value.argument)} ${test}${bounds})`;
    }
    case 'inList': {
      const list = value.list.map(expressionText).join(', ');
      return `(${expressionText(value.argument)} ${negation(value.negated)}IN (${list}))`;
    }
    case 'like':
      return likeText(value);
    case 'cast':
      return `(${expressionText(value.argument)})::${typeText(value.type)}`;
    case 'call':
      return `${nameText(value.name)}(${value.arguments.map(expressionText).join(', ')})`;
    case 'keywordValue': {
      const precision = value.precision < 0 ? '' : `(${value.precision})`;
      return `${value.name.toUpperCase()}${precision}`;
    }
    case 'coalesce':
      return `COALESCE(${value.arguments.map(expressionText).join(', ')})`;
    case 'nullIf':
      return `NULLIF(${expressionText(value.left)}, ${expressionText(value.right)})`;
    case 'extreme':
      return `${value.operator.toUpperCase()}(${value.arguments.map(expressionText).join(', ')})`;
    case 'case':
      return caseText(value);
    case 'row':
      return `ROW(${value.fields.map(expressionText).join(', ')})`;
    case 'collate':
      return `(${expressionText(value.argument)} COLLATE ${nameText(value.collation)})`;
    case 'atTimeZone':
      return `(${expressionText(value.argument)} AT TIME ZONE ${expressionText(value.zone)})`;
    // None of these can stand in a definition.
    case 'parameter':
    case 'subquery':
    case 'arrayComparison':
    case 'array':
    case 'default':
    case 'grouping':
      return value.kind;
  }
}

function negation(negated: boolean): string {
  return negated ? 'NOT ' : '';
}

function literalText(type: string, text: string): string {
  if (type === 'null') return 'NULL';
  return type === 'string' ? `'${text.split("'").join("''")}'` : text;
}

/** Quoted unless it is plain lower case. */
export function nameText(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.split('"').join('""')}"`;
}

function typeText(type: TypeName): string {
  return formatType(typeFromName(type));
}

function likeText(value: Extract<Expression, { kind: 'like' }>): string {
  const operator = { like: 'LIKE', ilike: 'ILIKE', similar: 'SIMILAR TO' }[value.operator];
  const escape = value.escape === null ? '' : ` ESCAPE ${expressionText(value.escape)}`;
  const test = `${negation(value.negated)}${operator} ${expressionText(value.pattern)}${escape}`;
  return `(${expressionText(value.argument)} ${test})`;
}

function caseText(value: Extract<Expression, { kind: 'case' }>): string {
  const operand = value.operand === null ? '' : ` ${expressionText(value.operand)}`;
  const whens = value.whens.map(
    ({ when, result }) => ` WHEN ${expressionText(when)} THEN ${expressionText(result)}`,
  );
  const otherwise = value.otherwise === null ? '' : ` ELSE ${expressionText(value.otherwise)}`;
  return `CASE${operand}${whens.join('')}${otherwise} END`;
}
