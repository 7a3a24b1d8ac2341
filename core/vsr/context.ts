/**
 * What the phases of a replica share: its state (`state.ts`), the ports through which it acts, and
 * a few questions that all of them ask. Each phase is a file of functions that take the context;
 * `replica.ts` dispatches.
 */
import type { Checksummer } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import type { Address, Network, Observer } from '../ports.ts';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STEP_CONTRADICTED,
  STEP_MARK,
  STEP_STATUS,
} from '../observer.ts';
import { assert } from '../types/assert.ts';
import type { Clock } from './clock.ts';
import type { Detector } from './detector.ts';
import type { Journal, StateMachine, Superblock } from './interfaces.ts';
import { MEMBER_VOTER } from './interfaces.ts';
import type { Message } from './message.ts';
import type { PeerChoice } from './peer-choice.ts';
import type { Prng } from './prng.ts';
import { primaryOf } from './quorum.ts';
import type { Quorums } from './quorum.ts';
import type { ReplicaState } from './state.ts';
import type { UnitRepair } from './unit-repair.ts';

/** Hashing, and bytes that nobody can guess (salts). */
export interface ReplicaCrypto extends Checksummer {
  random(out: Uint8Array): void;
}

export interface Context {
  readonly s: ReplicaState;
  readonly limits: Limits;
  readonly replica: number;
  readonly replicaCount: number;
  /** Voters and standbys. */
  readonly memberCount: number;
  readonly standby: boolean;
  readonly quorums: Quorums;
  readonly journal: Journal;
  readonly superblock: Superblock;
  readonly machine: StateMachine;
  readonly network: Network<Message>;
  readonly observer: Observer;
  readonly crypto: ReplicaCrypto;
  readonly clock: Clock;
  readonly detector: Detector;
  readonly choice: PeerChoice;
  readonly prng: Prng;
  readonly units: UnitRepair;
}

/** The primary of the current view. */
export function primary(r: Context): number {
  return primaryOf(r.s.view, r.replicaCount);
}

/** In normal operation and in charge, with every promise of that durable. */
export function isPrimary(r: Context): boolean {
  return r.s.status === STATUS_NORMAL && !r.standby && primary(r) === r.replica;
}

/** Has the log of its view, and may extend and apply it; perhaps without a vote. */
export function isFollowing(r: Context): boolean {
  const { status } = r.s;
  return status === STATUS_NORMAL || (status === STATUS_RECOVERING && r.s.adopted);
}

/** May vote, acknowledge and deny. */
export function isVoter(r: Context): boolean {
  return !r.standby && r.s.member === MEMBER_VOTER;
}

/** View and log_view in memory are those on disk. */
export function promisesDurable(r: Context): boolean {
  const { durable } = r.superblock;
  assert(durable.view <= r.s.view, 'the disk never promises more than memory');
  return durable.view === r.s.view && durable.logView === r.s.logView;
}

export function setStatus(r: Context, status: number): void {
  r.s.status = status;
  r.observer.step(STEP_STATUS, status, r.s.view, r.s.logView, null);
}

export function markReached(r: Context, mark: number): void {
  r.observer.step(STEP_MARK, mark, 0, 0, null);
}

/** A peer contradicts what is known here: reported, and not acted on. */
export function contradicted(r: Context, kind: number, from: Address, reason: string): void {
  r.observer.step(STEP_CONTRADICTED, kind, from, r.s.view, reason);
}

/** To all other voters. */
export function broadcastVoters(r: Context, message: Message): void {
  for (let to = 0; to < r.replicaCount; to += 1) {
    if (to !== r.replica) r.network.send(to, message);
  }
}

/** To all other voters and standbys. */
export function broadcast(r: Context, message: Message): void {
  for (let to = 0; to < r.memberCount; to += 1) {
    if (to !== r.replica) r.network.send(to, message);
  }
}
