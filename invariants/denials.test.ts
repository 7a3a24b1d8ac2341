/** No-silent-loss: which denials of an acknowledged entry are true, and which only look like it. */
import { describe, expect, it } from 'vitest';
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import {
  STEP_ACK,
  STEP_COMMIT,
  STEP_DO_VIEW_CHANGE,
  STEP_OVERWRITE,
  STEP_PROPOSE,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import { DO_VIEW_CHANGE } from '../core/vsr/message.ts';
import type { DoViewChangeMessage } from '../core/vsr/message.ts';
import { noSilentLoss } from './no-silent-loss.ts';
import { Bench, chainOf, entry, superblockOf } from './testing/fake-world.ts';

const base = chainOf(4) as Prepare[];
/** The entry that r1 acknowledged as op 4, what the log of view 3 has there, and a third. */
const x = base[4]!;
const z = entry({ op: 4, view: 3, parent: base[3]! });
const y = entry({ op: 4, view: 2, parent: base[3]! });

/** R1 leads view 1 and acknowledges x, which reaches nobody. */
function abandoned(): Bench {
  const bench = new Bench(noSilentLoss);
  for (const op of [1, 2, 3, 4]) bench.step(1, STEP_PROPOSE, op, 1, 0, base[op]);
  acknowledges(bench, 1, x);
  return bench;
}

function acknowledges(bench: Bench, view: number, prepare: Prepare): void {
  const { op } = prepare.header;
  bench.world.disk(1).journal(prepare);
  bench.step(1, STEP_OVERWRITE, op, -1, 0, prepare.header);
  bench.step(1, STEP_ACK, op, view, view % 3, prepare.header);
}

/** R1 writes another entry of op 4, as the primary to be of view 4. */
function overwritten(bench: Bench, by: Prepare): Bench {
  return bench.step(1, STEP_OVERWRITE, 4, 4, 0, by.header);
}

/** In view 5 r1 shows the log of view 1 and denies x. */
function denied(bench: Bench): readonly string[] {
  const headers: PrepareHeader[] = [x.header, base[3]!.header];
  const message: DoViewChangeMessage = {
    kind: DO_VIEW_CHANGE,
    view: 5,
    logView: 1,
    op: 4,
    commit: 3,
    checkpoint: 0,
    headers,
    present: 0b10,
    nack: 0b01,
  };
  bench.step(1, STEP_DO_VIEW_CHANGE, 5, 1, 3, message);
  expect(bench.world.evaluations).toBe(1);
  return bench.world.violations;
}

const DENIED = ['r1 denied op 4 in view 5, which it had acknowledged'];

describe('no-silent-loss: a denial of what was acknowledged', () => {
  it('is true once the entry that a later view proposed there was written in its place', () => {
    const bench = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    expect(denied(overwritten(bench, z))).toEqual([]);
  });

  it('is true where only a superblock tells what that view has there', () => {
    const headers = [z.header, base[3]!.header];
    const state = superblockOf(4, { view: 4, logView: 3, viewHeaders: headers });
    const bench = abandoned().step(2, STEP_SUPERBLOCK, 4, 0, 0, state);
    expect(denied(overwritten(bench, z))).toEqual([]);
  });

  it('stays true when that entry is committed, and proposed again', () => {
    const bench = abandoned()
      .step(0, STEP_PROPOSE, 4, 3, 0, z)
      .step(0, STEP_COMMIT, 1, 1, 0, base[1])
      .step(0, STEP_COMMIT, 2, 1, 0, base[2])
      .step(0, STEP_COMMIT, 3, 1, 0, base[3])
      .step(0, STEP_COMMIT, 4, 3, 0, z)
      .step(1, STEP_PROPOSE, 4, 4, 0, z);
    expect(denied(overwritten(bench, z))).toEqual([]);
  });

  it('is a lie while nothing was written in its place', () => {
    expect(denied(abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z))).toEqual(DENIED);
  });

  it('is a lie when no log is known to have what was written there', () => {
    expect(denied(overwritten(abandoned(), z))).toEqual(DENIED);
  });

  it('is a lie when a later view has yet another entry than what was written', () => {
    const bench = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    expect(denied(overwritten(bench, y))).toEqual(DENIED);
  });

  it('is a lie when that log is of the view in which it was acknowledged, or below', () => {
    for (const view of [0, 1]) {
      const bench = abandoned().step(0, STEP_PROPOSE, 4, view, 0, z);
      expect(denied(overwritten(bench, z))).toEqual(DENIED);
    }
  });

  it('is a lie when that log is of a view above the one that is being decided', () => {
    const bench = abandoned().step(0, STEP_PROPOSE, 4, 6, 0, z);
    expect(denied(overwritten(bench, z))).toEqual(DENIED);
  });

  it('is a lie when it was acknowledged once more since, be it with an entry above it', () => {
    const again = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    acknowledges(again, 4, x);
    expect(denied(overwritten(again, z))).toEqual(DENIED);

    const above = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    const five = entry({ op: 5, view: 4, parent: x });
    above.step(1, STEP_PROPOSE, 5, 4, 0, five);
    acknowledges(above, 4, five);
    expect(denied(overwritten(above, z))).toEqual(DENIED);
  });

  it('is a lie when it was committed below the view that is said to have replaced it', () => {
    const bench = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    for (const op of [1, 2, 3, 4]) bench.step(1, STEP_COMMIT, op, 1, 0, base[op]);
    expect(denied(overwritten(bench, z))).toEqual(DENIED);
  });

  it('knows nothing of the run before', () => {
    const bench = abandoned().step(0, STEP_PROPOSE, 4, 3, 0, z);
    expect(denied(overwritten(bench, z))).toEqual([]);
    bench.again();
    for (const op of [1, 2, 3, 4]) bench.step(1, STEP_PROPOSE, op, 1, 0, base[op]);
    acknowledges(bench, 1, x);
    expect(denied(overwritten(bench, z))).toEqual(DENIED);
  });
});
