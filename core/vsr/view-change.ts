/**
 * View change: how the replicas leave a primary that seems lost, and how the next finds the log.
 *
 *   normal --(own timeout, or the primary resigns)--> asks for view w: start_view_change(w)
 *   a view-change quorum asks for w or more --> view := w, durable -> do_view_change to w's primary
 *   its primary has a quorum of those --> the log (`view-change-log.ts`) --> repairs what it lacks
 *   --> log_view := w, durable --> start_view to all --> normal
 *
 * Nobody leaves a view alone, except a primary that resigns or was restarted: a replica that merely
 * hears nobody would else drag a healthy cluster into view after view once it hears again. Asking
 * is no promise: it is withdrawn when the primary is heard, and forgotten when not repeated. A
 * replica that did leave cannot come back, so evidence of a view that somebody is *in* makes others
 * ask.
 *
 * Yet an ask must outlive a crash, or a promise that rests on it is known to one disk alone: (1) r0
 * promises view 9, because r2 asks for it; (2) r2 restarts in view 2; (3) r0's disk is replaced, it
 * hears of nothing above view 2, and would vote again in view 4. So a view above the next is asked
 * for once the superblock says so: whatever view v a replica is in, a view-change quorum durably
 * has view v − 1, or had asked for v, or more (`rejoin.ts` relies on it). That holds for whoever
 * leaves a view alone, too: it has led it, or was shown the logs to do so, by a quorum durably in
 * it.
 *
 * Cost: two rounds and two superblock updates, and one more for each view that was tried in vain;
 * nothing while all is well.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import {
  STATUS_NORMAL,
  STATUS_VIEW_CHANGE,
  STEP_DO_VIEW_CHANGE,
  STEP_START_VIEW,
  STEP_TRUNCATE,
} from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import {
  broadcast,
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
import { backoff, jittered } from './detector.ts';
import {
  captureHeaders,
  chainComplete,
  learnCommit,
  mayInstall,
  proveChain,
  resetDurable,
} from './log.ts';
import type { DoViewChangeMessage, StartViewChangeMessage } from './message.ts';
import { DO_VIEW_CHANGE, START_VIEW_CHANGE } from './message.ts';
import { acceptHeld, dropAhead, proposeInherited, resetAcks, sendHeartbeat } from './normal.ts';
import { dropReads } from './reads.ts';
import { armRepair, dropRepairs } from './repair.ts';
import { buildStartView, sendStartView, wantView } from './start-view.ts';
import { NO_ADDRESS } from './state.ts';
import {
  CONTRADICTED,
  DEADLOCKED,
  DECIDED,
  canonicalHeader,
  decideLog,
} from './view-change-log.ts';
import type { LogDecision } from './view-change-log.ts';

const MARK_VIEW_CHANGE = mark('view_change');
const MARK_DURING_REPAIR = mark('view_change_during_repair');
const MARK_TRUNCATED = mark('view_change_truncated');
const MARK_WAITED = mark('view_change_waited_for_third');
const MARK_DEADLOCK = mark('view_change_deadlock_reported');
const MARK_PASSED = mark('primary_abdicated_sync');

/** Messages of a view change are repeated this often within its timeout. */
const RESENDS = 4;
/** The timeout of a view change doubles with each failed one, up to this factor. */
const BACKOFF_FACTOR_MAX = 8;

/** The primary of our view is silent, or resigned, or a view change makes no progress. */
export function askForView(r: Context, view: number): void {
  const { s } = r;
  if (!isVoter(r) || view <= s.view || view <= s.wish) return;
  s.wish = view;
  const { staged } = r.superblock;
  if (view > Math.max(staged.asked, r.superblock.durable.view + 1)) {
    r.superblock.update({ ...staged, asked: view });
  }
  sendWish(r);
  tallyWishes(r);
}

/** The wish as far as the disk vouches for it. */
function vouchedWish(r: Context): number {
  const { durable } = r.superblock;
  return Math.min(r.s.wish, Math.max(durable.view + 1, durable.asked));
}

