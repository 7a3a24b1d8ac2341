/**
 * The gate: what no honest replica can say, given what is known here, is reported and not acted on.
 *
 * Viewstamped Replication tolerates no traitors: a primary that lies well is believed. But no
 * message of a peer may break this replica, take it past its bounds, or be acted on when the hash
 * chain shows that it cannot be true. So whatever the phases take for granted is asked here first;
 * between honest replicas each of these refusals would be a bug, and the simulator calls it one.
 *
 * Cost: a switch and two or three compares a message.
 */
import type { Address } from '../ports.ts';
import { equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import { contradicted, isFollowing, primary } from './context.ts';
import { checksumAt } from './log.ts';
import type {
  CommitMessage,
  DoViewChangeMessage,
  Message,
  PrepareMessage,
  StartViewMessage,
} from './message.ts';
import { COMMIT, DO_VIEW_CHANGE, PREPARE, REPAIR_PREPARE, START_VIEW } from './message.ts';

/**
 * Nobody can be this many views ahead: at the pace of view changes that takes months. It keeps a
 * single lie from using up the views, which are 32 bits wide.
 */
export const VIEWS_AHEAD_MAX: number = 1 << 24;

/** As in `core/store/page.ts`, which this file may not import. */
const NO_PAGE = 0;

/** Whether a message may be acted on; if not, it has been reported. */
export function admits(r: Context, from: Address, m: Message): boolean {
  const reason = refusal(r, from, m);
  if (reason === null) return true;
  contradicted(r, m.kind, from, reason);
  return false;
}

function refusal(r: Context, from: Address, m: Message): string | null {
  const { view } = m as { readonly view?: number };
  if (view !== undefined && view > r.s.view + VIEWS_AHEAD_MAX) return 'a view too far ahead';
  switch (m.kind) {
    case PREPARE:
    case REPAIR_PREPARE:
      return ofPrepare(m);
    case COMMIT:
      return ofCommit(r, from, m);
    case DO_VIEW_CHANGE:
      return ofDoViewChange(r, from, m);
    case START_VIEW:
      return ofStartView(r, m);
    default:
      return null;
  }
}

/** An op is proposed, or proposed again, before it commits, and by whoever leads then or later. */
function ofPrepare(m: PrepareMessage): string | null {
  const { header } = m.prepare;
  if (header.op < 1) return 'a prepare of no op';
  if (m.kind === REPAIR_PREPARE) return null;
  if (m.commit >= header.op) return 'a proposal of a committed op';
  if (header.view > m.view) return 'a proposal from a later view';
  return null;
}

/** One view has one log. */
function ofCommit(r: Context, from: Address, m: CommitMessage): string | null {
  const { s } = r;
  if (m.view !== s.view || from !== primary(r) || !isFollowing(r)) return null;
  if (m.commit > s.op || m.commit < s.chainFloor) return null;
  const own = checksumAt(r, m.commit);
  return own === null || equal128(own, m.commitChecksum) ? null : 'a commit of another log';
}

/** A promise is about an older log than the view's, and is made once. */
function ofDoViewChange(r: Context, from: Address, m: DoViewChangeMessage): string | null {
  if (m.logView >= m.view) return 'a promise about a view that has begun';
  if (from < 0 || from >= r.replicaCount) return null;
  const before = r.s.dvcs[from]!;
  if (before === null || before.view !== m.view) return null;
  return before.logView === m.logView ? null : 'two promises in one view';
}

/** What is committed, or covered by a checkpoint, is in the log. */
function ofStartView(r: Context, m: StartViewMessage): string | null {
  const { op, rootPage } = m.checkpoint;
  if (m.commit > m.op) return 'a commit beyond the head';
  if (m.op > m.commit + r.limits.pipelineMax) return 'a head beyond the pipeline';
  if (op > m.op) return 'a checkpoint beyond the head';
  if (op % r.limits.checkpointInterval !== 0) return 'a checkpoint off the interval';
  return op > 0 && rootPage === NO_PAGE ? 'a checkpoint of nothing' : null;
}
