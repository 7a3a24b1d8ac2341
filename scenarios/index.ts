/**
 * The registry: every scenario there is, in the order in which `docs/scenarios.md` lists them.
 */
import type { Scenario } from '../vopr/sim/scenario.ts';
import { accessEnforced } from './access-enforced.ts';
import { ackAfterPromise } from './ack-after-promise.ts';
import { allLosePower } from './all-lose-power.ts';
import { amnesiaReplacedDisk } from './amnesia-replaced-disk.ts';
import { amnesiaTwoReplicas } from './amnesia-two-replicas.ts';
import { bitFlips } from './bit-flips.ts';
import { checkpointLogTornApart } from './checkpoint-log-torn-apart.ts';
import { checkpointWaitsForItsFiles } from './checkpoint-waits-for-its-files.ts';
import { clientCrash } from './client-crash.ts';
import { clientFlood } from './client-flood.ts';
import { clockBackwardJump } from './clock-backward-jump.ts';
import { clockDrift } from './clock-drift.ts';
import { clockFrozen } from './clock-frozen.ts';
import { clockOffsetBeyondTolerance } from './clock-offset-beyond-tolerance.ts';
import { clocksWrong } from './clocks-wrong.ts';
import { commitStalls } from './commit-stalls.ts';
import { corruptHeadStalls } from './corrupt-head-stalls.ts';
import { corruptReplies } from './corrupt-replies.ts';
import { corruptTenantLog } from './corrupt-tenant-log.ts';
import { crashDuringCheckpoint } from './crash-during-checkpoint.ts';
import { crashDuringCommit } from './crash-during-commit.ts';
import { crashDuringViewChange } from './crash-during-view-change.ts';
import { crashLoop } from './crash-loop.ts';
import { deafPrimary } from './deaf-primary.ts';
import { deafReplica } from './deaf-replica.ts';
import { degradedOneBackupDead } from './degraded-one-backup-dead.ts';
import { deposedPrimaryEvictsNobody } from './deposed-primary-evicts-nobody.ts';
import { diskFull } from './disk-full.ts';
import { failedSyncs } from './failed-syncs.ts';
import { falseDurabilityWhileSyncing } from './false-durability-while-syncing.ts';
import { forgottenPromise } from './forgotten-promise.ts';
import { grayFailure } from './gray-failure.ts';
import { hostileConflictingTails } from './hostile-conflicting-tails.ts';
import { hostileCorruptedChecksums } from './hostile-corrupted-checksums.ts';
import { hostileFloods } from './hostile-floods.ts';
import { hostileInflatedCommit } from './hostile-inflated-commit.ts';
import { hostileOversizedMessages } from './hostile-oversized-messages.ts';
import { hostileRandomLies } from './hostile-random-lies.ts';
import { hostileReplayedOldViews } from './hostile-replayed-old-views.ts';
import { hostileSelectiveSilence } from './hostile-selective-silence.ts';
import { inheritedReads } from './inherited-reads.ts';
import { intermittentLink } from './intermittent-link.ts';
import { lateConfirmation } from './late-confirmation.ts';
import { logViewRegression } from './log-view-regression.ts';
import { loneReplicaInHigherView } from './lone-replica-in-higher-view.ts';
import { longerLogOfOlderView } from './longer-log-of-older-view.ts';
import { lyingSync } from './lying-sync.ts';
import { majorityMoves } from './majority-moves.ts';
import { messagesLateAndTwice } from './messages-late-and-twice.ts';
import { misdirectedHeader } from './misdirected-header.ts';
import { nackArithmetic } from './nack-arithmetic.ts';
import { olderCheckpointOffered } from './older-checkpoint-offered.ts';
import { oneOpTwoViewsHeaderLanded } from './one-op-two-views-header-landed.ts';
import { oneOpTwoViewsPrepareLanded } from './one-op-two-views-prepare-landed.ts';
import { overwriteBeforeDurable } from './overwrite-before-durable.ts';
import { powerCutWhileSecuring } from './power-cut-while-securing.ts';
import { primaryClockWrong } from './primary-clock-wrong.ts';
import { primaryDiskReplaced } from './primary-disk-replaced.ts';
import { quiet } from './quiet.ts';
import { racingViewChanges } from './racing-view-changes.ts';
import { registerReplayedAfterEviction } from './register-replayed-after-eviction.ts';
import { repairBudget } from './repair-budget.ts';
import { repairCrashRecover } from './repair-crash-recover.ts';
import { repairStormPrevented } from './repair-storm-prevented.ts';
import { replayedOldStartView } from './replayed-old-start-view.ts';
import { restartedPrimary } from './restarted-primary.ts';
import { rollbackDisk } from './rollback-disk.ts';
import { scrubCompletesItsTour } from './scrub-completes-its-tour.ts';
import { scrubDetectsAndRepairs } from './scrub-detects-and-repairs.ts';
import { scrubKeepsItsPace } from './scrub-keeps-its-pace.ts';
import { sessionLockOut } from './session-lock-out.ts';
import { sessionPendingInNewPrimary } from './session-pending-in-new-primary.ts';
import { severalTornAppends } from './several-torn-appends.ts';
import { silentWriteFailure } from './silent-write-failure.ts';
import { singleReplicaPowerCuts } from './single-replica-power-cuts.ts';
import { slotAba } from './slot-aba.ts';
import { slowDisk } from './slow-disk.ts';
import { smallPassLargeFail } from './small-pass-large-fail.ts';
import { sqlOnly } from './sql-only.ts';
import { staleCompletion } from './stale-completion.ts';
import { standbyCatchesUp } from './standby-catches-up.ts';
import { standbyHasNoVote } from './standby-has-no-vote.ts';
import { stuckRepairPeer } from './stuck-repair-peer.ts';
import { superblockMisdirectedCopy } from './superblock-misdirected-copy.ts';
import { superblockOneNewThreeOld } from './superblock-one-new-three-old.ts';
import { superblockTornRepair } from './superblock-torn-repair.ts';
import { swizzledClogging } from './swizzled-clogging.ts';
import { tenantsApartUnderFaults } from './tenants-apart-under-faults.ts';
import { timersInResonance } from './timers-in-resonance.ts';
import { transactions } from './transactions.ts';
import { tornRepairs } from './torn-repairs.ts';
import { twoPrimaries } from './two-primaries.ts';
import { viewChangeDuringCheckpoint } from './view-change-during-checkpoint.ts';
import { wrapGhostAcknowledged } from './wrap-ghost-acknowledged.ts';
import { wrapGhost } from './wrap-ghost.ts';

