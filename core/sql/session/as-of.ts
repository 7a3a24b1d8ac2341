/**
 * `kimberlite.as_of`: the moment of every table that names none itself. A number is a position of
 * the log, anything else a timestamp as AS OF TIMESTAMP takes it; empty is the present.
 */
import type { TimeClause } from '../tree/query.ts';
import { POSITION } from './settings.ts';
import type { Settings } from './settings.ts';

export function asOfClause(settings: Settings): TimeClause | null {
  const text = settings.get('kimberlite.as_of')!;
  if (text === '') return null;
  const isPosition = POSITION.test(text);
  const type = isPosition ? 'integer' : 'string';
  return {
    kind: isPosition ? 'position' : 'timestamp',
    operand: { kind: 'literal', type, text, at: -1 },
    at: -1,
  };
}
