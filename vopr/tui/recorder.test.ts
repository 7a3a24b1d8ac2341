/** A tape is the run: nothing changed by recording it, nothing missing, nothing invented. */
import { describe, expect, test } from 'vitest';
import { KIMBERLITE_BED } from '../cli/bed.ts';
import { createEngine } from '../cli/engine.ts';
import { Recorder } from './recorder.ts';
import {
  DELIVERED,
  flightsAt,
  FLYING,
  LOST,
  momentOf,
  outcomeAt,
  questionsOf,
  stateAt,
} from './tape.ts';
import type { Recording } from './tape.ts';

const SEEDS = [1, 2, 3, 42];
const recorder = new Recorder(KIMBERLITE_BED);
const record = (seed: number, scenario: string | null = null): Recording =>
  recorder.record(scenario, (engine) => engine.execute(seed, scenario, {}));

describe('a recorded run', () => {
  test.for(SEEDS)('seed %i has the digest of the run alone, before and after others', (seed) => {
    const alone = createEngine(KIMBERLITE_BED).run(seed, null);
    expect(record(seed).result.digest).toBe(alone.digest);
    const { checks, ...result } = record(seed).result;
    expect({ ...result, checks: { ...checks, recorder: 0 } }).toEqual({
      ...alone,
      checks: { ...alone.checks, recorder: 0 },
    });
  });

  test.for(SEEDS)('seed %i: each message sent was recorded, and each is settled once', (seed) => {
    const { tape, result } = record(seed);
    const firsts = tape.flights.filter(({ marks }) => (marks & (4 | 8)) === 0);
    expect(firsts.length).toBe(result.messages);
    const end = tape.moments.length - 1;
    for (const flight of tape.flights) {
      if (flight.outcome === FLYING)
        expect(flight.arriveAt).toBeGreaterThanOrEqual(momentOf(tape, end).at);
      else expect(flight.endMoment).toBeGreaterThanOrEqual(flight.sentMoment);
      expect(outcomeAt(flight, flight.sentMoment - 1)).toBe(FLYING);
    }
    const lost = tape.flights.filter(({ outcome }) => outcome === LOST).length;
    expect(lost > 0).toBe((result.faults['loss'] ?? 0) + lost > 0);
  });

  test.for(SEEDS)('seed %i: events, faults and evaluations add up to those of the run', (seed) => {
    const { tape, result } = record(seed);
    const last = tape.moments.length - 1;
    expect(result.events - momentOf(tape, last).event).toBeLessThanOrEqual(1);
    for (const { name, counts } of tape.checks) {
      // What is judged at the very end belongs to no moment.
      expect(counts.at(-1) ?? 0).toBeLessThanOrEqual(result.checks[name] ?? 0);
    }
    for (let i = 1; i <= last; i++) {
      const made = momentOf(tape, i).choices - momentOf(tape, i - 1).choices;
      expect(questionsOf(tape, i).length, `moment ${i}`).toBe(made);
    }
    expect(tape.jumps.fault.length).toBeGreaterThan(0);
    const times = tape.moments.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('a node is as it was: commits never fall while it runs, and the end is the end', () => {
    const { tape } = record(42);
    const last = tape.moments.length - 1;
    const cluster = recorder.engine.simulator.world('tiny');
    for (let node = 0; node < tape.nodeCount; node++) {
      const seen = cluster.inspect(node);
      const state = stateAt(tape, node, last);
      expect(state?.up).toBe(seen !== null);
      if (seen !== null) expect(state).toMatchObject({ view: seen.view, commit: seen.commit });
      let before = stateAt(tape, node, 0);
      for (const now of tape.states[node] ?? []) {
        if (before !== null && before.incarnation === now.incarnation) {
          expect(now.commit).toBeGreaterThanOrEqual(before.commit);
        }
        before = now;
      }
    }
  });

  test('what is in flight at a moment was sent before and arrives after', () => {
    const { tape } = record(7);
    for (let moment = 0; moment < tape.moments.length; moment += 97) {
      const { at } = momentOf(tape, moment);
      for (const flight of flightsAt(tape, moment)) {
        expect(flight.sentMoment).toBeLessThanOrEqual(moment);
        expect(flight.arriveAt).toBeGreaterThanOrEqual(at);
      }
    }
    const delivered = tape.flights.filter(({ outcome }) => outcome === DELIVERED);
    expect(delivered.every(({ arriveAt, sentAt }) => arriveAt >= sentAt)).toBe(true);
  });
});
