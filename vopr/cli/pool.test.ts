/** The pool: every seed once, whatever its workers do. */
import { expect, test } from 'vitest';
import { runPool } from './pool.ts';
import { createTally, HANG } from './tally.ts';

/** A worker that runs nothing, and at seeds that end in 13 never ends. */
function worker(): URL {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.on('message', ({ from, count }) => {
      for (let seed = from; seed < from + count; seed++) {
        Atomics.store(workerData.progress, 0, seed - from);
        while (seed % 100 === 13);
      }
      const tally = { ...${JSON.stringify(createTally())}, runs: count, passed: count };
      parentPort.postMessage({ kind: 'done', from, tally, rss: 1 });
    });
    parentPort.postMessage({ kind: 'ready' });
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

test('a run that does not end is a failure, and the others go on', async () => {
  const seen: number[] = [];
  const { tally, plan } = await runPool({
    worker: worker(),
    system: null,
    jobs: 2,
    from: 0,
    count: 300,
    scenario: null,
    stopAtFailure: false,
    patienceMillis: 1_000,
    onProgress: (progress) => seen.push(progress.tally.runs),
    interrupted: () => false,
  });
  expect(tally.runs).toBe(300);
  expect(tally.passed).toBe(297);
  const hung = [13, 113, 213].map((seed) => {
    return { seed, invariant: HANG, message: 'the run did not end' };
  });
  expect(tally.failures).toEqual(hung);
  expect(plan.outstanding()).toEqual([]);
  expect(seen.at(-1)).toBe(300);
});