export const SCENARIOS: readonly Scenario[] = [
  logViewRegression,
  ackAfterPromise,
  corruptHeadStalls,
  longerLogOfOlderView,
  nackArithmetic,
  oneOpTwoViewsPrepareLanded,
  oneOpTwoViewsHeaderLanded,
  misdirectedHeader,
  severalTornAppends,
  tornRepairs,
  slotAba,
  repairCrashRecover,
  wrapGhost,
  wrapGhostAcknowledged,
  replayedOldStartView,
  restartedPrimary,
  overwriteBeforeDurable,
  falseDurabilityWhileSyncing,
  checkpointLogTornApart,
  olderCheckpointOffered,
  superblockOneNewThreeOld,
  superblockMisdirectedCopy,
  superblockTornRepair,
  viewChangeDuringCheckpoint,
  staleCompletion,
  deafReplica,
  deafPrimary,
  smallPassLargeFail,
  twoPrimaries,
  inheritedReads,
  lateConfirmation,
  loneReplicaInHigherView,
  timersInResonance,
  registerReplayedAfterEviction,
  deposedPrimaryEvictsNobody,
  corruptReplies,
  sessionPendingInNewPrimary,
  amnesiaReplacedDisk,
  forgottenPromise,
  amnesiaTwoReplicas,
  quiet,
  degradedOneBackupDead,
  singleReplicaPowerCuts,
  failedSyncs,
  diskFull,
  primaryClockWrong,
  swizzledClogging,
  grayFailure,
  intermittentLink,
  bitFlips,
  silentWriteFailure,
  slowDisk,
  crashDuringCommit,
  crashDuringViewChange,
  crashDuringCheckpoint,
  checkpointWaitsForItsFiles,
  powerCutWhileSecuring,
  crashLoop,
  allLosePower,
  corruptTenantLog,
  primaryDiskReplaced,
  clockDrift,
  clockOffsetBeyondTolerance,
  clockBackwardJump,
  clockFrozen,
  clientCrash,
  sessionLockOut,
  clientFlood,
  repairBudget,
  repairStormPrevented,
  stuckRepairPeer,
  racingViewChanges,
  commitStalls,
  scrubDetectsAndRepairs,
  scrubCompletesItsTour,
  scrubKeepsItsPace,
  standbyHasNoVote,
  standbyCatchesUp,
  tenantsApartUnderFaults,
  majorityMoves,
  messagesLateAndTwice,
  clocksWrong,
  lyingSync,
  rollbackDisk,
  hostileConflictingTails,
  hostileCorruptedChecksums,
  hostileFloods,
  hostileInflatedCommit,
  hostileOversizedMessages,
  hostileReplayedOldViews,
  hostileSelectiveSilence,
  hostileRandomLies,
  sqlOnly,
  accessEnforced,
  transactions,
];
