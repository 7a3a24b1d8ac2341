/**
 * Entry of the processes in `host.cluster.test.ts`: what `replica-main.ts` does, with the test's
 * limits, and a report of the node's state to the parent after inputs that change it, on demand.
 */
import { runReplica } from '../replica.ts';
import { CLUSTER_LIMITS } from './cluster-limits.ts';
import type { Report } from './cluster.ts';

let watching = false;
let sending = false;
let last = '';
let look: (() => Report) | null = null;

function report(): void {
  if (look === null || !watching || sending || process.send === undefined) return;
  const state = look();
  const text = JSON.stringify(state);
  if (text === last) return;
  last = text;
  sending = true;
  process.send(state, undefined, undefined, () => {
    sending = false;
    report();
  });
}

const ended = new Promise<void>((resolve) => {
  // The parent is gone: so are we.
  process.once('disconnect', () => resolve());
  process.on('message', (message) => {
    if (message === 'watch') watching = true;
    report();
  });
});

process.exitCode = await runReplica(process.argv.slice(2), {
  limits: CLUSTER_LIMITS,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  ended,
  onRunning: ({ node }) => {
    look = () => ({ ...node.inspect() });
    report();
  },
  onInput: report,
});
process.disconnect?.();
