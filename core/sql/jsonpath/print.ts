/** A jsonpath as PostgreSQL writes it: names quoted, brackets only where they are needed. */
import { formatDecimal } from '../types/decimal-text.ts';
import { quoteJson } from '../types/jsonb.ts';
import { DEEPEST } from './tree.ts';
import type { JsonPath, Operand, Predicate, Start, Step } from './tree.ts';

/** How strongly something holds together; of what holds less, brackets stand around it. */
const OR = 0;
const AND = 1;
const COMPARISON = 2;
const SUM = 3;
const PRODUCT = 4;
const SIGN = 5;
const ALONE = 6;

export function printPath({ strict, root }: JsonPath): string {
  return (strict ? 'strict ' : '') + operand(root, true);
}

/** `outer`: of what it is a part. */
function within(part: Operand, outer: number): string {
  return operand(part, strengthOf(part.start) <= outer);
}

function operand({ start, steps }: Operand, brackets: boolean): string {
  const first = startText(start, brackets || steps.length > 0, steps.length > 0);
  return first + steps.map(stepText).join('');
}

function strengthOf(start: Start): number {
  switch (start.kind) {
    case 'arithmetic':
      return start.operator === '+' || start.operator === '-' ? SUM : PRODUCT;
    case 'sign':
      return SIGN;
    case 'predicate':
      return predicateStrength(start.predicate);
    default:
      return ALONE;
  }
}

function predicateStrength({ kind }: Predicate): number {
  if (kind === 'or') return OR;
  if (kind === 'and') return AND;
  return kind === 'compare' || kind === 'startsWith' ? COMPARISON : ALONE;
}

function bracketed(text: string, brackets: boolean): string {
  return brackets ? `(${text})` : text;
}

function startText(start: Start, brackets: boolean, goesOn: boolean): string {
  switch (start.kind) {
    case 'root':
      return '$';
    case 'current':
      return '@';
    case 'last':
      return 'last';
    case 'literal':
      return start.text;
    case 'number':
      return bracketed(formatDecimal(start.value), goesOn);
    case 'variable':
      return `$${quoteJson(start.name)}`;
    case 'arithmetic': {
      const strength = strengthOf(start);
      const { operator, left, right } = start;
      const text = `${within(left, strength)} ${operator} ${within(right, strength)}`;
      return bracketed(text, brackets);
    }
    case 'sign':
      return bracketed(start.operator + within(start.argument, SIGN), brackets);
    case 'predicate':
      // PostgreSQL leaves some of these out, and could not read again what it then writes.
      if (goesOn) return bracketed(predicateText(start.predicate, false), true);
      return predicateText(start.predicate, brackets);
  }
}

function predicateText(predicate: Predicate, brackets: boolean): string {
  const strength = predicateStrength(predicate);
  switch (predicate.kind) {
    case 'and':
    case 'or': {
      const sign = predicate.kind === 'and' ? '&&' : '||';
      const side = (one: Predicate): string =>
        predicateText(one, predicateStrength(one) <= strength);
      return bracketed(`${side(predicate.left)} ${sign} ${side(predicate.right)}`, brackets);
    }
    case 'not':
      return `!(${predicateText(predicate.argument, false)})`;
    case 'isUnknown':
      return `(${predicateText(predicate.argument, false)}) is unknown`;
    case 'exists':
      return `exists (${operand(predicate.argument, false)})`;
    case 'compare': {
      const { operator, left, right } = predicate;
      return bracketed(
        `${within(left, strength)} ${operator} ${within(right, strength)}`,
        brackets,
      );
    }
    case 'startsWith': {
      const { argument, initial } = predicate;
      const text = `${within(argument, strength)} starts with ${within(initial, strength)}`;
      return bracketed(text, brackets);
    }
    case 'likeRegex': {
      const { argument, pattern, flags } = predicate;
      const flag = flags === '' ? '' : ` flag "${flags}"`;
      const text = `${within(argument, strength)} like_regex ${quoteJson(pattern)}${flag}`;
      return bracketed(text, brackets);
    }
  }
}

function stepText(step: Step): string {
  switch (step.kind) {
    case 'member':
      return `.${quoteJson(step.name)}`;
    case 'anyMember':
      return '.*';
    case 'anyElement':
      return '[*]';
    case 'elements':
      return `[${step.subscripts
        .map(({ from, to }) => {
          const first = operand(from, false);
          return to === null ? first : `${first} to ${operand(to, false)}`;
        })
        .join(',')}]`;
    case 'descend':
      return `.**${levelsText(step.first, step.last)}`;
    case 'method':
      return `.${step.name}()`;
    case 'filter':
      return `?(${predicateText(step.predicate, false)})`;
  }
}

function levelsText(first: number, last: number): string {
  if (first === 0 && last === DEEPEST) return '';
  const shown = (level: number): string => (level === DEEPEST ? 'last' : String(level));
  return first === last ? `{${shown(first)}}` : `{${shown(first)} to ${shown(last)}}`;
}
