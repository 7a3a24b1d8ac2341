/** What is said of clocks that are apart, and when a server ends for it. */
import { expect, test } from 'vitest';
import { ClockWatch } from './clock-watch.ts';

const HOUR = 3_600_000_000;

class Bench {
  offsets: (number | null)[] = [];
  now = 0;
  readonly notices: string[] = [];
  readonly watch: ClockWatch = new ClockWatch({
    offsets: () => this.offsets,
    apartMicros: 20_000_000,
    onNotice: (line) => this.notices.push(line),
    now: () => this.now,
  });

  look(...offsets: (number | null)[]): string | null {
    this.offsets = offsets;
    return this.watch.look();
  }
}

test('clocks that agree, or of which nothing is known yet, are not spoken of', () => {
  const bench = new Bench();
  expect(bench.look(null, null, null)).toBeNull();
  expect(bench.look(null, 20_000_000, -20_000_000)).toBeNull();
  expect(bench.notices).toEqual([]);
});

test('a server whose clock a majority contradicts ends when it has just started', () => {
  const line =
    'the clock of this server is 3,600 s behind those of replicas 1 and 2: ' +
    'set it, by NTP for example, and start it again';
  expect(new Bench().look(null, HOUR, HOUR + 5_000_000)).toBe(line);
  expect(new Bench().look(null, -HOUR, -HOUR)).toContain('3,600 s ahead of those of');
});

test('later it stays, and says so once until that changes', () => {
  const bench = new Bench();
  bench.now = 60_000;
  for (let i = 0; i < 3; i += 1) expect(bench.look(null, HOUR, HOUR)).toBeNull();
  expect(bench.notices).toEqual([
    'the clock of this server is 3,600 s behind those of replicas 1 and 2: ' +
      'set it, by NTP for example; until then it cannot lead',
  ]);
  expect(bench.look(null, 0, 0)).toBeNull();
  expect(bench.look(null, HOUR, HOUR)).toBeNull();
  expect(bench.notices.length).toBe(2);
});

test('a peer that is wrong, or nobody knows who is: that peer is named, once', () => {
  const bench = new Bench();
  expect(bench.look(null, 1, -HOUR)).toBeNull();
  expect(bench.look(null, 2, -HOUR - 9)).toBeNull();
  expect(bench.notices).toEqual([
    'the clock of replica 2 is 3,600 s behind that of this server: ' +
      'set the one that is wrong, by NTP for example',
  ]);
  const two = new Bench();
  expect(two.look(HOUR, null)).toBeNull();
  expect(two.notices[0]).toContain(
    'the clock of replica 0 is 3,600 s ahead of that of this server',
  );
});

test('two others that are wrong in different ways prove nothing', () => {
  const bench = new Bench();
  expect(bench.look(null, HOUR, -HOUR)).toBeNull();
  expect(bench.notices.length).toBe(2);
});
