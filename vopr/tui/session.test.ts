/** What keys do: where they lead, what they filter, and that nobody gets lost or thrown out. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { frame } from './frame.ts';
import { GROUPS, press } from './keys.ts';
import { rowWidth, rowText } from './rows.ts';
import type { Session } from './session.ts';
import { lineEnd, momentOf } from './tape.ts';
import { failing, HOLDING, pressAll, SWARM, type } from './testing/subjects.ts';
import { beginSession } from './work.ts';

const text = (session: Session, columns = 100, rows = 40): string =>
  frame(session, columns, rows).map(rowText).join('\n');
const here = (session: Session): number => momentOf(session.view.tape, session.view.moment).at;

describe('moving', () => {
  let session: Session;
  beforeAll(() => {
    session = beginSession(SWARM);
  });

  test('a step on and a step back is where one was', () => {
    session.goto('50%');
    const { moment } = session.view;
    press(session, 'right');
    expect(session.view.moment).toBeGreaterThan(moment);
    press(session, 'left');
    expect(session.view.moment).toBe(moment);
  });

  test('every moment is reached by steps, and the ends say so', () => {
    press(session, 'g');
    const { moments } = session.view.tape;
    let steps = 0;
    for (; session.message === ''; steps++) press(session, 'right');
    expect(session.message).toBe('that is the end');
    expect(steps).toBeLessThanOrEqual(moments.length);
    expect(steps).toBeGreaterThan(moments.length / 2);
    press(session, 'G');
    expect(session.view.moment).toBe(moments.length - 1);
  });

  test.for([
    ['f', 'fault'],
    ['c', 'commit'],
    ['v', 'view'],
  ] as const)('%s visits each %s once, in order', ([key, kind]) => {
    press(session, 'g');
    const seen = [session.view.moment];
    for (press(session, key); session.message === ''; press(session, key)) {
      seen.push(session.view.moment);
    }
    const wanted = session.view.tape.jumps[kind];
    expect(seen.filter((moment) => wanted.includes(moment))).toEqual([...wanted]);
    expect(session.message).toContain('no later');
  });

  test('a moment by time, event and place', () => {
    type(session, 't300');
    press(session, 'enter');
    expect(here(session)).toBeLessThanOrEqual(300_000);
    expect(momentOf(session.view.tape, session.view.moment + 1).at).toBeGreaterThan(300_000);
    expect(session.goto('e100')).toBe(true);
    expect(momentOf(session.view.tape, session.view.moment).event).toBe(100);
    expect(session.goto('0%')).toBe(true);
    expect(session.view.moment).toBe(0);
    for (const wrong of ['', 'x', 'e', '-1', '101%', 'e5ms', '1e9999']) {
      expect(session.goto(wrong), wrong).toBe(false);
      expect(session.message).toContain('is no moment');
    }
  });

  test('search goes on, comes back, and says when there is nothing', () => {
    press(session, 'g');
    type(session, '/VIEW_CHANGE');
    press(session, 'enter');
    const first = session.view.line;
    press(session, 'n');
    expect(session.view.line).toBeGreaterThan(first);
    press(session, 'N');
    expect(session.view.line).toBe(first);
    type(session, '/no such text');
    press(session, 'enter');
    expect(session.message).toContain("contains 'no such text'");
  });

  test('filters by node and kind leave only what they name', () => {
    pressAll(session, 'a', 'g', '1');
    const { view } = session;
    expect(view.shown).toBeLessThan(view.tape.lines.length);
    press(session, 'o');
    type(session, 'checkpoint');
    press(session, 'enter');
    for (const index of view.window(1000)) {
      const line = view.tape.lines[index];
      if (index !== view.line) expect(line).toMatchObject({ port: 1, tag: 'checkpoint' });
    }
    press(session, 'o');
    type(session, ' rubbish');
    press(session, 'enter');
    expect(session.message).toContain("'rubbish' is no kind");
    press(session, 'a');
    expect(view.filter).toEqual({ nodes: 0, tags: [], quiet: false });
  });
});

describe('looking closer', () => {
  test('a message is shown with its fate, its fields and its bytes', () => {
    const session = beginSession(HOLDING);
    type(session, '/receives prepare of op 3');
    pressAll(session, 'enter', 'enter');
    const shown = text(session, 120, 60);
    expect(shown).toMatch(/r\d to r\d: delivered/);
    expect(shown).toMatch(/parent [0-9a-f]{32}/);
    expect(shown).toMatch(/000000 {2}([0-9a-f]{2} ){8}/);
    press(session, 'escape');
    expect(session.pane).toBe('run');
  });

  test('an entry that commits is shown with its bytes', () => {
    const session = beginSession(HOLDING);
    pressAll(session, 'c', 'enter');
    expect(text(session, 120, 60)).toMatch(/checksum [0-9a-f]{32}/);
    press(session, 'pagedown');
    expect(text(session, 120, 60)).toMatch(/as bytes: \d+/);
  });

  test('the help names every key, at every width', () => {
    const session = beginSession(HOLDING);
    press(session, '?');
    for (const columns of [80, 200]) {
      const shown = text(session, columns, 70);
      for (const { shown: keys } of GROUPS.flatMap(([, bindings]) => bindings)) {
        expect(shown).toContain(keys);
      }
    }
  });

  test('an invariant that fails says when, before and after', () => {
    const session = beginSession(failing());
    expect(session.message).toContain('does not reproduce: recorded by build another');
    press(session, 'i');
    expect(text(session)).toMatch(/✓ promise +fails first at/);
    pressAll(session, 'x');
    expect(text(session)).toMatch(/✗ promise +failed first at/);
  });
});

describe('branches', () => {
  test('share everything before, differ from a moment on, and are compared', () => {
    const session = beginSession(SWARM);
    session.goto('40%');
    const { moment } = session.view;
    pressAll(session, 'b', 'enter');
    expect(session.tracks.length).toBe(2);
    expect(session.current).toBe(1);
    expect(session.view.moment).toBe(moment);
    const [original, branch] = session.tracks.map(({ recording }) => recording.tape);
    if (original === undefined || branch === undefined) throw new Error('two tracks');
    for (let i = 0; i <= moment; i++) {
      expect(branch.moments[i]).toEqual(original.moments[i]);
      expect(lineEnd(branch, i)).toBe(lineEnd(original, i));
    }
    const difference = session.track.comparison?.difference;
    expect(difference?.moment).toBeGreaterThan(moment);
    press(session, 'd');
    expect(session.view.moment).toBe(difference?.moment);
    press(session, '=');
    expect(text(session)).toContain('first difference at');
    pressAll(session, 'tab', 'tab', 'b');
    expect(session.message).toContain('branches leave from the original');
  });

  test('the same luck is the same run', () => {
    const session = beginSession(SWARM);
    session.goto('40%');
    const tail = (): string => {
      pressAll(session, 'b', '9', 'enter');
      const { digest } = session.track.recording.result;
      pressAll(session, ...session.tracks.slice(session.current).map(() => 'tab'));
      return digest;
    };
    expect(tail()).toBe(tail());
  });

  test('one choice answered differently changes that answer', () => {
    const session = beginSession(SWARM);
    session.goto('e100');
    for (press(session, 'B'); session.pane !== 'choices'; press(session, 'B'))
      press(session, 'right');
    const flip = session.flips[session.flip];
    if (flip === undefined) throw new Error('a choice to flip');
    expect(flip.answer).not.toBe(flip.question.answer);
    press(session, 'enter');
    expect(session.tracks.length).toBe(2);
    const asked = session.view.tape.questions.find(
      ({ site, actor, subject, occurrence }) =>
        site === flip.question.site &&
        actor === flip.question.actor &&
        subject === flip.question.subject &&
        occurrence === flip.question.occurrence,
    );
    expect(asked?.answer).toBe(flip.answer);
  });

  test('bisection goes on by itself and names the moment; a run that holds has none', () => {
    const session = beginSession(failing());
    press(session, 'w');
    for (let i = 0; session.busy && i < 1000; i++) session.advance();
    expect(session.busy).toBe(false);
    expect(session.message).toMatch(/baked in|fails more often|from no moment/);
    press(session, 'p');
    expect(text(session)).toMatch(/of \d+ tails with other luck/);
    expect(text(session)).toMatch(/\d+\.\d{3} ms {3}[█·]{32} +\d+/);
    const holds = beginSession(HOLDING);
    press(holds, 'w');
    expect(holds.message).toContain('nothing was baked in');
  });
});

describe('any keys at any size', () => {
  const KEYS = GROUPS.flatMap(([, bindings]) => bindings.flatMap(({ keys }) => keys))
    .filter((key) => !['q', 'ctrl-c', 'b', 'B', 'w'].includes(key))
    .concat('0', '1', '7', '%', 'e', 'backspace', '\u0007', '漢');

  test('every row is exactly as wide as the screen, and there are as many as it has', () => {
    const session = beginSession(failing());
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...KEYS), { maxLength: 30 }),
        fc.integer({ min: 60, max: 260 }),
        fc.integer({ min: 16, max: 90 }),
        (keys, columns, rows) => {
          for (const key of keys) expect(press(session, key)).toBe(true);
          const picture = frame(session, columns, rows);
          expect(picture.length).toBe(rows);
          for (const row of picture) expect(rowWidth(row)).toBe(columns);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('an absurd size gets a sentence, not a crash', () => {
    const session = beginSession(HOLDING);
    for (const [columns, rows] of [
      [1, 1],
      [59, 24],
      [80, 15],
      [0, 0],
    ] as const) {
      expect(frame(session, columns, rows).length).toBeLessThanOrEqual(Math.max(1, rows));
    }
    expect(text(session, 59, 15)).toContain('too small');
  });
});