function sendWish(r: Context): void {
  const { s } = r;
  const view = Math.max(s.view, vouchedWish(r));
  if (view > s.view || s.status === STATUS_VIEW_CHANGE) {
    broadcastVoters(r, { kind: START_VIEW_CHANGE, view });
  }
  const every = Math.floor(r.limits.viewChangeMicros / RESENDS);
  s.resendAt = s.monotonic + jittered(r.prng, every);
}

export function onStartViewChange(r: Context, from: Address, m: StartViewChangeMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || !isVoter(r)) return;
  if (m.view <= s.view) {
    // The asker missed that this view has begun.
    if (isPrimary(r) && promisesDurable(r)) sendStartView(r, from, ZERO128);
    return;
  }
  if (s.recoverAskedAt[from]! > 0) {
    // A replaced disk has no vote, but needs a view above all that were reported (`rejoin.ts`).
    if (isPrimary(r)) resign(r);
    return;
  }
  s.wishOf[from] = m.view;
  s.wishAt[from] = s.monotonic;
  // The primary of our own view gives it up: waiting for its silence would be waste.
  if (from === primary(r)) askForView(r, m.view);
  tallyWishes(r);
}

/** Changes to the highest view that a quorum asks for. */
function tallyWishes(r: Context): void {
  const { s } = r;
  if (s.status !== STATUS_NORMAL && s.status !== STATUS_VIEW_CHANGE) return;
  const fresh = s.monotonic - r.limits.viewChangeMicros;
  const own = vouchedWish(r);
  let best = 0;
  for (let i = 0; i < r.replicaCount; i += 1) {
    const view = i === r.replica ? own : s.wishOf[i]!;
    if (view <= s.view || view <= best) continue;
    if (i !== r.replica && s.wishAt[i]! < fresh) continue;
    let votes = 0;
    for (let j = 0; j < r.replicaCount; j += 1) {
      const other = j === r.replica ? own : s.wishOf[j]!;
      if (other >= view && (j === r.replica || s.wishAt[j]! >= fresh)) votes += 1;
    }
    if (votes >= r.quorums.viewChange) best = view;
  }
  if (best > s.view) enterViewChange(r, best);
}

/** The primary gives its view up, alone: safe at any time, and the others follow at once. */
export function resign(r: Context): void {
  const { s } = r;
  assert(primary(r) === r.replica && isVoter(r), 'only a primary resigns');
  enterViewChange(r, s.view + 1);
}

/** Promises, durably, to take part in no view below `view` any more. */
export function enterViewChange(r: Context, view: number): void {
  const { s } = r;
  assert(view > s.view && isVoter(r), 'views only grow');
  assert(s.status === STATUS_NORMAL || s.status === STATUS_VIEW_CHANGE, 'a head to promise');
  markReached(r, s.repairsOut > 0 ? MARK_DURING_REPAIR : MARK_VIEW_CHANGE);
  const { staged } = r.superblock;
  // Once promised, the headers stand until another log is adopted: every do_view_change of a
  // view carries the same ones, over crashes too.
  const promise = s.logView === s.view;
  const viewHeaders = promise ? captureHeaders(r) : staged.viewHeaders;
  s.attempts = s.status === STATUS_VIEW_CHANGE ? s.attempts + 1 : 0;
  s.view = view;
  beginViewChange(r);
  r.superblock.update({ ...staged, view, logView: s.logView, viewHeaders });
}

/** The state of a view change in `s.view`; also where a replica resumes after a crash. */
export function beginViewChange(r: Context): void {
  const { s } = r;
  assert(s.logView <= s.view, 'a log is adopted in a view');
  for (let i = 0; i < r.replicaCount; i += 1) {
    const dvc = s.dvcs[i]!;
    if (dvc !== null && dvc.view !== s.view) s.dvcs[i] = null;
  }
  s.dvcs[r.replica] = null;
  s.decided = false;
  s.starting = false;
  s.wish = 0;
  s.wantsView = false;
  s.wantViewAt = NEVER;
  s.heartbeatAt = NEVER;
  s.retryAt = NEVER;
  s.primaryDeadAt = NEVER;
  s.requests.length = 0;
  dropReads(r);
  dropAhead(r);
  dropRepairs(r);
  armViewChange(r);
  setStatus(r, STATUS_VIEW_CHANGE);
  sendWish(r);
  s.pingAt = Math.min(s.pingAt, s.monotonic);
}

