/** A change of a row as the protocol carries it, made what a subscriber gets. */
import { formatTimestampTz } from '../../core/sql/types/datetime-text.ts';
import { DEFAULT_DISPLAY } from '../../core/sql/types/style.ts';
import { SQL_EPOCH_MICROS } from '../../core/sql/rows/moments.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { jsOf } from '../embedded/results.ts';
import type { Row } from '../embedded/results.ts';
import type { Change } from '../embedded/subscription.ts';
import { Timestamp } from '../embedded/timestamp.ts';
import type { ChangeMessage } from '../protocol/message.ts';
import { UTC } from '../../core/sql/types/zone.ts';

export function changeOf(message: ChangeMessage): Change {
  const { position, actor, schema, table, operation, last, before, after } = message;
  const timestamp = new Timestamp(formatTimestampTz(message.timestamp - SQL_EPOCH_MICROS, UTC));
  const names = { schema, table };
  return {
    position,
    timestamp,
    actor,
    ...names,
    operation,
    key: keyOf(message, after ?? before ?? []),
    before: before === null ? null : rowOf(message, before),
    after: after === null ? null : rowOf(message, after),
    last,
  };
}

function rowOf({ columns }: ChangeMessage, values: readonly Value[]): Row {
  const row: Record<string, unknown> = {};
  for (const [i, { name, type }] of columns.entries())
    row[name] = jsOf(type, DEFAULT_DISPLAY)(values[i]!);
  return row;
}

function keyOf(message: ChangeMessage, values: readonly Value[]): Row {
  const { columns } = message;
  if (columns.every(({ key }) => !key)) return rowOf(message, values);
  const row: Record<string, unknown> = {};
  for (const [i, { name, type, key }] of columns.entries()) {
    if (key) row[name] = jsOf(type, DEFAULT_DISPLAY)(values[i]!);
  }
  return row;
}
