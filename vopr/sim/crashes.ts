/**
 * The life of processes: start, crash, power cut, stop, restart, replaced disk.
 *
 * A restarted node gets its disk and nothing else. A node that stops itself, or refuses to open,
 * must have been given a reason by an injected fault; otherwise the run fails.
 */
import { assert } from '../../core/types/assert.ts';
import type { Atlas } from './atlas.ts';
import { PHASE_CORE, PHASE_STORM } from './checker.ts';
import type { Checker } from './checker.ts';
import { site } from './choose.ts';
import type { Choices } from './choose.ts';
import type { Configuration } from './configuration.ts';
import { EVENT_RESTART } from './events.ts';
import { faultIndex } from './faults.ts';
import type { FaultCounts } from './faults.ts';
import { gapOf } from './gaps.ts';
import { INPUT_CRASH, RESTART_NEVER } from './place.ts';
import type { Place } from './place.ts';
import { cutPower, fateTable } from './power.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seat, System } from './sim-node.ts';
import type { Verdict } from './verdict.ts';

const CRASH_HOW = site('crash_how');
const CRASH_LOOP = site('crash_loop');
const RESTART_DELAY = site('restart_delay');
const RESTART_RELEASE = site('restart_release');

const CRASH = faultIndex('crash');
const POWER_CUT = faultIndex('power_cut');
const CRASH_IN_WRITE = faultIndex('crash_in_write');
const CRASH_LOOPS = faultIndex('crash_loop');
const OTHER_RELEASE = faultIndex('other_release');
const REPLACED_DISK = faultIndex('replaced_disk');

/** One crash in this many takes the power of all nodes with it. */
const ALL_DOWN_OF = 24;
const RESTART_OPTIONS = 31;
/** Inputs that a node in a crash loop gets to handle at most. */
const LOOP_INPUTS = 12;

/** What crashing needs of the cluster. */
export interface CrashWorld<M> {
  readonly system: System<M>;
  readonly seed: number;
  readonly phase: number;
  readonly core: number;
  readonly events: number;
  readonly nodeCount: number;
  readonly configuration: Configuration;
  readonly scheduler: Scheduler;
  readonly choices: Choices;
  readonly faults: FaultCounts;
  readonly atlas: Atlas;
  readonly verdict: Verdict;
  readonly places: readonly Place<M>[];
  readonly checkers: readonly Checker[];
  executing: number;
  settle(place: Place<M>): void;
}

export class Crashes<M> {
  readonly #world: CrashWorld<M>;
  #fates: Uint8Array = fateTable(0, 0);
  /** Crashes of running nodes in this run, and restarts after any stop. */
  crashed = 0;
  restarted = 0;
  /** Times a node stopped itself, with reason. */
  stops = 0;

  constructor(world: CrashWorld<M>) {
    this.#world = world;
  }

  reset(): void {
    const { disk } = this.#world.configuration;
    this.#fates = fateTable(disk.oldOf16, disk.garbageOf16);
    this.crashed = 0;
    this.restarted = 0;
    this.stops = 0;
  }

