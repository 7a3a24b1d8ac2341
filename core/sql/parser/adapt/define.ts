/** Statements that create, drop, rename or comment. */
import { SqlError, unsupported } from '../../error.ts';
import type {
  AlterSequence,
  ColumnDefinition,
  CommentOn,
  CreateIndex,
  CreateOnCommit,
  CreateSequence,
  CreateTable,
  CreateTableAs,
  Drop,
  ObjectKind,
  QualifiedName,
  Rename,
  SetSchema,
  TableConstraint,
  Truncate,
} from '../../tree/define.ts';
import type { Concurrently } from '../../tree/maintain.ts';
import type { CreateTableAsExecute } from '../../tree/statement.ts';
import { columnDefinition, tableConstraint } from './constraint.ts';
import { maybePart } from './expression.ts';
import { indexedValue } from './index-element.ts';
import { nameFrom, nameOfParts, objectKind, qualifiedName } from './name.ts';
import { constructName } from './names.ts';
import { query } from './query.ts';
import type { Context, Raw } from './raw.ts';
import {
  bodyOf,
  child,
  children,
  flag,
  has,
  integer,
  kindOf,
  maybeText,
  place,
  refuse,
  strings,
  text,
} from './raw.ts';
import { sequenceOptions } from './sequence.ts';
import { execute } from './session.ts';
import { storageParameters } from './storage-parameters.ts';
import { UNLOGGED } from './idle.ts';
import { concurrently } from './maintain.ts';

export function isTemporary(c: Context, relation: Raw): boolean {
  const persistence = text(relation, 'relpersistence');
  if (persistence === 'u') c.idle.push(UNLOGGED);
  return persistence === 't';
}

const TABLE_EXTRAS = {
  inhRelations: 'INHERITS',
  partbound: 'PARTITION OF',
  partspec: 'PARTITION BY',
  ofTypename: 'OF type',
  tablespacename: 'a tablespace',
  accessMethod: 'a table access method',
};

export function createTable(c: Context, node: Raw, at: number): CreateTable | CreateOnCommit {
  const table = plainTable(c, node, at);
  return onCommit(table, text(node, 'oncommit'), at);
}

function plainTable(c: Context, node: Raw, at: number): CreateTable {
  refuse(node, at, TABLE_EXTRAS);
  storageParameters(c, children(node, 'options'), 'table');
  const relation = child(node, 'relation');
  const columns: ColumnDefinition[] = [];
  const constraints: TableConstraint[] = [];
  const likes: CreateTable['likes'][number][] = [];
  for (const each of children(node, 'tableElts')) {
    const body = bodyOf(each);
    const kind = kindOf(each);
    if (kind === 'ColumnDef') columns.push(columnDefinition(c, body));
    else if (kind === 'Constraint') constraints.push(tableConstraint(c, body));
    else if (kind === 'TableLikeClause') likes.push(like(c, body, columns.length));
    else throw unsupported(constructName(each), place(c, body));
  }
  return {
    kind: 'createTable',
    name: qualifiedName(c, relation),
    temporary: isTemporary(c, relation),
    ifNotExists: flag(node, 'if_not_exists'),
    columns,
    constraints,
    likes,
    at,
  };
}

/** What ON COMMIT says; null: nothing. */
function commitAction(said: string): CreateTableAsExecute['onCommit'] | null {
  if (said === 'ONCOMMIT_PRESERVE_ROWS') return 'preserveRows';
  if (said === 'ONCOMMIT_DELETE_ROWS') return 'deleteRows';
  return said === 'ONCOMMIT_DROP' ? 'drop' : null;
}

function refuseOnCommit(table: Pick<CreateTable, 'name' | 'temporary'>): void {
  if (table.temporary || table.name.schema === 'pg_temp') return;
  throw new SqlError('42P16', 'ON COMMIT can only be used on temporary tables');
}

function onCommit<T extends CreateTable | CreateTableAs>(
  table: T,
  said: string,
  at: number,
): T | CreateOnCommit {
  const action = commitAction(said);
  if (action === null) return table;
  refuseOnCommit(table);
  return action === 'preserveRows' ? table : { kind: 'createOnCommit', table, action, at };
}

/** PostgreSQL's CREATE_TABLE_LIKE bits. */
const LIKE_OPTIONS = [
  [1, 'comments'],
  [2, 'compression'],
  [4, 'constraints'],
  [8, 'defaults'],
  [16, 'generated'],
  [32, 'identity'],
  [64, 'indexes'],
  [128, 'statistics'],
  [256, 'storage'],
] as const;

function like(c: Context, node: Raw, after: number): CreateTable['likes'][number] {
  const options = integer(node, 'options');
  const including = LIKE_OPTIONS.filter(([bit]) => (options & bit) !== 0).map(([, name]) => name);
  const clause = { table: qualifiedName(c, child(node, 'relation')), including };
  return after === 0 ? clause : { kind: 'placedLike', ...clause, after };
}

