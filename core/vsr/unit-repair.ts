/**
 * Fetches what the state machine wants from peers: damaged or missing pages and runs of log
 * entries.
 *
 * The state machine says what it wants and proves what it gets (`wanted`, `supply`); this has it
 * try first what is left of the unit here (`mend`), and decides whom to ask, when to ask somebody
 * else, and when nobody can help. Bounded: at most
 * `unitRepairsMax` requests in flight, `repairsPerPeerMax` of them to one peer, each forgotten
 * after `repairExpiryMicros`. Fair: more units are tracked than may be in flight, and a cursor goes
 * round, so that units that nobody holds do not keep others from their turn.
 *
 * A *round* for one unit asks each peer until all have spoken. A peer that answers "not held", or
 * sends bytes that prove wrong, has denied. A peer that lets `SILENCES_MAX` requests expire is
 * silent for the round. Once every peer has denied, or all have denied but silent ones, the unit is
 * reported as unobtainable, and rests before the next round: peers repair themselves too, and
 * partitions end. When all are silent nothing is reported: that is a partition, not a loss.
 *
 * Cost: when the machine wants nothing, one call of `wanted` a `pump`, no allocation; each request
 * sent is one message.
 */
import type { Limits } from '../limits.ts';
import type { Address, Network, Observer } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { BOUND_UNIT_REPAIRS, STEP_BOUND, STEP_REPAIR } from '../observer.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import type { StateMachine } from './interfaces.ts';
import type { Message, Unit, UnitMessage } from './message.ts';
import { REQUEST_UNIT } from './message.ts';
import type { PeerChoice } from './peer-choice.ts';

/** Units tracked for each one that may be in flight. */
const TRACKED_PER_FLIGHT = 4;
/** Expired requests after which a peer counts as silent for the round. */
const SILENCES_MAX = 2;
/** A unit that nobody holds rests for this many expiries before it is asked for again. */
const REST_EXPIRIES = 4;
const NOBODY = -1;

export interface UnitRepairListener {
  /**
   * No peer that answers holds this unit. `certain`: all have denied; else those that have not are
   * silent. Told once a round: the unit may turn up in a later one.
   */
  unitUnobtainable(unit: Unit, certain: boolean): void;
}

export interface UnitRepairOptions {
  /** Addresses that may be asked, as a bit set; not oneself. */
  readonly peers: number;
  readonly limits: Limits;
  readonly machine: Pick<StateMachine, 'wanted' | 'supply' | 'mend'>;
  readonly network: Network<Message>;
  readonly observer: Observer;
  readonly choice: PeerChoice;
  readonly listener: UnitRepairListener;
}

/** One tracked unit. `unit` null: the slot is free. */
interface Slot {
  unit: Unit | null;
  /** Whether the last `pump` still found it wanted. */
  wanted: boolean;
  /** Whom the request in flight went to, or `NOBODY`. */
  peer: number;
  sentAt: number;
  /** Peers that denied in this round, and peers that let 1 or `SILENCES_MAX` requests expire. */
  denied: number;
  expiredOnce: number;
  silent: number;
  /** Peers asked since all were last asked: rotation. */
  tried: number;
  /** The peer asked last, as a bit. */
  last: number;
  /** Not asked for before this instant. */
  restUntil: number;
}

export class UnitRepair {
  private readonly peers: number;
  private readonly limits: Limits;
  private readonly machine: Pick<StateMachine, 'wanted' | 'supply' | 'mend'>;
  private readonly network: Network<Message>;
  private readonly observer: Observer;
  private readonly choice: PeerChoice;
  private readonly listener: UnitRepairListener;
  private readonly slots: Slot[] = [];
  private readonly found: Unit[] = [];
  private readonly flightsByPeer: Int32Array = new Int32Array(32);
  private flights: number = 0;
  private flightsPeak: number = 0;
  private tracked: number = 0;
  private cursor: number = 0;
  private pumping: boolean = false;

  constructor(options: UnitRepairOptions) {
    assert(options.peers >= 0 && options.limits.unitRepairsMax >= 1, 'unit repair: sane options');
    assert(options.limits.repairExpiryMicros > 0, 'requests expire');
    this.peers = options.peers;
    this.limits = options.limits;
    this.machine = options.machine;
    this.network = options.network;
    this.observer = options.observer;
    this.choice = options.choice;
    this.listener = options.listener;
    for (let i = 0; i < options.limits.unitRepairsMax * TRACKED_PER_FLIGHT; i += 1) {
      this.slots.push(freeSlot());
    }
  }

  /** Requests in flight. */
  get outstanding(): number {
    return this.flights;
  }

