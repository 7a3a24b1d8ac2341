/** Expressions of plans as text. Columns are shown by their place in the row: `#1` is the first. */
import { unreachable } from '../../types/assert.ts';
import { formatType } from '../types/describe.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';
import { formatValue } from '../types/text-io.ts';
import { RECORD, TEXT, UNKNOWN, VARCHAR } from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';
import type { Bound } from './expression.ts';

export function show(expr: Bound): string {
  switch (expr.kind) {
    case 'constant':
      return showConstant(expr.type, expr.value);
    case 'column':
      return `#${expr.index + 1}`;
    case 'argument':
      return `outer ${expr.index + 1}`;
    case 'parameter':
      return `$${expr.index + 1}`;
    case 'call':
      return expr.function.quantifies === undefined
        ? showCall(expr.function.name, expr.arguments)
        : showQuantified(expr.function.name, expr.arguments);
    case 'cast':
      return `(${show(expr.argument)})::${formatType(expr.type)}`;
    case 'and':
    case 'or':
      return `(${expr.arguments.map(show).join(` ${expr.kind.toUpperCase()} `)})`;
    case 'not':
      return `(NOT ${show(expr.argument)})`;
    case 'isNull':
      return `(${show(expr.argument)} IS ${expr.negated ? 'NOT ' : ''}NULL)`;
    case 'isTruth': {
      const word = expr.test === null ? 'UNKNOWN' : expr.test ? 'TRUE' : 'FALSE';
      return `(${show(expr.argument)} IS ${expr.negated ? 'NOT ' : ''}${word})`;
    }
    case 'distinctFrom': {
      const word = expr.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
      return `(${show(expr.left)} ${word} ${show(expr.right)})`;
    }
    case 'case': {
      const whens = expr.whens.map((one) => `WHEN ${show(one.when)} THEN ${show(one.result)}`);
      const otherwise = expr.otherwise === null ? '' : ` ELSE ${show(expr.otherwise)}`;
      return `CASE ${whens.join(' ')}${otherwise} END`;
    }
    case 'coalesce':
      return `COALESCE(${expr.arguments.map(show).join(', ')})`;
    case 'extreme':
      return `${expr.greatest ? 'GREATEST' : 'LEAST'}(${expr.arguments.map(show).join(', ')})`;
    case 'inList': {
      const word = expr.negated ? 'NOT IN' : 'IN';
      const list = expr.list.map(show).join(', ');
      return `(${show(expr.argument)} ${word} (${list}))`;
    }
    case 'record':
      return `ROW(${expr.fields.map(show).join(', ')})`;
    case 'scalarQuery':
      return `(SubPlan${showArguments(expr.query.arguments)})`;
    case 'existsQuery':
      return `(${expr.negated ? 'NOT ' : ''}EXISTS SubPlan${showArguments(expr.query.arguments)})`;
    case 'anyQuery': {
      const tests = expr.tests.map(show).join(', ');
      const word = `${expr.negated ? 'NOT ' : ''}${expr.all ? 'ALL' : 'ANY'}`;
      return `(${tests} ${word} SubPlan${showArguments(expr.query.arguments)})`;
    }
    default:
      return unreachable(expr);
  }
}

function showArguments(list: readonly Bound[]): string {
  return list.length === 0 ? '' : `(${list.map(show).join(', ')})`;
}

function showQuantified(name: string, [value, array]: readonly Bound[]): string {
  return `(${show(value!)} ${name} (${show(array!)}))`;
}

const OPERATOR = /^[-+*/<>=~!@#%^&|?]+$/;

function showCall(name: string, list: readonly Bound[]): string {
  const [left, right] = list.map(show);
  if (!OPERATOR.test(name)) return `${name}(${list.map(show).join(', ')})`;
  return right === undefined ? `(${name} ${left})` : `(${left} ${name} ${right})`;
}

function showConstant(type: SqlType, value: Value): string {
  if (value === null) return 'NULL';
  if (type.id === RECORD) return 'ROW(…)';
  const text =
    type.id === UNKNOWN ? (value as string) : formatValue(type.id, value, DEFAULT_DISPLAY);
  if (typeof value === 'number' || typeof value === 'bigint') return text;
  const quoted = `'${text.replaceAll("'", "''")}'`;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return type.id === TEXT || type.id === VARCHAR ? quoted : `${quoted}::${formatType(type)}`;
}
