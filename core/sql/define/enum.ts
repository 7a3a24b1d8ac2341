/**
 * CREATE TYPE … AS ENUM and ALTER TYPE. Labels come, and are called otherwise, without a row being
 * touched: rows and keys hold ranks (`types/rank.ts`).
 */
import { utf8Length } from '../../codec/utf8.ts';
import type { EnumType } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { AddLabel, CreateEnum, RenameLabel } from '../tree/define-type.ts';
import type { CommentOn, Rename, SetSchema } from '../tree/define.ts';
import { firstRanks, rankBetween } from '../types/rank.ts';
import type { EnumLabel } from '../types/user-type.ts';
import type { Editor } from './editor.ts';
import { claimTypeName, findAlterable, findEnum, isTypeNameTaken } from './find-type.ts';

const LABEL_BYTES_MAX = 63;

export function createEnum(statement: CreateEnum, editor: Editor): void {
  const { name, labels, at } = statement;
  const schema = editor.schemaFor(name);
  claimTypeName(editor, schema, name.name, at);
  const id = editor.newId();
  const ranks = firstRanks(labels.length);
  const seen: Set<string> = new Set();
  for (const label of labels) {
    checkLabel(label, at);
    if (seen.has(label)) {
      const unique = 'unique constraint "pg_enum_typid_label_index"';
      const detail = `Key (enumtypid, enumlabel)=(${id}, ${label}) already exists.`;
      throw new SqlError('23505', `duplicate key value violates ${unique}`, { detail, at });
    }
    seen.add(label);
  }
  const made = labels.map((label, i): EnumLabel => ({ name: label, rank: ranks[i]! }));
  editor.put({ kind: 'enum', id, schema, name: name.name, labels: made, comment: null });
}

function checkLabel(label: string, at: number): void {
  if (utf8Length(label) <= LABEL_BYTES_MAX) return;
  const detail = `Labels must be ${LABEL_BYTES_MAX} bytes or less.`;
  throw new SqlError('42602', `invalid enum label "${label}"`, { detail, at });
}

export function addLabel(statement: AddLabel, editor: Editor): void {
  const { name, label, ifNotExists, place, neighbour, at } = statement;
  const found = findEnum(editor, name);
  const { labels } = found;
  checkLabel(label, at);
  if (labels.some((one) => one.name === label)) {
    const message = `enum label "${label}" already exists`;
    if (!ifNotExists) throw new SqlError('42710', message, { at });
    editor.notice(`${message}, skipping`);
    return;
  }
  const beside = place === 'last' ? labels.length - 1 : placeOf(found, neighbour, at);
  const next = place === 'before' ? beside : beside + 1;
  const low = labels[next - 1]?.rank ?? null;
  const high = labels[next]?.rank ?? null;
  const added = { name: label, rank: rankBetween(low, high) };
  editor.put({ ...found, labels: [...labels.slice(0, next), added, ...labels.slice(next)] });
}

/** 22023: there is no such label. */
function placeOf({ labels }: EnumType, name: string, at: number): number {
  const place = labels.findIndex((one) => one.name === name);
  if (place >= 0) return place;
  throw new SqlError('22023', `"${name}" is not an existing enum label`, { at });
}

export function renameLabel(statement: RenameLabel, editor: Editor): void {
  const { name, from, to, at } = statement;
  const found = findEnum(editor, name);
  checkLabel(to, at);
  const place = placeOf(found, from, at);
  if (found.labels.some((one) => one.name === to)) {
    throw new SqlError('42710', `enum label "${to}" already exists`, { at });
  }
  const labels = found.labels.map((one, i) => (i === place ? { ...one, name: to } : one));
  editor.put({ ...found, labels });
}

export function renameType(statement: Rename, editor: Editor): void {
  const { name, to, at } = statement;
  const found = findAlterable(editor, name, 'renaming');
  claimTypeName(editor, found.schema, to, at);
  editor.put({ ...found, name: to });
}

export function moveType(statement: SetSchema, editor: Editor): void {
  const { name, schema, at } = statement;
  const found = findAlterable(editor, name, 'SET SCHEMA');
  const to = editor.schemaToMoveTo(found, schema, at);
  if (to === found.schema) return;
  if (isTypeNameTaken(editor, to, found.name)) {
    const message = `type "${found.name}" already exists in schema "${to}"`;
    throw new SqlError('42710', message, { at });
  }
  editor.put({ ...found, schema: to });
}

export function commentType({ name, comment }: CommentOn, editor: Editor): void {
  editor.put({ ...findAlterable(editor, name, 'a comment'), comment });
}
