/** SHOW: a setting's value, or all of them. */
import { SqlError } from '../error.ts';
import type { StatementResult } from './result.ts';
import { rowsResult } from './result.ts';
import type { Settings } from './settings.ts';
import { shownName } from './settings.ts';
import { TEXT_TYPE } from './statement.ts';

/** Throws 42704. */
export function shown(settings: Settings, name: string): StatementResult {
  if (name === 'all') {
    const columns = ['name', 'setting'].map((column) => ({ name: column, type: TEXT_TYPE }));
    const rows = settings.names().map((one) => [one, settings.get(one)]);
    return rowsResult('SHOW', columns, rows);
  }
  const value = settings.get(name);
  if (value === null) {
    throw new SqlError('42704', `unrecognized configuration parameter "${name}"`);
  }
  return rowsResult('SHOW', [{ name: shownName(name), type: TEXT_TYPE }], [[value]]);
}
