/** Every kind of protocol step has words. */
import { describe, expect, test } from 'vitest';
import * as observer from '../../core/observer.ts';
import { isQuiet, STEP_NAMES, stepWords } from './steps.ts';

const hash = { a: 0x12345678, b: 2, c: 3, d: 4 };
const header = { client: hash, operation: 17, view: 2, request: 5, session: 1 };
/** Whatever a step may carry, in one. */
const ref = {
  ...hash,
  header,
  op: 9,
  nack: 2,
  present: 5,
  view: 3,
  logView: 2,
  checkpoint: { op: 8 },
  syncTarget: null,
};

const kinds = Object.entries(observer)
  .filter(([name]) => name.startsWith('STEP_') && name !== 'STEP_KINDS')
  .map(([name, kind]) => [name, kind as number] as const);

describe('steps', () => {
  test('the list is whole', () => {
    expect(kinds.map(([, kind]) => kind)).toEqual([...Array(observer.STEP_KINDS).keys()]);
    expect(STEP_NAMES.length).toBe(observer.STEP_KINDS);
    expect(new Set(STEP_NAMES).size).toBe(observer.STEP_KINDS);
  });

  test.for(kinds)('%s', ([, kind]) => {
    const worded = kind === observer.STEP_STOP || kind === observer.STEP_CONTRADICTED;
    const words = stepWords(kind, 1, 2, 0, worded ? 'reason' : ref);
    expect(words).not.toMatch(/takes step|undefined|\[object/);
    expect(words).toMatch(/^[a-z]/);
  });

  test('a kind that a newer core adds is still shown', () => {
    expect(stepWords(99, 1, 2, 3, null)).toBe('takes step 99 (1, 2, 3)');
  });

  test('only bookkeeping is quiet', () => {
    const quiet = kinds.filter(([, kind]) => isQuiet(kind, observer.RECOVERED_PRESENT));
    expect(quiet.map(([name]) => name)).toEqual([
      'STEP_ENTRY',
      'STEP_STATE',
      'STEP_BOUND',
      'STEP_STOP',
      'STEP_SLOT',
    ]);
    expect(isQuiet(observer.STEP_SLOT, observer.RECOVERED_TORN_HEAD)).toBe(false);
  });

  test.for([
    [observer.STEP_COMMIT, 'commits op 1 in view 2: append of client 1234, request 5, from view 2'],
    [observer.STEP_TRUNCATE, 'ends the log of view 2 at op 1, 0 ops cut off'],
    [observer.STEP_STATUS, 'is in view change, view 2, log_view 0'],
  ] as const)('step %s reads well', ([kind, words]) => {
    expect(stepWords(kind, 1, 2, 0, ref)).toBe(words);
  });
});
