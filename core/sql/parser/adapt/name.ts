/** Names of things that statements define or change. */
import { unsupported } from '../../error.ts';
import type { ObjectKind, QualifiedName } from '../../tree/define.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, has, kindOf, maybeText, place, strings, text } from './raw.ts';

/** Of a RangeVar. No such name may be as of another time. */
export function qualifiedName(c: Context, node: Raw): QualifiedName {
  const at = place(c, node);
  if (has(node, 'catalogname')) throw unsupported('a name in another database', at);
  const time = c.times.get(at);
  if (time !== undefined) throw unsupported('time travel outside of a query', time.at);
  return { schema: maybeText(node, 'schemaname'), name: text(node, 'relname'), at };
}

/** Of a list of texts, or of one text. */
export function nameOfParts(node: Raw): readonly string[] {
  if (kindOf(node) === 'String') return strings([node]);
  if (kindOf(node) === 'TypeName') return typeParts(child(node, 'TypeName'));
  return strings(children(child(node, 'List'), 'items'));
}

/** Of a type that is no array. */
function typeParts(node: Raw): readonly string[] {
  if (has(node, 'arrayBounds')) throw unsupported('an array type in this place', -1);
  return strings(children(node, 'names'));
}

export function nameFrom(parts: readonly string[]): QualifiedName {
  if (parts.length > 2) throw unsupported('a name in another database', -1);
  const schema = parts.length === 2 ? parts[0]! : null;
  return { schema, name: parts[parts.length - 1]!, at: -1 };
}

const OBJECTS: Readonly<Record<string, ObjectKind>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_INDEX: 'index',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_TYPE: 'type',
};

/** `OBJECT_TABLE` is a table; `verb` is for the error. */
export function objectKind(type: string, verb: string): ObjectKind {
  const found = OBJECTS[type];
  if (found !== undefined) return found;
  const words = type.replace(/^OBJECT_/, '').replace(/_/g, ' ');
  throw unsupported(`${verb} ${words === 'MATVIEW' ? 'MATERIALIZED VIEW' : words}`, -1);
}
