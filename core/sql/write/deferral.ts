/**
 * When constraints are checked: at the end of the statement, or at that of the transaction.
 *
 * `SET CONSTRAINTS` says so for the transaction under way; its overlay remembers. Outside of a
 * transaction the statement's end is the transaction's.
 */
import type { Constraint, ObjectId } from '../catalog/model.ts';
import { PENDING_POSITION } from '../rows/keyspaces.ts';
import type { ConstraintModes } from '../rows/overlay.ts';
import type { WriteContext } from './context.ts';

export function isDeferrable(constraint: Constraint): boolean {
  if (constraint.kind === 'check') return false;
  return constraint.deferrable === true || constraint.deferred === true;
}

/** The modes after `SET CONSTRAINTS`; `ids` null: ALL. */
export function withModes(
  modes: ConstraintModes | null,
  ids: readonly ObjectId[] | null,
  deferred: boolean,
): ConstraintModes {
  if (ids === null) return { all: deferred, some: new Map() };
  const some = new Map(modes?.some);
  for (const id of ids) some.set(id, deferred);
  return { all: modes?.all ?? null, some };
}

/** Whether a violation now may still be mended by a later statement. */
export function isDeferred(constraint: Constraint, context: WriteContext): boolean {
  if (!isDeferrable(constraint)) return false;
  const { position, overlay } = context.source.view;
  if (position !== PENDING_POSITION) return false;
  const { modes } = overlay;
  const said = modes?.some.get(constraint.id) ?? modes?.all ?? null;
  return said ?? (constraint.kind !== 'check' && constraint.deferred === true);
}
