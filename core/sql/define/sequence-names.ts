/**
 * Sequences that definitions draw from. A default names its sequence by a literal; it is looked up
 * when the definition is made, kept with its schema, and follows when the sequence is renamed or
 * moved. A text that is no literal, or is cast to text, is looked up when it is drawn from.
 */
import type { Sequence } from '../catalog/model.ts';
import type { StoredRelation } from '../catalog/state.ts';
import { isTemporary } from '../catalog/view.ts';
import { nameParts } from '../tree/name-parts.ts';
import { qualified, quoteName } from '../tree/name-print.ts';
import type { Expression } from '../tree/expression.ts';
import type { Editor } from './editor.ts';
import { findNamed, missingRelation } from './find.ts';
import { rewrite, walk } from './walk.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Literal = Extract<Expression, { kind: 'literal' }>;

/** Functions whose first argument is a sequence. */
const OF_SEQUENCES: ReadonlySet<string> = new Set(['nextval', 'currval', 'setval']);

/** The literal that names the sequence of such a call; null: it is looked up at each call. */
function literalOf({ name, arguments: [first] }: Call): Literal | null {
  if (!OF_SEQUENCES.has(name)) return null;
  let argument = first;
  while (argument?.kind === 'cast' && argument.type.name === 'regclass') {
    argument = argument.argument;
  }
  return argument?.kind === 'literal' && argument.type === 'string' ? argument : null;
}

/** Whether an expression draws from the sequence. */
export function drawsFrom(value: Expression, sequence: StoredRelation): boolean {
  let found = false;
  walk(value, (node) => {
    const literal = node.kind === 'call' ? literalOf(node as Call) : null;
    if (literal !== null && isNameOf(literal.text, sequence)) found = true;
  });
  return found;
}

function isNameOf(text: string, { schema, name }: StoredRelation): boolean {
  const parts = nameParts(text);
  return parts.at(-1) === name && (parts.length === 1 || parts.at(-2) === schema);
}

/** The expression with the sequences that it draws from named for good: 42P01. */
export function pinSequences(editor: Editor, value: Expression): Expression {
  return renamedIn(value, (literal) => {
    const parts = nameParts(literal.text);
    const schema = parts.length > 1 ? parts.at(-2)! : null;
    const found = findNamed(editor, schema, parts.at(-1)!);
    if (found === null) {
      throw missingRelation(editor, { schema, name: parts.at(-1)!, at: literal.at });
    }
    return isTemporary(found.schema) ? null : qualified(found.schema, found.name);
  });
}

/**
 * Gives all that draw from a sequence the name that it has now. Only temporary ones are named
 * without a schema.
 */
export function followSequence(editor: Editor, before: Sequence, after: Sequence): void {
  const temporary = isTemporary(before.schema);
  const name = temporary ? quoteName(after.name) : qualified(after.schema, after.name);
  const isIt = (text: string): boolean =>
    isNameOf(text, before) && (temporary || nameParts(text).length > 1);
  const follow = <C extends { readonly fallback?: Expression | null }>(column: C): C => {
    const { fallback = null } = column;
    if (fallback === null || !drawsFrom(fallback, before)) return column;
    const moved = renamedIn(fallback, ({ text }) => (isIt(text) ? name : null));
    return { ...column, fallback: moved };
  };
  for (const one of Array.from(editor.state.relations())) {
    if (one.kind === 'sequence') continue;
    const draws = one.columns.some(({ fallback = null }) => {
      return fallback !== null && drawsFrom(fallback, before);
    });
    if (!draws) continue;
    if (one.kind === 'table') editor.put({ ...one, columns: one.columns.map(follow) });
    else editor.put({ ...one, columns: one.columns.map(follow) });
  }
}

/** `name` gives a literal another text; null: it stays. */
function renamedIn(value: Expression, name: (literal: Literal) => string | null): Expression {
  return rewrite(value, (node) => {
    const literal = node.kind === 'call' ? literalOf(node as Call) : null;
    const text = literal === null ? null : name(literal);
    if (literal === null || text === null || text === literal.text) return undefined;
    const call = node as Call;
    const [, ...others] = call.arguments;
    return { ...call, arguments: [{ ...literal, text }, ...others] };
  });
}
