/**
 * The catalogue as the binder sees it: what exists at one position of the tenant's log.
 *
 * Objects have ids that are never reused. Columns have ids within their table, never reused either;
 * a row names the schema version under which it was written, and `rows/codec.ts` reads it under any
 * later one. Trees (defaults, checks, views) are kept as written and bound when needed.
 */
import type { Expression } from '../tree/expression.ts';
import type { Query } from '../tree/query.ts';
import type { SqlType, Value } from '../types/type.ts';
import type { UserType } from '../types/user-type.ts';

/** Objects, columns, constraints: numbers never used twice in a tenant. */
export type ObjectId = number;

export interface Schema {
  readonly kind: 'schema';
  readonly id: ObjectId;
  readonly name: string;
  readonly comment?: string;
}

export interface Column {
  readonly id: ObjectId;
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  /** Also of a stored generated column, then with `generated`. */
  readonly fallback: Expression | null;
  readonly generated: boolean;
  /** `GENERATED … AS IDENTITY`: the sequence behind it. */
  readonly identity: 'none' | 'always' | 'default';
  /** The sequence that serial or identity made; 0: none. */
  readonly sequence: ObjectId;
  readonly comment: string | null;
}

/** What any constraint may have; members are there only when they say something. */
interface ConstraintBase {
  readonly id: ObjectId;
  readonly name: string;
  readonly comment?: string;
}

export interface CheckConstraint extends ConstraintBase {
  readonly kind: 'check';
  readonly value: Expression;
  /** Rows that were there before it may break it. */
  readonly notValid?: true;
  /** It would not be one of the children's. There are none: it is kept to be shown. */
  readonly noInherit?: true;
}

/** A unique or primary key: enforced by its index. */
export interface KeyConstraint extends ConstraintBase {
  readonly kind: 'primaryKey' | 'unique';
  readonly index: ObjectId;
  /** As the index: `SET CONSTRAINTS` may put its check off to the end of the transaction. */
  readonly deferrable?: true;
  readonly deferred?: true;
}

export interface ForeignKey extends ConstraintBase {
  readonly kind: 'foreignKey';
  /** Ids of the referring columns. */
  readonly columns: readonly ObjectId[];
  readonly table: ObjectId;
  readonly references: readonly ObjectId[];
  readonly match: 'simple' | 'full';
  readonly onDelete: Action;
  readonly onUpdate: Action;
  /** Checked at the end of the transaction instead of the statement. */
  readonly deferred: boolean;
  /** `SET CONSTRAINTS` may change that. Absent: if `deferred`. */
  readonly deferrable?: true;
  /** Rows that were there before it may break it. */
  readonly notValid?: true;
  /** Which of `columns` ON DELETE SET NULL or SET DEFAULT sets; absent: all. */
  readonly deleteColumns?: readonly ObjectId[];
}

export type Action = 'noAction' | 'restrict' | 'cascade' | 'setNull' | 'setDefault';

export type Constraint = CheckConstraint | KeyConstraint | ForeignKey;

/** A column (by id), or an expression over the table's columns. */
export type IndexElement = {
  readonly column: ObjectId;
  readonly value: Expression | null;
  readonly type: SqlType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Absent: the type's own. */
  readonly operatorClass?: string;
};

export interface Index {
  readonly id: ObjectId;
  readonly name: string;
  /** The rows themselves, ordered by this key: each table has exactly one. */
  readonly primary: boolean;
  /** No two rows have equal elements, at no time. */
  readonly unique: boolean;
  /**
   * Of a deferrable key: no two rows may have equal elements when the statement or the transaction
   * ends, but until then they may. So it is not `unique`: no plan and no reference may rest on it.
   */
  readonly deferrable?: true;
  readonly nullsNotDistinct: boolean;
  readonly elements: readonly IndexElement[];
  /** Partial index. */
  readonly where: Expression | null;
  readonly comment: string | null;
}

export interface Table {
  readonly kind: 'table';
  readonly id: ObjectId;
  readonly schema: string;
  readonly name: string;
  /** In order of declaration; dropped ones are gone. */
  readonly columns: readonly Column[];
  /** The first is the primary one; without a primary key it has no elements: a hidden row id. */
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  /** Grows with each change of columns: under which rows are written. */
  readonly version: number;
  readonly comment: string | null;
  /** Of a temporary table: what ends with each transaction. Absent: nothing. */
  readonly onCommit?: 'deleteRows' | 'drop';
  /** How stored rows are read. Absent (in tests): one layout, of `columns`. */
  readonly storage?: TableStorage;
}

