/** The registry of faults, and what counts. */
import { expect, test } from 'vitest';
import {
  BEYOND,
  FAULT_COUNT,
  FaultCounts,
  faultIndex,
  FAULTS,
  isFaultName,
  isWeather,
} from './faults.ts';

test('every kind has a name of its own, an integer, a layer and a class', () => {
  expect(FAULTS.length).toBe(FAULT_COUNT);
  expect(new Set(FAULTS.map((fault) => fault.name)).size).toBe(FAULT_COUNT);
  for (const [index, fault] of FAULTS.entries()) {
    expect(faultIndex(fault.name)).toBe(index);
    expect(isFaultName(fault.name)).toBe(true);
  }
  expect(isFaultName('gremlins')).toBe(false);
});

test('layers are runs of the list, in the order of vopr.md', () => {
  const layers = FAULTS.map((fault) => fault.layer).filter((layer, i, all) => layer !== all[i - 1]);
  expect(layers).toEqual(['network', 'disk', 'process', 'clock', 'client', 'operator']);
});

test('beyond the model are what vopr.md names', () => {
  const beyond = FAULTS.filter((fault) => fault.class === BEYOND).map((fault) => fault.name);
  expect(beyond).toEqual(['lying_sync', 'rollback', 'traitor', 'clocks_wrong']);
});

test('delay, loss, duplication and reordering are weather; everything else counts', () => {
  const weather = FAULTS.filter((_, index) => isWeather(index)).map((fault) => fault.name);
  expect(weather).toEqual(['delay', 'loss', 'duplicate', 'reorder']);
  const counts = new FaultCounts();
  counts.delivered(faultIndex('loss'));
  counts.delivered(faultIndex('crash'));
  counts.delivered(faultIndex('crash'));
  counts.delivered(faultIndex('bit_rot'));
  expect([counts.total(), counts.kinds()]).toEqual([3, 2]);
  expect(counts.toObject()).toEqual({ loss: 1, bit_rot: 1, crash: 2 });
  expect(counts.of('crash')).toBe(2);
  counts.reset();
  expect(counts.toObject()).toEqual({});
});
