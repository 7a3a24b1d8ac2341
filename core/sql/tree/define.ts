/** Statements that define things, as written. */
import type { Expression, TypeName } from './expression.ts';
import type { Query } from './query.ts';

export interface QualifiedName {
  readonly schema: string | null;
  readonly name: string;
  readonly at: number;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeName;
  /** NOT NULL, DEFAULT, CHECK, … written at the column. */
  readonly constraints: readonly ColumnConstraint[];
  readonly collation: string | null;
  readonly at: number;
}

export type ColumnConstraint =
  | { readonly kind: 'notNull' | 'null'; readonly name: string | null; readonly at: number }
  | { readonly kind: 'default'; readonly value: Expression; readonly at: number }
  | {
      readonly kind: 'identity';
      readonly always: boolean;
      readonly options: SequenceOptions;
      readonly at: number;
    }
  | { readonly kind: 'generated'; readonly value: Expression; readonly at: number }
  | TableConstraint;

export type TableConstraint = PlainConstraint | AttributedConstraint;

/**
 * A constraint with attributes that few have. A node around the plain one, so that those without
 * any are written as they always were.
 */
export interface AttributedConstraint {
  readonly kind: 'attributed';
  readonly constraint: PlainConstraint;
  /** Of a unique or primary key; a foreign key says so itself. */
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly notValid: boolean;
  readonly noInherit: boolean;
  /** Which referring columns ON DELETE SET NULL or SET DEFAULT sets; empty: all. */
  readonly deleteColumns: readonly string[];
  readonly at: number;
}

/** `columns` is empty when it is written at a column: then it is that column. */
export type PlainConstraint =
  | {
      readonly kind: 'primaryKey' | 'unique';
      readonly name: string | null;
      readonly columns: readonly string[];
      readonly nullsNotDistinct: boolean;
      readonly at: number;
    }
  | {
      readonly kind: 'check';
      readonly name: string | null;
      readonly value: Expression;
      readonly at: number;
    }
  | {
      readonly kind: 'foreignKey';
      readonly name: string | null;
      readonly columns: readonly string[];
      readonly table: QualifiedName;
      /** Empty: the primary key. */
      readonly references: readonly string[];
      readonly match: 'simple' | 'full';
      readonly onDelete: ReferentialAction;
      readonly onUpdate: ReferentialAction;
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
      readonly at: number;
    };

export type ReferentialAction = 'noAction' | 'restrict' | 'cascade' | 'setNull' | 'setDefault';

/**
 * null: not said. Numbers are digits as written, with sign. `minimum` and `maximum` may be 'none',
 * `restart` may be 'start' (RESTART without a value).
 */
export interface SequenceOptions {
  readonly type: TypeName | null;
  readonly start: string | null;
  readonly increment: string | null;
  readonly minimum: string | null;
  readonly maximum: string | null;
  readonly cache: string | null;
  readonly cycle: boolean | null;
  readonly restart: string | null;
  /** `OWNED BY t.c`: parts; [] for NONE; null: not said. */
  readonly ownedBy: readonly string[] | null;
}

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly TableConstraint[];
  readonly likes: readonly (LikeClause | PlacedLike)[];
  readonly at: number;
}

/** `LIKE t INCLUDING …`, before all columns. */
export interface LikeClause {
  readonly table: QualifiedName;
  readonly including: readonly string[];
}

/** Behind so many of the columns that are written out. */
export interface PlacedLike extends LikeClause {
  readonly kind: 'placedLike';
  readonly after: number;
}

/** `CREATE TABLE … AS query`, `SELECT … INTO`. */
export interface CreateTableAs {
  readonly kind: 'createTableAs';
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly string[];
  readonly query: Query;
  readonly withData: boolean;
  readonly at: number;
}

export type AlterTableAction =
  | { readonly kind: 'addColumn'; readonly column: ColumnDefinition; readonly ifNotExists: boolean }
  | {
      readonly kind: 'dropColumn';
      readonly name: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'addConstraint'; readonly constraint: TableConstraint }
  | {
      readonly kind: 'dropConstraint';
      readonly name: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'setDefault'; readonly column: string; readonly value: Expression }
  | { readonly kind: 'dropDefault' | 'setNotNull' | 'dropNotNull'; readonly column: string }
  | {
      readonly kind: 'setType';
      readonly column: string;
      readonly type: TypeName;
      readonly using: Expression | null;
    }
  | {
      readonly kind: 'addIdentity';
      readonly column: string;
      readonly always: boolean;
      readonly options: SequenceOptions;
    }
  /** With `SEQUENCE NAME`: what its sequence is called. */
  | {
      readonly kind: 'addNamedIdentity';
      readonly column: string;
      readonly always: boolean;
      readonly options: SequenceOptions;
      readonly sequence: QualifiedName;
    }
  /** `ALTER COLUMN c SET GENERATED … SET … RESTART …`; `always` null: not said. */
  | {
      readonly kind: 'setIdentity';
      readonly column: string;
      readonly always: boolean | null;
      readonly options: SequenceOptions;
    }
  | {
      readonly kind: 'dropIdentity' | 'dropExpression';
      readonly column: string;
      readonly ifExists: boolean;
    }
  | { readonly kind: 'validateConstraint'; readonly name: string }
  | {
      readonly kind: 'alterConstraint';
      readonly name: string;
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
    };

