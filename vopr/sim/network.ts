/**
 * The simulated network: every message's fate, in one choice.
 *
 * Options 0–11 are rungs of delay (0: the least), then drop, duplicate, corrupt, and very late.
 * Link faults (partitions, clogs, …) come from `links.ts`; replays of old messages are gaps.
 * Messages pass by reference and are immutable; a corrupted one is encoded, mutated and decoded on
 * arrival.
 *
 * Cost: one choice, one heap push and a dozen array reads a message; nothing is allocated.
 */
import { assert } from '../../core/types/assert.ts';
import { CLIENT_ADDRESS_MIN } from '../../core/ports.ts';
import { site } from './choose.ts';
import type { Choices } from './choose.ts';
import type { NetworkConfiguration } from './configuration.ts';
import { EVENT_DELIVER, EVENT_LINK_FAULT, EVENT_LINK_HEALS } from './events.ts';
import { faultIndex } from './faults.ts';
import type { FaultCounts, FaultName } from './faults.ts';
import { drawGap, GapCounter, gapOf } from './gaps.ts';
import { CLIENT_PORT, LINK_CLOG, LINK_CUT, LINK_LARGE, LINK_SLOW, Links, PORTS } from './links.ts';
import { fold } from './mix.ts';
import type { Scheduler } from './scheduler.ts';
import type { MessageTraits } from './sim-node.ts';

const MESSAGE = site('message');
const REPLAY_GAP = site('replay_gap');
const REPLAY_WHICH = site('replay_which');
const LINK_GAP = site('link_gap');
const LINK_KIND = site('link_kind');
const LINK_SIDES = site('link_sides');
const LINK_LENGTH = site('link_length');

const DELAY = faultIndex('delay');
const LOSS = faultIndex('loss');
const DUPLICATE = faultIndex('duplicate');
const REORDER = faultIndex('reorder');
const REPLAY = faultIndex('replay_message');

/** Fates of a message: rungs of delay below `FATE_DROP`. */
export const FATE_DROP = 12;
export const FATE_DUPLICATE = 13;
export const FATE_CORRUPT = 14;
export const FATE_LATE = 15;
/** A scenario keeps the message and may deliver it later. */
export const FATE_HELD = 16;
/** How a message arrives: as it was sent, with a byte changed, or as bytes that somebody forged. */
export const ARRIVES_INTACT = 0;
export const ARRIVES_CORRUPT = 1;
export const ARRIVES_FORGED = 2;
/** Size of the fate table: the granularity of its probabilities. */
const FATES = 1024;

/** Delay added by each rung, in units of `delayScaleMicros`. */
export const RUNGS: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 56];
export const LATE_RUNGS = 120;

