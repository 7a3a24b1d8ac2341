/**
 * `kimberlite query SQL…`: runs statements and writes what they answer; ends at the first error.
 */
import { readStatements, readLast } from '../repl/read-statements.ts';
import { withDatabase } from './connection.ts';
import { formatOf, makeShell } from './repl.ts';
import type { ReplArguments } from './repl.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED } from './usage.ts';

export interface QueryArguments extends ReplArguments {
  readonly sql?: unknown;
}

export function queryCommand(args: QueryArguments): Promise<number> {
  const format = formatOf(args);
  const texts = [args.sql].flat().map(String);
  const items = texts.flatMap((text) => {
    const { items: whole, rest } = readStatements(text);
    return [...whole, ...readLast(rest)];
  });
  if (items.length === 0) throw new CommandError('query needs a statement, in quotes');
  return withDatabase(args, async (database) => {
    const shell = makeShell(database, format);
    process.once('SIGINT', () => {
      if (!shell.cancel()) process.exit(130);
    });
    for (const item of items) if (!(await shell.run(item))) return EXIT_FAILED;
    return EXIT_DONE;
  });
}
