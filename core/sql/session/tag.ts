/** Command tags, as PostgreSQL gives them for statements without rows. */
import type { WritePlan } from '../plan/plan.ts';
import type { ObjectKind } from '../tree/define.ts';
import type { Statement } from '../tree/statement.ts';

const OBJECTS: Readonly<Record<ObjectKind, string>> = {
  table: 'TABLE',
  view: 'VIEW',
  index: 'INDEX',
  sequence: 'SEQUENCE',
  schema: 'SCHEMA',
  type: 'TYPE',
};

export function tagOf(statement: Statement): string {
  switch (statement.kind) {
    case 'createOnCommit':
      return tagOf(statement.table);
    case 'createTableAsExecute':
      return 'CREATE TABLE AS';
    case 'setConstraints':
      return 'SET CONSTRAINTS';
    case 'discard':
      return `DISCARD ${statement.what.toUpperCase()}`;
    case 'createTable':
      return 'CREATE TABLE';
    case 'createTableAs':
      return 'CREATE TABLE AS';
    case 'alterTable':
      return 'ALTER TABLE';
    case 'alterView':
    case 'rename':
    case 'setSchema':
      return `ALTER ${OBJECTS[statement.object]}`;
    case 'drop':
      return `DROP ${OBJECTS[statement.object]}`;
    case 'truncate':
      return 'TRUNCATE TABLE';
    case 'createIndex':
      return 'CREATE INDEX';
    case 'createView':
    case 'createViewWith':
      return 'CREATE VIEW';
    case 'createSequence':
      return 'CREATE SEQUENCE';
    case 'alterSequence':
      return 'ALTER SEQUENCE';
    case 'createSchemaWith':
    case 'createSchema':
      return 'CREATE SCHEMA';
    case 'createEnum':
      return 'CREATE TYPE';
    case 'addLabel':
    case 'renameLabel':
      return 'ALTER TYPE';
    case 'comment':
      return 'COMMENT';
    default:
      return statement.kind.toUpperCase();
  }
}

/** Of a query or a write, which count rows. */
export function countTag(kind: 'query' | WritePlan['kind'], count: number): string {
  if (kind === 'query') return `SELECT ${count}`;
  return kind === 'insert' ? `INSERT 0 ${count}` : `${kind.toUpperCase()} ${count}`;
}