function armViewChange(r: Context): void {
  const { s, limits } = r;
  const base = limits.viewChangeMicros;
  s.viewChangeAt = s.monotonic + backoff(r.prng, base, s.attempts, base * BACKOFF_FACTOR_MAX);
}

/** Says again what may have been lost. */
export function resendViewChange(r: Context): void {
  const { s } = r;
  s.resendAt = NEVER;
  if (!isVoter(r)) return;
  if (s.status === STATUS_VIEW_CHANGE) {
    sendWish(r);
    sendDoViewChange(r);
  } else if (s.wish > s.view) {
    sendWish(r);
  }
}

/** A view change took too long: its primary may be lost too. */
export function expireViewChange(r: Context): void {
  const { s } = r;
  s.viewChangeAt = NEVER;
  if (s.status !== STATUS_VIEW_CHANGE) return;
  s.attempts += 1;
  armViewChange(r);
  askForView(r, Math.max(s.view, s.wish) + 1);
}

/** Sends the do_view_change of this view, once the promise is durable. */
export function sendDoViewChange(r: Context): void {
  const { s } = r;
  if (s.status !== STATUS_VIEW_CHANGE || !isVoter(r) || s.starting) return;
  if (r.superblock.durable.view !== s.view) return;
  const to = primary(r);
  if (s.decided) return;
  const message = buildDoViewChange(r);
  r.observer.step(STEP_DO_VIEW_CHANGE, s.view, message.logView, message.commit, message);
  if (to !== r.replica) r.network.send(to, message);
  else takeDoViewChange(r, to, message);
}

function buildDoViewChange(r: Context): DoViewChangeMessage {
  const { s, journal } = r;
  const { durable } = r.superblock;
  assert(durable.view === s.view && durable.logView < s.view, 'the promise is durable');
  const headers = durable.viewHeaders;
  // Without a header in the log its head is what the checkpoint covers.
  const op = headers.length > 0 ? promisedHead(r, headers) : s.commitMin;
  let present = 0;
  let nack = 0;
  for (let i = 0; i < headers.length; i += 1) {
    const at = op - i;
    const header = headers[i]!;
    if (at <= s.commitMin) continue;
    if (header !== null && journal.durable(at, header.checksum)) present |= 1 << i;
    else if (journal.nack(at, header)) nack |= 1 << i;
  }
  // Applied ops are committed: a copy helps, a denial would be a lie.
  for (let i = Math.max(0, op - s.commitMin); i < headers.length; i += 1) {
    const header = headers[i]!;
    if (header !== null && journal.durable(op - i, header.checksum)) present |= 1 << i;
  }
  return {
    kind: DO_VIEW_CHANGE,
    view: s.view,
    logView: durable.logView,
    op,
    commit: s.commitMax,
    checkpoint: s.checkpointOp,
    headers,
    present,
    nack,
  };
}

/** The op of the newest promised header: the others stand below it, one by one. */
export function promisedHead(r: Context, headers: readonly (PrepareHeader | null)[]): number {
  for (let i = 0; i < headers.length; i += 1) {
    const header = headers[i]!;
    if (header !== null) return header.op + i;
  }
  return r.s.commitMin;
}

export function onDoViewChange(r: Context, from: Address, m: DoViewChangeMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || !isVoter(r)) return;
  if (m.view % r.replicaCount !== r.replica || m.view < s.view) return;
  if (m.view > s.view) {
    // The sender is in that view already: follow, and keep its message for when we are there.
    // Not while collecting for a view of our own, though: one decision never mixes two views.
    const kept = s.dvcs[from]!;
    const collecting = s.status === STATUS_VIEW_CHANGE && primary(r) === r.replica;
    if (!collecting && (kept === null || kept.view < m.view)) s.dvcs[from] = m;
    onHigherView(r, from, m.view);
    return;
  }
  if (s.status === STATUS_VIEW_CHANGE) takeDoViewChange(r, from, m);
  else if (isPrimary(r) && promisesDurable(r)) sendStartView(r, from, ZERO128);
}

