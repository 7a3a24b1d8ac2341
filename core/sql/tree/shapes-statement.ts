/** Shapes of statements that define things, and of a session's. Append only: see `shapes.ts`. */
import type * as define from './define.ts';
import type * as statement from './statement.ts';
import type { Shape } from './field.ts';
import { choice, family, flag, integer, list, maybe, offset, shape, text } from './field.ts';
import { MAINTENANCE, MAINTENANCE_PARTS } from './shapes-maintain.ts';
import { ROW_STATEMENTS } from './shapes-query.ts';
import { TYPE_STATEMENTS } from './shapes-type.ts';
import type { Of } from './place.ts';
import {
  expr,
  type,
  select,
  rows,
  qualified,
  sequence,
  column,
  tableConstraint,
  action,
  nulls,
  object,
} from './place.ts';

const qualifiedName = shape<define.QualifiedName>(69, null, {
  schema: maybe(text),
  name: text,
  at: offset,
});
const sequenceOptions = shape<define.SequenceOptions>(70, null, {
  type: maybe(type),
  start: maybe(text),
  increment: maybe(text),
  minimum: maybe(text),
  maximum: maybe(text),
  cache: maybe(text),
  cycle: maybe(flag),
  restart: maybe(text),
  ownedBy: maybe(list(text)),
});
const columnDefinition = shape<define.ColumnDefinition>(71, null, {
  name: text,
  type,
  constraints: list(family('columnConstraint')),
  collation: maybe(text),
  at: offset,
});

const tableConstraints: readonly Shape[] = [
  shape<Of<define.TableConstraint, 'primaryKey'>>(72, 'primaryKey', {
    name: maybe(text),
    columns: list(text),
    nullsNotDistinct: flag,
    at: offset,
  }),
  shape<Of<define.TableConstraint, 'unique'>>(73, 'unique', {
    name: maybe(text),
    columns: list(text),
    nullsNotDistinct: flag,
    at: offset,
  }),
  shape<Of<define.TableConstraint, 'check'>>(74, 'check', {
    name: maybe(text),
    value: expr,
    at: offset,
  }),
  shape<Of<define.TableConstraint, 'foreignKey'>>(75, 'foreignKey', {
    name: maybe(text),
    columns: list(text),
    table: qualified,
    references: list(text),
    match: choice('simple', 'full'),
    onDelete: action,
    onUpdate: action,
    deferrable: flag,
    initiallyDeferred: flag,
    at: offset,
  }),
];

const attributed: readonly Shape[] = [
  shape<define.AttributedConstraint>(130, 'attributed', {
    constraint: family('plainConstraint'),
    deferrable: flag,
    initiallyDeferred: flag,
    notValid: flag,
    noInherit: flag,
    deleteColumns: list(text),
    at: offset,
  }),
];

const columnConstraints: readonly Shape[] = [
  shape<Of<define.ColumnConstraint, 'notNull'>>(76, 'notNull', { name: maybe(text), at: offset }),
  shape<Of<define.ColumnConstraint, 'null'>>(77, 'null', { name: maybe(text), at: offset }),
  shape<Of<define.ColumnConstraint, 'default'>>(78, 'default', { value: expr, at: offset }),
  shape<Of<define.ColumnConstraint, 'identity'>>(79, 'identity', {
    always: flag,
    options: sequence,
    at: offset,
  }),
  shape<Of<define.ColumnConstraint, 'generated'>>(80, 'generated', { value: expr, at: offset }),
  ...tableConstraints,
  ...attributed,
];

const actions: readonly Shape[] = [
  shape<Of<define.AlterTableAction, 'addColumn'>>(81, 'addColumn', { column, ifNotExists: flag }),
  shape<Of<define.AlterTableAction, 'dropColumn'>>(82, 'dropColumn', {
    name: text,
    ifExists: flag,
    cascade: flag,
  }),
  shape<Of<define.AlterTableAction, 'addConstraint'>>(83, 'addConstraint', {
    constraint: tableConstraint,
  }),
  shape<Of<define.AlterTableAction, 'dropConstraint'>>(84, 'dropConstraint', {
    name: text,
    ifExists: flag,
    cascade: flag,
  }),
  shape<Of<define.AlterTableAction, 'setDefault'>>(85, 'setDefault', { column: text, value: expr }),
  shape<Of<define.AlterTableAction, 'dropDefault'>>(86, 'dropDefault', { column: text }),
  shape<Of<define.AlterTableAction, 'setNotNull'>>(87, 'setNotNull', { column: text }),
  shape<Of<define.AlterTableAction, 'dropNotNull'>>(88, 'dropNotNull', { column: text }),
  shape<Of<define.AlterTableAction, 'setType'>>(89, 'setType', {
    column: text,
    type,
    using: maybe(expr),
  }),
  shape<Of<define.AlterTableAction, 'addIdentity'>>(90, 'addIdentity', {
    column: text,
    always: flag,
    options: sequence,
  }),
  shape<Of<define.AlterTableAction, 'addNamedIdentity'>>(146, 'addNamedIdentity', {
    column: text,
    always: flag,
    options: sequence,
    sequence: qualified,
  }),
  shape<Of<define.AlterTableAction, 'dropIdentity'>>(91, 'dropIdentity', {
    column: text,
    ifExists: flag,
  }),
  shape<Of<define.AlterTableAction, 'setIdentity'>>(119, 'setIdentity', {
    column: text,
    always: maybe(flag),
    options: sequence,
  }),
  shape<Of<define.AlterTableAction, 'dropExpression'>>(118, 'dropExpression', {
    column: text,
    ifExists: flag,
  }),
  shape<Of<define.AlterTableAction, 'validateConstraint'>>(131, 'validateConstraint', {
    name: text,
  }),
  shape<Of<define.AlterTableAction, 'alterConstraint'>>(132, 'alterConstraint', {
    name: text,
    deferrable: flag,
    initiallyDeferred: flag,
  }),
];

