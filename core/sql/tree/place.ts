/** Places in the tree: references to families of `shapes.ts`, with what may stand there. */
import type * as define from './define.ts';
import type * as expression from './expression.ts';
import type { Field } from './field.ts';
import { choice, family } from './field.ts';
import type * as query from './query.ts';
import type * as write from './write.ts';

export const expr: Field<expression.Expression> = family('expression');
export const type: Field<expression.TypeName> = family('typeName');
export const select: Field<query.Query> = family('query');
export const sortKey: Field<query.SortKey> = family('sortKey');
export const windowSpec: Field<query.WindowSpecification> = family('windowSpecification');
export const target: Field<query.Target> = family('target');
export const grouping: Field<query.GroupingElement> = family('groupingElement');
export const tableExpr: Field<query.TableExpression> = family('tableExpression');
export const bound: Field<query.FrameBound> = family('frameBound');
export const time: Field<query.TimeClause> = family('timeClause');
export const withClause: Field<query.With> = family('with');
export const queryBody: Field<query.QueryBody> = family('queryBody');
export const rows: Field<query.CommonTable['statement']> = family('rowStatement');
export const targetTable: Field<write.TargetTable> = family('targetTable');
export const assignment: Field<write.Assignment> = family('assignment');
export const columnName: Field<write.Insert['columns'][number]> = family('columnName');
export const qualified: Field<define.QualifiedName> = family('qualifiedName');
export const sequence: Field<define.SequenceOptions> = family('sequenceOptions');
export const column: Field<define.ColumnDefinition> = family('columnDefinition');
export const tableConstraint: Field<define.TableConstraint> = family('tableConstraint');
export const action: Field<define.ReferentialAction> = choice(
  'noAction',
  'restrict',
  'cascade',
  'setNull',
  'setDefault',
);
export const nulls: Field<query.SortKey['nulls']> = choice('first', 'last', 'default');

export const object: Field<define.ObjectKind> = choice(
  'table',
  'view',
  'index',
  'sequence',
  'schema',
  'type',
);

/** The member of a union with this kind. */
export type Of<T extends { readonly kind: string }, K extends T['kind']> = T extends {
  readonly kind: infer Kind;
}
  ? K extends Kind
    ? Omit<T, 'kind'> & { readonly kind: K }
    : never
  : never;