/** Somebody is in a higher view: it can never come back, so ask for that view too. */
export function onHigherView(r: Context, from: Address, view: number): void {
  const { s } = r;
  if (view <= s.view) return;
  if (!isVoter(r)) {
    wantView(r, view);
    return;
  }
  if (from >= 0 && from < r.replicaCount) {
    s.wishOf[from] = Math.max(s.wishOf[from]!, view);
    s.wishAt[from] = s.monotonic;
  }
  askForView(r, view);
  tallyWishes(r);
}

function takeDoViewChange(r: Context, from: number, m: DoViewChangeMessage): void {
  const { s } = r;
  assert(m.view === s.view && primary(r) === r.replica, 'sent to the primary of its view');
  if (s.decided) return;
  const before = s.dvcs[from]!;
  assert(before === null || before.logView === m.logView, 'one promise a view');
  if (before === null) armViewChange(r);
  s.dvcs[from] = m;
  decide(r);
}

function decide(r: Context): void {
  const { s, limits } = r;
  let spoken = 0;
  for (let i = 0; i < r.replicaCount; i += 1) {
    const dvc = s.dvcs[i]!;
    assert(dvc === null || dvc.view === s.view, 'one decision, one view');
    if (dvc !== null) spoken += 1;
  }
  if (spoken < r.quorums.viewChange || s.dvcs[r.replica]! === null) return;
  const decision = decideLog(s.dvcs, r.quorums, limits.pipelineMax);
  if (decision.outcome === CONTRADICTED) {
    contradicted(r, DO_VIEW_CHANGE, NO_ADDRESS, `two entries at op ${decision.op} of one log_view`);
    return;
  }
  if (decision.outcome !== DECIDED) {
    markReached(r, decision.outcome === DEADLOCKED ? MARK_DEADLOCK : MARK_WAITED);
    return;
  }
  // The ring cannot hold what we lack: a replica that needs a state sync leads nobody.
  const lost = decision.op - limits.journalSlots > s.commitMin;
  if (s.syncTarget !== null || lost || s.wantsSync) {
    passView(r);
    return;
  }
  const chain = canonicalChain(r, decision);
  if (chain === null) {
    contradicted(r, DO_VIEW_CHANGE, NO_ADDRESS, 'a log without what was applied');
    return;
  }
  adoptDecision(r, decision, chain);
}

/** A would-be primary that cannot complete its log leaves the lead to the next. */
export function passView(r: Context): void {
  markReached(r, MARK_PASSED);
  enterViewChange(r, r.s.view + 1);
}

function adoptDecision(r: Context, decision: LogDecision, chain: readonly PrepareHeader[]): void {
  const { s, journal } = r;
  const { op, opCanonical, commit } = decision;
  assert(op >= s.commitMin, 'what was applied survives every view change');
  assert(opCanonical - op <= r.limits.pipelineMax, 'at most one pipeline is truncated');
  if (op < opCanonical) markReached(r, MARK_TRUNCATED);
  r.observer.step(STEP_TRUNCATE, op, s.view, opCanonical - op, null);
  s.decided = true;
  journal.truncateAfter(op);
  for (const header of chain) if (mayInstall(r, header.op)) journal.installHeader(header);
  s.op = op;
  learnCommit(r, commit);
  proveChain(r);
  resetDurable(r);
  continueStart(r);
}

/**
 * The chosen headers, from the head down as far as anyone knows the chain. Null if they break it,
 * or do not go on from what was applied.
 */
