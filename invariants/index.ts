/**
 * The registry: every invariant there is, in the order in which they see a step. Commands, runs and
 * documents take them from here.
 */
import type { Invariant } from '../vopr/sim/checker.ts';
import { access } from './access.ts';
import { acknowledgedSurvives } from './acknowledged-survives.ts';
import { agreement } from './agreement.ts';
import { bounded } from './bounded.ts';
import { chain } from './chain.ts';
import { clockMonotone } from './clock-monotone.ts';
import { commitMonotone } from './commit-monotone.ts';
import { constraint } from './constraint.ts';
import { convergence } from './convergence.ts';
import { durableQuorum } from './durable-quorum.ts';
import { exactlyOnce } from './exactly-once.ts';
import { indexEqualsScan } from './index-equals-scan.ts';
import { journalEvidence } from './journal-evidence.ts';
import { linearizable } from './linearizable.ts';
import { noSilentLoss } from './no-silent-loss.ts';
import { onePrimary } from './one-primary.ts';
import { prefix } from './prefix.ts';
import { quietStability } from './quiet-stability.ts';
import { readYourWrites } from './read-your-writes.ts';
import { serializable } from './serializable.ts';
import { sqlModel } from './sql-model.ts';
import { stateEquality } from './state-equality.ts';
import { storageEquality } from './storage-equality.ts';
import { superblock } from './superblock.ts';
import { tenantIsolation } from './tenant-isolation.ts';
import { timeTravel } from './time-travel.ts';
import { usefulWhenDegraded } from './useful-when-degraded.ts';
import { viewMonotone } from './view-monotone.ts';

export const INVARIANTS: readonly Invariant[] = [
  agreement,
  durableQuorum,
  acknowledgedSurvives,
  prefix,
  chain,
  stateEquality,
  viewMonotone,
  onePrimary,
  commitMonotone,
  superblock,
  journalEvidence,
  noSilentLoss,
  exactlyOnce,
  linearizable,
  readYourWrites,
  sqlModel,
  timeTravel,
  serializable,
  constraint,
  indexEqualsScan,
  tenantIsolation,
  access,
  clockMonotone,
  storageEquality,
  bounded,
  quietStability,
  convergence,
  usefulWhenDegraded,
];