  /** A spontaneous crash: of the process, of its machine's power, or of all power. */
  crash(place: Place<M>): void {
    const { choices, configuration } = this.#world;
    const { powerOf16 } = configuration.process;
    const power = choices.choose(CRASH_HOW, place.index, 0, 16) >= 16 - powerOf16;
    const all = power && choices.choose(CRASH_HOW, place.index, 1, ALL_DOWN_OF) === 1;
    this.kill(place, power);
    this.restartLater(place);
    if (!all) return;
    for (let i = 0; i < this.#world.nodeCount; i++) {
      const other = this.#world.places[i] as Place<M>;
      if (other === place || this.#sheltered(other)) continue;
      this.kill(other, true);
      this.restartLater(other);
    }
  }

  /** The process died in the middle of a call; whatever it did after that had no effect. */
  died(place: Place<M>): void {
    const { deadByPower, restartAfterDeath } = place;
    this.kill(place, deadByPower, deadByPower ? POWER_CUT : CRASH_IN_WRITE);
    this.#restartAfterDeath(place, restartAfterDeath);
  }

  /** Ends a running process, and with `power` its page cache. Does not restart it. */
  kill(place: Place<M>, power: boolean, fault: number = power ? POWER_CUT : CRASH): void {
    const { faults, checkers } = this.#world;
    const running = place.node !== null;
    place.end();
    if (power) cutPower(place.disk, this.#fates);
    if (!running) return;
    this.crashed += 1;
    if (place.looping) faults.delivered(CRASH_LOOPS);
    place.looping = false;
    faults.delivered(fault);
    for (const checker of checkers) checker.crashed?.(place.index, power);
  }

  /** Ends a process as part of the scene, not as a fault: the outside of a core. */
  remove(place: Place<M>): void {
    const running = place.node !== null;
    place.end();
    place.restartable = false;
    if (!running) return;
    for (const checker of this.#world.checkers) checker.crashed?.(place.index, false);
  }

  restartLater(place: Place<M>): void {
    const { choices, configuration } = this.#world;
    const option = choices.choose(RESTART_DELAY, place.index, 0, RESTART_OPTIONS) + 1;
    this.restartAfter(place, gapOf(option, configuration.process.restartMicros));
  }

  restartAfter(place: Place<M>, micros: number): void {
    const { scheduler } = this.#world;
    const at = scheduler.now + micros;
    scheduler.push(at, EVENT_RESTART, place.index, place.incarnation, 0, null);
  }

  /** EVENT_RESTART: unless it was restarted since, or never may be. */
  restart(place: Place<M>, incarnation: number): void {
    if (place.node !== null || place.incarnation !== incarnation || !place.restartable) return;
    this.restarted += 1;
    const { choices, configuration, phase } = this.#world;
    const { otherReleaseOf16, crashLoopOf16 } = configuration.process;
    if (otherReleaseOf16 > 0 && phase === PHASE_STORM) {
      const answer = choices.choose(RESTART_RELEASE, place.index, 0, 16);
      if (answer >= 16 - otherReleaseOf16) {
        this.#startOlder(place);
        return;
      }
    }
    this.start(place);
    if (place.node === null || crashLoopOf16 === 0 || phase !== PHASE_STORM) return;
    const answer = choices.choose(CRASH_LOOP, place.index, 0, 16 * LOOP_INPUTS);
    if (answer >= (16 - crashLoopOf16) * LOOP_INPUTS) {
      place.looping = true;
      place.inputs.set(INPUT_CRASH, 1 + (answer % LOOP_INPUTS));
    }
  }

  /** Opens a node on what its disk holds. */
  start(place: Place<M>): void {
    const world = this.#world;
    const opened = this.#open(place, place.seat as Seat);
    if (place.disk.dead) {
      this.diedInOpen(place);
      return;
    }
    if (typeof opened === 'string') {
      this.#refused(place, opened);
      return;
    }
    place.node = opened;
    for (const checker of world.checkers) checker.opened?.(place.index);
    world.settle(place);
  }

  /** A node stopped itself. */
  stopped(place: Place<M>, reason: string): void {
    const world = this.#world;
    this.stops += 1;
    if (place.disk.failStops === 0) {
      world.verdict.fail('stopped', `node ${place.index}: ${reason}`);
    }
    place.end();
    for (const checker of world.checkers) {
      checker.stopped?.(place.index, reason);
      checker.crashed?.(place.index, false);
    }
    this.restartLater(place);
  }

  /** The machine comes back with an empty disk, which an operator formats for recovery. */
  replaceDisk(place: Place<M>): void {
    const { system, faults, checkers, seed } = this.#world;
    if (place.node !== null) this.kill(place, true);
    place.disk.wipe();
    place.lost = true;
    faults.delivered(REPLACED_DISK);
    for (const checker of checkers) checker.replaced?.(place.index);
    place.disk.formatting = true;
    const nonce = place.begin(seed);
    system.recover(place.disk, place.seat as Seat, nonce);
    place.disk.settleAll();
    place.disk.formatting = false;
    this.restartLater(place);
  }

  #open(place: Place<M>, seat: Seat): ReturnType<System<M>['open']> {
    const { system, scheduler, seed } = this.#world;
    const nonce = place.begin(seed);
    const { now } = scheduler;
    const monotonic = place.clock.monotonic(now);
    const realtime = place.clock.realtime(now);
    this.#world.executing = place.index;
    const opened = system.open(place.host, seat, nonce, monotonic, realtime);
    this.#world.executing = -1;
    return opened;
  }

  /** An older build finds a directory that a newer one wrote: it must refuse and change nothing. */
  #startOlder(place: Place<M>): void {
    const world = this.#world;
    const seat = place.seat as Seat;
    const opened = this.#open(place, { ...seat, release: seat.release - 1 });
    const died = place.disk.dead;
    place.end();
    world.faults.delivered(OTHER_RELEASE);
    if (typeof opened !== 'string' && !died) {
      const message = `node ${place.index}: release ${seat.release - 1} opened files of the next`;
      world.verdict.fail('opened_newer', message);
    }
    this.restartLater(place);
  }

  /** The process died while it opened. */
  diedInOpen(place: Place<M>): void {
    const { deadByPower: power, restartAfterDeath } = place;
    this.#world.faults.delivered(power ? POWER_CUT : CRASH_IN_WRITE);
    place.end();
    if (power) cutPower(place.disk, this.#fates);
    this.crashed += 1;
    for (const checker of this.#world.checkers) checker.crashed?.(place.index, power);
    this.#restartAfterDeath(place, restartAfterDeath);
  }

  #restartAfterDeath(place: Place<M>, micros: number): void {
    if (micros >= 0) this.restartAfter(place, micros);
    else if (micros !== RESTART_NEVER) this.restartLater(place);
  }

  #refused(place: Place<M>, reason: string): void {
    const world = this.#world;
    assert(place.node === null, 'a node that refused does not run');
    this.stops += 1;
    if (place.disk.failStops === 0) {
      world.verdict.fail('refused', `node ${place.index}: ${reason}`);
    }
    this.restartLater(place);
  }

  #sheltered(place: Place<M>): boolean {
    return this.#world.phase >= PHASE_CORE && (this.#world.core & (1 << place.index)) !== 0;
  }
}
