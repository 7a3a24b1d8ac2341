/** `f(a, x => b)`: puts the arguments of a call into their places. */
import { SqlError } from '../error.ts';
import { argumentNames } from '../functions/argument-names.ts';
import type { ArgumentNames } from '../functions/argument-names.ts';
import type { CallNode, Expression } from '../tree/expression.ts';
import type { Binder, Level } from './binder.ts';
import { typeName } from './coerce.ts';
import { bindExpression } from './expression.ts';

/** The same call with arguments by place. Errors: `42601`, `42883`. */
export function byPlace(binder: Binder, level: Level, node: CallNode): CallNode {
  const at = node.arguments.findIndex(({ kind }) => kind === 'namedArgument');
  if (at < 0) return node;
  const plain = node.arguments.slice(0, at);
  const named = new Map<string, Expression>();
  for (const one of node.arguments.slice(at)) {
    if (one.kind !== 'namedArgument') {
      throw new SqlError('42601', 'positional argument cannot follow named argument', {
        at: one.at,
      });
    }
    if (named.has(one.name)) {
      throw new SqlError('42601', `argument name "${one.name}" used more than once`, {
        at: one.at,
      });
    }
    named.set(one.name, one.argument);
  }
  for (const form of argumentNames(node.name)) {
    const list = arrange(form, plain, named, node.at);
    if (list !== null) return { ...node, arguments: list };
  }
  throw noSuchFunction(binder, level, node);
}

/** Null: the call does not fit this form. */
function arrange(
  { names, defaults }: ArgumentNames,
  plain: readonly Expression[],
  named: ReadonlyMap<string, Expression>,
  at: number,
): readonly Expression[] | null {
  const rest = names.slice(plain.length);
  if (![...named.keys()].every((name) => rest.includes(name))) return null;
  const required = names.length - defaults.length;
  const list = [...plain];
  for (let i = plain.length; i < names.length; i += 1) {
    const given = named.get(names[i]!);
    if (given === undefined && i < required) return null;
    list.push(given ?? literal(defaults[i - required]!, at));
  }
  return list;
}

function literal(value: string | boolean | number, at: number): Expression {
  const text = String(value);
  if (typeof value === 'number') return { kind: 'literal', type: 'integer', text, at };
  const type = typeof value === 'boolean' ? 'boolean' : 'string';
  return { kind: 'literal', type, text, at };
}

function noSuchFunction(binder: Binder, level: Level, node: CallNode): SqlError {
  const shown = node.arguments.map((one) => {
    const name = one.kind === 'namedArgument' ? `${one.name} => ` : '';
    const value = one.kind === 'namedArgument' ? one.argument : one;
    return name + typeName(bindExpression(binder, level, value).type);
  });
  const hint =
    'No function matches the given name and argument types. ' +
    'You might need to add explicit type casts.';
  const message = `function ${node.name}(${shown.join(', ')}) does not exist`;
  return new SqlError('42883', message, { hint, at: node.at });
}
