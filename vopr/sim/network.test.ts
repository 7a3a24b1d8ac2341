/** The network: fates, link faults, and what counts as delivered. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Choices } from './choose.ts';
import { calmConfiguration } from './configuration.ts';
import type { NetworkConfiguration } from './configuration.ts';
import { EVENT_DELIVER } from './events.ts';
import { FaultCounts, faultIndex } from './faults.ts';
import { CLIENT_PORT, LINK_CLOG, LINK_CUT, LINK_LARGE, LINK_SLOW } from './links.ts';
import { FATE_DROP, FATE_DUPLICATE, Network } from './network.ts';
import { Scheduler } from './scheduler.ts';
import type { MessageTraits } from './sim-node.ts';

const traits: MessageTraits<number> = {
  kindNames: ['number'],
  kind: () => 0,
  subject: (message) => message,
  bytes: (message) => message,
  encode: () => new Uint8Array(1),
  decode: () => null,
};

let scheduler: Scheduler;
let faults: FaultCounts;
let network: Network<number>;
let configuration: NetworkConfiguration;
let dead: number;

beforeEach(() => {
  scheduler = new Scheduler();
  faults = new FaultCounts();
  const choices = new Choices();
  choices.seeded(3);
  dead = -1;
  network = new Network(choices, scheduler, faults, traits, { live: (port) => port !== dead });
  configuration = calmConfiguration().network;
});

function reset(changes: Partial<NetworkConfiguration>): void {
  network.reset({ ...configuration, ...changes }, 3, 2);
}

/** Everything that arrives from now on, as [time, message]. */
function arrivals(): [number, number][] {
  const out: [number, number][] = [];
  while (scheduler.pop()) {
    if (scheduler.kind === EVENT_DELIVER) out.push([scheduler.now, scheduler.ref as number]);
    else network.links.end(scheduler.a);
  }
  return out;
}

test('calm: everything arrives, in order, after the least delay', () => {
  reset({});
  for (let i = 0; i < 100; i++) network.send(0, 1, i);
  expect(arrivals()).toEqual(Array.from({ length: 100 }, (_, i) => [400, i]));
  expect(faults.toObject()).toEqual({});
});

test('nothing is sent to nowhere', () => {
  reset({});
  network.send(0, -1, 5);
  network.send(0, 16, 5);
  expect(arrivals()).toEqual([]);
});

test('loss and duplication come as often as configured, and count', () => {
  reset({ lossPermille: 100, duplicatePermille: 200 });
  for (let i = 0; i < 5000; i++) network.send(0, 1, i);
  const { length } = arrivals();
  const lost = faults.of('loss');
  const twice = faults.of('duplicate');
  expect(length).toBe(5000 - lost + twice);
  expect(Math.abs(lost - 500)).toBeLessThan(100);
  expect(Math.abs(twice - 1000)).toBeLessThan(150);
});

test('what nobody alive would have heard was not lost', () => {
  reset({ lossPermille: 500 });
  dead = 1;
  for (let i = 0; i < 100; i++) network.send(0, 1, i);
  expect(faults.of('loss')).toBe(0);
});

test('delays reorder only where links may reorder', () => {
  const delays = { delayShape: 3, delayScaleMicros: 100 };
  reset({ ...delays, reorder: true });
  for (let i = 0; i < 200; i++) network.send(0, 1, i);
  const wild = arrivals().map(([, message]) => message);
  expect(wild).not.toEqual([...wild].sort((x, y) => x - y));
  expect(faults.of('reorder')).toBeGreaterThan(0);
  reset({ ...delays, reorder: false });
  for (let i = 0; i < 200; i++) network.send(0, 1, i);
  const tame = arrivals().map(([, message]) => message);
  expect(tame).toEqual([...tame].sort((x, y) => x - y));
});

test('the fate of a message depends on what it is about, not on what else is sent', () => {
  const lossy = { lossPermille: 300 };
  reset(lossy);
  for (let i = 0; i < 50; i++) network.send(0, 1, i);
  const alone = arrivals().map(([, message]) => message);
  const choices = new Choices();
  choices.seeded(3);
  network = new Network(choices, scheduler, faults, traits, { live: () => true });
  scheduler.reset();
  reset(lossy);
  for (let i = 0; i < 50; i++) {
    network.send(2, 1, 1000 + i);
    network.send(0, 1, i);
  }
  const mixed = arrivals().map(([, message]) => message);
  expect(mixed.filter((message) => message < 1000)).toEqual(alone);
});

