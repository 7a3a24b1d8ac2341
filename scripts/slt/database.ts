/** The embedded database, in memory and synchronous, as a runner sees it: values as text. */
import { performance } from 'node:perf_hooks';
import { MemoryDatabase } from '../../core/sql/memory.ts';
import { isError } from '../../core/sql/session/result.ts';
import { formatValue } from '../../core/sql/types/text-io.ts';
import { formatType } from '../../core/sql/types/describe.ts';
import { loadParser } from '../../shells/parser.ts';
import type { Answer, Session } from './run.ts';

const parser = await loadParser();

/** A query that takes longer fails; the slowest that any file needs takes a tenth of it. */
const STATEMENT_MILLIS_MAX = 10_000;

/** A fresh database with one session. */
export function openSession(): Session {
  const database = new MemoryDatabase(parser);
  const session = database.session();
  let started = 0;
  database.expired = () => performance.now() - started > STATEMENT_MILLIS_MAX;
  return {
    run(sql): Answer {
      started = performance.now();
      try {
        const answer = session.run(sql).at(-1);
        if (answer === undefined) return { kind: 'rows', types: [], rows: [] };
        if (isError(answer)) {
          return { kind: 'error', code: answer.code, message: answer.message };
        }
        const { display } = session.session.settings;
        const types = (answer.columns ?? []).map(({ type }) => type);
        return {
          kind: 'rows',
          types: types.map(formatType),
          rows: answer.rows.map((row) =>
            row.map((value, i) =>
              value === null ? null : formatValue(types[i]!.id, value, display),
            ),
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
