/** Statements that change rows, as written. */
import type { Expression, SubscriptPart } from './expression.ts';
import type { Query, TableExpression, Target, With } from './query.ts';

export interface TargetTable {
  readonly schema: string | null;
  readonly name: string;
  readonly alias: string | null;
  readonly at: number;
}

/** A column that is assigned to. */
export interface ColumnName {
  readonly name: string;
  readonly at: number;
}

/** Elements of an array in a column: `a[1]`, `a[1:2]`. */
export interface ElementName {
  readonly kind: 'element';
  readonly name: string;
  readonly parts: readonly SubscriptPart[];
  readonly at: number;
}

export interface Insert {
  readonly kind: 'insert';
  readonly with: With | null;
  readonly table: TargetTable;
  /** Empty: all columns in order. */
  readonly columns: readonly (ColumnName | ElementName)[];
  readonly overriding: 'none' | 'user' | 'system';
  /** null: DEFAULT VALUES. VALUES is a query with a `values` body, which may hold `default`. */
  readonly source: Query | null;
  readonly onConflict: OnConflict | null;
  readonly returning: readonly Target[];
  readonly at: number;
}

export interface OnConflict {
  /** Index elements of the conflict target, or a constraint's name; neither: any conflict. */
  readonly elements: readonly Expression[];
  readonly elementsWhere: Expression | null;
  readonly constraint: string | null;
  readonly action: 'nothing' | 'update';
  readonly set: readonly Assignment[];
  readonly where: Expression | null;
  readonly at: number;
}

/** `a = x`; `(a, b) = (x, y)` or `(a, b) = (SELECT …)`: then several columns and one value. */
export interface Assignment {
  readonly columns: readonly (ColumnName | ElementName)[];
  readonly value: Expression;
}

export interface Update {
  readonly kind: 'update';
  readonly with: With | null;
  readonly table: TargetTable;
  readonly set: readonly Assignment[];
  readonly from: readonly TableExpression[];
  readonly where: Expression | null;
  readonly returning: readonly Target[];
  readonly at: number;
}

export interface Delete {
  readonly kind: 'delete';
  readonly with: With | null;
  readonly table: TargetTable;
  readonly using: readonly TableExpression[];
  readonly where: Expression | null;
  readonly returning: readonly Target[];
  readonly at: number;
}

export interface Merge {
  readonly kind: 'merge';
  readonly with: With | null;
  readonly table: TargetTable;
  readonly source: TableExpression;
  readonly on: Expression;
  /** Of these the first that fits a row is done with it. */
  readonly actions: readonly MergeAction[];
  readonly at: number;
}

/** `WHEN [NOT] MATCHED [AND condition] THEN …`. */
export interface MergeAction {
  readonly matched: boolean;
  readonly condition: Expression | null;
  readonly action: 'nothing' | 'update' | 'delete' | 'insert';
  /** Of an update. */
  readonly set: readonly Assignment[];
  /** Of an insert, as in `Insert`. */
  readonly columns: Insert['columns'];
  readonly overriding: Insert['overriding'];
  /** Of an insert: a row, which may hold `default`. Empty: DEFAULT VALUES. */
  readonly values: readonly Expression[];
  readonly at: number;
}

export type RowChange = Insert | Update | Delete | Merge;
