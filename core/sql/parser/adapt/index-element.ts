/** What an index element orders, of CREATE INDEX and of ON CONFLICT. */
import type { Expression } from '../../tree/expression.ts';
import { part } from './expression.ts';
import type { Context, Raw } from './raw.ts';
import { children, has, refuse, strings, text } from './raw.ts';

export function indexedValue(c: Context, node: Raw): Expression {
  refuse(node, -1, { opclassopts: 'options of an operator class' });
  const plain: Expression = has(node, 'expr')
    ? part(c, node, 'expr')
    : { kind: 'column', parts: [text(node, 'name')], at: -1 };
  const collation = strings(children(node, 'collation'));
  const collated: Expression =
    collation.length === 0
      ? plain
      : { kind: 'collate', argument: plain, collation: collation[collation.length - 1]!, at: -1 };
  const name = strings(children(node, 'opclass'));
  return name.length === 0 ? collated : { kind: 'operatorClass', argument: collated, name, at: -1 };
}
