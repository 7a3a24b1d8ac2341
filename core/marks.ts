/**
 * Marks: rare branches worth reaching. A sweep reports which were reached; CI has a list that must
 * be. A mark costs one observer call on a rare path. Add one wherever a hard branch is written.
 */
const MARK_NAMES = [
  'view_change',
  'view_change_during_repair',
  'view_change_truncated',
  'view_change_waited_for_third',
  'view_change_deadlock_reported',
  'truncated_torn_head',
  'recovering_head',
  'slot_damaged_at_open',
  'slot_conflict_at_open',
  'journal_wrapped',
  'state_sync_started',
  'state_sync_completed',
  'state_sync_retargeted',
  'page_damaged_in_apply',
  'page_mended_here',
  'log_entry_repaired',
  'session_evicted',
  'duplicate_request_answered',
  'primary_abdicated_clock',
  'primary_abdicated_sync',
  'failed_sync_rewritten',
  'stalled_no_space',
  'superblock_copy_repaired',
  'rejoined_after_replaced_disk',
  'scrub_found_damage',
  'read_waited_for_view',
  'stale_start_view_ignored',
  'ack_withheld_for_checkpoint',
  'duplicate_request_committed',
  'changes_written_early',
  'apply_waited_for_sync',
] as const;

export type MarkName = (typeof MARK_NAMES)[number];

export const MARKS: readonly MarkName[] = MARK_NAMES;

/** The integer of a mark, for `STEP_MARK`; look it up once, at module load. */
export function mark(name: MarkName): number {
  return MARK_NAMES.indexOf(name);
}
