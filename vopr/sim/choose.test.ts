/** Choices: the same key gives the same answer, and nothing else matters to it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Choices, Odometer, site, SITES } from './choose.ts';
import type { Choice } from './choose.ts';

const MESSAGE = site('message');
const CRASH = site('crash_gap');

interface Question {
  readonly actor: number;
  readonly subject: number;
  readonly n: number;
}

const questions = fc.array(
  fc.record({ actor: fc.nat(5), subject: fc.integer(), n: fc.integer({ min: 1, max: 1000 }) }),
  { maxLength: 200 },
);

function ask(choices: Choices, list: readonly Question[]): number[] {
  return list.map(({ actor, subject, n }) => choices.choose(MESSAGE, actor, subject, n));
}

describe('seeded choices', () => {
  test('a seed answers the same every time, whatever ran before it', () => {
    fc.assert(
      fc.property(fc.nat(), questions, questions, (seed, before, list) => {
        const choices = new Choices();
        choices.seeded(seed);
        const first = ask(choices, list);
        choices.seeded(seed + 1);
        ask(choices, before);
        choices.seeded(seed);
        expect(ask(choices, list)).toEqual(first);
      }),
    );
  });

  test('an answer depends on its own key only: other questions do not move it', () => {
    fc.assert(
      fc.property(fc.nat(), questions, questions, (seed, others, list) => {
        const choices = new Choices();
        choices.seeded(seed);
        const alone = ask(choices, list);
        choices.seeded(seed);
        for (const other of others) choices.choose(CRASH, other.actor, other.subject, other.n);
        expect(ask(choices, list)).toEqual(alone);
      }),
    );
  });

  test('answers are options, all of them come, and none much more often', () => {
    const choices = new Choices();
    choices.seeded(42);
    const counts = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i++) {
      const answer = choices.choose(MESSAGE, 0, i, 16);
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });

  test('the occurrence counts: the same question asked again is another question', () => {
    const choices = new Choices();
    choices.seeded(7);
    const answers = new Set<number>();
    for (let i = 0; i < 50; i++) answers.add(choices.choose(MESSAGE, 1, 1, 1 << 20));
    expect(answers.size).toBeGreaterThan(45);
  });

  test('neighbouring seeds have nothing in common', () => {
    const choices = new Choices();
    let equal = 0;
    for (let seed = 0; seed < 1000; seed++) {
      choices.seeded(seed);
      const first = choices.choose(MESSAGE, 0, 0, 16);
      choices.seeded(seed + 1);
      if (choices.choose(MESSAGE, 0, 0, 16) === first) equal += 1;
    }
    expect(equal).toBeLessThan(110);
  });

  test('the halves of a seed above 2^32 both count', () => {
    const choices = new Choices();
    choices.seeded(5);
    const low = choices.choose(MESSAGE, 0, 0, 1 << 20);
    choices.seeded(5 + 4294967296);
    expect(choices.choose(MESSAGE, 0, 0, 1 << 20)).not.toBe(low);
  });

  test('a table answers with what it holds, as often as it holds it', () => {
    const choices = new Choices();
    choices.seeded(1);
    const table = new Uint8Array(16).fill(0, 0, 12).fill(9, 12);
    let nines = 0;
    for (let i = 0; i < 8000; i++) if (choices.pick(MESSAGE, 0, i, table) === 9) nines += 1;
    expect(Math.abs(nines - 2000)).toBeLessThan(250);
  });

  test('counts of many keys survive the growth of their table', () => {
    const choices = new Choices();
    choices.seeded(3);
    const first: number[] = [];
    for (let i = 0; i < 20_000; i++) first.push(choices.choose(MESSAGE, 2, i, 1 << 20));
    const again: number[] = [];
    for (let i = 0; i < 20_000; i++) again.push(choices.choose(MESSAGE, 2, i, 1 << 20));
    const small = new Choices();
    for (const i of [0, 1, 4095, 4096, 19_999]) {
      small.seeded(3);
      expect(small.choose(MESSAGE, 2, i, 1 << 20)).toBe(first[i]);
      expect(small.choose(MESSAGE, 2, i, 1 << 20)).toBe(again[i]);
    }
  });
});

describe('overridden choices', () => {
  test('a recording, replayed, gives the same answers', () => {
    fc.assert(
      fc.property(fc.nat(), questions, (seed, list) => {
        const choices = new Choices();
        const record: Choice[] = [];
        choices.seeded(seed);
        choices.record(record);
        const recorded = ask(choices, list);
        expect(record.length).toBe(recorded.filter((answer) => answer !== 0).length);
        choices.overridden(seed + 99, record, false);
        expect(ask(choices, list)).toEqual(recorded);
      }),
    );
  });

  test('overriding one key leaves the seed’s answer to every other key unchanged', () => {
    fc.assert(
      fc.property(fc.nat(), questions, fc.nat(), (seed, list, pick) => {
        fc.pre(list.length > 0);
        const choices = new Choices();
        const record: Choice[] = [];
        choices.seeded(seed);
        choices.record(record);
        const seeded = ask(choices, list);
        fc.pre(record.length > 0);
        const target = record[pick % record.length] as Choice;
        choices.overridden(seed, [{ ...target, answer: 0 }], true);
        const patched = ask(choices, list);
        const changed = patched.filter((answer, i) => answer !== seeded[i]);
        expect(changed).toEqual([0]);
      }),
    );
  });

  test('an answer that is no option any more becomes calm', () => {
    const choices = new Choices();
    const choice = { site: 'message', actor: 0, subject: 0, occurrence: 0, answer: 12 } as const;
    choices.overridden(0, [choice], false);
    expect(choices.choose(MESSAGE, 0, 0, 5)).toBe(0);
  });

  test('without a recording everything is calm', () => {
    const choices = new Choices();
    choices.overridden(123, [], false);
    for (let i = 0; i < 100; i++) expect(choices.choose(CRASH, i, i, 1000)).toBe(0);
  });
});

describe('a tail with other luck', () => {
  test('changes nothing before it begins, and everything after is of the other seed', () => {
    fc.assert(
      fc.property(fc.nat(), questions, fc.nat(220), (seed, list, after) => {
        const choices = new Choices();
        choices.seeded(seed);
        const before = ask(choices, list);
        choices.seeded(seed + 1);
        const other = ask(choices, list);
        choices.seeded(seed);
        let begun = 0;
        choices.reseed(after, seed + 1, () => (begun += 1));
        expect(ask(choices, list)).toEqual([...before.slice(0, after), ...other.slice(after)]);
        expect(begun).toBe(after < list.length ? 1 : 0);
      }),
    );
  });

  test('also follows a recording, whose answers end there', () => {
    const choices = new Choices();
    const list = Array.from({ length: 8 }, () => ({ actor: 1, subject: 7, n: 1000 }));
    choices.seeded(5);
    const other = ask(choices, list);
    choices.overridden(4, [], false);
    choices.reseed(3, 5, () => undefined);
    expect(ask(choices, list)).toEqual([0, 0, 0, ...other.slice(3)]);
  });

  test('is gone with the next run', () => {
    const choices = new Choices();
    const list = [{ actor: 1, subject: 7, n: 1000 }];
    choices.seeded(4);
    const first = ask(choices, list);
    choices.reseed(0, 5, () => undefined);
    choices.seeded(4);
    expect(ask(choices, list)).toEqual(first);
  });
});

describe('enumerated choices', () => {
  test('an odometer visits every combination once', () => {
    const odometer = new Odometer(3, ['message']);
    const choices = new Choices();
    const seen: string[] = [];
    do {
      choices.enumerated(0, odometer);
      const answers = [2, 3, 2].map((n, i) => choices.choose(MESSAGE, 0, i, n));
      seen.push(answers.join(''));
    } while (odometer.advance());
    expect(seen).toEqual([
      '000',
      '001',
      '010',
      '011',
      '020',
      '021',
      '100',
      '101',
      '110',
      '111',
      '120',
      '121',
    ]);
  });

  test('the tree may differ from branch to branch, and depth bounds it', () => {
    const odometer = new Odometer(2, ['message']);
    const choices = new Choices();
    const seen: string[] = [];
    do {
      choices.enumerated(0, odometer);
      const first = choices.choose(MESSAGE, 0, 0, 3);
      const rest = first === 1 ? [choices.choose(MESSAGE, 0, 1, 2)] : [];
      const deep = choices.choose(MESSAGE, 0, 2, first === 1 ? 9 : 1);
      seen.push([first, ...rest, deep].join(''));
    } while (odometer.advance());
    expect(seen).toEqual(['00', '100', '110', '20']);
  });

  test('other sites stay calm', () => {
    const odometer = new Odometer(4, ['message']);
    const choices = new Choices();
    choices.enumerated(9, odometer);
    expect(choices.choose(CRASH, 0, 0, 100)).toBe(0);
    expect(odometer.answers).toEqual([]);
  });
});

test('sites have distinct names and integers', () => {
  expect(new Set(SITES).size).toBe(SITES.length);
  for (const [index, name] of SITES.entries()) expect(site(name)).toBe(index);
});
