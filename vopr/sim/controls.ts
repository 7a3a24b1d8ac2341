/**
 * What a scenario's script may do to the world: look, wait for something, and break something.
 *
 * Actions inside a step hook take effect at that very step: a node crashed there does nothing more,
 * though its code runs on to the end of the call. Hooks end when the core is healed.
 */
import { CLIENT_ADDRESS_MIN } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import type { Cluster } from './cluster.ts';
import type { Core } from './core.ts';
import { SYNC_FAILS, WRITE_CRASH, WRITE_FAILS, WRITE_SHORT } from './disk.ts';
import { EVENT_DELIVER, EVENT_SCRIPT } from './events.ts';
import { faultIndex } from './faults.ts';
import type { FaultName } from './faults.ts';
import { Forgery } from './forgery.ts';
import type { Rewrite } from './forgery.ts';
import { DiskImage } from './image.ts';
import { CLIENT_PORT, LINK_CUT, LINK_LARGE, LINK_SLOW } from './links.ts';
import { FATE_CORRUPT, FATE_DROP, FATE_DUPLICATE, FATE_HELD } from './network.ts';
import { portOf, RESTART_NEVER } from './place.ts';
import type { Place } from './place.ts';
import { inject, mayDamage } from './rot.ts';
import type { NodeInspection } from './sim-node.ts';
import { SECTOR_DIRTY, SECTOR_STALE } from './file.ts';
import type { SimFile } from './file.ts';

/** Which steps a hook waits for. */
export interface StepFilter {
  /** `STEP_…` of core/observer.ts. */
  readonly kind: number;
  readonly node?: number;
  /** Acts on the nth matching step only; 1 by default. */
  readonly nth?: number;
  readonly when?: (a: number, b: number, c: number, node: number) => boolean;
}

/** Which messages a rule is about; nodes and clients by address. */
export interface MessageFilter {
  /** Name of the kind, as in the system's `kindNames`. */
  readonly kind?: string;
  readonly from?: number;
  readonly to?: number;
  /** How many matching messages suffer; all by default. */
  readonly times?: number;
  /** How many matching messages pass first; none by default. */
  readonly skip?: number;
}

/** Messages that were held back; `release` delivers them, now. */
export interface Held {
  readonly count: number;
  release(): void;
}

interface Rule {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  readonly fate: number;
  skip: number;
  left: number;
  readonly held: { from: number; to: number; message: unknown }[] | null;
}

interface Hook {
  readonly filter: StepFilter;
  left: number;
  readonly action: (node: number, a: number, b: number, c: number) => void;
}

export class Controls {
  readonly #cluster: Cluster<unknown>;
  readonly #core: Core<unknown>;
  readonly #actions: (() => void)[] = [];
  readonly #hooks: Hook[] = [];
  readonly #rules: Rule[] = [];
  readonly #episodes: number[] = [];
  readonly #images: (DiskImage | undefined)[] = [];

  constructor(cluster: Cluster<unknown>, core: Core<unknown>) {
    this.#cluster = cluster;
    this.#core = core;
  }

  get replicas(): number {
    return this.#cluster.replicaCount;
  }
  get now(): number {
    return this.#cluster.now;
  }
  up(node: number): boolean {
    return this.#cluster.up(node);
  }
  /** Ground truth: sectors of the node's disk with injected damage standing. */
  damagedSectors(node: number): number {
    return this.#cluster.disk(node).damagedSectors;
  }
  inspect(node: number): NodeInspection | null {
    return this.#cluster.inspect(node);
  }
  /** The running voter that does normal work (status 0) in the highest view; −1 when none does. */
  primary(): number {
    let best = -1;
    let view = -1;
    for (let node = 0; node < this.replicas; node++) {
      const seen = this.#cluster.inspect(node);
      if (seen === null || seen.status !== 0 || seen.view <= view) continue;
      view = seen.view;
      best = view % this.replicas;
    }
    return best >= 0 && this.#cluster.up(best) ? best : -1;
  }
  /** Fails the run unless this holds. */
  require(condition: boolean, message: string): void {
    if (!condition) this.#cluster.verdict.fail('promise', message);
  }

  /** Acts at a virtual time in microseconds. */
  at(micros: number, action: () => void): void {
    this.#actions.push(action);
    this.#cluster.scheduler.push(micros, EVENT_SCRIPT, this.#actions.length - 1, 0, 0, null);
  }
  after(micros: number, action: () => void): void {
    this.at(this.now + micros, action);
  }
  /** Runs an action by index; the phases call this. */
  act(index: number): void {
    const action = this.#actions[index];
    assert(action !== undefined, 'a scheduled action exists');
    action();
  }

