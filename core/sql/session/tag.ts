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
    case 'maintain':
      return statement.command.toUpperCase();
    case 'lockTable':
      return 'LOCK TABLE';
    case 'concurrently':
      return tagOf(statement.statement);
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
    case 'withoutEffect':
      if (statement.statement !== null) return tagOf(statement.statement);
      return `ALTER ${OBJECTS[statement.object]}`;
    case 'comment':
      return 'COMMENT';
    default:
      return statement.kind.toUpperCase();
  }
}

/** As PostgreSQL names a statement that may not be run. */
export function verbOf(statement: Statement): string {
  switch (statement.kind) {
    case 'query':
      return 'SELECT';
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return statement.kind.toUpperCase();
    default:
      return tagOf(statement);
  }
}

/** Of a query or a write, which count rows. */
export function countTag(kind: 'query' | WritePlan['kind'], count: number): string {
  if (kind === 'query') return `SELECT ${count}`;
  return kind === 'insert' ? `INSERT 0 ${count}` : `${kind.toUpperCase()} ${count}`;
}
