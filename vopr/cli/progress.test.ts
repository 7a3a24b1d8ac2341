/** The progress bar as text; nothing is drawn where nobody watches. */
import { describe, expect, test } from 'vitest';
import { progressLine, startProgress } from './progress.ts';

describe('progress', () => {
  test('says how far, how fast and how long still', () => {
    const line = progressLine(500, 2000, 0, 1000, 'runs');
    expect(line).toBe(`${'█'.repeat(6)}${'░'.repeat(18)} 500/2000  500 runs/s  0:03 left`);
  });

  test('says failures, from the first on', () => {
    expect(progressLine(1, 2, 3, 10, 'runs')).toContain('  3 FAILED');
  });

  test('nothing done yet promises nothing', () => {
    expect(progressLine(0, 10, 0, 0, 'runs')).toContain('0/10  0 runs/s  0:00 left');
  });

  test('fits a line of 80 columns', () => {
    const line = progressLine(99_999_999, 999_999_999, 0, 5e7, 'runs');
    expect(Array.from(line).length).toBeLessThanOrEqual(80);
  });

  test('is silent without a terminal', () => {
    // Test runners give no terminal; were there one, drawing would be right.
    if (process.stderr.isTTY) return;
    const progress = startProgress(10, 'runs');
    progress.update(5, 0);
    progress.stop();
  });
});