const createView = shape<define.CreateView>(100, 'createView', {
  name: qualified,
  orReplace: flag,
  temporary: flag,
  columns: list(text),
  query: select,
  text,
  at: offset,
});

const viewOption = shape<define.ViewOption>(122, null, { name: text, value: maybe(text) });
const options = list(family<define.ViewOption>('viewOption'));
const viewActions: readonly Shape[] = [
  shape<Of<define.AlterViewAction, 'setDefault'>>(123, 'setDefault', { column: text, value: expr }),
  shape<Of<define.AlterViewAction, 'dropDefault'>>(124, 'dropDefault', { column: text }),
  shape<Of<define.AlterViewAction, 'setOptions'>>(125, 'setOptions', { options }),
  shape<Of<define.AlterViewAction, 'resetOptions'>>(126, 'resetOptions', { options }),
];

const definitions: readonly Shape[] = [
  shape<define.CreateTable>(92, 'createTable', {
    name: qualified,
    temporary: flag,
    ifNotExists: flag,
    columns: list(column),
    constraints: list(tableConstraint),
    likes: list(family('like')),
    at: offset,
  }),
  shape<define.CreateTableAs>(93, 'createTableAs', {
    name: qualified,
    temporary: flag,
    ifNotExists: flag,
    columns: list(text),
    query: select,
    withData: flag,
    at: offset,
  }),
  shape<define.AlterTable>(94, 'alterTable', {
    name: qualified,
    ifExists: flag,
    actions: list(family('alterTableAction')),
    at: offset,
  }),
  shape<define.Rename>(95, 'rename', {
    object,
    name: qualified,
    ifExists: flag,
    part: maybe(family('renamePart')),
    to: text,
    at: offset,
  }),
  shape<define.SetSchema>(96, 'setSchema', {
    object,
    name: qualified,
    ifExists: flag,
    schema: text,
    at: offset,
  }),
  shape<define.Drop>(97, 'drop', {
    object,
    names: list(qualified),
    ifExists: flag,
    cascade: flag,
    at: offset,
  }),
  shape<define.Truncate>(98, 'truncate', {
    names: list(qualified),
    restartIdentity: flag,
    cascade: flag,
    at: offset,
  }),
  shape<define.CreateIndex>(99, 'createIndex', {
    name: maybe(text),
    table: qualified,
    unique: flag,
    nullsNotDistinct: flag,
    ifNotExists: flag,
    elements: list(family('indexElement')),
    including: list(text),
    where: maybe(expr),
    at: offset,
  }),
  createView,
  shape<define.CreateViewWith>(127, 'createViewWith', {
    view: family('createView'),
    options,
    at: offset,
  }),
  shape<define.AlterView>(128, 'alterView', {
    object: choice('view', 'table'),
    name: qualified,
    ifExists: flag,
    actions: list(family('alterViewAction')),
    at: offset,
  }),
  shape<define.CreateSequence>(101, 'createSequence', {
    name: qualified,
    temporary: flag,
    ifNotExists: flag,
    options: sequence,
    at: offset,
  }),
  shape<define.AlterSequence>(102, 'alterSequence', {
    name: qualified,
    ifExists: flag,
    options: sequence,
    at: offset,
  }),
  shape<define.CreateSchema>(103, 'createSchema', { name: text, ifNotExists: flag, at: offset }),
  shape<define.CommentOn>(104, 'comment', {
    object: choice('table', 'view', 'index', 'sequence', 'schema', 'column', 'constraint', 'type'),
    name: qualified,
    part: maybe(text),
    comment: maybe(text),
    at: offset,
  }),
];

