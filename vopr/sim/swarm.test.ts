/** The swarm: what the default draw promises, measured over many seeds. */
import { describe, expect, test } from 'vitest';
import { isFaultName } from './faults.ts';
import { drawConfiguration } from './swarm.ts';
import { formatTrace, parseTrace, TRACE_VERSION } from './trace.ts';
import type { Trace } from './trace.ts';

const SEEDS = 4000;
const draws = Array.from({ length: SEEDS }, (_, seed) => drawConfiguration(seed));

function share(wanted: (draw: (typeof draws)[number]) => boolean): number {
  return draws.filter(wanted).length / SEEDS;
}

describe('default swarm', () => {
  test('at least half of the seeds have three replicas, 15 % five or more', () => {
    expect(share((draw) => draw.replicaCount === 3)).toBeGreaterThan(0.52);
    expect(share((draw) => draw.replicaCount >= 5)).toBeGreaterThan(0.16);
    for (let n = 1; n <= 6; n++) {
      expect(share((draw) => draw.replicaCount === n)).toBeGreaterThan(0.03);
    }
  });

  test('clients share enough operations: a mean above 50, never below 40', () => {
    const totals = draws.map((draw) => draw.operations.reduce((sum, count) => sum + count, 0));
    expect(totals.reduce((sum, total) => sum + total, 0) / SEEDS).toBeGreaterThan(50);
    expect(Math.min(...totals)).toBeGreaterThanOrEqual(40);
    for (const draw of draws) expect(draw.operations.length).toBe(draw.clientCount);
  });

  test('one seed in 64 sends everything as bytes', () => {
    expect(share((draw) => draw.bytes)).toBeCloseTo(1 / 64, 3);
  });

  test('fewer than half of the clocks are wrong, and no disk is replaced in small clusters', () => {
    for (const draw of draws) {
      let wrong = 0;
      for (let i = 0; i < 8; i++) wrong += (draw.clock.wrong >> i) & 1;
      expect(wrong * 2).toBeLessThan(draw.replicaCount);
      if (draw.operator.replaceNode >= 0) {
        expect(draw.replicaCount).toBeGreaterThanOrEqual(3);
        expect(draw.operator.replaceNode).toBeLessThan(draw.replicaCount);
      }
    }
  });

  test('every kind of fault exists in some seeds and is missing in others', () => {
    const knobs: ((draw: (typeof draws)[number]) => boolean)[] = [
      (draw) => draw.network.lossPermille > 0,
      (draw) => draw.network.corruptPermille > 0,
      (draw) => draw.network.replayGap > 0,
      (draw) => draw.network.linkKinds.includes('one_way'),
      (draw) => draw.network.linkKinds.includes('large_fail'),
      (draw) => draw.disk.sectorErrorGap > 0,
      (draw) => draw.disk.misdirectedReadGap > 0,
      (draw) => draw.disk.misdirectedWriteGap > 0,
      (draw) => draw.disk.failedSyncGap > 0,
      (draw) => draw.disk.noSpaceGap > 0,
      (draw) => draw.disk.garbageOf16 > 0,
      (draw) => draw.process.lateFlushGap > 0,
      (draw) => draw.process.crashGap > 0,
      (draw) => draw.process.crashInWriteGap > 0,
      (draw) => draw.process.crashLoopOf16 > 0,
      (draw) => draw.process.otherReleaseOf16 > 0,
      (draw) => draw.process.pauseGap > 0,
      (draw) => draw.process.slowNode >= 0,
      (draw) => draw.process.sliceMicros > 0,
      (draw) => draw.client.readers > 0,
      (draw) => draw.clock.wrong > 0,
      (draw) => draw.client.faultPermille > 0,
      (draw) => draw.operator.replaceNode >= 0,
      (draw) => draw.standbyCount > 0,
    ];
    for (const knob of knobs) {
      expect(share(knob)).toBeGreaterThan(0.03);
      expect(share(knob)).toBeLessThan(0.97);
    }
  });

  test('the fates of an unsynced sector fit into sixteen', () => {
    for (const { disk } of draws) expect(disk.oldOf16 + disk.garbageOf16).toBeLessThanOrEqual(16);
  });

  test('a draw is plain data that survives a trace', () => {
    for (const configuration of draws.slice(0, 200)) {
      const trace = {
        version: TRACE_VERSION,
        system: 's',
        build: 'b',
        seed: 1,
        scenario: null,
        configuration,
        choices: [],
        violation: null,
        digest: '0123456789abcdef',
        hashes: [{ event: 64, at: 9, digest: '0123456789abcdef' }],
        note: '',
      } as const satisfies Trace;
      const parsed = parseTrace(formatTrace(trace));
      expect(parsed).toEqual({ ok: true, trace });
      for (const kind of configuration.network.linkKinds) expect(isFaultName(kind)).toBe(true);
    }
  });

  test('the same seed draws the same, neighbours differ', () => {
    expect(drawConfiguration(17)).toEqual(drawConfiguration(17));
    expect(drawConfiguration(17)).not.toEqual(drawConfiguration(18));
  });
});
