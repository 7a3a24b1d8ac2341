/** Entry point of `dist/replica.js`: one replica of a cluster, as this process. */
import { PRODUCTION } from '../core/limits.ts';
import { runReplica } from './replica.ts';

const ended = new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});

const code = await runReplica(process.argv.slice(2), {
  limits: PRODUCTION,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  ended,
});
// Output to a pipe is asynchronous on some systems: exit when it is written, not before.
process.exitCode = code;
