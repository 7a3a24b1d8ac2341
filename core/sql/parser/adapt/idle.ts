/**
 * What dumps of PostgreSQL say that means nothing here: owners, statistics, how values are stored.
 * What it speaks of must be there all the same, and a notice says that it has no effect.
 */
import { SqlError, unsupported } from '../../error.ts';
import type { Definition, ObjectKind, WithoutEffect } from '../../tree/define.ts';
import type { Concurrently } from '../../tree/maintain.ts';
import type { Statement } from '../../tree/statement.ts';
import { nameFrom, nameOfParts, objectKind, qualifiedName } from './name.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, flag, integer, text } from './raw.ts';
import { storageParameters } from './storage-parameters.ts';
import { isOfView } from './view.ts';

const OWNED: ReadonlyMap<string, ObjectKind> = new Map([
  ['OBJECT_SCHEMA', 'schema'],
  ['OBJECT_TYPE', 'type'],
]);
const OWNER = 'objects have no owners here: OWNER TO has no effect';

export const UNLOGGED =
  'UNLOGGED has no effect here: every change of the table is in the log, and kept';

type Said = Omit<WithoutEffect, 'statement'>;

interface Draft {
  readonly columns: string[];
  readonly indexes: string[];
  readonly notices: string[];
}

/** What an ALTER says that has no effect, and the commands that are left; null: nothing. */
export function idleAlter(
  c: Context,
  node: Raw,
  at: number,
): (Said & { readonly left: readonly Raw[] }) | null {
  const draft: Draft = { columns: [], indexes: [], notices: c.idle };
  const object = objectKind(text(node, 'objtype'), 'ALTER');
  const commands = children(node, 'cmds');
  // Those of a view are not of storage.
  const ofView = object === 'view' || isOfView(node);
  const left = commands.filter((each) => {
    return !isIdle(c, child(each, 'AlterTableCmd'), ofView ? 'view' : object, draft);
  });
  if (left.length === commands.length) return null;
  const notices = [...new Set(c.idle.splice(0))];
  const name = qualifiedName(c, child(node, 'relation'));
  const ifExists = flag(node, 'missing_ok');
  const { columns, indexes } = draft;
  return { kind: 'withoutEffect', object, name, ifExists, columns, indexes, notices, at, left };
}

function isIdle(c: Context, node: Raw, object: ObjectKind, draft: Draft): boolean {
  const name = text(node, 'name');
  const definition = child(node, 'def');
  const items = children(child(definition, 'List'), 'items');
  const subtype = text(node, 'subtype');
  const say = (what: string): void => {
    draft.notices.push(`${what} has no effect here`);
  };
  switch (subtype) {
    case 'AT_ChangeOwner':
      draft.notices.push(OWNER);
      return true;
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
      if (object !== 'table' && object !== 'index') return false;
      storageParameters(c, items, object, subtype === 'AT_ResetRelOptions');
      return true;
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
      storageParameters(c, items, 'column', subtype === 'AT_ResetOptions');
      draft.columns.push(name);
      return true;
    case 'AT_SetStatistics':
      // Columns of an index have numbers.
      if (object !== 'table') return false;
      checkStatistics(definition);
      draft.columns.push(name);
      say('SET STATISTICS');
      return true;
    case 'AT_SetStorage':
      checkStorage(text(child(definition, 'String'), 'sval'));
      draft.columns.push(name);
      say('SET STORAGE');
      return true;
    case 'AT_ClusterOn':
      draft.indexes.push(name);
      say('CLUSTER ON');
      return true;
    case 'AT_DropCluster':
      say('SET WITHOUT CLUSTER');
      return true;
    case 'AT_SetUnLogged':
      draft.notices.push(UNLOGGED);
      return true;
    case 'AT_ReplicaIdentity': {
      const index = text(child(definition, 'ReplicaIdentityStmt'), 'name');
      if (index !== '') draft.indexes.push(index);
      say('REPLICA IDENTITY');
      return true;
    }
    default:
      // A table without OIDs, every change of which is in the log, is what there is.
      return subtype === 'AT_DropOids' || subtype === 'AT_SetLogged';
  }
}

function checkStatistics(definition: Raw): void {
  const target = integer(child(definition, 'Integer'), 'ival');
  if (target < -1) throw new SqlError('22023', `statistics target ${target} is too low`);
}

function checkStorage(kind: string): void {
  if (['plain', 'external', 'extended', 'main'].includes(kind.toLowerCase())) return;
  throw new SqlError('22023', `invalid storage type "${kind}"`);
}

/** Of schemas and types; relations are altered by ALTER TABLE's node. */
export function changeOwner(_c: Context, node: Raw, at: number): WithoutEffect {
  const object = OWNED.get(text(node, 'objectType'));
  if (object === undefined) throw unsupported('ALTER … OWNER TO', at);
  return {
    kind: 'withoutEffect',
    statement: null,
    object,
    name: nameFrom(nameOfParts(child(node, 'object'))),
    ifExists: false,
    columns: [],
    indexes: [],
    notices: [OWNER],
    at,
  };
}

/** The statement, and what it says that has no effect. */
export function noticed(c: Context, statement: Statement, at: number): Statement {
  if (c.idle.length === 0) return statement;
  const notices = [...new Set(c.idle)];
  if (statement.kind === 'withoutEffect') {
    return { ...statement, notices: [...statement.notices, ...notices] };
  }
  if (statement.kind === 'concurrently') {
    const inner = noticed(c, statement.statement, at) as Concurrently['statement'];
    return { ...statement, statement: inner };
  }
  if (!isDefinition(statement)) throw unsupported('storage parameters', at);
  const nothing = { name: null, ifExists: false, columns: [], indexes: [] };
  return { kind: 'withoutEffect', statement, object: 'table', ...nothing, notices, at };
}

function isDefinition(statement: Statement): statement is Definition {
  switch (statement.kind) {
    case 'createTable':
    case 'createTableAs':
    case 'createOnCommit':
    case 'createIndex':
    case 'createSchemaWith':
    case 'alterTable':
    case 'drop':
      return true;
    default:
      return false;
  }
}
