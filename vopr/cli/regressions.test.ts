/**
 * Every trace that is kept under `traces/regressions/` showed a bug once; its note says which. Run
 * again on this build, none of them may fail, and each must still be a trace that can be read.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/testing/tree.ts';
import { createEngine } from './engine.ts';
import { readTrace } from './replay.ts';

const folder = join(root, 'traces/regressions');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('traces of bugs that were fixed', () => {
  const engine = createEngine();

  test('there are some', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  test.for(names)('%s', (name) => {
    const trace = readTrace(join(folder, name));
    expect(trace.note, 'says what was wrong, and what was done').toMatch(/\. Fixed in /);
    const result = engine.replay(trace);
    expect(result.violation).toBeNull();
    expect(result.events).toBeGreaterThan(100);
  });
});