export function createTableAs(
  c: Context,
  node: Raw,
  at: number,
): CreateTableAs | CreateOnCommit | CreateTableAsExecute {
  if (text(node, 'objtype') !== 'OBJECT_TABLE') throw unsupported('CREATE MATERIALIZED VIEW', at);
  const source = child(node, 'query');
  const into = child(node, 'into');
  const ifNotExists = flag(node, 'if_not_exists');
  if (kindOf(source) !== 'ExecuteStmt') {
    return tableFrom(c, into, child(source, 'SelectStmt'), ifNotExists, at);
  }
  const parts = { ...intoParts(c, into, at), ifNotExists };
  const action = commitAction(text(into, 'onCommit'));
  if (action !== null) refuseOnCommit(parts);
  return {
    kind: 'createTableAsExecute',
    ...parts,
    onCommit: action ?? 'preserveRows',
    execute: execute(c, child(source, 'ExecuteStmt'), at),
    at,
  };
}

/** `SELECT … INTO t`: the clause is taken out of the query. */
export function selectInto(c: Context, node: Raw, at: number): CreateTableAs | CreateOnCommit {
  const { intoClause, ...rest } = node;
  return tableFrom(c, intoClause as Raw, rest, false, at);
}

function tableFrom(
  c: Context,
  into: Raw,
  source: Raw,
  ifNotExists: boolean,
  at: number,
): CreateTableAs | CreateOnCommit {
  const parts = { ...intoParts(c, into, at), ifNotExists };
  const table = { kind: 'createTableAs', ...parts, query: query(c, source, at), at } as const;
  return onCommit(table, text(into, 'onCommit'), at);
}

type IntoParts = Pick<CreateTableAs, 'name' | 'temporary' | 'columns' | 'withData'>;

function intoParts(c: Context, into: Raw, at: number): IntoParts {
  storageParameters(c, children(into, 'options'), 'table');
  refuse(into, at, {
    tableSpaceName: 'a tablespace',
    accessMethod: 'a table access method',
  });
  const relation = child(into, 'rel');
  return {
    name: qualifiedName(c, relation),
    temporary: isTemporary(c, relation),
    columns: strings(children(into, 'colNames')),
    withData: !flag(into, 'skipData'),
  };
}

export function createIndex(c: Context, node: Raw, at: number): CreateIndex | Concurrently {
  refuse(node, at, { tableSpace: 'a tablespace' });
  storageParameters(c, children(node, 'options'), 'index');
  accessMethod(c, node, at);
  if (flag(node, 'concurrent')) {
    c.idle.push('CONCURRENTLY has no effect here: an index is built in one entry of the log');
  }
  return concurrently(node, plainIndex(c, node, at));
}

function plainIndex(c: Context, node: Raw, at: number): CreateIndex {
  return {
    kind: 'createIndex',
    name: maybeText(node, 'idxname'),
    table: qualifiedName(c, child(node, 'relation')),
    unique: flag(node, 'unique'),
    nullsNotDistinct: flag(node, 'nulls_not_distinct'),
    ifNotExists: flag(node, 'if_not_exists'),
    elements: children(node, 'indexParams').map((each) =>
      indexElement(c, child(each, 'IndexElem')),
    ),
    including: includedColumns(c, node),
    where: maybePart(c, node, 'whereClause'),
    at,
  };
}

function includedColumns(c: Context, node: Raw): readonly string[] {
  const included = children(node, 'indexIncludingParams').map((each) => child(each, 'IndexElem'));
  for (const each of included) {
    if (has(each, 'expr')) {
      throw new SqlError('0A000', 'expressions are not supported in included columns');
    }
    const options = text(each, 'ordering') !== 'SORTBY_DEFAULT' ? 'ASC/DESC' : 'NULLS FIRST/LAST';
    const plain = options !== 'ASC/DESC' && text(each, 'nulls_ordering').endsWith('DEFAULT');
    if (plain) continue;
    throw new SqlError('42P17', `including column does not support ${options} options`);
  }
  if (included.length > 0) c.idle.push(INCLUDE);
  return included.map((each) => text(each, 'name'));
}

/** A hash index answers what a btree does, too: it is one, within the bounds of PostgreSQL's. */
function accessMethod(c: Context, node: Raw, at: number): void {
  const method = text(node, 'accessMethod');
  if (method === '' || method === 'btree') return;
  if (method !== 'hash') throw unsupported(`an index USING ${method}`, at);
  const elements = children(node, 'indexParams').map((each) => child(each, 'IndexElem'));
  const says = (field: string, usual: string): boolean => {
    return elements.some((each) => text(each, field) !== usual);
  };
  const beyond: readonly (readonly [boolean, string])[] = [
    [flag(node, 'unique'), 'unique indexes'],
    [children(node, 'indexIncludingParams').length > 0, 'included columns'],
    [elements.length > 1, 'multicolumn indexes'],
    [says('ordering', 'SORTBY_DEFAULT'), 'ASC/DESC options'],
    [says('nulls_ordering', 'SORTBY_NULLS_DEFAULT'), 'NULLS FIRST/LAST options'],
  ];
  for (const [said, what] of beyond) {
    if (said) throw new SqlError('0A000', `access method "hash" does not support ${what}`);
  }
  c.idle.push('USING hash has no effect here: the index is a btree, which finds equal values, too');
}

