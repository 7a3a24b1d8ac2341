/** VACUUM, ANALYZE, REINDEX, CLUSTER, CHECKPOINT, UNLISTEN, LOCK TABLE and CONCURRENTLY. */
import { SqlError, unsupported } from '../../error.ts';
import type { CreateIndex, Drop, QualifiedName, WithoutEffect } from '../../tree/define.ts';
import type { Concurrently, LockTable, Maintain } from '../../tree/maintain.ts';
import { qualifiedName } from './name.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  has,
  integer,
  kindOf,
  maybeText,
  place,
  strings,
  syntaxError,
  text,
} from './raw.ts';
import { truth } from './session.ts';

const SWITCHES: Readonly<Record<string, readonly string[]>> = {
  ANALYZE: ['verbose', 'skip_locked'],
  VACUUM: [
    'verbose',
    'skip_locked',
    'analyze',
    'freeze',
    'full',
    'disable_page_skipping',
    'process_toast',
    'truncate',
  ],
  REINDEX: ['verbose', 'concurrently'],
  CLUSTER: ['verbose'],
};
const WORKERS_MAX = 1024;

/** Which options are on. Throws 42601 for what PostgreSQL does not know. */
function optionsOf(c: Context, items: readonly Raw[], command: string): ReadonlySet<string> {
  const on = new Set<string>();
  for (const item of items) {
    const option = child(item, 'DefElem');
    const name = text(option, 'defname');
    const at = place(c, option);
    if (command === 'VACUUM' && name === 'parallel') {
      if (workers(option, at) > 0) on.add(name);
    } else if (command === 'VACUUM' && name === 'index_cleanup' && isAuto(option)) {
      continue;
    } else if (command === 'REINDEX' && name === 'tablespace') {
      throw unsupported('a tablespace', at);
    } else if (name === 'index_cleanup' ? command === 'VACUUM' : knows(command, name)) {
      if (truth(c, option)) on.add(name);
      else on.delete(name);
    } else {
      throw syntaxError(`unrecognized ${command} option "${name}"`, at);
    }
  }
  return on;
}

function knows(command: string, name: string): boolean {
  return SWITCHES[command]!.includes(name);
}

function isAuto(option: Raw): boolean {
  return text(child(child(option, 'arg'), 'String'), 'sval').toLowerCase() === 'auto';
}

function workers(option: Raw, at: number): number {
  if (!has(option, 'arg')) {
    const range = `between 0 and ${WORKERS_MAX}`;
    throw syntaxError(`parallel option requires a value ${range}`, at);
  }
  const value = child(option, 'arg');
  const count = kindOf(value) === 'Integer' ? integer(child(value, 'Integer'), 'ival') : -1;
  if (count >= 0 && count <= WORKERS_MAX) return count;
  throw syntaxError(`parallel workers for vacuum must be between 0 and ${WORKERS_MAX}`, at);
}

type Said = Pick<Maintain, 'command'> & Partial<Maintain>;

function maintain(said: Said, at: number): Maintain {
  const all = { object: 'table', targets: [], index: null, alone: null } as const;
  return { kind: 'maintain', ...all, ...said, at };
}

export function vacuum(c: Context, node: Raw, at: number): Maintain {
  const isVacuum = flag(node, 'is_vacuumcmd');
  const on = optionsOf(c, children(node, 'options'), isVacuum ? 'VACUUM' : 'ANALYZE');
  const targets = children(node, 'rels').map((each) => {
    const target = child(each, 'VacuumRelation');
    const name = qualifiedName(c, child(target, 'relation'));
    return { name, columns: strings(children(target, 'va_cols')) };
  });
  if (!isVacuum) return maintain({ command: 'analyze', targets }, at);
  if (!on.has('analyze') && targets.some(({ columns }) => columns.length > 0)) {
    const message = 'ANALYZE option must be specified when a column list is provided';
    throw new SqlError('0A000', message);
  }
  if (on.has('full')) {
    if (on.has('parallel')) {
      throw new SqlError('0A000', 'VACUUM FULL cannot be performed in parallel');
    }
    if (on.has('disable_page_skipping')) {
      const option = 'VACUUM option DISABLE_PAGE_SKIPPING';
      throw new SqlError('0A000', `${option} cannot be used with FULL`);
    }
  }
  return maintain({ command: 'vacuum', targets, alone: 'VACUUM' }, at);
}

const REINDEXED: Readonly<Record<string, Maintain['object']>> = {
  REINDEX_OBJECT_INDEX: 'index',
  REINDEX_OBJECT_TABLE: 'table',
  REINDEX_OBJECT_SCHEMA: 'schema',
};

export function reindex(c: Context, node: Raw, at: number): Maintain {
  const on = optionsOf(c, children(node, 'params'), 'REINDEX');
  const kind = text(node, 'kind');
  const object = REINDEXED[kind] ?? 'database';
  const named = has(node, 'relation');
  const concurrent = on.has('concurrently');
  if (concurrent && kind === 'REINDEX_OBJECT_SYSTEM') {
    throw new SqlError('0A000', 'cannot reindex system catalogs concurrently');
  }
  const name: QualifiedName = named
    ? qualifiedName(c, child(node, 'relation'))
    : { schema: null, name: text(node, 'name'), at: -1 };
  const alone = named
    ? concurrent
      ? 'REINDEX CONCURRENTLY'
      : null
    : `REINDEX ${kind.replace('REINDEX_OBJECT_', '')}`;
  // Of the one database that there is, from PostgreSQL 16 on.
  const targets = name.name === '' ? [] : [{ name, columns: [] }];
  return maintain({ command: 'reindex', object, targets, alone }, at);
}

export function cluster(c: Context, node: Raw, at: number): Maintain {
  optionsOf(c, children(node, 'params'), 'CLUSTER');
  if (!has(node, 'relation')) return maintain({ command: 'cluster', alone: 'CLUSTER' }, at);
  const targets = [{ name: qualifiedName(c, child(node, 'relation')), columns: [] }];
  return maintain({ command: 'cluster', targets, index: maybeText(node, 'indexname') }, at);
}

export function checkpoint(_c: Context, _node: Raw, at: number): Maintain {
  return maintain({ command: 'checkpoint' }, at);
}

export function unlisten(_c: Context, _node: Raw, at: number): Maintain {
  return maintain({ command: 'unlisten' }, at);
}

/** PostgreSQL's numbers: from SHARE on, a lock keeps writers away. */
const ACCESS_SHARE = 1;
const SHARE = 5;

export function lockTable(c: Context, node: Raw, at: number): LockTable {
  const mode = integer(node, 'mode');
  const names = children(node, 'relations').map((one) => qualifiedName(c, child(one, 'RangeVar')));
  const kept = mode >= SHARE ? 'writers' : mode === ACCESS_SHARE ? 'readers' : 'definers';
  return { kind: 'lockTable', names, mode: kept, at };
}

/** Of CREATE and DROP INDEX: with CONCURRENTLY nothing else is done, but not everywhere. */
export function concurrently<T extends CreateIndex | Drop | WithoutEffect>(
  node: Raw,
  statement: T,
): T | Concurrently {
  if (!flag(node, 'concurrent')) return statement;
  return { kind: 'concurrently', statement, at: statement.at };
}