  /** Forgets everything: the state that wanted it is gone. Late answers are ignored. */
  reset(): void {
    for (const slot of this.slots) if (slot.unit !== null) this.release(slot);
    assert(this.flights === 0 && this.tracked === 0, 'nothing is left after a reset');
  }

  /**
   * Asks for what is wanted and not yet asked for. Call it when that may have changed. True: some
   * of it could be mended here, so that the machine may go on.
   */
  pump(monotonic: number): boolean {
    // A listener may change what is wanted and pump again: the outer call goes on with the news.
    if (this.pumping) return false;
    this.pumping = true;
    const count = this.machine.wanted(this.found, this.slots.length);
    assert(count >= 0 && count <= this.slots.length, 'wanted: at most what was asked for');
    let mended = false;
    if (count > 0 || this.tracked > 0) {
      mended = this.track(count);
      this.ask(monotonic);
    }
    this.pumping = false;
    return mended;
  }

  /** An answer. True: its bytes were right and are used, so that the machine may go on. */
  receive(monotonic: number, from: Address, message: UnitMessage): boolean {
    if (from < 0 || from >= 31 || (this.peers & (1 << from)) === 0) return false;
    const slot = this.find(message.unit);
    if (slot === null || slot.unit === null) return false;
    const answered = slot.peer === from;
    if (answered) {
      this.choice.answered(from, monotonic - slot.sentAt);
      this.land(slot);
    }
    // An answer that comes after its expiry is as good: the machine proves the bytes, not the time.
    const unit = slot.unit;
    const used = message.bytes !== null && this.machine.supply(unit, message.bytes);
    // Supplying the last unit of a sync may have reset us: then the slot is no longer this unit's.
    if (slot.unit === unit && used) this.release(slot);
    else if (slot.unit === unit) slot.denied |= 1 << from;
    this.pump(monotonic);
    return used;
  }

  /** Expires requests and asks others. */
  wake(monotonic: number): void {
    if (this.tracked === 0) return;
    for (const slot of this.slots) {
      if (slot.peer === NOBODY || monotonic < slot.sentAt + this.limits.repairExpiryMicros)
        continue;
      const bit = 1 << slot.peer;
      this.choice.failed(slot.peer);
      this.land(slot);
      if ((slot.expiredOnce & bit) !== 0) slot.silent |= bit;
      slot.expiredOnce |= bit;
    }
    assert(SILENCES_MAX === 2, 'one set for the first silence, one for the second');
    this.pump(monotonic);
  }

  /** The next instant at which `wake` has something to do. */
  deadline(): number {
    if (this.tracked === 0) return NEVER;
    let earliest = NEVER;
    // With every flight taken, the end of a rest is no event: it waits for an answer or an expiry.
    const room = this.flights < this.limits.unitRepairsMax;
    for (const slot of this.slots) {
      if (slot.unit === null) continue;
      const resting = room && slot.restUntil > 0 ? slot.restUntil : NEVER;
      const at = slot.peer === NOBODY ? resting : slot.sentAt + this.limits.repairExpiryMicros;
      if (at < earliest) earliest = at;
    }
    return earliest;
  }

  fingerprint(): number {
    let digest = (this.flights << 8) | this.tracked;
    if (this.tracked === 0) return digest;
    for (const slot of this.slots) {
      if (slot.unit === null) continue;
      digest = (Math.imul(digest, 31) + slot.unit.index) | 0;
      digest = (Math.imul(digest, 31) + (slot.denied << 8) + slot.peer) | 0;
    }
    return digest;
  }

  /**
   * Makes the slots follow the first `count` of `found`, in that order of preference, but for those
   * that can be mended here: true if there were any.
   */
  private track(count: number): boolean {
    let mended = false;
    for (const slot of this.slots) slot.wanted = false;
    for (let i = 0; i < count; i += 1) {
      const slot = this.find(this.found[i]!);
      if (slot !== null) slot.wanted = true;
    }
    for (const slot of this.slots) if (slot.unit !== null && !slot.wanted) this.release(slot);
    for (let i = 0; i < count && this.tracked < this.slots.length; i += 1) {
      const unit = this.found[i]!;
      if (this.find(unit) !== null) continue;
      if (this.machine.mend(unit)) {
        mended = true;
        continue;
      }
      const slot = this.slots.find(isFree);
      assert(slot !== undefined, 'fewer are tracked than there are slots');
      slot.unit = unit;
      slot.wanted = true;
      this.tracked += 1;
    }
    return mended;
  }

  private ask(monotonic: number): void {
    const total = this.slots.length;
    for (let turn = 0; turn < total; turn += 1) {
      if (this.flights >= this.limits.unitRepairsMax) return;
      const slot = this.slots[this.cursor]!;
      if (slot.unit !== null && slot.peer === NOBODY) this.consider(slot, slot.unit, monotonic);
      this.cursor = (this.cursor + 1) % total;
    }
  }

