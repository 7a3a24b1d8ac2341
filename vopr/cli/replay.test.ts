/**
 * Every trace kept under `traces/` once failed; its cause was fixed, and it passes ever since. Its
 * `note` says what was wrong.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/testing/tree.ts';
import { formatTrace, parseTrace } from '../sim/trace.ts';
import { KIMBERLITE_BED } from './bed.ts';
import { createEngine } from './engine.ts';
import { readTrace } from './replay.ts';
import { UsageError } from './usage.ts';

const folder = join(root, 'traces');
/** What lies there besides traces. */
const OTHERS = ['golden.json', 'expectations.json'];

const kept = (existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [])
  .filter((name) => name.endsWith('.json') && !OTHERS.includes(name))
  .sort();

describe('replay: kept traces hold now', () => {
  const engine = createEngine(KIMBERLITE_BED);

  test.for(kept)('traces/%s', (name) => {
    const trace = readTrace(join(folder, name));
    expect(trace.note.length, 'a kept trace says what was wrong').toBeGreaterThan(20);
    expect(trace.violation, 'a kept trace says what failed').not.toBeNull();
    expect(engine.replay(trace).violation).toBeNull();
  });

  test('each is kept as it is printed, so that it diffs well', () => {
    for (const name of kept) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(formatTrace(readTrace(join(folder, name)))).toBe(text);
    }
  });
});

describe('replay: a recorded run', () => {
  test('has the digest of the seed, in words and back', () => {
    const engine = createEngine(KIMBERLITE_BED);
    for (const seed of [6, 7]) {
      const parsed = parseTrace(engine.trace(seed, null));
      if (!parsed.ok) throw new Error(parsed.error);
      expect(engine.replay(parsed.trace).digest).toBe(engine.run(seed, null).digest);
    }
  });

  test('a file that is not there is the reader’s mistake', () => {
    expect(() => readTrace(join(folder, 'no-such-trace.json'))).toThrow(UsageError);
  });
});
