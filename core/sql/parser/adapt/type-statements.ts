/** Statements that define types. */
import type { AddLabel, CreateEnum, RenameLabel } from '../../tree/define-type.ts';
import type { QualifiedName } from '../../tree/define.ts';
import { nameFrom } from './name.ts';
import type { Context, Raw } from './raw.ts';
import { children, flag, has, strings, text } from './raw.ts';

function typeNameOf(node: Raw): QualifiedName {
  return nameFrom(strings(children(node, 'typeName')));
}

export function createEnum(_: Context, node: Raw, at: number): CreateEnum {
  return {
    kind: 'createEnum',
    name: typeNameOf(node),
    labels: strings(children(node, 'vals')),
    at,
  };
}

export function alterEnum(_: Context, node: Raw, at: number): AddLabel | RenameLabel {
  const name = typeNameOf(node);
  const to = text(node, 'newVal');
  if (has(node, 'oldVal')) {
    return { kind: 'renameLabel', name, from: text(node, 'oldVal'), to, at };
  }
  const beside = has(node, 'newValNeighbor');
  return {
    kind: 'addLabel',
    name,
    ifNotExists: flag(node, 'skipIfNewValExists'),
    label: to,
    place: beside ? (flag(node, 'newValIsAfter') ? 'after' : 'before') : 'last',
    neighbour: text(node, 'newValNeighbor'),
    at,
  };
}