export interface AlterTable {
  readonly kind: 'alterTable';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly actions: readonly AlterTableAction[];
  readonly at: number;
}

export type ObjectKind = 'table' | 'view' | 'index' | 'sequence' | 'schema' | 'type';

/** `ALTER … RENAME TO`, `RENAME COLUMN`, `RENAME CONSTRAINT`. `part` null: the object itself. */
export interface Rename {
  readonly kind: 'rename';
  readonly object: ObjectKind;
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly part: { readonly kind: 'column' | 'constraint'; readonly name: string } | null;
  readonly to: string;
  readonly at: number;
}

/** `ALTER … SET SCHEMA`. */
export interface SetSchema {
  readonly kind: 'setSchema';
  readonly object: ObjectKind;
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly schema: string;
  readonly at: number;
}

export interface Drop {
  readonly kind: 'drop';
  readonly object: ObjectKind;
  readonly names: readonly QualifiedName[];
  readonly ifExists: boolean;
  readonly cascade: boolean;
  readonly at: number;
}

export interface Truncate {
  readonly kind: 'truncate';
  readonly names: readonly QualifiedName[];
  readonly restartIdentity: boolean;
  readonly cascade: boolean;
  readonly at: number;
}

export interface CreateIndex {
  readonly kind: 'createIndex';
  readonly name: string | null;
  readonly table: QualifiedName;
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly ifNotExists: boolean;
  readonly elements: readonly {
    readonly value: Expression;
    readonly descending: boolean;
    readonly nulls: 'first' | 'last' | 'default';
  }[];
  readonly including: readonly string[];
  readonly where: Expression | null;
  readonly at: number;
}

export interface CreateView {
  readonly kind: 'createView';
  readonly name: QualifiedName;
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly columns: readonly string[];
  readonly query: Query;
  /** The query's own text, for `information_schema.views`. */
  readonly text: string;
  readonly at: number;
}

/** An option of a view: `name` or `name = value`, the value as written; null: none. */
export interface ViewOption {
  readonly name: string;
  readonly value: string | null;
}

/** CREATE VIEW with options; WITH CHECK OPTION is one, the last. */
export interface CreateViewWith {
  readonly kind: 'createViewWith';
  readonly view: CreateView;
  readonly options: readonly ViewOption[];
  readonly at: number;
}

export type AlterViewAction =
  | { readonly kind: 'setDefault'; readonly column: string; readonly value: Expression }
  | { readonly kind: 'dropDefault'; readonly column: string }
  | { readonly kind: 'setOptions' | 'resetOptions'; readonly options: readonly ViewOption[] };

export interface AlterView {
  readonly kind: 'alterView';
  /** What the statement says it is: ALTER TABLE does for views too. */
  readonly object: 'view' | 'table';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly actions: readonly AlterViewAction[];
  readonly at: number;
}

export interface CreateSequence {
  readonly kind: 'createSequence';
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly options: SequenceOptions;
  readonly at: number;
}

export interface AlterSequence {
  readonly kind: 'alterSequence';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly options: SequenceOptions;
  readonly at: number;
}

export interface CreateSchema {
  readonly kind: 'createSchema';
  readonly name: string;
  readonly ifNotExists: boolean;
  readonly at: number;
}

/** CREATE SCHEMA with what is created in it. */
export interface CreateSchemaWith {
  readonly kind: 'createSchemaWith';
  readonly schema: CreateSchema;
  /** In the order in which they are made. */
  readonly elements: readonly SchemaElement[];
  readonly at: number;
}

export type SchemaElement = CreateSequence | CreateTable | CreateView | CreateIndex;

/**
 * A definition that also says how PostgreSQL is to store a thing or who owns it, which means
 * nothing here: the notices say so.
 */
export interface WithoutEffect {
  readonly kind: 'withoutEffect';
  /** What is left of it; null: nothing. */
  readonly statement: Definition | null;
  /** What it speaks of, which must be there; `name` null: what the statement makes. */
  readonly object: ObjectKind;
  readonly name: QualifiedName | null;
  readonly ifExists: boolean;
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
  readonly notices: readonly string[];
  readonly at: number;
}

/** What may have parts without effect. */
export type Definition =
  | CreateTable
  | CreateTableAs
  | CreateOnCommit
  | CreateIndex
  | CreateSchemaWith
  | AlterTable
  | Drop;

/** A temporary table whose rows, or which itself, ends with each transaction. */
export interface CreateOnCommit {
  readonly kind: 'createOnCommit';
  readonly table: CreateTable | CreateTableAs;
  readonly action: 'deleteRows' | 'drop';
  readonly at: number;
}

/** `comment` null removes it. */
export interface CommentOn {
  readonly kind: 'comment';
  readonly object: ObjectKind | 'column' | 'constraint';
  readonly name: QualifiedName;
  /** Column's or constraint's name. */
  readonly part: string | null;
  readonly comment: string | null;
  readonly at: number;
}
