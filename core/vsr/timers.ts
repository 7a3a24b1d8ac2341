/**
 * When the replica wants to be woken, and what it does then.
 *
 * Nothing ticks: each timer is the next instant at which something may have to be done, or NEVER.
 * Pings and scrubbing have slack, and are done along with whatever else happens, so that an idle
 * replica is woken by little more than its heartbeats.
 *
 * Cost: a dozen compares an input.
 */
import { mark } from '../marks.ts';
import { STATUS_NORMAL } from '../observer.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { resumeApply } from './commit.ts';
import type { Context } from './context.ts';
import { isPrimary, isVoter, markReached } from './context.ts';
import { jittered } from './detector.ts';
import { retryPrepares, sendHeartbeat } from './normal.ts';
import { sendPings } from './ping.ts';
import { expireRound } from './reads.ts';
import { expireRecover } from './rejoin.ts';
import { pumpRepairs } from './repair.ts';
import { expireWantView } from './start-view.ts';
import { askForView, expireViewChange, resendViewChange, resign } from './view-change.ts';
import { APPLYING_NEEDS, APPLYING_STALLED } from './state.ts';

const MARK_CLOCK = mark('primary_abdicated_clock');
/** A primary with work but without progress resigns after this many timeouts of a silent one. */
const STUCK_TIMEOUTS = 4;
/** Pings and scrubbing may be late by this many of their intervals. */
const SLACK_INTERVALS = 4;

/** The earliest instant at which something has to be done. */
export function nextDeadline(r: Context): number {
  const { s, limits } = r;
  let at = s.heartbeatAt;
  if (s.retryAt < at) at = s.retryAt;
  if (s.primaryDeadAt < at) at = s.primaryDeadAt;
  if (s.viewChangeAt < at) at = s.viewChangeAt;
  if (s.resendAt < at) at = s.resendAt;
  if (s.wantViewAt < at) at = s.wantViewAt;
  if (s.repairAt < at) at = s.repairAt;
  if (s.roundAt < at) at = s.roundAt;
  if (s.stallAt < at) at = s.stallAt;
  if (s.recoverAt < at) at = s.recoverAt;
  const ping = s.pingAt === NEVER ? NEVER : s.pingAt + limits.pingMicros;
  if (ping < at) at = ping;
  const scrub = s.scrubAt + limits.scrubMicros * SLACK_INTERVALS;
  if (scrub < at) at = scrub;
  const units = r.units.deadline();
  return units < at ? units : at;
}

/** Does what is due. Each handler re-arms or disarms its own timer. */
export function runTimers(r: Context): void {
  const { s } = r;
  const now = s.monotonic;
  if (s.heartbeatAt <= now) beat(r);
  if (s.retryAt <= now) retryPrepares(r);
  if (s.primaryDeadAt <= now) suspectPrimary(r);
  if (s.resendAt <= now) resendViewChange(r);
  if (s.viewChangeAt <= now) expireViewChange(r);
  if (s.wantViewAt <= now) expireWantView(r);
  if (s.repairAt <= now) pumpRepairs(r);
  if (s.roundAt <= now) expireRound(r);
  if (s.stallAt <= now) retryStalled(r);
  if (s.recoverAt <= now) expireRecover(r);
  if (r.units.deadline() <= now) r.units.wake(now);
}

/** What is due and has slack, at any input. */
export function runSlack(r: Context): void {
  const { s, limits } = r;
  if (s.pingAt <= s.monotonic) sendPings(r);
  if (s.scrubAt > s.monotonic) return;
  s.scrubAt = s.monotonic + limits.scrubMicros;
  r.journal.scrub(limits.scrubUnitsPerStep);
  if (r.journal.broken > 0 && s.repairAt === NEVER) s.repairAt = s.monotonic + limits.repairMicros;
  if (s.syncTarget !== null) return;
  r.machine.scrub(limits.scrubUnitsPerStep);
  r.units.pump(s.monotonic);
  // 1. A read goes astray: a log entry counts as damaged, and what is being applied waits for it.
  // 2. It is read again, by scrubbing or for a neighbour, and is fine: no peer will be asked.
  if (s.applyState === APPLYING_NEEDS) resumeApply(r);
}

function beat(r: Context): void {
  const { s } = r;
  s.heartbeatAt = NEVER;
  if (!isPrimary(r)) return;
  if (mustResign(r)) {
    resign(r);
    return;
  }
  sendHeartbeat(r);
  assert(s.heartbeatAt > s.monotonic, 'the next heartbeat is armed');
}

/** Whether another would do better: it has a clock, or we get nothing done. */
function mustResign(r: Context): boolean {
  const { s, limits } = r;
  if (r.replicaCount === 1) return false;
  const since = s.monotonic - s.progressAt;
  const stuck = limits.primaryDeadMicros * STUCK_TIMEOUTS;
  const waits = s.op > s.commitMin || s.round > s.roundConfirmed;
  if (waits && since > stuck) return true;
  if (!waits && s.requests.length === 0) s.progressAt = s.monotonic;
  // At the start of a view samples may be under way still.
  if (s.monotonic - s.viewStartAt < limits.pingMicros) return false;
  if (r.clock.shouldAbdicate(s.monotonic, s.realtime)) {
    markReached(r, MARK_CLOCK);
    return true;
  }
  return false;
}

/** Our primary is silent for too long. */
function suspectPrimary(r: Context): void {
  const { s } = r;
  s.primaryDeadAt = NEVER;
  if (s.status !== STATUS_NORMAL || !isVoter(r) || isPrimary(r)) return;
  askForView(r, s.view + 1);
  s.primaryDeadAt = s.monotonic + jittered(r.prng, r.limits.primaryDeadMicros);
}

function retryStalled(r: Context): void {
  const { s } = r;
  s.stallAt = NEVER;
  r.machine.retry();
  // A unit that found no room was dropped, and is wanted again.
  r.units.pump(s.monotonic);
  if (s.applyState === APPLYING_STALLED) resumeApply(r);
}

/** The machine waits for a retry of its own: a failed sync, a full disk. */
export function watchMachine(r: Context): void {
  const { s } = r;
  if (s.stallAt === NEVER && r.machine.retrying) {
    s.stallAt = s.monotonic + r.limits.stallRetryMicros;
  }
}
