/** Attributes of constraints: what is said of one besides what it demands. */
import type { AttributedConstraint, PlainConstraint, TableConstraint } from './define.ts';

type Attributes = Omit<AttributedConstraint, 'kind' | 'constraint' | 'at'>;

const NONE: Attributes = {
  deferrable: false,
  initiallyDeferred: false,
  notValid: false,
  noInherit: false,
  deleteColumns: [],
};

/** The constraint with these attributes, in a node of its own only if it has any. */
export function withAttributes(
  constraint: TableConstraint,
  attributes: Partial<Attributes>,
): TableConstraint {
  const plain = constraint.kind === 'attributed' ? constraint.constraint : constraint;
  const before = constraint.kind === 'attributed' ? constraint : NONE;
  const all = { ...before, ...attributes };
  const { deferrable, initiallyDeferred, notValid, noInherit, deleteColumns } = all;
  const any = deferrable || initiallyDeferred || notValid || noInherit;
  if (!any && deleteColumns.length === 0) return plain;
  const { at } = plain;
  return { ...all, kind: 'attributed', constraint: plain, at };
}

/** With DEFERRABLE; a foreign key says so itself. Null: no constraint of this kind can be. */
export function withDeferral(
  constraint: TableConstraint,
  deferrable: boolean,
  initiallyDeferred: boolean,
): TableConstraint | null {
  const plain: PlainConstraint =
    constraint.kind === 'attributed' ? constraint.constraint : constraint;
  switch (plain.kind) {
    case 'check':
      return null;
    case 'foreignKey': {
      const changed = { ...plain, deferrable, initiallyDeferred };
      return constraint.kind === 'attributed' ? { ...constraint, constraint: changed } : changed;
    }
    default:
      return withAttributes(constraint, { deferrable, initiallyDeferred });
  }
}
