/**
 * Planted bugs of the view change, of the decision on its log, and of start_view.
 */
import type { Mutant } from './mutant.ts';

const VIEW_CHANGE = 'core/vsr/view-change.ts';
const DECISION = 'core/vsr/view-change-log.ts';
const START_VIEW = 'core/vsr/start-view.ts';
const CONTEXT = 'core/vsr/context.ts';
const RECOVERY = 'core/vsr/recovery.ts';

export const VIEW_CHANGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'view-left-alone',
    layer: 'view-change',
    invariant: 'promise',
    story: 'off by one in the quorum that leaves a view: oneself is counted twice',
    file: VIEW_CHANGE,
    find: 'if (votes >= r.quorums.viewChange) best = view;',
    replace: 'if (votes + 1 >= r.quorums.viewChange) best = view;',
    scenario: 'deaf-replica',
  },
  {
    name: 'promises-compare-staged',
    layer: 'view-change',
    invariant: 'view-monotone',
    story: 'the superblock update has been handed over, so the promise is as good as kept',
    file: CONTEXT,
    find: 'const { durable } = r.superblock;\n',
    replace: 'const { staged: durable } = r.superblock;\n',
  },
  {
    name: 'promises-compare-view-only',
    layer: 'view-change',
    invariant: 'agreement',
    story: 'the view is durable: that log_view belongs to the promise was overlooked',
    file: CONTEXT,
    find: 'return durable.view === r.s.view && durable.logView === r.s.logView;',
    replace: 'return durable.view === r.s.view;',
    scenario: 'log-view-regression',
  },
  {
    name: 'restarted-primary-resumes',
    layer: 'view-change',
    invariant: 'one-primary',
    story: 'a primary that was away for a moment goes on: its view has not ended',
    file: RECOVERY,
    find: 'enterViewChange(r, s.view + 1);\n    return;',
    replace: 's.heartbeatAt = s.monotonic;\n    return;',
  },
  {
    name: 'absent-is-nack',
    layer: 'view-change',
    invariant: 'no-silent-loss',
    story: 'a valid header with a bad prepare: what is not here was not acknowledged here',
    file: VIEW_CHANGE,
    find: 'else if (journal.nack(at, header)) nack',
    replace: 'else if (header === null || !journal.present(at, header.checksum)) nack',
    scenario: 'one-op-two-views-header-landed',
  },
  {
    name: 'corruption-is-nack',
    layer: 'view-change',
    invariant: 'no-silent-loss',
    story: 'a damaged slot is as good as an empty one: say so, and let the others decide',
    file: VIEW_CHANGE,
    find: 'else if (journal.nack(at, header)) nack',
    replace: 'else if (journal.faulty(at) || journal.nack(at, header)) nack',
    scenario: 'corrupt-head-stalls',
  },
  {
    name: 'headers-captured-again',
    layer: 'view-change',
    invariant: 'agreement',
    story: 'each view change should promise the newest knowledge of the log',
    file: VIEW_CHANGE,
    find: 'const viewHeaders = promise ? captureHeaders(r) : staged.viewHeaders;',
    replace: 'const viewHeaders = promise || r.replicaCount > 0 ? captureHeaders(r) : [];',
  },
  {
    name: 'durable-view-not-awaited',
    layer: 'view-change',
    invariant: 'view-monotone',
    story: 'do_view_change can leave while the promise is being written: it saves a round of syncs',
    file: VIEW_CHANGE,
    find: 'if (r.superblock.durable.view !== s.view) return;',
    replace: '',
  },
  {
    name: 'stale-completion-starts-view',
    layer: 'view-change',
    invariant: 'crash',
    story: 'the superblock is durable, and we were waiting for it: which state it was is not asked',
    file: VIEW_CHANGE,
    find: 'if (promisesDurable(r)) becomePrimary(r);',
    replace: 'becomePrimary(r);',
    scenario: 'view-change-during-checkpoint',
  },
  {
    name: 'standby-votes',
    layer: 'view-change',
    invariant: 'view-monotone',
    story: 'a standby holds the whole log, so its word is as good as any',
    file: CONTEXT,
    find: 'return !r.standby && r.s.member === MEMBER_VOTER;',
    replace: 'return r.s.member === MEMBER_VOTER;',
  },
];

export const DECISION_MUTANTS: readonly Mutant[] = [
  {
    name: 'longest-log-wins',
    layer: 'log-decision',
    invariant: 'agreement',
    story: 'the longest log holds most, so nothing is lost by choosing it',
    file: DECISION,
    find: 'if (dvc.logView > logView) logView = dvc.logView;',
    replace: 'if (logView < 0 || dvc.op > canonicalHead(dvcs, logView)) logView = dvc.logView;',
    scenario: 'longer-log-of-older-view',
  },
  {
    name: 'one-nack-truncates',
    layer: 'log-decision',
    invariant: 'acknowledged-survives',
    story: 'off by one in a quorum: the denial of all but one of those needed cuts the log',
    file: DECISION,
    find: 'if (nacks >= quorums.nack) {',
    replace: 'if (nacks + 1 >= quorums.nack && nacks > 0) {',
  },
  {
    name: 'kept-only-if-on-a-quorum',
    layer: 'log-decision',
    invariant: 'agreement',
    story: 'an op that fewer than a quorum of those present hold has not committed: drop it',
    file: DECISION,
    find: `if (canonical === null || copies === 0) {
      return { outcome: open, op,`,
    replace: `if (canonical !== null && copies < quorums.replication) {
      return { outcome: DECIDED, op: op - 1, commit, logView, opCanonical };
    }
    if (canonical === null) {
      return { outcome: open, op,`,
  },
  {
    name: 'head-not-inherited',
    layer: 'log-decision',
    invariant: 'acknowledged-survives',
    story: 'off by one: the scan ends before the newest op, so that is what is kept',
    file: DECISION,
    find: 'return { outcome: DECIDED, op: opCanonical, commit, logView, opCanonical };',
    replace: `const kept = Math.max(commit, opCanonical - 1);
  return { outcome: DECIDED, op: kept, commit, logView, opCanonical };`,
    scenario: 'deaf-primary',
  },
];

export const START_VIEW_MUTANTS: readonly Mutant[] = [
  {
    name: 'stale-start-view-believed',
    layer: 'start-view',
    invariant: 'agreement',
    story: 'a start_view of the view that we are in can only be right',
    file: START_VIEW,
    find: 'return m.view === s.view && (isZero128',
    replace: 'return m.view < s.view && (isZero128',
    scenario: 'replayed-old-start-view',
  },
  {
    name: 'older-start-view-shortens-log',
    layer: 'start-view',
    invariant: 'agreement',
    story: 'the primary knows its log: adopt what it sends, in whatever order it arrives',
    file: START_VIEW,
    find: `const refresh = m.view === s.view && isFollowing(r);
  if (refresh && m.op < s.op) return;`,
    replace: 'const refresh = m.view === s.view && isFollowing(r) && m.op >= s.op;',
  },
  {
    name: 'durability-kept-over-views',
    layer: 'start-view',
    invariant: 'journal-evidence',
    story: 'what was durable before the view change still is',
    file: START_VIEW,
    find: 'if (!refresh) resetDurable(r);',
    replace: '',
  },
  {
    name: 'leftovers-of-older-views-kept',
    layer: 'start-view',
    invariant: 'crash',
    story: 'view compared instead of log_view: any entry up to our view belongs to our log',
    file: RECOVERY,
    find: 'if (header.view === s.logView) return op;',
    replace: 'if (header.view <= s.view) return op;',
  },
];