/** What rows written under earlier versions looked like. */
export interface TableStorage {
  /** One for each schema version that rows may have, ascending; the last is the newest. */
  readonly layouts: readonly RowLayout[];
  /** What rows that are older than a column hold in it: its default, fixed at ALTER. */
  readonly missing: readonly MissingValue[];
  /**
   * Primary indexes that the table had before, oldest first: rows that ended under them are there.
   * Absent: none.
   */
  readonly former?: readonly ObjectId[];
}

export interface MissingValue {
  readonly column: ObjectId;
  readonly value: Value;
  /** The type it is of, where the column's has changed since; absent: the column's. */
  readonly type?: SqlType;
}

export interface RowLayout {
  readonly version: number;
  readonly columns: readonly { readonly id: ObjectId; readonly type: SqlType }[];
}

export interface View {
  readonly kind: 'view';
  readonly id: ObjectId;
  readonly schema: string;
  readonly name: string;
  /** Its columns as fixed at creation. */
  readonly columns: readonly ViewColumn[];
  readonly query: Query;
  /** The query's text, as written. */
  readonly text: string;
  /** Tables and views it reads. */
  readonly depends: readonly ObjectId[];
  readonly comment: string | null;
  /** WITH CHECK OPTION; absent: none. */
  readonly checkOption?: 'local' | 'cascaded';
  /** Conditions of its readers wait for its own; absent: they need not. */
  readonly securityBarrier?: true;
}

export interface ViewColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly comment?: string;
  /** `ALTER VIEW … SET DEFAULT`: what an INSERT that gives no value puts there. */
  readonly fallback?: Expression;
}

export interface Sequence {
  readonly kind: 'sequence';
  readonly id: ObjectId;
  readonly schema: string;
  readonly name: string;
  readonly type: SqlType;
  readonly start: bigint;
  readonly increment: bigint;
  readonly minimum: bigint;
  readonly maximum: bigint;
  readonly cycle: boolean;
  /** Table and column that own it; 0: none. */
  readonly ownerTable: ObjectId;
  readonly ownerColumn: ObjectId;
  readonly comment: string | null;
}

/** CREATE TYPE … AS ENUM. As a type of columns and expressions: `userTypeOf` its id. */
export interface EnumType extends UserType {
  readonly kind: 'enum';
  readonly id: ObjectId;
  readonly comment: string | null;
}

/** A relation computed from the catalogue or the log: `information_schema.*`, `kimberlite.log`. */
export interface SystemTable {
  readonly kind: 'system';
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** It is this sequence, read as a table of one row. */
  readonly sequence?: Sequence;
  /** Its rows have no positions of the tenant's log. */
  readonly timeless?: boolean;
}

export type Relation = Table | View | Sequence | SystemTable;

/** The catalogue at one position. Look-ups are by exact, already folded names. */
export interface Catalog {
  /** Position of the last entry that defined something; catalogues of one version are equal. */
  readonly version: number;
  /** Catalogues of one identity are of one store, and define the same. */
  readonly identity: object;
  /** The same, whatever store they are of; null: not known. Process-wide caches go by it. */
  readonly content: object | null;
  /** `schema` null: along the search path. Null: no such relation. */
  relation(schema: string | null, name: string): Relation | null;
  relationById(id: ObjectId): Relation | null;
  /** As `relation`: a type that was defined. */
  type(schema: string | null, name: string): EnumType | null;
  typeById(id: ObjectId): EnumType | null;
  hasSchema(name: string): boolean;
  /** For hints: names of relations that exist. */
  relationNames(): readonly string[];
  /** Exact number of current rows; for the planner. -1: not known (time travel). */
  rowCount(table: ObjectId): number;
  /** Sequences that the table's columns own. */
  sequencesOf(table: ObjectId): readonly Sequence[];
  /** Foreign keys of other tables that refer to this one. */
  referringTo(table: ObjectId): readonly { readonly table: Table; readonly key: ForeignKey }[];
}