const wrapped: readonly Shape[] = [
  shape<define.CreateSchemaWith>(135, 'createSchemaWith', {
    schema: family('createSchema'),
    elements: list(family('schemaElement')),
    at: offset,
  }),
  shape<define.CreateOnCommit>(137, 'createOnCommit', {
    table: family('newTable'),
    action: choice('deleteRows', 'drop'),
    at: offset,
  }),
];

const outermost: readonly Shape[] = [
  shape<define.WithoutEffect>(145, 'withoutEffect', {
    statement: maybe(family('effect')),
    object,
    name: maybe(qualified),
    ifExists: flag,
    columns: list(text),
    indexes: list(text),
    notices: list(text),
    at: offset,
  }),
];

const likes: readonly Shape[] = [
  shape<define.LikeClause>(105, null, { table: qualified, including: list(text) }),
  shape<define.PlacedLike>(151, 'placedLike', {
    table: qualified,
    including: list(text),
    after: integer,
  }),
];
const renameParts: readonly Shape[] = [
  shape<Of<NonNullable<define.Rename['part']>, 'column'>>(106, 'column', { name: text }),
  shape<Of<NonNullable<define.Rename['part']>, 'constraint'>>(107, 'constraint', { name: text }),
];
const indexElement = shape<define.CreateIndex['elements'][number]>(108, null, {
  value: expr,
  descending: flag,
  nulls,
});

const session: readonly Shape[] = [
  shape<statement.Transaction>(109, 'transaction', {
    action: choice('begin', 'commit', 'rollback', 'savepoint', 'release', 'rollbackTo'),
    name: text,
    isolation: text,
    readOnly: maybe(flag),
    chain: flag,
    at: offset,
  }),
  shape<statement.SetVariable>(110, 'set', {
    name: text,
    values: list(expr),
    local: flag,
    at: offset,
  }),
  shape<statement.ShowVariable>(111, 'show', { name: text, at: offset }),
  shape<statement.Explain>(112, 'explain', {
    statement: rows,
    analyze: flag,
    verbose: flag,
    costs: flag,
    format: choice('text', 'json'),
    at: offset,
  }),
  shape<statement.Prepare>(113, 'prepare', {
    name: text,
    types: list(type),
    statement: rows,
    at: offset,
  }),
  shape<statement.Execute>(114, 'execute', { name: text, arguments: list(expr), at: offset }),
  shape<statement.Deallocate>(115, 'deallocate', { name: maybe(text), at: offset }),
  shape<statement.SetConstraints>(133, 'setConstraints', {
    names: list(qualified),
    deferred: flag,
    at: offset,
  }),
  shape<statement.Discard>(134, 'discard', {
    what: choice('all', 'plans', 'sequences', 'temp'),
    at: offset,
  }),
  shape<statement.CreateTableAsExecute>(136, 'createTableAsExecute', {
    name: qualified,
    temporary: flag,
    ifNotExists: flag,
    columns: list(text),
    withData: flag,
    onCommit: choice('preserveRows', 'deleteRows', 'drop'),
    execute: family('execute'),
    at: offset,
  }),
  shape<statement.VerifyLog>(116, 'verifyLog', { at: offset }),
];

function ofKinds(shapes: readonly Shape[], kinds: readonly string[]): readonly Shape[] {
  return shapes.filter(({ kind }) => kind !== null && kinds.includes(kind));
}

/** `define.Definition`. */
const EFFECTS: readonly string[] = [
  'createTable',
  'createTableAs',
  'createOnCommit',
  'createIndex',
  'createSchemaWith',
  'alterTable',
  'drop',
];

export const STATEMENTS: Readonly<Record<string, readonly Shape[]>> = {
  qualifiedName: [qualifiedName],
  sequenceOptions: [sequenceOptions],
  columnDefinition: [columnDefinition],
  columnConstraint: columnConstraints,
  tableConstraint: [...tableConstraints, ...attributed],
  plainConstraint: tableConstraints,
  alterTableAction: actions,
  like: likes,
  createView: [createView],
  viewOption: [viewOption],
  alterViewAction: viewActions,
  renamePart: renameParts,
  indexElement: [indexElement],
  createSchema: ofKinds(definitions, ['createSchema']),
  newTable: ofKinds(definitions, ['createTable', 'createTableAs']),
  schemaElement: ofKinds(definitions, [
    'createTable',
    'createView',
    'createIndex',
    'createSequence',
  ]),
  execute: ofKinds(session, ['execute']),
  effect: ofKinds([...definitions, ...wrapped], EFFECTS),
  concurrent: ofKinds([...definitions, ...outermost], ['createIndex', 'drop', 'withoutEffect']),
  ...MAINTENANCE_PARTS,
  statement: [
    ...ROW_STATEMENTS,
    ...definitions,
    ...wrapped,
    ...outermost,
    ...TYPE_STATEMENTS,
    ...session,
    ...MAINTENANCE,
  ],
};
