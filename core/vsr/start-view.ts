/**
 * start_view: the log of a view, from its primary to everyone. It begins a view, answers
 * `request_start_view`, tells a laggard of a head that it missed, and carries the checkpoint to
 * sync to when the ring no longer reaches back.
 *
 * Cost: a message of at most pipeline + 1 headers. A replica asks at most once per repair expiry.
 */
import { mark } from '../marks.ts';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
  STEP_REPAIR,
  STEP_START_VIEW,
} from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128, isZero128 } from '../types/hash128.ts';
import { syncOffer } from './checkpoint.ts';
import type { Context } from './context.ts';
import {
  broadcastVoters,
  contradicted,
  isFollowing,
  isPrimary,
  isVoter,
  markReached,
  primary,
  promisesDurable,
  setStatus,
} from './context.ts';
import { jittered } from './detector.ts';
import {
  headChecksum,
  learnCommit,
  mayInstall,
  proveChain,
  resetDurable,
  solidHeaders,
} from './log.ts';
import type { RequestStartViewMessage, StartViewMessage } from './message.ts';
import { REQUEST_START_VIEW, START_VIEW } from './message.ts';
import { dropAhead, resetAcks } from './normal.ts';
import { dropReads } from './reads.ts';
import { armRepair, dropRepairs } from './repair.ts';
import { onAdopted } from './rejoin.ts';
import { beginSync, mustSync, targetToStage } from './sync.ts';
import { onHigherView } from './view-change.ts';

const MARK_STALE = mark('stale_start_view_ignored');

/** `reach`: as in `RequestStartViewMessage`. */
export function buildStartView(r: Context, nonce: Hash128, reach: number = 0): StartViewMessage {
  const { s } = r;
  assert(isPrimary(r) && promisesDurable(r), 'only a primary speaks for its view');
  return {
    kind: START_VIEW,
    view: s.view,
    op: s.op,
    commit: s.commitMax,
    checkpoint: syncOffer(r, reach),
    headers: solidHeaders(r),
    nonce,
  };
}

export function sendStartView(r: Context, to: Address, nonce: Hash128, reach: number = 0): void {
  const message = buildStartView(r, nonce, reach);
  r.observer.step(STEP_START_VIEW, message.view, message.op, message.commit, message);
  r.network.send(to, message);
}

/** Somebody does normal work in `view`, and we do not know all of its log. */
export function wantView(r: Context, view: number): void {
  const { s } = r;
  if (s.wantsView && view <= s.viewHeard) return;
  s.wantsView = true;
  s.viewHeard = Math.max(s.viewHeard, view);
  requestStartView(r);
}

/** Asks the primary of the newest view heard of; everyone, if that is not known. */
export function requestStartView(r: Context): void {
  const { s } = r;
  const message: RequestStartViewMessage = {
    kind: REQUEST_START_VIEW,
    view: s.view,
    nonce: s.nonce,
    reach: s.wantsSync ? s.commitMin + 1 : 0,
  };
  const to = Math.max(s.viewHeard, s.view) % r.replicaCount;
  const everyone = s.status === STATUS_RECOVERING_HEAD || s.status === STATUS_RECOVERING;
  r.observer.step(STEP_REPAIR, REQUEST_START_VIEW, s.op, to, null);
  if (everyone || to === r.replica) broadcastVoters(r, message);
  else r.network.send(to, message);
  s.wantViewAt = s.monotonic + jittered(r.prng, r.limits.repairExpiryMicros);
}

/** Asks again, as long as there is something to learn. */
export function expireWantView(r: Context): void {
  const { s } = r;
  s.wantViewAt = NEVER;
  purgeAhead(r);
  const lags = isFollowing(r) && (s.commitMax > s.op || s.aheadCount > 0);
  if (s.wantsView || s.wantsSync || lags) requestStartView(r);
}

/** Held prepares that the log has reached by other ways are no sign of a gap. */
function purgeAhead(r: Context): void {
  const { s } = r;
  if (s.aheadCount === 0) return;
  for (let slot = 0; slot < s.ahead.length; slot += 1) {
    const held = s.ahead[slot]!;
    if (held === null || held.header.op > s.op) continue;
    s.ahead[slot] = null;
    s.aheadCount -= 1;
  }
  assert(s.aheadCount >= 0, 'what is held is counted');
}

export function onRequestStartView(r: Context, from: Address, m: RequestStartViewMessage): void {
  if (from < 0 || from >= r.memberCount) return;
  if (m.view > r.s.view) onHigherView(r, from, m.view);
  else if (isPrimary(r) && promisesDurable(r)) sendStartView(r, from, m.nonce, m.reach);
}

