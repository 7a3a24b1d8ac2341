/** Gaps: spontaneous faults strike at the drawn count and at no other. */
import { describe, expect, test } from 'vitest';
import { Choices, site } from './choose.ts';
import type { Choice } from './choose.ts';
import { drawGap, GapCounter, gapOf } from './gaps.ts';

const WRITE_GAP = site('write_gap');

function counter(): { counter: GapCounter; choices: Choices } {
  const choices = new Choices();
  choices.seeded(11);
  const made = new GapCounter(choices, WRITE_GAP, 0, 3);
  made.reset();
  return { counter: made, choices };
}

describe('gap counter', () => {
  test('without a kind armed nothing is ever due', () => {
    const { counter: gaps } = counter();
    for (let i = 0; i < 1000; i++) expect(gaps.tick()).toBe(false);
    expect(gaps.count).toBe(1000);
  });

  test('a set distance is due exactly then, once', () => {
    const { counter: gaps } = counter();
    gaps.set(1, 9);
    for (let i = 1; i < 9; i++) expect(gaps.tick()).toBe(false);
    expect(gaps.tick()).toBe(true);
    expect(gaps.take()).toBe(1);
    expect(gaps.take()).toBe(-1);
    for (let i = 0; i < 100; i++) expect(gaps.tick()).toBe(false);
  });

  test('two kinds due at once are both taken', () => {
    const { counter: gaps } = counter();
    gaps.set(2, 3);
    gaps.set(0, 3);
    gaps.tick();
    gaps.tick();
    expect(gaps.tick()).toBe(true);
    expect([gaps.take(), gaps.take(), gaps.take()]).toEqual([0, 2, -1]);
  });

  test('an armed kind comes again and again, about as often as its mean', () => {
    const { counter: gaps } = counter();
    let struck = 0;
    for (let round = 0; round < 20; round++) {
      gaps.arm(0, 50);
      for (let i = 0; i < 2000; i++) {
        if (gaps.tick()) while (gaps.take() >= 0) struck += 1;
      }
    }
    // One gap in 32 is "never", which ends a round early.
    expect(struck).toBeGreaterThan(200);
    expect(struck).toBeLessThan(1100);
  });

  test('stopped, it never strikes again', () => {
    const { counter: gaps } = counter();
    gaps.arm(0, 1);
    gaps.stop();
    for (let i = 0; i < 500; i++) expect(gaps.tick()).toBe(false);
  });

  test('calm answers are "never": a trace without choices has no faults', () => {
    const choices = new Choices();
    const none: Choice[] = [];
    choices.overridden(1, none, false);
    const gaps = new GapCounter(choices, WRITE_GAP, 0, 1);
    gaps.reset();
    gaps.arm(0, 2);
    for (let i = 0; i < 500; i++) expect(gaps.tick()).toBe(false);
  });
});

describe('drawn gaps', () => {
  test('grow with their option and average near the mean', () => {
    let sum = 0;
    for (let option = 1; option < 32; option++) {
      expect(gapOf(option, 1000)).toBeGreaterThan(option === 1 ? 0 : gapOf(option - 1, 1000));
      sum += gapOf(option, 1000);
    }
    expect(Math.abs(sum / 31 - 1000)).toBeLessThan(60);
  });

  test('a mean of zero asks nothing', () => {
    const choices = new Choices();
    choices.seeded(0);
    expect(drawGap(choices, WRITE_GAP, 0, 0, 0)).toBe(2147483647);
    expect(choices.made).toBe(0);
  });
});
