/**
 * Temporary objects: ordinary ones in a schema that belongs to one session, comes first on its
 * search path, and is dropped when it ends.
 */
import { TEMPORARY_ALIAS } from '../catalog/view.ts';
import type { Drop, QualifiedName } from '../tree/define.ts';

import type { Statement } from '../tree/statement.ts';
import { NO_SEQUENCES, encodeStatementRequest } from './request.ts';
import { Settings } from './settings.ts';
import { KnownStatement } from './statement.ts';

const PREFIX = 'pg_temp_';
const NAME_BYTES = 8;

/** Whether a statement makes a temporary object; `implied`: one that names no schema does. */
export function makesTemporary(statement: Statement, implied: boolean): boolean {
  const says = ({ schema }: QualifiedName): boolean =>
    schema === null ? implied : schema === TEMPORARY_ALIAS;
  switch (statement.kind) {
    case 'createOnCommit':
      return true;
    case 'createTable':
    case 'createTableAs':
    case 'createView':
    case 'createSequence':
      return statement.temporary || says(statement.name);
    case 'createEnum':
      return says(statement.name);
    case 'createViewWith':
      return makesTemporary(statement.view, implied);
    case 'withoutEffect':
      return statement.statement !== null && makesTemporary(statement.statement, implied);
    default:
      return false;
  }
}

/** A name that no other session has. */
export function temporarySchema(salt: Uint8Array): string {
  let name = PREFIX;
  for (const byte of salt.subarray(0, NAME_BYTES)) name += byte.toString(16).padStart(2, '0');
  return name;
}

export function isTemporarySchema(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** What drops a session's temporary objects. */
export function dropTemporary(schema: string): KnownStatement {
  const statement: Drop = {
    kind: 'drop',
    object: 'schema',
    names: [{ schema: null, name: schema, at: -1 }],
    ifExists: true,
    cascade: true,
    at: -1,
  };
  return new KnownStatement(statement, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

export function dropTemporaryRequest(schema: string, user: string): Uint8Array {
  const known = dropTemporary(schema);
  const key = known.keyBytes(new Settings(), user, []);
  return encodeStatementRequest(key, known.text, [], NO_SEQUENCES);
}