  /** Acts in the middle of the nth matching step. */
  onStep(
    filter: StepFilter,
    action: (node: number, a: number, b: number, c: number) => void,
  ): void {
    this.#hooks.push({ filter, left: filter.nth ?? 1, action });
    this.#cluster.stepHook = (node, kind, a, b, c): void => this.#stepped(node, kind, a, b, c);
  }

  drop(filter: MessageFilter): void {
    this.#rule(filter, FATE_DROP, false);
  }
  corrupt(filter: MessageFilter): void {
    this.#rule(filter, FATE_CORRUPT, false);
  }
  duplicate(filter: MessageFilter): void {
    this.#rule(filter, FATE_DUPLICATE, false);
  }
  /** Holds messages back until released. */
  hold(filter: MessageFilter): Held {
    const held = this.#rule(filter, FATE_HELD, true);
    return {
      get count(): number {
        return held.length;
      },
      release: (): void => {
        const { scheduler } = this.#cluster;
        for (const { from, to, message } of held) {
          scheduler.push(scheduler.now, EVENT_DELIVER, to, from, 0, message);
        }
        held.length = 0;
      },
    };
  }
  /** Ends every message rule. */
  pass(): void {
    this.#rules.length = 0;
  }

  /**
   * Beyond the model: `node` is a traitor. Each of its messages passes `rewrite`; null ends that.
   * A member of the healed core repents, one outside of it goes on.
   */
  forge(node: number, rewrite: Rewrite<unknown> | null): void {
    assert(this.#place(node).index === node, 'a node of this cluster');
    const ported = rewrite && ((port: number, m: unknown): unknown => rewrite(addressOf(port), m));
    this.#forgery().rewrite(node, ported);
  }
  /** Beyond the model: a message that the traitor `from` never meant to send, as bytes. */
  inject(from: number, to: number, message: unknown): void {
    this.#forgery().inject(portOf(from), portOf(to), message);
  }
  /** What `message` is as bytes, to be tampered with. */
  encode(message: unknown): Uint8Array {
    return this.#cluster.system.messages.encode(message, this.#cluster.cluster).slice();
  }
  /** Whether an invariant that this scenario's faults suspend was seen violated. */
  reported(invariant: string): boolean {
    return this.#cluster.verdict.reported(invariant);
  }

  /** Cuts both ways between the groups; whoever is in no group is cut off alone. */
  partition(...groups: readonly (readonly number[])[]): void {
    for (const group of groups) this.#cut(bits(group), ~bits(group), true, 'partition');
  }
  isolate(node: number): void {
    this.#cut(1 << node, ~(1 << node), true, 'isolate');
  }
  /** Nothing gets from these to those any more; the way back is open. */
  oneWay(from: readonly number[], to: readonly number[]): void {
    this.#cut(bits(from), bits(to), false, 'one_way');
  }
  /** Between these, messages above `network.largeBytes` are lost. */
  largeFail(from: readonly number[], to: readonly number[]): void {
    const { links } = this.#cluster.network;
    const fault = faultIndex('large_fail');
    this.#episodes.push(links.begin(fault, LINK_LARGE, bits(from), bits(to), true));
  }
  /** Between these, every message takes twelve times as long. */
  slowDown(from: readonly number[], to: readonly number[]): void {
    const { links } = this.#cluster.network;
    const fault = faultIndex('slow_link');
    this.#episodes.push(links.begin(fault, LINK_SLOW, bits(from), bits(to), true));
  }
  /** What goes from and to this node arrives together, this much later. */
  clog(node: number, micros: number): void {
    this.#cluster.network.clog(this.#place(node).index, micros);
  }
  /** Ends every cut of this script. */
  reconnect(): void {
    for (const episode of this.#episodes) this.#cluster.network.links.end(episode);
    this.#episodes.length = 0;
  }

  /** Kills the process; the page cache stays. It stays down until `restart`, or `restartAfter`. */
  crash(node: number, restartAfter = -1): void {
    this.#kill(node, false, restartAfter);
  }
  /** Cuts the power: unsynced sectors are old, new or garbage by `disk.oldOf16`, `garbageOf16`. */
  powerCut(node: number, restartAfter = -1): void {
    this.#kill(node, true, restartAfter);
  }
  powerCutAll(restartAfter: number): void {
    for (let node = 0; node < this.#cluster.nodeCount; node++) {
      if (this.up(node)) this.powerCut(node, restartAfter);
    }
  }
  /** The process dies in the middle of its nth write from now. */
  crashInWrite(node: number, nth = 1): void {
    this.#place(node).disk.writes.set(WRITE_CRASH, nth);
  }
  restart(node: number): void {
    const place = this.#place(node);
    if (place.node === null) this.#cluster.crashes.restartAfter(place, 0);
  }
  pause(node: number, micros: number): void {
    this.#cluster.pause(this.#place(node), micros);
  }
  /** The disk is replaced by an empty one and formatted for recovery; the node restarts. */
  replaceDisk(node: number): void {
    this.#cluster.crashes.replaceDisk(this.#place(node));
  }

  /**
   * Damages the durable bytes at `offset` of a file: `sector_error`, `bit_rot` or `sector_rot`.
   * False when that sector is not durable now. The atlas is not asked.
   */
  damage(node: number, name: string, offset: number, fault: FaultName): boolean {
    const { disk } = this.#place(node);
    const id = disk.names.durable.get(name);
    const file = id === undefined ? undefined : disk.files[id];
    if (file === undefined || offset >= file.durableSize) return false;
    const sector = Math.floor(offset / file.sectorBytes);
    if (((file.flags[sector] as number) & (SECTOR_DIRTY | SECTOR_STALE)) !== 0) return false;
    if (disk.damage.find(file, sector) >= 0) return true;
    // Beyond what the atlas allows, refusing to go on is right.
    if (!mayDamage(disk, file, sector)) disk.failStops += 1;
    inject(disk, file, sector, faultIndex(fault));
    return true;
  }
  /** Damages the first durable sector of a unit of the system's locator. */
  damageUnit(node: number, unit: number, half: number, fault: FaultName): boolean {
    const { disk } = this.#place(node);
    for (const name of disk.names.durable.keys()) {
      const { sectorBytes } = disk.limits;
      const size = this.#cluster.disk(node).size(name);
      for (let offset = 0; offset < size; offset += sectorBytes) {
        const place = this.#cluster.units.locate(name, offset, disk.limits);
        if (place.unit !== unit || place.half !== half) continue;
        if (this.damage(node, name, offset, fault)) return true;
      }
    }
    return false;
  }
  misdirectNextWrite(node: number): void {
    this.#place(node).disk.misdirectNext = true;
  }
  /**
   * The durable sector at `from` went astray when it was written: it stands at `to`, and its own
   * place reads as it was when the disk was saved. The atlas is not asked. False: not durable now.
   */
  misdirect(node: number, name: string, from: number, to: number): boolean {
    const image = this.#images[node];
    assert(image !== undefined, 'a disk is saved before a write to it goes astray');
    if (!this.damage(node, name, from, 'misdirected_write')) return false;
    if (!this.damage(node, name, to, 'misdirected_write')) return false;
    const { disk } = this.#place(node);
    const file = disk.files[disk.names.durable.get(name) as number] as SimFile;
    const { damage } = disk;
    const home = damage.bytes(damage.find(file, Math.floor(from / file.sectorBytes)));
    damage.bytes(damage.find(file, Math.floor(to / file.sectorBytes))).set(home);
    image.read(name, from, home);
    return true;
  }
  /** The nth sync that begins from now fails. */
  failSync(node: number, nth = 1): void {
    this.#place(node).disk.syncGaps.set(SYNC_FAILS, nth);
  }
  failWrite(node: number, nth = 1): void {
    this.#place(node).disk.writes.set(WRITE_FAILS, nth);
  }
  shortWrite(node: number, nth = 1): void {
    this.#place(node).disk.writes.set(WRITE_SHORT, nth);
  }
  /** Every sync that begins from now, of files so named, takes this much longer; 0 ends it. */
  delaySyncs(node: number, micros: number, prefix = ''): void {
    const { disk } = this.#place(node);
    disk.extraSyncMicros = micros;
    disk.extraSyncPrefix = prefix;
  }
  /** Beyond the model: syncs succeed and do nothing. */
  lieAboutSyncs(node: number, lies: boolean): void {
    this.#place(node).disk.lying = lies;
  }
  /** Remembers the durable files of this node, for `rollbackDisk`. */
  saveDisk(node: number): void {
    this.#images[node] = new DiskImage(this.#place(node).disk);
  }
  /** Beyond the model: power off, and the disk is as it was when saved. */
  rollbackDisk(node: number, restartAfter = -1): void {
    const image = this.#images[node];
    assert(image !== undefined, 'a disk is saved before it is rolled back');
    if (this.up(node)) this.powerCut(node, restartAfter);
    image.restore(this.#place(node).disk);
    this.#place(node).disk.failStops += 1;
    this.#cluster.faults.delivered(faultIndex('rollback'));
  }

  jumpClock(node: number, micros: number): void {
    this.#place(node).clock.jump(micros);
    const fault: FaultName = micros < 0 ? 'clock_back' : 'clock_forward';
    if (this.up(node)) this.#cluster.faults.delivered(faultIndex(fault));
  }
  /** Beyond the model: the wall clocks of a majority jump. */
  jumpMostClocks(nodes: readonly number[], micros: number): void {
    assert(2 * nodes.length > this.replicas, 'a majority of the clocks');
    for (const node of nodes) this.jumpClock(node, micros);
    this.#cluster.faults.delivered(faultIndex('clocks_wrong'));
  }
  driftClock(node: number, ppm: number): void {
    this.#place(node).clock.drift(this.now, ppm);
    if (this.up(node)) this.#cluster.faults.delivered(faultIndex('clock_drift'));
  }
  freezeClock(node: number): void {
    this.#place(node).clock.freeze(this.now);
    if (this.up(node)) this.#cluster.faults.delivered(faultIndex('clock_frozen'));
  }

  /** Ends the storm now: the core is healed and must converge. */
  endStorm(): void {
    this.#core.stormEnds();
  }

  #place(node: number): Place<unknown> {
    const place = this.#cluster.places[node];
    assert(place !== undefined && node < this.#cluster.nodeCount, 'a node of this cluster');
    return place;
  }

  #forgery(): Forgery<unknown> {
    this.#cluster.forgery ??= new Forgery(this.#cluster);
    return this.#cluster.forgery;
  }

  #stepped(node: number, kind: number, a: number, b: number, c: number): void {
    for (const hook of this.#hooks) {
      const { filter } = hook;
      if (filter.kind !== kind || hook.left === 0) continue;
      if (filter.node !== undefined && filter.node !== node) continue;
      if (filter.when !== undefined && !filter.when(a, b, c, node)) continue;
      hook.left -= 1;
      if (hook.left === 0) hook.action(node, a, b, c);
    }
  }

  #rule(filter: MessageFilter, fate: number, holds: boolean): NonNullable<Rule['held']> {
    const { kindNames } = this.#cluster.system.messages;
    const kind = filter.kind === undefined ? -1 : kindNames.indexOf(filter.kind);
    assert(filter.kind === undefined || kind >= 0, () => `no message kind "${filter.kind}"`);
    const held: NonNullable<Rule['held']> = [];
    this.#rules.push({
      kind,
      from: filter.from === undefined ? -1 : portOf(filter.from),
      to: filter.to === undefined ? -1 : portOf(filter.to),
      fate,
      skip: filter.skip ?? 0,
      left: filter.times ?? Number.MAX_SAFE_INTEGER,
      held: holds ? held : null,
    });
    this.#cluster.network.intercept = (from, to, message): number =>
      this.#intercept(from, to, message);
    return held;
  }

  #intercept(from: number, to: number, message: unknown): number {
    const kind = this.#cluster.system.messages.kind(message);
    for (const rule of this.#rules) {
      if (rule.left === 0 || (rule.kind >= 0 && rule.kind !== kind)) continue;
      if ((rule.from >= 0 && rule.from !== from) || (rule.to >= 0 && rule.to !== to)) continue;
      if (rule.skip > 0) {
        rule.skip -= 1;
        continue;
      }
      rule.left -= 1;
      rule.held?.push({ from: addressOf(from), to, message });
      return rule.fate;
    }
    return -1;
  }

  #cut(from: number, to: number, both: boolean, fault: FaultName): void {
    const { links } = this.#cluster.network;
    const nodes = (1 << this.#cluster.nodeCount) - 1;
    const index = faultIndex(fault);
    this.#episodes.push(links.begin(index, LINK_CUT, from & nodes, to & nodes, both));
  }

  #kill(node: number, power: boolean, restartAfter: number): void {
    const place = this.#place(node);
    if (this.#cluster.executing === node) {
      // In the middle of its own step: everything it still does has no effect.
      place.disk.dead = true;
      place.deadByPower = power;
      place.restartAfterDeath = restartAfter >= 0 ? restartAfter : RESTART_NEVER;
      return;
    }
    this.#cluster.crashes.kill(place, power);
    if (restartAfter >= 0) this.#cluster.crashes.restartAfter(place, restartAfter);
  }
}

function addressOf(port: number): number {
  return port < CLIENT_PORT ? port : CLIENT_ADDRESS_MIN + port - CLIENT_PORT;
}

function bits(nodes: readonly number[]): number {
  let set = 0;
  for (const node of nodes) set |= 1 << node;
  return set;
}
