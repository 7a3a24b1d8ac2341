/** Commands of a CI step side by side: most of them are one thread that starts and ends. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** How much is under way at once. */
export const WIDTH = availableParallelism();

/** Runs `node` with these arguments; resolves when it has ended, however it did. */
export function node(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** What `work` makes of each item, in the items' order; as many at once as there are cores. */
export async function inParallel(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return results;
}
