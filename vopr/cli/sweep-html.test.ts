/**
 * The page of a sweep: what it says is what the numbers say, and nothing in it is markup by chance.
 */
import { describe, expect, test } from 'vitest';
import { KIMBERLITE_BED } from './bed.ts';
import { createHistogram, record } from './histogram.ts';
import { sweepHtml } from './sweep-html.ts';
import { sweepReportJson } from './sweep-json.ts';
import type { SweepReportJson } from './sweep-json.ts';
import { SeedPlan } from './seed-plan.ts';
import { createTally } from './tally.ts';

function aSweep(more: Partial<SweepReportJson> = {}): SweepReportJson {
  const tally = { ...createTally(), runs: 100, passed: 100, commits: createHistogram() };
  for (let run = 0; run < 100; run++) record(tally.commits, run);
  const pace = [1, 2, 3].map((seconds) => ({ seconds, runs: seconds * 33 }));
  const plan = new SeedPlan(100, 100, 10);
  const result = { tally, plan, pace, seconds: 3, peakRss: 0 };
  const asked = { from: 0, count: 100, jobs: 2, scenario: null, bed: KIMBERLITE_BED, groups: [] };
  const report = { result, ...asked, traces: new Map<number, string>(), complaints: [] };
  return { ...sweepReportJson(report), ...more };
}

describe('the page of a sweep', () => {
  test('is one file that fetches nothing and runs nothing', () => {
    const page = sweepHtml(aSweep());
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|javascript:/i);
  });

  test('says plainly when runs failed, when it was stopped, and when it was dishonest', () => {
    const groups = [
      {
        invariant: 'prefix',
        shape: 'op # is lost',
        count: 3,
        seeds: [7, 8, 9],
        causes: ['drop <x>'],
        shrunk: null,
      },
    ];
    const complaints = ['crash was never delivered'];
    const page = sweepHtml(aSweep({ runs: 60, passed: 57, groups, complaints }));
    expect(page).toContain('3 runs failed.');
    expect(page).toContain('40 seeds did not run');
    expect(page).toContain('npx vopr run --seed 7');
    expect(page).toContain('seeds 7, 8, 9');
    expect(page).toContain('shrunk: drop &lt;x&gt;');
    expect(page).toContain('crash was never delivered');
  });

  test('repeats a failure of another system and scenario as what it is', () => {
    const group = {
      invariant: 'prefix',
      shape: 'x',
      count: 1,
      seeds: [7],
      causes: [],
      shrunk: null,
    };
    const page = sweepHtml(aSweep({ groups: [group], system: 'lock.mjs', scenario: 'quiet' }));
    expect(page).toContain('npx vopr run --system lock.mjs --scenario quiet --seed 7');
  });

  test('takes no message for markup', () => {
    const groups = [
      {
        invariant: 'a<b',
        shape: '<img src=x> & "quotes"',
        count: 1,
        seeds: [1],
        causes: ['drop <x>'],
        shrunk: null,
      },
    ];
    const page = sweepHtml(aSweep({ groups }));
    expect(page).toContain('&lt;img src=x&gt; &amp; &quot;quotes&quot;');
    expect(page).not.toContain('<img');
  });

  test('plots what there is: a step for each mark, and a rate between reports', () => {
    const marks = { view_change: 90, scrub: 5 };
    const page = sweepHtml(aSweep({ marks, markSeeds: { view_change: 0, scrub: 50 } }));
    const lines = [...page.matchAll(/<polyline class="line" points="([^"]*)"/g)];
    expect(lines.map(([, points]) => points?.split(' ').length)).toEqual([3, 6]);
    // 33 runs a second throughout: the line is level.
    const heights = lines[0]?.[1]?.split(' ').map((point) => point.split(',')[1]);
    expect(new Set(heights).size).toBe(1);
  });

  test('of a sweep in which nothing ran draws no nonsense', () => {
    const none = { events: [], commits: [], faults: [] };
    const page = sweepHtml(aSweep({ runs: 0, passed: 0, pace: [], histograms: none }));
    expect(page).not.toMatch(/NaN|Infinity/);
    expect(page).toContain('Nothing ran.');
  });
});
