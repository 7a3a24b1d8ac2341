/**
 * The planted bugs, layer by layer. Each is one small edit that a good engineer could have made;
 * `vopr mutants` plants them one at a time and counts the seeds until an invariant fails.
 */
import { ACCESS_MUTANTS } from './access.ts';
import { OPERATOR_MUTANTS } from './operators.ts';
import { DEFERRAL_MUTANTS, FAMILY_CONSTRAINT_MUTANTS, FAMILY_INDEX_MUTANTS } from './families.ts';
import { JOURNAL_MUTANTS } from './journal.ts';
import { CHAIN_MUTANTS, CLOCK_MUTANTS, KERNEL_MUTANTS } from './kernel.ts';
import type { Mutant } from './mutant.ts';
import { BOUND_MUTANTS, NORMAL_MUTANTS, TIMER_MUTANTS } from './normal.ts';
import { CHECKPOINT_MUTANTS, PAGE_MUTANTS } from './pages.ts';
import { REJOIN_MUTANTS, REPAIR_MUTANTS, SYNC_MUTANTS } from './repair.ts';
import { READ_MUTANTS, SESSION_MUTANTS } from './sessions.ts';
import { CONSTRAINT_MUTANTS, INDEX_MUTANTS, TIME_MUTANTS } from './sql.ts';
import { SUPERBLOCK_MUTANTS } from './superblock.ts';
import { TENANT_LOG_MUTANTS } from './tenant-log.ts';
import { TRANSACTION_MUTANTS } from './transactions.ts';
import { DECISION_MUTANTS, START_VIEW_MUTANTS, VIEW_CHANGE_MUTANTS } from './view-change.ts';

export const MUTANTS: readonly Mutant[] = [
  ...JOURNAL_MUTANTS,
  ...SUPERBLOCK_MUTANTS,
  ...TENANT_LOG_MUTANTS,
  ...PAGE_MUTANTS,
  ...CHECKPOINT_MUTANTS,
  ...NORMAL_MUTANTS,
  ...TIMER_MUTANTS,
  ...VIEW_CHANGE_MUTANTS,
  ...DECISION_MUTANTS,
  ...START_VIEW_MUTANTS,
  ...REPAIR_MUTANTS,
  ...SYNC_MUTANTS,
  ...REJOIN_MUTANTS,
  ...SESSION_MUTANTS,
  ...BOUND_MUTANTS,
  ...READ_MUTANTS,
  ...KERNEL_MUTANTS,
  ...CHAIN_MUTANTS,
  ...CLOCK_MUTANTS,
  ...TIME_MUTANTS,
  ...CONSTRAINT_MUTANTS,
  ...FAMILY_CONSTRAINT_MUTANTS,
  ...INDEX_MUTANTS,
  ...FAMILY_INDEX_MUTANTS,
  ...OPERATOR_MUTANTS,
  ...ACCESS_MUTANTS,
  ...TRANSACTION_MUTANTS,
  ...DEFERRAL_MUTANTS,
];