test('old messages come back, from the ring of what was sent', () => {
  reset({ replayGap: 20 });
  for (let i = 0; i < 2000; i++) network.send(0, 1, i);
  expect(arrivals().length).toBe(2000 + faults.of('replay_message'));
  expect(faults.of('replay_message')).toBeGreaterThan(10);
});

describe('link faults', () => {
  beforeEach(() => reset({}));

  test('a partition cuts both ways between its sides, and counts once', () => {
    network.links.begin(faultIndex('partition'), LINK_CUT, 0b001, 0b110, true);
    network.send(0, 1, 1);
    network.send(2, 0, 2);
    network.send(1, 2, 3);
    network.send(0, CLIENT_PORT, 4);
    expect(arrivals().map(([, message]) => message)).toEqual([3, 4]);
    expect(faults.of('partition')).toBe(1);
  });

  test('one way is one way', () => {
    network.links.begin(faultIndex('one_way'), LINK_CUT, 0b001, 0b110, false);
    network.send(0, 1, 1);
    network.send(1, 0, 2);
    expect(arrivals().map(([, message]) => message)).toEqual([2]);
  });

  test('a cut that nobody noticed was not delivered', () => {
    const episode = network.links.begin(faultIndex('isolate'), LINK_CUT, 0b001, 0b110, true);
    dead = 1;
    network.send(0, 1, 1);
    network.links.end(episode);
    expect(faults.of('isolate')).toBe(0);
  });

  test('two cuts overlap: the link heals when both have ended', () => {
    const one = network.links.begin(-1, LINK_CUT, 0b001, 0b010, true);
    const two = network.links.begin(-1, LINK_CUT, 0b001, 0b110, true);
    network.links.end(one);
    network.links.end(one);
    network.send(0, 1, 1);
    network.links.end(two);
    network.send(0, 1, 2);
    expect(arrivals().map(([, message]) => message)).toEqual([2]);
  });

  test('small messages pass and large ones fail', () => {
    network.links.begin(faultIndex('large_fail'), LINK_LARGE, 0b001, 0b010, true);
    network.send(0, 1, 10);
    network.send(0, 1, 5000);
    expect(arrivals().map(([, message]) => message)).toEqual([10]);
    expect(faults.of('large_fail')).toBe(1);
  });

  test('a slow link is slow, a clogged one gives everything at its end', () => {
    network.links.begin(faultIndex('slow_link'), LINK_SLOW, 0b001, 0b010, false);
    network.send(0, 1, 1);
    network.begin('clog', 1, 50_000);
    for (let from = 0; from < 3; from++) for (let to = 0; to < 3; to++) network.send(from, to, 7);
    const got = arrivals();
    expect(got).toContainEqual([4800, 1]);
    expect(got.some(([time, message]) => message === 7 && time > 50_000)).toBe(true);
    expect(network.links.has(1, LINK_CLOG)).toBe(false);
  });

  test('spontaneous ones begin, end, and stop for good once healed', () => {
    reset({ linkGapMicros: 1000, linkMicros: 500, linkKinds: ['partition', 'isolate', 'clog'] });
    let cut = 0;
    for (let i = 0; i < 200; i++) {
      if (!scheduler.pop()) break;
      if (scheduler.kind === EVENT_DELIVER) continue;
      if (scheduler.a === 0 && scheduler.kind === 6) network.linkFault();
      else network.links.end(scheduler.a);
      if (network.links.has(1, LINK_CUT)) cut += 1;
    }
    expect(cut).toBeGreaterThan(0);
    network.heal(0b111);
    for (let link = 0; link < 256; link++) expect(network.links.affected(link)).toBe(false);
    network.linkFault();
    expect(network.links.affected(1)).toBe(false);
  });

  test('a healed core loses nothing among its members', () => {
    reset({ lossPermille: 500, duplicatePermille: 200 });
    network.heal(0b011);
    for (let i = 0; i < 500; i++) network.send(0, 1, i);
    expect(arrivals().length).toBe(500);
    for (let i = 0; i < 500; i++) network.send(0, 2, i);
    expect(arrivals().length).not.toBe(500);
  });
});

test('an interception decides before chance does', () => {
  reset({});
  network.intercept = (_from, _to, message): number =>
    message === 1 ? FATE_DROP : message === 2 ? FATE_DUPLICATE : -1;
  for (const message of [1, 2, 3]) network.send(0, 1, message);
  expect(arrivals().map(([, message]) => message)).toEqual([2, 2, 3]);
  expect(faults.of('loss')).toBe(1);
});
