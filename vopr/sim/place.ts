/**
 * One place in the cluster: a disk, clocks and a network port that outlive the processes that run
 * there one after the other. Pooled over runs; the host that it gives to its node is made once.
 */
import type { Limits } from '../../core/limits.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import { make128 } from '../../core/types/hash128.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { NodeClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import type { DiskWorld } from './disk.ts';
import { site } from './choose.ts';
import { GapCounter } from './gaps.ts';
import { CLIENT_PORT } from './links.ts';
import { fold } from './mix.ts';
import type { NodeHost, Seat, SimNode } from './sim-node.ts';
import { Truth } from './truth.ts';

/** Kinds of the gap in inputs. */
export const INPUT_CRASH = 0;
export const INPUT_PAUSE = 1;
export const INPUT_REPLACE = 2;
export const INPUT_LATE_FLUSH = 3;
const INPUT_KINDS = 4;

export const RESTART_DRAWN = -1;
export const RESTART_NEVER = -2;

const CRASH_GAP = site('crash_gap');

/** What a place reports to its cluster while its node runs. */
export interface PlaceEvents<M> {
  sent(place: number, to: number, message: M): void;
  stepped(place: number, kind: number, a: number, b: number, c: number, ref: unknown): void;
}

export class Place<M> {
  readonly index: number;
  readonly disk: SimDisk;
  readonly truth: Truth;
  readonly clock: NodeClock = new NodeClock();
  readonly inputs: GapCounter;
  readonly host: NodeHost<M>;
  seat: Seat | null = null;
  node: SimNode<M> | null = null;
  incarnation = 0;
  /** The disk was replaced in this run. */
  lost = false;
  /** Whether the process may be started again; a core's dead outside may not. */
  restartable = true;
  /** The next crash is part of a crash loop. */
  looping = false;
  /** When a dead process' crash takes the power with it. */
  deadByPower = false;
  /** When it restarts then: −1 by the usual draw, −2 not by itself, else after so many µs. */
  restartAfterDeath: number = RESTART_DRAWN;
  pausedUntil = 0;
  pauseMet = false;
  /** The flush comes later, after however many inputs; and whether one came. */
  flushLate = false;
  flushLateMet = false;
  /** The node's deadline as it said last, and the virtual time of the wake that is scheduled. */
  deadline: number = NEVER;
  wakeAt: number = NEVER;
  wakeGeneration = 0;
  /** Scrub tours that this incarnation had made when the core was healed. */
  toursAtHeal = 0;
  #randomState = 0;

  constructor(index: number, world: DiskWorld, limits: Limits, events: PlaceEvents<M>) {
    this.index = index;
    this.disk = new SimDisk(index, world, limits);
    this.truth = new Truth(this.disk);
    this.inputs = new GapCounter(world.choices, CRASH_GAP, index, INPUT_KINDS);
    const { disk } = this;
    this.host = {
      disk,
      network: {
        send: (to: number, message: M): void => {
          // What a process does after it died in the middle of a call reaches nobody.
          if (!disk.dead) events.sent(index, portOf(to), message);
        },
      },
      observer: {
        step: (kind: number, a: number, b: number, c: number, ref: unknown): void => {
          if (!disk.dead) events.stepped(index, kind, a, b, c, ref);
        },
      },
      random: (out: Uint8Array): void => this.#random(out),
    };
  }

  get up(): boolean {
    return this.node !== null;
  }

  reset(seat: Seat): void {
    this.seat = seat;
    this.node = null;
    this.incarnation = 0;
    this.lost = false;
    this.restartable = true;
    this.looping = false;
    this.wakeGeneration = 0;
    this.inputs.reset();
    this.#down();
  }

  /** Begins an incarnation; its nonce never repeats within a run. */
  begin(seed: number): Hash128 {
    this.incarnation += 1;
    this.disk.incarnation = this.incarnation;
    this.#randomState = fold(fold(seed | 0, 0x4e4f4e43 + this.index), this.incarnation);
    const s = this.#randomState;
    return make128(s, fold(s, 1), fold(s, 2), this.incarnation);
  }

  /** The process is gone. */
  end(): void {
    this.node = null;
    this.#down();
  }

  #down(): void {
    this.disk.dead = false;
    this.deadByPower = false;
    this.restartAfterDeath = RESTART_DRAWN;
    this.pausedUntil = 0;
    this.pauseMet = false;
    this.flushLate = false;
    this.deadline = NEVER;
    this.wakeAt = NEVER;
    this.wakeGeneration += 1;
    this.toursAtHeal = 0;
  }

  #random(out: Uint8Array): void {
    for (let i = 0; i < out.length; i += 4) {
      this.#randomState = fold(this.#randomState, 0x52414e44);
      const word = this.#randomState;
      out[i] = word;
      if (i + 1 < out.length) out[i + 1] = word >>> 8;
      if (i + 2 < out.length) out[i + 2] = word >>> 16;
      if (i + 3 < out.length) out[i + 3] = word >>> 24;
    }
  }
}

/** The port of an address; -1 for one that no port has. */
export function portOf(address: number): number {
  if (address < CLIENT_PORT) return address >= 0 ? address : -1;
  const client = address - CLIENT_ADDRESS_MIN;
  return client >= 0 && client < CLIENT_PORT ? CLIENT_PORT + client : -1;
}
