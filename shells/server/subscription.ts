/**
 * SUBSCRIBE: changes of rows from the log, as they are committed, under credit. Entries are read
 * when the client has room for what is in them.
 */
import { changesOf } from '../../core/kernel/changes.ts';
import { decodeEntryHeader } from '../../core/kernel/entry.ts';
import { actorOf } from '../../core/kernel/log-table.ts';
import type { Table } from '../../core/sql/catalog/model.ts';
import { shownTable } from '../../core/sql/catalog/shown-table.ts';
import { SqlError } from '../../core/sql/error.ts';
import { isError } from '../../core/sql/session/result.ts';
import { Session } from '../../core/sql/session/session.ts';
import { NO_TYPES } from '../../core/sql/session/statement.ts';
import { Runner } from '../embedded/runner.ts';
import { CHANNEL_CONNECTION } from '../protocol/message.ts';
import type { ChangeMessage, ClientMessage } from '../protocol/message.ts';
import { encodeServer } from '../protocol/server-codec.ts';
import type { ServerContext } from './context.ts';
import type { Identity } from './gate.ts';
import type { Running } from './running.ts';

type Subscribe = Extract<ClientMessage, { kind: 'subscribe' }>;
type RowChange = Pick<ChangeMessage, 'operation' | 'before' | 'after'> & { readonly table: Table };

export async function streamChanges(
  context: ServerContext,
  identity: Identity,
  subscribe: Subscribe,
  running: Running,
): Promise<void> {
  const { state, gate, port, databases } = context;
  const { tenant } = identity;
  const engine = databases.engine(tenant);
  await running.end.race(port.barrier());
  while (state.installing) await running.end.race(context.changed());
  const present = state.position(tenant);
  const after = subscribe.after < 0 ? present : subscribe.after;
  if (after > present) {
    throw new SqlError('22023', `position ${after} is not in this log, which ends at ${present}`);
  }
  if (subscribe.snapshot) await sendSnapshot(context, identity, subscribe, present, running);
  for (let position = after + 1; ;) {
    if (position > state.position(tenant)) {
      await running.end.race(context.changed());
      continue;
    }
    while (state.installing) await running.end.race(context.changed());
    // Rights may have changed since.
    gate.check(identity, subscribe);
    const entry = state.entry(tenant, position);
    const header = entry === null ? null : decodeEntryHeader(entry);
    if (entry === null || header === null) {
      throw new SqlError('XX001', `the log's entry at position ${position} is damaged`);
    }
    const end = state.position(tenant);
    const catalog = engine.catalogAt(position, end);
    const all = changesOf(entry, catalog, engine.catalogAt(position - 1, end));
    const changes = all.filter(({ table }) => isWanted(table, subscribe));
    const actor = actorOf(entry, header);
    for (const [i, change] of changes.entries()) {
      const last = i === changes.length - 1;
      await send(running, change, position, header.timestamp, actor, last);
    }
    position += 1;
  }
}

async function sendSnapshot(
  { state, limits, databases, aside, statements }: ServerContext,
  { tenant, user }: Identity,
  subscribe: Subscribe,
  position: number,
  running: Running,
): Promise<void> {
  const host = databases.host(tenant, user);
  const runner = new Runner(state, aside, aside, tenant, limits);
  const { timestamp } = state;
  let held: RowChange | null = null;
  for (const table of host.engine.catalogAt(position, position).relations()) {
    if (table.kind !== 'table' || !isWanted(table, subscribe)) continue;
    const columns = table.columns.map(({ name }) => quoted(name)).join(', ');
    const text = `SELECT ${columns} FROM ${quoted(table.schema)}.${quoted(table.name)}`;
    const session = new Session(host);
    session.settings.set('kimberlite.as_of', String(position));
    const [known] = statements.parse(text);
    const { answer } = await runner.execute(session, known!, NO_TYPES, null, running.end);
    if (isError(answer)) throw answer;
    for (const row of answer.rows) {
      if (held !== null) await send(running, held, position, timestamp, null, false);
      held = { table: shownTable(table), operation: 'snapshot', before: null, after: row };
    }
  }
  if (held !== null) await send(running, held, position, timestamp, null, true);
}

function send(
  running: Running,
  { table, operation, before, after }: RowChange,
  position: number,
  timestamp: number,
  actor: string | null,
  last: boolean,
): Promise<void> | null {
  const keys = table.indexes[0]!.elements.map(({ column }) => column);
  const message: ChangeMessage = {
    kind: 'change',
    position,
    timestamp,
    actor,
    schema: table.schema,
    table: table.name,
    operation,
    last,
    columns: table.columns.map(({ id, name, type }) => {
      return { name, type, key: keys.length === 0 || keys.includes(id) };
    }),
    before,
    after,
  };
  return running.stream(encodeServer(CHANNEL_CONNECTION, running.request, message));
}

function isWanted({ schema, name }: Table, { tables }: Subscribe): boolean {
  return tables.length === 0 || tables.includes(name) || tables.includes(`${schema}.${name}`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
