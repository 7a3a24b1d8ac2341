/**
 * The decision of a view change: from a set of do_view_change messages to the log of the new view.
 * A pure function, tested over every small combination against a slow statement of the rule.
 *
 * 1. *Canonical* headers are those of the highest log_view among the messages. Never the longest
 *    log: a longer one of an older log_view may hold what a later view has truncated.
 * 2. What is provably committed stays: anyone's commit, and anything more than a pipeline below
 *    anyone's head, because nobody proposes further ahead of the commit than that.
 * 3. Scanning up from there to the canonical head, for each op: a nack quorum proves that it never
 *    committed, and truncates it and all above. Else the op must be kept: it may have committed. It
 *    can be kept if its canonical header is known and somebody holds a copy. Else more messages may
 *    bring a header, a copy or a nack: wait; and when all have spoken, report the deadlock.
 *
 * Corruption is never a nack, and what a replica does not know is neither a nack nor a copy. A
 * replica denies the canonical entry at an op if its head lies below; if it says so in its nack
 * bit; or if it holds *another* entry there whose slot is intact or was never written, because
 * then a view after the canonical entry's replaced that entry in its log.
 *
 * Cost: (pipeline + 1) * replicas header compares.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import type { DoViewChangeMessage } from './message.ts';
import type { Quorums } from './quorum.ts';

export const DECIDED = 0;
/** More messages may decide it. */
export const UNDECIDED = 1;
/** All have spoken, and an op that may have committed is nowhere to be had. */
export const DEADLOCKED = 2;
/** Two logs of one log_view: somebody lies, or is broken; no message can mend that. */
export const CONTRADICTED = 3;

export interface LogDecision {
  readonly outcome: typeof DECIDED | typeof UNDECIDED | typeof DEADLOCKED | typeof CONTRADICTED;
  /** New head, when decided; else the op that could not be decided, or is told in two ways. */
  readonly op: number;
  /** Everything up to here is committed. */
  readonly commit: number;
  /** The log_view whose headers are canonical. */
  readonly logView: number;
  /** The canonical head before truncation. */
  readonly opCanonical: number;
}

/** `dvcs` by replica, all of one view; at least a view-change quorum of them. */
export function decideLog(
  dvcs: readonly (DoViewChangeMessage | null)[],
  quorums: Quorums,
  pipelineMax: number,
): LogDecision {
  let spoken = 0;
  let logView = -1;
  let commit = 0;
  for (const dvc of dvcs) {
    if (dvc === null) continue;
    spoken += 1;
    if (dvc.logView > logView) logView = dvc.logView;
    commit = Math.max(commit, dvc.commit, dvc.op - pipelineMax);
  }
  assert(spoken >= quorums.viewChange, 'a view change needs its quorum');
  const opCanonical = canonicalHead(dvcs, logView);
  const twice = toldTwice(dvcs, logView, opCanonical, pipelineMax);
  if (twice > 0) return { outcome: CONTRADICTED, op: twice, commit, logView, opCanonical };
  const open = spoken === quorums.replicas ? DEADLOCKED : UNDECIDED;
  // A quorum that knows of a commit beyond its own logs lacks somebody's log.
  if (opCanonical < commit) return { outcome: open, op: commit, commit, logView, opCanonical };
  for (let op = commit + 1; op <= opCanonical; op += 1) {
    const canonical = canonicalHeader(dvcs, logView, op);
    let nacks = 0;
    let copies = 0;
    for (const dvc of dvcs) {
      if (dvc === null) continue;
      if (denies(dvc, op, canonical)) nacks += 1;
      else if (canonical !== null && holds(dvc, op, canonical)) copies += 1;
    }
    if (nacks >= quorums.nack) {
      return { outcome: DECIDED, op: op - 1, commit, logView, opCanonical };
    }
    if (canonical === null || copies === 0) {
      return { outcome: open, op, commit, logView, opCanonical };
    }
  }
  return { outcome: DECIDED, op: opCanonical, commit, logView, opCanonical };
}

function canonicalHead(dvcs: readonly (DoViewChangeMessage | null)[], logView: number): number {
  let op = 0;
  for (const dvc of dvcs) {
    if (dvc !== null && dvc.logView === logView && dvc.op > op) op = dvc.op;
  }
  return op;
}

/** The highest op of which the logs of `logView` show two different entries; 0 if there is none. */
function toldTwice(
  dvcs: readonly (DoViewChangeMessage | null)[],
  logView: number,
  opCanonical: number,
  pipelineMax: number,
): number {
  // Whoever stands more than a pipeline below the head shows nothing that counts here.
  for (let op = opCanonical; op > 0 && op >= opCanonical - pipelineMax; op -= 1) {
    let found: PrepareHeader | null = null;
    for (const dvc of dvcs) {
      if (dvc === null || dvc.logView !== logView) continue;
      const header = headerOf(dvc, op);
      if (header === null) continue;
      if (found !== null && !equal128(found.checksum, header.checksum)) return op;
      found = header;
    }
  }
  return 0;
}

/** The header of `op` in the logs of `logView`: all that know it agree. */
export function canonicalHeader(
  dvcs: readonly (DoViewChangeMessage | null)[],
  logView: number,
  op: number,
): PrepareHeader | null {
  let found: PrepareHeader | null = null;
  for (const dvc of dvcs) {
    if (dvc === null || dvc.logView !== logView) continue;
    const header = headerOf(dvc, op);
    if (header === null) continue;
    assert(found === null || equal128(found.checksum, header.checksum), 'one log_view, one log');
    found = header;
  }
  return found;
}

function headerOf(dvc: DoViewChangeMessage, op: number): PrepareHeader | null {
  const index = dvc.op - op;
  if (index < 0 || index >= dvc.headers.length) return null;
  const header = dvc.headers[index]!;
  assert(header === null || header.op === op, 'headers stand newest first, without gaps');
  return header;
}

/** Whether the sender's acknowledgements of `op` as `canonical` (null: as anything) never count. */
function denies(dvc: DoViewChangeMessage, op: number, canonical: PrepareHeader | null): boolean {
  if (dvc.op < op) return true;
  const index = dvc.op - op;
  if (index >= dvc.headers.length) return false;
  const header = headerOf(dvc, op);
  const nack = (dvc.nack & (1 << index)) !== 0;
  const present = (dvc.present & (1 << index)) !== 0;
  assert(!(nack && present), 'nobody denies what he holds');
  if (header === null || canonical === null) return nack;
  if (equal128(header.checksum, canonical.checksum)) return nack;
  return nack || present;
}

function holds(dvc: DoViewChangeMessage, op: number, canonical: PrepareHeader): boolean {
  const header = headerOf(dvc, op);
  if (header === null || !equal128(header.checksum, canonical.checksum)) return false;
  return (dvc.present & (1 << (dvc.op - op))) !== 0;
}