export function onStartView(r: Context, from: Address, m: StartViewMessage): void {
  const { s } = r;
  if (m.view < s.view || from !== m.view % r.replicaCount || from === r.replica) return;
  if (stale(r, m)) {
    markReached(r, MARK_STALE);
    return;
  }
  const refresh = m.view === s.view && isFollowing(r);
  if (refresh && m.op < s.op) return;
  const reason = lostApplied(r, m, refresh);
  if (reason !== null) {
    contradicted(r, START_VIEW, from, reason);
    return;
  }
  const sync = mustSync(r, m);
  // Neither the ring nor the offered checkpoint reaches back to us: a later offer will.
  if (!sync && m.op - r.limits.journalSlots > s.commitMin) return;
  if (!sync && m.headers.length === 0 && m.op > s.commitMin) return;
  if (sync) beginSync(r, m.checkpoint);
  installLog(r, m, refresh);
  r.detector.reset(from, s.monotonic);
  s.viewHeard = m.view;
  s.wantsView = false;
  s.wantViewAt = NEVER;
  if (refresh && !sync) {
    s.ackDue = true;
    armRepair(r);
    return;
  }
  promise(r, m);
  if (!refresh) follow(r, m);
  armRepair(r);
}

/** Whether a replica that does not know its own head must not believe this message. */
function stale(r: Context, m: StartViewMessage): boolean {
  const { s } = r;
  if (isFollowing(r) || s.status === STATUS_VIEW_CHANGE) return false;
  // 1. We acknowledged op n in view v, and crashed; the copy is torn, so our head is uncertain.
  // 2. A start_view of v from before n arrives late. Its head is below n.
  // 3. Were it adopted, we would deny n, which our acknowledgement may have committed.
  // The nonce proves that the primary spoke after the crash. A higher view than the durable one
  // proves it too: we never acknowledged anything there.
  return m.view === s.view && (isZero128(s.nonce) || !equal128(m.nonce, s.nonce));
}

/** The newest op that has been applied or is being applied. */
function appliedOp(r: Context): number {
  return r.s.applying === null ? r.s.commitMin : r.s.applying.header.op;
}

/** What was applied survives every view change: why this cannot be the log, or null. */
function lostApplied(r: Context, m: StartViewMessage, refresh: boolean): string | null {
  const { s } = r;
  const applied = appliedOp(r);
  if (!refresh && m.op < applied) return 'a head below what was applied';
  for (const header of m.headers) {
    if (header.op < s.commitMin) break;
    if (header.op > s.commitMin + 1) continue;
    const known = header.op === s.commitMin ? header.checksum : header.parent;
    if (!equal128(known, s.commitHead)) return 'a log without what was applied';
    if (s.applying === null || header.op !== applied) continue;
    if (!equal128(header.checksum, s.applying.header.checksum)) return 'a log without what applies';
  }
  return null;
}

function installLog(r: Context, m: StartViewMessage, refresh: boolean): void {
  const { s, journal } = r;
  if (!refresh) journal.truncateAfter(m.op);
  assert(m.headers.length === 0 || m.headers[0]!.op === m.op, 'headers stand newest first');
  for (const header of m.headers) {
    if (header.op <= s.commitMin || !mayInstall(r, header.op)) break;
    journal.installHeader(header);
  }
  s.op = Math.max(m.op, s.commitMin);
  learnCommit(r, m.commit);
  proveChain(r);
  if (!refresh) resetDurable(r);
  assert(!isZero128(headChecksum(r)), 'the head is known');
}

/** Log and view, and the target of a sync with them, become durable together. */
function promise(r: Context, m: StartViewMessage): void {
  const { s } = r;
  const view = m.view;
  assert(view >= s.view, 'views only grow');
  const viewHeaders = m.headers.slice(0, r.limits.pipelineMax + 1);
  s.view = view;
  s.logView = view;
  const syncTarget = targetToStage(r);
  r.superblock.update({ ...r.superblock.staged, view, logView: view, viewHeaders, syncTarget });
}

/** Becomes a backup (or a standby, or a non-voter) of the view just adopted. */
function follow(r: Context, m: StartViewMessage): void {
  const { s } = r;
  assert(primary(r) !== r.replica, 'a primary follows nobody');
  s.adopted = true;
  s.decided = false;
  s.starting = false;
  s.dvcs.fill(null);
  s.attempts = 0;
  s.wish = 0;
  s.viewChangeAt = NEVER;
  s.resendAt = NEVER;
  s.heartbeatAt = NEVER;
  s.requests.length = 0;
  s.misses = 0;
  dropReads(r);
  dropAhead(r);
  dropRepairs(r);
  resetAcks(r, m.commit);
  const jitter = r.prng.below((r.limits.primaryDeadMicros >> 1) + 1);
  s.primaryDeadAt = r.detector.deadAt(primary(r)) + jitter;
  r.observer.step(STEP_START_VIEW, m.view, m.op, m.commit, m);
  setStatus(r, s.status === STATUS_RECOVERING ? STATUS_RECOVERING : STATUS_NORMAL);
  onAdopted(r);
  assert(isFollowing(r) || !isVoter(r), 'an adopted log is followed');
}
