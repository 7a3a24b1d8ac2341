/** A server of its own for a test, on an empty directory, and the commands that talk to it. */
import { join } from 'node:path';
import { PRODUCTION } from '../../../core/limits.ts';
import { tempDirectory } from '../../testing/temp-directory.ts';
import { partsOf, planOf } from '../init.ts';
import { makeDirectory } from '../make-directory.ts';
import { freeBase, kimberlite, serve } from './run-command.ts';
import type { Ended } from './run-command.ts';

export interface NewServer {
  /** Of the test: for its files. */
  readonly base: string;
  /** Rows as CSV, or what was said instead. */
  readonly query: (sql: string) => Promise<string>;
  /** `kimberlite import`. */
  readonly load: (...argv: readonly string[]) => Promise<Ended>;
}

/** Runs until the test is over. */
export async function serveNew(): Promise<NewServer> {
  const base = tempDirectory();
  const directory = join(base, 'data');
  const address = `127.0.0.1:${await freeBase()}`;
  const plan = planOf({ address, development: true });
  await makeDirectory(directory, partsOf(plan), { limits: PRODUCTION, holes: true });
  await serve(directory);
  const to = ['--address', address];
  return {
    base,
    query: async (sql) => {
      const { stdout, stderr } = await kimberlite('query', ...to, sql, '--format', 'csv');
      return stderr === '' ? stdout.trimEnd() : stderr;
    },
    load: (...argv) => kimberlite('import', ...to, ...argv),
  };
}
