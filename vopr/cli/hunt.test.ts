/**
 * The hunter outlives what it hunts: processes that fail, loop for ever, throw, or eat all memory.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hunter } from './hunt.ts';
import type { Failure } from './tally.ts';

const PATIENT_MILLIS = 60_000;
const IMPATIENT_MILLIS = 1_000;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vopr-hunt-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A process that passes every seed but one, at which it does `deed`. */
function processWith(name: string, deed: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `const BAD = 105;
process.on('message', ({ from, count }) => {
  const failures = [];
  for (let seed = from; seed < from + count && failures.length === 0; seed++) {
    process.send({ kind: 'at', at: seed - from });
    if (seed === BAD) { ${deed} }
  }
  process.send({ kind: 'done', from, tally: { failures }, rss: 0, reached: false });
});
process.send({ kind: 'ready' });
`,
  );
  return pathToFileURL(path);
}

async function hunt(bundle: URL, patience: number, from: number): Promise<Failure | null> {
  const hunter = new Hunter(bundle, patience);
  const failure = await hunter.firstFailure({ from, count: 200, scenario: null });
  await hunter.close();
  return failure;
}

describe('hunt', () => {
  const fails = "failures.push({ seed, invariant: 'chain', message: 'broken' });";

  test('the first failing seed is found, whatever range it lies in', async () => {
    const failure = await hunt(processWith('fails', fails), PATIENT_MILLIS, 0);
    expect(failure).toEqual({ seed: 105, invariant: 'chain', message: 'broken' });
  });

  test('seeds that all pass give nothing', async () => {
    expect(await hunt(processWith('passes', fails), PATIENT_MILLIS, 106)).toBeNull();
  });

  test('a run that never ends is a failure of its seed', async () => {
    const failure = await hunt(processWith('hangs', 'for (;;);'), IMPATIENT_MILLIS, 100);
    expect(failure).toMatchObject({ seed: 105, invariant: 'hang' });
  });

  test('so is an exception that escapes', async () => {
    const failure = await hunt(processWith('throws', "throw new Error('no')"), PATIENT_MILLIS, 100);
    expect(failure).toEqual({ seed: 105, invariant: 'crash', message: 'no' });
  });

  test('and a run that eats all memory', async () => {
    const eats = 'const all = []; for (;;) all.push(new Array(1000).fill(seed));';
    const failure = await hunt(processWith('eats', eats), PATIENT_MILLIS, 100);
    expect(failure).toMatchObject({ seed: 105, invariant: 'memory' });
  });

  test('even all at once, far past the limit', async () => {
    const eats = 'const all = []; for (;;) all.push(seed);';
    const failure = await hunt(processWith('eats-at-once', eats), PATIENT_MILLIS, 100);
    expect(failure).toMatchObject({ seed: 105 });
    expect(failure?.invariant).toMatch(/^(memory|crash)$/);
  });

  test('after such an end the hunter goes on with a new process', async () => {
    const hunter = new Hunter(processWith('again', "throw new Error('no')"), PATIENT_MILLIS);
    const range = { count: 10, scenario: null };
    expect(await hunter.firstFailure({ ...range, from: 100 })).not.toBeNull();
    expect(await hunter.firstFailure({ ...range, from: 200 })).toBeNull();
    expect(await hunter.firstFailure({ ...range, from: 105 })).not.toBeNull();
    await hunter.close();
  });
});