const INCLUDE = 'INCLUDE has no effect here: an index has the columns of its key alone';

function indexElement(c: Context, node: Raw): CreateIndex['elements'][number] {
  const order = text(node, 'nulls_ordering');
  const first = order === 'SORTBY_NULLS_FIRST';
  return {
    value: indexedValue(c, node),
    descending: text(node, 'ordering') === 'SORTBY_DESC',
    nulls: first ? 'first' : order === 'SORTBY_NULLS_LAST' ? 'last' : 'default',
  };
}

export function createSequence(c: Context, node: Raw, at: number): CreateSequence {
  const name = child(node, 'sequence');
  if (text(name, 'relpersistence') === 'u') {
    throw unsupported('UNLOGGED of a sequence', place(c, name));
  }
  return {
    kind: 'createSequence',
    name: qualifiedName(c, name),
    temporary: isTemporary(c, name),
    ifNotExists: flag(node, 'if_not_exists'),
    options: sequenceOptions(c, children(node, 'options')),
    at,
  };
}

export function alterSequence(c: Context, node: Raw, at: number): AlterSequence {
  return {
    kind: 'alterSequence',
    name: qualifiedName(c, child(node, 'sequence')),
    ifExists: flag(node, 'missing_ok'),
    options: sequenceOptions(c, children(node, 'options')),
    at,
  };
}

export function drop(c: Context, node: Raw, at: number): Drop | Concurrently {
  if (!flag(node, 'concurrent')) return plainDrop(node, at);
  const names = children(node, 'objects').length;
  const cascades = text(node, 'behavior') === 'DROP_CASCADE';
  if (names > 1 || cascades) {
    const what = names > 1 ? 'dropping multiple objects' : 'CASCADE';
    throw new SqlError('0A000', `DROP INDEX CONCURRENTLY does not support ${what}`);
  }
  c.idle.push('CONCURRENTLY has no effect here: an index is dropped in one entry of the log');
  return concurrently(node, plainDrop(node, at));
}

function plainDrop(node: Raw, at: number): Drop {
  return {
    kind: 'drop',
    object: objectKind(text(node, 'removeType'), 'DROP'),
    names: children(node, 'objects').map((each) => nameFrom(nameOfParts(each))),
    ifExists: flag(node, 'missing_ok'),
    cascade: text(node, 'behavior') === 'DROP_CASCADE',
    at,
  };
}

export function truncate(c: Context, node: Raw, at: number): Truncate {
  return {
    kind: 'truncate',
    names: children(node, 'relations').map((each) => qualifiedName(c, child(each, 'RangeVar'))),
    restartIdentity: flag(node, 'restart_seqs'),
    cascade: text(node, 'behavior') === 'DROP_CASCADE',
    at,
  };
}

export function rename(c: Context, node: Raw, at: number): Rename {
  const type = text(node, 'renameType');
  const isColumn = type === 'OBJECT_COLUMN';
  const isConstraint = type === 'OBJECT_TABCONSTRAINT';
  const of = isColumn ? text(node, 'relationType') : isConstraint ? 'OBJECT_TABLE' : type;
  const part = text(node, 'subname');
  const object = objectKind(of, 'renaming in an object of kind');
  return {
    kind: 'rename',
    object,
    name: object === 'schema' ? nameFrom([part]) : objectName(c, node, object),
    ifExists: flag(node, 'missing_ok'),
    part:
      isColumn || isConstraint ? { kind: isColumn ? 'column' : 'constraint', name: part } : null,
    to: text(node, 'newname'),
    at,
  };
}

/** Of a relation, or of a type, which is named by its parts. */
function objectName(c: Context, node: Raw, object: ObjectKind): QualifiedName {
  if (object === 'type') return nameFrom(nameOfParts(child(node, 'object')));
  return qualifiedName(c, child(node, 'relation'));
}

export function setSchema(c: Context, node: Raw, at: number): SetSchema {
  const object = objectKind(text(node, 'objectType'), 'SET SCHEMA of');
  return {
    kind: 'setSchema',
    object,
    name: objectName(c, node, object),
    ifExists: flag(node, 'missing_ok'),
    schema: text(node, 'newschema'),
    at,
  };
}

export function commentOn(_c: Context, node: Raw, at: number): CommentOn {
  const type = text(node, 'objtype');
  const parts = nameOfParts(child(node, 'object'));
  const comment = maybeText(node, 'comment');
  if (type === 'OBJECT_COLUMN' || type === 'OBJECT_TABCONSTRAINT') {
    return {
      kind: 'comment',
      object: type === 'OBJECT_COLUMN' ? 'column' : 'constraint',
      name: nameFrom(parts.slice(0, -1)),
      part: parts[parts.length - 1]!,
      comment,
      at,
    };
  }
  const object = objectKind(type, 'COMMENT ON');
  return { kind: 'comment', object, name: nameFrom(parts), part: null, comment, at };
}
