/**
 * The way back of a replica whose disk was replaced: it does not know what it once promised or
 * acknowledged, so it must not speak until that cannot matter any more.
 *
 *   1. It asks all voters (`recover`). Each reports the highest view it knows of.
 *   2. Whatever view v it may have promised, a view-change quorum durably had view v − 1, or had
 *      asked for v (`view-change.ts`), so enough reports (all but a view-change quorum less one)
 *      bound every such view: it is at most one above the highest of them.
 *   3. It asks for a view above that bound; the primary resigns once for it. There it follows
 *      without a vote, by state sync and repair like any laggard.
 *   4. An op proposed in that view and committed, necessarily without it, lies above everything it
 *      may have acknowledged. Once its own durable checkpoint covers such an op, it is complete.
 *
 * With two replicas nothing commits without it, so that never happens: it stays a non-voter.
 *
 * Cost: one small message per peer and expiry while recovering, and the no-ops that let an idle
 * cluster reach its next checkpoint.
 */
import { mark } from '../marks.ts';
import { STATUS_NORMAL, STATUS_RECOVERING, STEP_REJOIN } from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import {
  broadcastVoters,
  isPrimary,
  isVoter,
  markReached,
  primary,
  promisesDurable,
  setStatus,
} from './context.ts';
import { jittered } from './detector.ts';
import type { SuperblockState } from './interfaces.ts';
import { MEMBER_RECOVERING, MEMBER_VOTER } from './interfaces.ts';
import type { RecoverMessage, RecoveredMessage } from './message.ts';
import { RECOVER, RECOVERED, START_VIEW_CHANGE } from './message.ts';
import { mayPropose, propose } from './normal.ts';
import { NO_ADDRESS } from './state.ts';

const MARK_REJOINED = mark('rejoined_after_replaced_disk');

/** Asks again, until rejoined. */
export function expireRecover(r: Context): void {
  const { s } = r;
  s.recoverAt = NEVER;
  if (s.status !== STATUS_RECOVERING) return;
  s.recoverAt = s.monotonic + jittered(r.prng, r.limits.repairExpiryMicros);
  if (r.standby) {
    // A standby never votes: there is nothing it could have promised.
    rejoin(r);
    return;
  }
  broadcastVoters(r, { kind: RECOVER, nonce: s.nonce });
  if (s.reportedMax >= s.view) {
    // No vote: whoever was asked to take us back knows that. The primary resigns for it.
    broadcastVoters(r, { kind: START_VIEW_CHANGE, view: s.reportedMax + 1 });
  }
  tryRejoin(r);
}

export function onRecover(r: Context, from: Address, m: RecoverMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || !isVoter(r)) return;
  s.recoverAskedAt[from] = Math.max(1, s.monotonic);
  let view = Math.max(s.view, s.wish, s.viewHeard, r.superblock.durable.asked);
  for (let i = 0; i < r.replicaCount; i += 1) {
    const dvc = s.dvcs[i]!;
    if (i !== from) view = Math.max(view, s.wishOf[i]!);
    if (dvc !== null) view = Math.max(view, dvc.view);
  }
  const { nonce } = m;
  r.network.send(from, { kind: RECOVERED, nonce, view, op: s.op, commit: s.commitMax });
  // An idle log would never reach the checkpoint for which the asker waits.
  for (let i = 0; i < r.limits.pipelineMax && s.requests.length === 0; i += 1) {
    if (!mayPropose(r) || !propose(r, null, NO_ADDRESS)) return;
  }
}

export function onRecovered(r: Context, from: Address, m: RecoveredMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || s.status !== STATUS_RECOVERING) return;
  if (!equal128(m.nonce, s.nonce) || s.reportedMax >= 0) return;
  s.reported[from] = Math.max(s.reported[from]!, m.view);
  let reports = 0;
  let highest = s.view;
  for (let i = 0; i < r.replicaCount; i += 1) {
    if (i === r.replica || s.reported[i]! < 0) continue;
    reports += 1;
    highest = Math.max(highest, s.reported[i]!);
  }
  if (reports < r.replicaCount - r.quorums.viewChange + 1) return;
  // Who asked for the view after its own has that written nowhere.
  s.reportedMax = highest + 1;
  s.recoverAt = s.monotonic;
}

/** A log was adopted: what lies above its head will be proposed in this view or later. */
export function onAdopted(r: Context): void {
  const { s } = r;
  if (s.status !== STATUS_RECOVERING || s.reportedMax < 0 || s.view <= s.reportedMax) return;
  s.rejoinOp = s.op + 1;
}

/** Whether everything that may ever have been acknowledged here is covered again. */
export function tryRejoin(r: Context): void {
  const { s } = r;
  if (s.status !== STATUS_RECOVERING || !s.adopted || s.syncTarget !== null) return;
  if (s.rejoinOp === 0 || s.checkpointOp < s.rejoinOp || !promisesDurable(r)) return;
  assert(s.view > s.reportedMax, 'the view lies above all that was reported');
  rejoin(r);
}

function rejoin(r: Context): void {
  const { staged } = r.superblock;
  if (staged.member === MEMBER_VOTER) return;
  r.superblock.update({ ...staged, member: MEMBER_VOTER, recoveryNonce: ZERO128 });
}

/** The superblock may have come to say that this replica votes again. */
export function onMemberDurable(r: Context, state: SuperblockState): void {
  const { s } = r;
  if (state.member !== MEMBER_VOTER || s.member !== MEMBER_RECOVERING) return;
  s.member = MEMBER_VOTER;
  s.recoverAt = NEVER;
  if (r.standby && !s.adopted) s.adopted = true;
  assert(s.adopted, 'a voter has a log');
  setStatus(r, STATUS_NORMAL);
  assert(!isPrimary(r), 'nobody rejoins as the primary of a view');
  r.observer.step(STEP_REJOIN, s.view, s.checkpointOp, 0, null);
  markReached(r, MARK_REJOINED);
  s.ackDue = true;
  if (!r.standby) s.primaryDeadAt = r.detector.deadAt(primary(r));
}
