/**
 * The planted bugs. Each is one small edit that a good engineer could have made; `vopr mutants` plants
 * them one at a time and counts the seeds until an invariant fails.
 */
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [];
