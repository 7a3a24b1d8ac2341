/** The timeline watches without touching, and shows what happened in order. */
import { describe, expect, test } from 'vitest';
import type { Choice } from '../sim/choose.ts';
import type { RunResult } from '../sim/run.ts';
import { choiceWords } from './choices.ts';
import { KIMBERLITE_BED } from './bed.ts';
import { createEngine } from './engine.ts';
import { Glossary } from './glossary.ts';
import { legendOf, timelineInvariant } from './timeline.ts';
import type { Timeline, TimelineOptions } from './timeline.ts';

const EVERYTHING: TimelineOptions = {
  limit: Number.POSITIVE_INFINITY,
  quiet: true,
  only: null,
  node: null,
};

interface Watched {
  readonly result: RunResult;
  readonly choices: readonly Choice[];
  readonly glossary: Glossary;
  readonly timeline: Timeline;
}

function watch(seed: number, scenario: string | null, options = EVERYTHING): Watched {
  const glossary = new Glossary(KIMBERLITE_BED.words);
  const made: Timeline[] = [];
  const invariant = timelineInvariant(KIMBERLITE_BED, options, glossary, (timeline) =>
    made.push(timeline),
  );
  const engine = createEngine(KIMBERLITE_BED, {
    invariant,
    watch: (system) => glossary.watch(system),
  });
  const choices: Choice[] = [];
  const result = engine.record(seed, scenario, choices);
  const [timeline] = made;
  if (timeline === undefined || made.length !== 1) throw new Error('one run has one timeline');
  return { result, choices, glossary, timeline };
}

/** Lane states of a line: the letters between the columns. */
function lanesOf(line: string, nodes: number): string {
  return line.slice(21, 21 + 3 * nodes);
}

describe('timeline', () => {
  test('watching changes nothing: the digest is that of the run alone', () => {
    for (const seed of [1, 2, 3]) {
      const { result } = watch(seed, null);
      expect(result.digest).toBe(createEngine(KIMBERLITE_BED).run(seed, null).digest);
    }
  });

  const crashes = watch(4, 'restarted-primary');
  const { lines } = crashes.timeline;

  test('time and events never go back, and every line has a lane a node', () => {
    let [time, event] = [0, 0];
    for (const line of lines) {
      const at = Number(line.slice(0, 12));
      const handled = Number(line.slice(13, 20));
      expect(at).toBeGreaterThanOrEqual(time);
      expect(handled).toBeGreaterThanOrEqual(event);
      [time, event] = [at, handled];
      const letters = lanesOf(line, 3).replaceAll(/[[\] ]/g, '');
      expect(letters).toHaveLength(3);
      for (const letter of letters)
        expect(Object.keys(legendOf(KIMBERLITE_BED.words))).toContain(letter);
    }
  });

  test('who acts is in brackets, and nobody else', () => {
    for (const line of lines) {
      const who = /^.{21}.{9} (\S+)/.exec(line)?.[1];
      const marked = [0, 1, 2].filter((node) => lanesOf(line, 3)[3 * node] === '[');
      expect(marked.map((node) => `r${node}`)).toEqual(who === '*' ? [] : [who]);
    }
  });

  test('a crash is seen, the node is down until it opens again, and the core converges', () => {
    const down = lines.findIndex((line) => / r\d (crashes|loses power)/.test(line));
    expect(down).toBeGreaterThan(0);
    const node = Number(/ r(\d) (crashes|loses)/.exec(lines[down] ?? '')?.[1]);
    const up = lines.findIndex((line, at) => at > down && line.includes(` r${node} opened`));
    expect(up).toBeGreaterThan(down);
    // Steps of the open itself come before `opened`, and already show what it has become.
    expect(lanesOf(lines[down] ?? '', 3)[3 * node + 1]).toBe('x');
    expect(lanesOf(lines[up] ?? '', 3)[3 * node + 1]).not.toBe('x');
    expect(lines.some((line) => line.includes('the healed core is'))).toBe(true);
    expect(lines.some((line) => line.includes('the core has converged'))).toBe(true);
  });

  test('delivered faults add up to the counts of the run', () => {
    const seen = new Map<string, number>();
    for (const line of lines) {
      const list = / {1,2}fault delivered: (.*)$/.exec(line)?.[1];
      for (const item of list?.split(', ') ?? []) {
        const [name = '', count = '1'] = item.split(' ×');
        seen.set(name, (seen.get(name) ?? 0) + Number(count));
      }
    }
    expect(Object.fromEntries(seen)).toEqual(crashes.result.faults);
  });

  test('--last keeps the end, --node one lane, --only what matches', () => {
    const last = watch(4, 'restarted-primary', { ...EVERYTHING, limit: 7 }).timeline;
    expect(last.lines).toEqual(lines.slice(-7));
    expect(last.matched).toBe(lines.length);
    const one = watch(4, 'restarted-primary', { ...EVERYTHING, node: 2 }).timeline;
    expect(one.lines).toEqual(lines.filter((line) => /^.{30} (r2|\*)/.test(line)));
    const only = watch(4, 'restarted-primary', { ...EVERYTHING, only: /commits op 3\b/ }).timeline;
    expect(only.lines).toEqual(lines.filter((line) => line.includes('commits op 3 ')));
    expect(only.lines.length).toBe(3);
  });

  test('without --all, bookkeeping stays out', () => {
    const brief = watch(4, 'restarted-primary', { ...EVERYTHING, quiet: false }).timeline;
    expect(brief.matched).toBeLessThan(lines.length);
    expect(brief.lines.some((line) => line.includes('has state'))).toBe(false);
    expect(lines.some((line) => line.includes('has state'))).toBe(true);
  });
});

describe('choices as sentences', () => {
  test('every choice of a stormy run has one, and messages and sectors have names', () => {
    for (const seed of [1, 2, 3, 4]) {
      const { choices, result, glossary } = watch(seed, null, { ...EVERYTHING, limit: 1 });
      expect(choices.length).toBeGreaterThan(20);
      for (const choice of choices) {
        const words = choiceWords(choice, result.configuration, glossary);
        // The fallback names the site: no site may need it.
        expect(words).not.toMatch(new RegExp(`^${choice.site} of`));
        expect(words).not.toMatch(/undefined|NaN|does not send/);
      }
    }
  });

  test('a dropped message reads like a sentence', () => {
    const { choices, result, glossary } = watch(4, 'restarted-primary');
    const choice = choices.find(({ site }) => site === 'message');
    if (choice === undefined) throw new Error('the weather delays some message');
    const dropped = choiceWords(
      { ...choice, occurrence: 2, answer: 12 },
      result.configuration,
      glossary,
    );
    expect(dropped).toMatch(/^drop \w+ .*from [rc]\d to [rc]\d \(occurrence 3\)$/);
  });
});
