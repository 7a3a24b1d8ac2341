/** Statements that define types, as written. */
import type { QualifiedName } from './define.ts';

/** CREATE TYPE … AS ENUM. */
export interface CreateEnum {
  readonly kind: 'createEnum';
  readonly name: QualifiedName;
  readonly labels: readonly string[];
  readonly at: number;
}

/** ALTER TYPE … ADD VALUE. */
export interface AddLabel {
  readonly kind: 'addLabel';
  readonly name: QualifiedName;
  readonly ifNotExists: boolean;
  readonly label: string;
  readonly place: 'last' | 'before' | 'after';
  /** Of `before` and `after`: the label that is there. */
  readonly neighbour: string;
  readonly at: number;
}

/** ALTER TYPE … RENAME VALUE. */
export interface RenameLabel {
  readonly kind: 'renameLabel';
  readonly name: QualifiedName;
  readonly from: string;
  readonly to: string;
  readonly at: number;
}
