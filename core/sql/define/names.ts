/**
 * Names that PostgreSQL makes up for constraints, indexes and sequences: `t_pkey`, `t_a_key`,
 * `t_a_check`, `t_a_fkey`, `t_a_idx`, `t_a_seq`, with a number behind them when they are taken.
 */
import type { Table } from '../catalog/model.ts';
import type { CatalogState } from '../catalog/state.ts';
import { utf8Length } from '../../codec/utf8.ts';

/** Longest name, in bytes of UTF-8. */
const NAME_BYTES_MAX = 63;

/** PostgreSQL's `makeObjectName`: shortens the longer of the first two parts until all fits. */
export function objectName(first: string, second: string, label: string): string {
  let one = first;
  let two = second;
  const overhead = (two === '' ? 0 : 1) + (label === '' ? 0 : 1 + utf8Length(label));
  while (utf8Length(one) + utf8Length(two) + overhead > NAME_BYTES_MAX) {
    if (utf8Length(one) > utf8Length(two)) one = shorter(one);
    else two = shorter(two);
  }
  return [one, two, label].filter((part) => part !== '').join('_');
}

function shorter(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return text.slice(0, (last & 0xfc00) === 0xdc00 ? -2 : -1);
}

function choose(
  first: string,
  second: string,
  label: string,
  isTaken: (name: string) => boolean,
): string {
  for (let pass = 0; ; pass += 1) {
    const name = objectName(first, second, pass === 0 ? label : `${label}${pass}`);
    if (!isTaken(name)) return name;
  }
}

/** Names that constraints of a schema's tables have: PostgreSQL keeps made-up ones apart. */
function constraintNames(state: CatalogState, schema: string): Set<string> {
  const names: Set<string> = new Set();
  for (const relation of state.relations()) {
    if (relation.kind !== 'table' || relation.schema !== schema) continue;
    for (const { name } of relation.constraints) names.add(name);
  }
  return names;
}

/** For a relation or an index: `label` is `pkey`, `key`, `idx`, `seq`. */
export function relationName(
  state: CatalogState,
  schema: string,
  table: string,
  columns: readonly string[],
  label: string,
  taken: ReadonlySet<string>,
): string {
  const constraints = label === 'pkey' || label === 'key' ? constraintNames(state, schema) : null;
  return choose(table, joined(columns), label, (name) => {
    if (taken.has(name) || state.isTaken(schema, name)) return true;
    return constraints !== null && constraints.has(name);
  });
}

/** For a check or a foreign key. */
export function constraintName(
  state: CatalogState,
  table: Pick<Table, 'schema' | 'name'>,
  columns: readonly string[],
  label: string,
  taken: ReadonlySet<string>,
): string {
  const names = constraintNames(state, table.schema);
  return choose(table.name, joined(columns), label, (name) => taken.has(name) || names.has(name));
}

/** Columns of a made-up name: as many as fit. */
function joined(columns: readonly string[]): string {
  let text = '';
  for (const column of columns) {
    text = text === '' ? column : `${text}_${column}`;
    if (utf8Length(text) >= NAME_BYTES_MAX) break;
  }
  return text;
}
