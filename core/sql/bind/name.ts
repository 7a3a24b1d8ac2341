/** What a column of a select list is called when nobody said: PostgreSQL's `FigureColname`. */
import type { Expression } from '../tree/expression.ts';

const UNNAMED = '?column?';

export function columnName(node: Expression): string {
  return figure(node)?.name ?? UNNAMED;
}

/** A type's name is weak: what it was cast from would do better. */
interface Figured {
  readonly name: string;
  readonly strong: boolean;
}

function strong(name: string): Figured {
  return { name, strong: true };
}

function figure(node: Expression): Figured | null {
  switch (node.kind) {
    case 'column':
      return strong(node.parts[node.parts.length - 1] as string);
    case 'call':
    case 'keywordValue':
      return strong(node.name);
    case 'cast': {
      const inner = figure(node.argument);
      return inner !== null && inner.strong ? inner : { name: node.type.name, strong: false };
    }
    case 'literal':
      return node.type === 'boolean' ? { name: 'bool', strong: false } : null;
    case 'case': {
      const inner = node.otherwise === null ? null : figure(node.otherwise);
      return inner !== null && inner.strong ? inner : { name: 'case', strong: false };
    }
    case 'coalesce':
    case 'grouping':
    case 'array':
    case 'row':
      return strong(node.kind);
    case 'nullIf':
      return strong('nullif');
    case 'extreme':
      return strong(node.operator);
    case 'subscript':
    case 'collate':
      return figure(node.argument);
    case 'atTimeZone':
      return strong('timezone');
    case 'subquery':
      return figureSubquery(node);
    default:
      return null;
  }
}

function figureSubquery(node: Extract<Expression, { kind: 'subquery' }>): Figured | null {
  if (node.mode === 'exists') return strong('exists');
  if (node.mode === 'array') return strong('array');
  if (node.mode !== 'scalar') return null;
  let { body } = node.query;
  while (body.kind === 'set') body = body.left.body;
  if (body.kind === 'values') return strong('column1');
  const [target] = body.targets;
  if (target === undefined || target.kind === 'star') return null;
  return strong(target.alias ?? columnName(target.value));
}