function canonicalChain(r: Context, decision: LogDecision): PrepareHeader[] | null {
  const { s } = r;
  const chain: PrepareHeader[] = [];
  let above: PrepareHeader | null = null;
  for (let op = decision.op; op > s.commitMin; op -= 1) {
    let header = canonicalHeader(s.dvcs, decision.logView, op);
    if (header === null && above !== null) header = knownElsewhere(r, op, above);
    if (header === null) return chain;
    if (above !== null && !equal128(above.parent, header.checksum)) return null;
    if (!mayInstall(r, op) && !knows(r, header)) return chain;
    chain.push(header);
    above = header;
  }
  return above === null || equal128(above.parent, s.commitHead) ? chain : null;
}

function knows(r: Context, header: PrepareHeader): boolean {
  const own = r.journal.header(header.op);
  return own !== null && equal128(own.checksum, header.checksum);
}

/** A header that the canonical successor names, from whoever has it. */
function knownElsewhere(r: Context, op: number, above: PrepareHeader): PrepareHeader | null {
  for (const dvc of r.s.dvcs) {
    if (dvc === null) continue;
    const header = dvc.headers[dvc.op - op] ?? null;
    if (header !== null && equal128(above.parent, header.checksum)) return header;
  }
  const own = r.journal.header(op);
  return own !== null && equal128(above.parent, own.checksum) ? own : null;
}

/** As a primary whose log is chosen: starts the view as soon as nothing is missing any more. */
export function continueStart(r: Context): void {
  const { s, journal } = r;
  if (!s.decided || s.starting) return;
  assert(s.status === STATUS_VIEW_CHANGE && primary(r) === r.replica, 'a would-be primary');
  if (!chainComplete(r)) {
    armRepair(r);
    return;
  }
  for (let op = s.commitMin + 1; op <= s.op; op += 1) {
    const header = journal.header(op);
    assert(header !== null, 'a complete chain has every header');
    if (!journal.present(op, header.checksum)) {
      armRepair(r);
      return;
    }
  }
  s.starting = true;
  s.logView = s.view;
  const viewHeaders = captureHeaders(r);
  r.superblock.update({ ...r.superblock.staged, view: s.view, logView: s.view, viewHeaders });
}

/** Repairs bring the start nearer: the timeout counts from the last progress. */
export function viewChangeProgress(r: Context): void {
  if (r.s.status === STATUS_VIEW_CHANGE && r.s.decided) {
    armViewChange(r);
    continueStart(r);
  }
}

/** The promises of this view are durable: go on with what waited for that. */
export function onPromisesDurable(r: Context): void {
  const { s } = r;
  if (s.wish > s.view && isVoter(r)) {
    // What is vouched for now may be asked for.
    sendWish(r);
    tallyWishes(r);
  }
  if (s.status === STATUS_VIEW_CHANGE) {
    if (s.starting) {
      if (promisesDurable(r)) becomePrimary(r);
    } else {
      sendDoViewChange(r);
    }
  }
  if (!promisesDurable(r)) return;
  s.ackDue = true;
  if (isFollowing(r) && primary(r) !== r.replica) {
    acceptHeld(r);
    armRepair(r);
  }
}

function becomePrimary(r: Context): void {
  const { s } = r;
  assert(s.decided && s.starting && primary(r) === r.replica, 'the view is ready to start');
  assert(promisesDurable(r), 'nothing is started before it is durable');
  s.decided = false;
  s.starting = false;
  s.dvcs.fill(null);
  s.attempts = 0;
  s.wish = 0;
  s.viewChangeAt = NEVER;
  s.resendAt = NEVER;
  s.wantViewAt = NEVER;
  s.primaryDeadAt = NEVER;
  s.viewStartOp = s.op;
  s.viewStartAt = s.monotonic;
  s.heartbeats = 0;
  s.progressAt = s.monotonic;
  setStatus(r, STATUS_NORMAL);
  resetAcks(r, s.commitMax);
  const message = buildStartView(r, ZERO128);
  r.observer.step(STEP_START_VIEW, s.view, s.op, s.commitMax, message);
  broadcast(r, message);
  proposeInherited(r);
  if (s.heartbeatAt === NEVER) sendHeartbeat(r);
}
