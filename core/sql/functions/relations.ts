/** What the catalogue says of relations that are named by a text: what `regclass` would read. */
import { findByText, relationByText, textOfRelation } from '../catalog/by-text.ts';
import type { Relation } from '../catalog/model.ts';
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { qualified } from '../tree/name-print.ts';
import { INT4, TEXT } from '../types/type.ts';
import { stable } from './define.ts';
import type { ScalarFunction } from './function.ts';

function visible({ catalog }: Environment, name: string): string | null {
  const found = catalog === null ? null : findByText(catalog, name);
  return found === null ? null : textOfRelation(catalog!, found);
}

/** The column is meant as it is written, unlike the relation. */
function owned({ catalog }: Environment, name: string, column: string): string | null {
  if (catalog === null) return null;
  const relation = relationByText(catalog, name);
  const isTable = relation.kind === 'table';
  const found = isTable ? relation.columns.find((one) => one.name === column) : undefined;
  if (!isTable || found === undefined) throw missingColumn(relation, column);
  const all = catalog.sequencesOf(relation.id);
  const sequence = all.find(({ ownerColumn }) => ownerColumn === found.id);
  return sequence === undefined ? null : qualified(sequence.schema, sequence.name);
}

function missingColumn({ name }: Relation, column: string): SqlError {
  return new SqlError('42703', `column "${column}" of relation "${name}" does not exist`);
}

function commentOf({ catalog }: Environment, name: string): string | null {
  const found = catalog === null ? null : relationByText(catalog, name);
  return found === null || found.kind === 'system' ? null : found.comment;
}

/** By the column's number, from 1. */
function commentOfColumn({ catalog }: Environment, name: string, number: number): string | null {
  const found = catalog === null ? null : relationByText(catalog, name);
  if (found === null || (found.kind !== 'table' && found.kind !== 'view')) return null;
  return found.columns[number - 1]?.comment ?? null;
}

export const relationFunctions: readonly ScalarFunction[] = [
  stable('to_regclass', [TEXT], TEXT, visible),
  stable('pg_get_serial_sequence', [TEXT, TEXT], TEXT, owned),
  stable('obj_description', [TEXT], TEXT, commentOf),
  stable('obj_description', [TEXT, TEXT], TEXT, (e, name: string, kind: string) =>
    kind === 'pg_class' ? commentOf(e, name) : null,
  ),
  stable('col_description', [TEXT, INT4], TEXT, commentOfColumn),
];
