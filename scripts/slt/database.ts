/** The embedded database, in memory and synchronous, as a runner sees it: values as text. */
import { MemoryDatabase } from '../../core/sql/memory.ts';
import { isError } from '../../core/sql/session/result.ts';
import { formatValue } from '../../core/sql/types/text-io.ts';
import { formatType } from '../../core/sql/types/describe.ts';
import { loadParser } from '../../shells/parser.ts';
import type { Answer, Session } from './run.ts';

const parser = await loadParser();

/** A fresh database with one session. */
export function openSession(): Session {
  const session = new MemoryDatabase(parser).session();
  return {
    run(sql): Answer {
      try {
        const answer = session.run(sql).at(-1);
        if (answer === undefined) return { kind: 'rows', types: [], rows: [] };
        if (isError(answer)) {
          return { kind: 'error', code: answer.code, message: answer.message };
        }
        const types = (answer.columns ?? []).map(({ type }) => type);
        return {
          kind: 'rows',
          types: types.map(formatType),
          rows: answer.rows.map((row) =>
            row.map((value, i) => (value === null ? null : formatValue(types[i]!.id, value, 0))),
          ),
        };
      } catch (error) {
        // A broken belief is a failure like any other here, and the file goes on.
        const { name, message } = error as Error;
        return { kind: 'error', code: 'XX000', message: `${name}: ${message}` };
      }
    },
  };
}