/** How often each rung comes, of 1,024 together: nearly constant … heavy tail. */
export const DELAY_SHAPES: readonly (readonly number[])[] = [
  [1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [620, 250, 100, 34, 12, 8, 0, 0, 0, 0, 0, 0],
  [300, 250, 180, 110, 70, 50, 34, 18, 8, 4, 0, 0],
  [380, 200, 130, 90, 60, 50, 40, 28, 20, 14, 8, 4],
];

const SLOW_FACTOR = 12;
const REMEMBERED = 64;

/** Who may receive: the network drops what nobody would hear, and counts only what matters. */
export interface Receivers {
  live(port: number): boolean;
}

export class Network<M> {
  readonly links: Links;
  readonly #choices: Choices;
  readonly #scheduler: Scheduler;
  readonly #faults: FaultCounts;
  readonly #traits: MessageTraits<M>;
  readonly #receivers: Receivers;
  readonly #replays: GapCounter;
  readonly #fates: Uint8Array = new Uint8Array(FATES);
  readonly #calm: Uint8Array = new Uint8Array(FATES);
  /** Latest arrival scheduled on each link: for links that keep their order. */
  readonly #arrivals: Float64Array = new Float64Array(PORTS * PORTS);
  #configuration: NetworkConfiguration | null = null;
  #ports = 0;
  /** Set of ports between which nothing strikes any more. */
  #safe = 0;
  /** Extra delay of everything that a port receives: a slow node. */
  readonly slowMicros: Float64Array = new Float64Array(PORTS);
  /** A scenario's interception: a fate, or -1 to leave it to chance. Null in most runs. */
  intercept: ((from: number, to: number, message: M) => number) | null = null;
  /** Messages sent in this run. */
  sent = 0;

  // A ring of what was sent, for replays.
  readonly #oldFrom: Int32Array = new Int32Array(REMEMBERED);
  readonly #oldTo: Int32Array = new Int32Array(REMEMBERED);
  readonly #old: (M | null)[] = [];

  constructor(
    choices: Choices,
    scheduler: Scheduler,
    faults: FaultCounts,
    traits: MessageTraits<M>,
    receivers: Receivers,
  ) {
    this.links = new Links(faults);
    this.#choices = choices;
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#traits = traits;
    this.#receivers = receivers;
    this.#replays = new GapCounter(choices, REPLAY_GAP, 0, 1);
    for (let i = 0; i < REMEMBERED; i++) this.#old.push(null);
  }

  reset(configuration: NetworkConfiguration, nodes: number, clients: number): void {
    assert(nodes <= CLIENT_PORT && clients <= PORTS - CLIENT_PORT, 'the ports suffice');
    this.#configuration = configuration;
    this.#ports = ((1 << nodes) - 1) | (((1 << clients) - 1) << CLIENT_PORT);
    this.#safe = 0;
    this.links.reset();
    this.slowMicros.fill(0);
    this.#arrivals.fill(0);
    this.intercept = null;
    this.sent = 0;
    this.#old.fill(null);
    fillFates(this.#fates, configuration, true);
    fillFates(this.#calm, configuration, false);
    this.#replays.reset();
    if (configuration.replayGap > 0) this.#replays.arm(0, configuration.replayGap);
    this.#scheduleLinkFault();
  }

  /** Nothing strikes between these ports any more; all link faults end. */
  heal(ports: number): void {
    this.#safe = ports;
    this.links.endAll();
    this.#replays.stop();
    this.slowMicros.fill(0);
  }

  send(from: number, to: number, message: M): void {
    if (to < 0 || to >= PORTS) return;
    this.sent += 1;
    const link = from * PORTS + to;
    const live = this.#receivers.live(to);
    let fate = this.intercept === null ? -1 : this.intercept(from, to, message);
    if (fate < 0 && this.links.affected(link) && this.#lostOnLink(link, message, live)) return;
    if (fate < 0) fate = this.#fate(from, to, link, message);
    if (this.#replays.tick()) this.#replay();
    const slot = this.sent & (REMEMBERED - 1);
    this.#oldFrom[slot] = from;
    this.#oldTo[slot] = to;
    this.#old[slot] = message;
    if (fate === FATE_HELD) return;
    if (fate === FATE_DROP) {
      if (live) this.#faults.delivered(LOSS);
      return;
    }
    const how = fate === FATE_CORRUPT ? ARRIVES_CORRUPT : ARRIVES_INTACT;
    this.#deliver(from, to, link, message, how, fate, live);
  }

  /**
   * Sends bytes that somebody forged in the place of `message`: they meet the fate that this
   * message would have met on its link, and no rule of a script.
   */
  forge(from: number, to: number, message: M, bytes: Uint8Array): void {
    if (to < 0 || to >= PORTS) return;
    this.sent += 1;
    const link = from * PORTS + to;
    const live = this.#receivers.live(to);
    if (this.links.affected(link) && this.#lostOnLink(link, message, live)) return;
    const fate = this.#fate(from, to, link, message);
    if (fate === FATE_DROP) return;
    this.#deliver(from, to, link, bytes, ARRIVES_FORGED, fate, live);
  }

  /** EVENT_LINK_FAULT: some link fault begins, and the next one is drawn. */
  linkFault(): void {
    const c = this.#configuration as NetworkConfiguration;
    if (this.#safe !== 0) return;
    const kinds = c.linkKinds.length;
    const kind = this.#choices.choose(LINK_KIND, 0, 0, kinds + 1);
    const sides = this.#choices.choose(LINK_SIDES, 0, kind, 65536);
    const length = gapOf(this.#choices.choose(LINK_LENGTH, 0, kind, 31) + 1, c.linkMicros);
    if (kind > 0) this.begin(c.linkKinds[kind - 1] as FaultName, sides, length);
    this.#scheduleLinkFault();
  }

  /** Begins a link fault of this kind for `length` microseconds, its victims drawn from `sides`. */
  begin(kind: FaultName, sides: number, length: number): void {
    const all = this.#ports;
    const node = 1 << nth(all & 0xff, sides);
    const others = all & ~node;
    const fault = faultIndex(kind);
    let episode: number;
    if (kind === 'partition') {
      const side = (fold(sides, 1) & all) | node;
      episode = this.links.begin(fault, LINK_CUT, side, all & ~side, true);
    } else if (kind === 'isolate') {
      episode = this.links.begin(fault, LINK_CUT, node, others, true);
    } else if (kind === 'one_way') {
      const out = (sides & 256) !== 0;
      episode = this.links.begin(fault, LINK_CUT, out ? node : others, out ? others : node, false);
    } else {
      const other = 1 << nth(others, fold(sides, 2) >>> 1);
      const effect = kind === 'clog' ? LINK_CLOG : kind === 'slow_link' ? LINK_SLOW : LINK_LARGE;
      const to = (sides & 512) !== 0 ? others : other;
      episode = this.links.begin(fault, effect, node, to, (sides & 1024) !== 0);
      if (effect === LINK_CLOG) this.#clog(length);
    }
    this.endAfter(episode, length);
  }

  endAfter(episode: number, length: number): void {
    this.#scheduler.push(this.#scheduler.now + length, EVENT_LINK_HEALS, episode, 0, 0, null);
  }

  /** Everything between this port and the others is held up for `length` microseconds. */
  clog(port: number, length: number): void {
    const fault = faultIndex('clog');
    const others = this.#ports & ~(1 << port);
    this.endAfter(this.links.begin(fault, LINK_CLOG, 1 << port, others, true), length);
    const until = this.#scheduler.now + length;
    for (let other = 0; other < PORTS; other++) {
      for (const link of [port * PORTS + other, other * PORTS + port]) {
        const before = this.links.clogUntil[link] as number;
        this.links.clogUntil[link] = Math.max(until, before);
      }
    }
  }

  /** Clogged links give nothing before this much time has passed. */
  #clog(length: number): void {
    const until = this.#scheduler.now + length;
    for (let link = 0; link < PORTS * PORTS; link++) {
      if (this.links.has(link, LINK_CLOG)) {
        this.links.clogUntil[link] = Math.max(until, this.links.clogUntil[link] as number);
      }
    }
  }

  #scheduleLinkFault(): void {
    const c = this.#configuration as NetworkConfiguration;
    if (c.linkGapMicros <= 0 || c.linkKinds.length === 0) return;
    const gap = drawGap(this.#choices, LINK_GAP, 0, 0, c.linkGapMicros);
    const at = this.#scheduler.now + gap;
    if (at < 2_000_000_000) this.#scheduler.push(at, EVENT_LINK_FAULT, 0, 0, 0, null);
  }

  #lostOnLink(link: number, message: M, live: boolean): boolean {
    const { links } = this;
    if (links.has(link, LINK_CUT)) {
      if (live) links.meet(link, LINK_CUT);
      return true;
    }
    if (links.has(link, LINK_LARGE)) {
      const limit = (this.#configuration as NetworkConfiguration).largeBytes;
      if (this.#traits.bytes(message) > limit) {
        if (live) links.meet(link, LINK_LARGE);
        return true;
      }
    }
    return false;
  }

  #fate(from: number, to: number, link: number, message: M): number {
    const safe = (this.#safe & (1 << from)) !== 0 && (this.#safe & (1 << to)) !== 0;
    const traits = this.#traits;
    const subject = fold(traits.subject(message), traits.kind(message));
    return this.#choices.pick(MESSAGE, link, subject, safe ? this.#calm : this.#fates);
  }

  #deliver(
    from: number,
    to: number,
    link: number,
    sent: M | Uint8Array,
    how: number,
    fate: number,
    live: boolean,
  ): void {
    const c = this.#configuration as NetworkConfiguration;
    const scheduler = this.#scheduler;
    let delay = c.delayMinMicros;
    if (fate < FATE_DROP) delay += (RUNGS[fate] as number) * c.delayScaleMicros;
    else if (fate === FATE_LATE) delay += LATE_RUNGS * c.delayScaleMicros;
    if (fate !== 0 && live && (fate < FATE_DROP || fate === FATE_LATE)) {
      this.#faults.delivered(DELAY);
    }
    if (this.links.affected(link)) delay = this.#delayOnLink(link, delay, live);
    delay += this.slowMicros[to] as number;
    let at = scheduler.now + delay;
    const before = this.#arrivals[link] as number;
    if (at < before) {
      if (!c.reorder) at = before;
      else if (live) this.#faults.delivered(REORDER);
    } else this.#arrivals[link] = at;
    const address = from < CLIENT_PORT ? from : CLIENT_ADDRESS_MIN + from - CLIENT_PORT;
    scheduler.push(at, EVENT_DELIVER, to, address, how, sent);
    if (fate === FATE_DUPLICATE) {
      if (live) this.#faults.delivered(DUPLICATE);
      const again = at + (RUNGS[3] as number) * c.delayScaleMicros;
      scheduler.push(again, EVENT_DELIVER, to, address, how, sent);
    }
  }

  #delayOnLink(link: number, delay: number, live: boolean): number {
    const { links } = this;
    let total = delay;
    if (links.has(link, LINK_SLOW)) {
      if (live) links.meet(link, LINK_SLOW);
      total *= SLOW_FACTOR;
    }
    if (links.has(link, LINK_CLOG)) {
      if (live) links.meet(link, LINK_CLOG);
      total += Math.max(0, (links.clogUntil[link] as number) - this.#scheduler.now);
    }
    return total;
  }

  /** Something sent long ago arrives once more. */
  #replay(): void {
    this.#replays.take();
    const which = this.#choices.choose(REPLAY_WHICH, 0, 0, REMEMBERED);
    const message = this.#old[which] as M | null;
    if (which === 0 || message === null) return;
    const from = this.#oldFrom[which] as number;
    const to = this.#oldTo[which] as number;
    if (!this.#receivers.live(to) || this.links.has(from * PORTS + to, LINK_CUT)) return;
    this.#faults.delivered(REPLAY);
    const c = this.#configuration as NetworkConfiguration;
    const address = from < CLIENT_PORT ? from : CLIENT_ADDRESS_MIN + from - CLIENT_PORT;
    const at = this.#scheduler.now + c.delayMinMicros;
    this.#scheduler.push(at, EVENT_DELIVER, to, address, 0, message);
  }
}

/** The position of the n-th set bit of `set`, n taken modulo their number. */
function nth(set: number, n: number): number {
  let count = 0;
  for (let i = 0; i < PORTS; i++) if ((set & (1 << i)) !== 0) count += 1;
  let left = count === 0 ? 0 : n % count;
  for (let i = 0; i < PORTS; i++) {
    if ((set & (1 << i)) === 0) continue;
    if (left === 0) return i;
    left -= 1;
  }
  return 0;
}

function fillFates(table: Uint8Array, c: NetworkConfiguration, faults: boolean): void {
  let at = 0;
  if (faults) {
    at = fill(table, at, FATE_DROP, c.lossPermille);
    at = fill(table, at, FATE_DUPLICATE, c.duplicatePermille);
    at = fill(table, at, FATE_CORRUPT, c.corruptPermille);
    if (c.delayShape === 3) at = fill(table, at, FATE_LATE, 2);
  }
  const shape = DELAY_SHAPES[c.delayShape];
  assert(shape !== undefined, 'a delay shape is an index of DELAY_SHAPES');
  const room = FATES - at;
  for (let rung = 0; rung < shape.length; rung++) {
    at = fill(table, at, rung, Math.floor(((shape[rung] as number) * room) / FATES));
  }
  table.fill(0, at);
}

function fill(table: Uint8Array, at: number, option: number, count: number): number {
  const end = Math.min(table.length, at + count);
  table.fill(option, at, end);
  return end;
}
