/** Entry point of `dist/client.js`: one command to a cluster. */
import { text } from 'node:stream/consumers';
import { PRODUCTION } from '../core/limits.ts';
import { runClient } from './client-command.ts';

process.exitCode = await runClient(process.argv.slice(2), {
  limits: PRODUCTION,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  input: () => text(process.stdin),
});
