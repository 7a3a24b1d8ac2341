/**
 * Kimberlite as a testbed: the shipped system, every invariant, every scenario, and its words.
 */
import {
  STATUS_NORMAL,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_OVERWRITE,
  STEP_PROPOSE,
  STEP_START_VIEW,
  STEP_STATUS,
  STEP_SYNC,
} from '../../core/observer.ts';
import type { PrepareHeader } from '../../core/codec/prepare.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { primaryOf } from '../../core/vsr/quorum.ts';
import type { Checkpoint, Message } from '../../core/vsr/message.ts';
import { INVARIANTS } from '../../invariants/index.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { hex32 } from '../sim/mix.ts';
import type { Seen, Testbed, Words } from '../testbed.ts';
import { KIMBERLITE_EXCUSES } from './excuses.ts';
import { isQuiet, stepWords } from './steps.ts';
import { KIMBERLITE } from './system.ts';
import { messageWords, statusWords } from './words.ts';

const WORDS: Words<Message> = {
  message: messageWords,
  step: stepWords,
  quiet: isQuiet,
  status: statusWords,
  letter: letterOf,
  letters: {
    P: 'primary',
    B: 'backup',
    S: 'standby',
    V: 'changing view',
    H: 'recovers head',
    N: 'non-voter',
  },
  jump: (kind, a) => {
    if (kind === STEP_COMMIT) return 'commit';
    const changes = kind === STEP_STATUS && a === STATUS_VIEW_CHANGE;
    return changes || kind === STEP_START_VIEW ? 'view' : null;
  },
  head: (kind, _a, b, ref) => {
    const hash = headOf(kind, b, ref);
    return hash === null ? null : hex32(hash.a);
  },
};

export const KIMBERLITE_TESTBED: Testbed<Message> = {
  system: KIMBERLITE,
  invariants: INVARIANTS,
  excuses: KIMBERLITE_EXCUSES,
  scenarios: SCENARIOS,
  words: WORDS,
};

function letterOf({ status, view }: Seen, node: number, replicaCount: number): string {
  if (status === STATUS_VIEW_CHANGE) return 'V';
  if (status === STATUS_RECOVERING_HEAD) return 'H';
  if (status !== STATUS_NORMAL) return 'N';
  if (node >= replicaCount) return 'S';
  return primaryOf(view, replicaCount) === node ? 'P' : 'B';
}

/** The hash of the prepare at op `a` of a step, where the step tells it. */
function headOf(kind: number, b: number, ref: unknown): Hash128 | null {
  if (kind === STEP_PROPOSE || kind === STEP_COMMIT) {
    return (ref as { readonly header: PrepareHeader }).header.checksum;
  }
  if (kind === STEP_OVERWRITE) return (ref as PrepareHeader).checksum;
  const durable = kind === STEP_CHECKPOINT || (kind === STEP_SYNC && b === 1);
  return durable ? (ref as Checkpoint).head : null;
}