  /**
   * Sends a request for a unit without one, unless it rests, is hopeless, or all peers are busy.
   */
  private consider(slot: Slot, unit: Unit, monotonic: number): void {
    if (monotonic < slot.restUntil) return;
    if (slot.restUntil > 0) beginRound(slot);
    if (this.hopeless(slot)) {
      const certain = slot.denied === this.peers;
      slot.restUntil = monotonic + this.limits.repairExpiryMicros * REST_EXPIRIES;
      this.listener.unitUnobtainable(unit, certain);
      return;
    }
    const peer = this.choosePeer(slot);
    if (peer !== NOBODY) this.send(slot, unit, peer, monotonic);
  }

  private hopeless(slot: Slot): boolean {
    const spoken = slot.denied | slot.silent;
    if (spoken !== this.peers) return false;
    // Nobody to ask at all is hopeless too; all silent is a partition: keep asking.
    return slot.denied !== 0 || this.peers === 0;
  }

  /** A peer that may hold the unit and has room: those not yet tried first. */
  private choosePeer(slot: Slot): number {
    const candidates = this.peers & ~slot.denied;
    let fresh = candidates & ~slot.tried;
    if (fresh === 0) {
      // All were asked: begin again, but not with the one that has just let a request expire.
      slot.tried = candidates === slot.last ? 0 : slot.last;
      fresh = candidates & ~slot.tried;
    }
    let open = 0;
    for (let left = fresh; left !== 0; left &= left - 1) {
      const peer = 31 - Math.clz32(left & -left);
      if (this.flightsByPeer[peer]! < this.limits.repairsPerPeerMax) open |= 1 << peer;
    }
    return this.choice.choose(open);
  }

  private send(slot: Slot, unit: Unit, peer: number, monotonic: number): void {
    slot.peer = peer;
    slot.sentAt = monotonic;
    slot.last = 1 << peer;
    slot.tried |= slot.last;
    this.flights += 1;
    this.flightsByPeer[peer] = this.flightsByPeer[peer]! + 1;
    assert(this.flights <= this.limits.unitRepairsMax, 'bounded requests in flight');
    assert(this.flightsByPeer[peer]! <= this.limits.repairsPerPeerMax, 'bounded for each peer');
    if (this.flights > this.flightsPeak) {
      this.flightsPeak = this.flights;
      const max = this.limits.unitRepairsMax;
      this.observer.step(STEP_BOUND, BOUND_UNIT_REPAIRS, this.flights, max, null);
    }
    this.observer.step(STEP_REPAIR, REQUEST_UNIT, unit.index, peer, null);
    this.network.send(peer, { kind: REQUEST_UNIT, unit });
  }

  /** The request in flight is over, whatever became of it. */
  private land(slot: Slot): void {
    assert(slot.peer !== NOBODY && this.flights > 0, 'only what flies can land');
    this.flightsByPeer[slot.peer] = this.flightsByPeer[slot.peer]! - 1;
    assert(this.flightsByPeer[slot.peer]! >= 0, 'no peer has fewer than no requests');
    this.flights -= 1;
    slot.peer = NOBODY;
  }

  private release(slot: Slot): void {
    assert(slot.unit !== null && this.tracked > 0, 'only a used slot is released');
    if (slot.peer !== NOBODY) this.land(slot);
    slot.unit = null;
    slot.wanted = false;
    beginRound(slot);
    this.tracked -= 1;
  }

  private find(unit: Unit): Slot | null {
    for (const slot of this.slots) {
      if (slot.unit !== null && sameUnit(slot.unit, unit)) return slot;
    }
    return null;
  }
}

/** Whether two units name the same thing, in the same extent. */
export function sameUnit(x: Unit, y: Unit): boolean {
  return (
    x === y ||
    (x.kind === y.kind &&
      x.tenant === y.tenant &&
      x.index === y.index &&
      x.count === y.count &&
      equal128(x.checksum, y.checksum))
  );
}

function isFree(slot: Slot): boolean {
  return slot.unit === null;
}

function beginRound(slot: Slot): void {
  slot.denied = 0;
  slot.expiredOnce = 0;
  slot.silent = 0;
  slot.tried = 0;
  slot.last = 0;
  slot.restUntil = 0;
}

function freeSlot(): Slot {
  return {
    unit: null,
    wanted: false,
    peer: NOBODY,
    sentAt: 0,
    denied: 0,
    expiredOnce: 0,
    silent: 0,
    tried: 0,
    last: 0,
    restUntil: 0,
  };
}
