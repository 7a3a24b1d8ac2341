/**
 * `verify()` and `VERIFY LOG`: everything that is durable, recomputed. Of each tenant's log every
 * hash, every link, the order of positions, ops and timestamps, and that it ends where the state
 * says; of each store every page from the root down.
 */
import { GENESIS_HASH } from '../../core/kernel/entry.ts';
import type { StateReader } from '../../core/node.ts';
import { TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import { ChainCheck } from '../chain-check.ts';
import { nextTurn } from './turns.ts';
import type { CallEnd } from './limit.ts';

export interface Verification {
  readonly ok: boolean;
  /** Entries of this database's log that hold. */
  readonly entries: number;
  /** Hash of its last entry, in hex: keep it, and a later change of anything before shows. */
  readonly head: string;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

const SLICE_MILLIS = 10;
const SCRUB_UNITS = 256;
/** Looks at a store, many of which may find it busy with a checkpoint, before giving up. */
const TURNS_MAX = 10_000_000;

export async function verify(
  state: StateReader,
  tenant: number,
  limit: CallEnd,
): Promise<Verification> {
  const problems: string[] = [];
  await verifyChain(state, TENANT_SYSTEM, limit, problems);
  const entries = await verifyChain(state, tenant, limit, problems);
  await verifyPages(state, limit, problems);
  const head = Buffer.from(state.logHead(tenant) ?? GENESIS_HASH).toString('hex');
  return { ok: problems.length === 0, entries, head, problems };
}

async function verifyChain(
  state: StateReader,
  tenant: number,
  limit: CallEnd,
  problems: string[],
): Promise<number> {
  const length = state.position(tenant);
  const chain = new ChainCheck();
  let from = performance.now();
  for (let position = 1; position <= length; position += 1) {
    if (!chain.accept(state.entry(tenant, position))) {
      problems.push(`log of tenant ${tenant}: the entry at position ${position} does not hold`);
      return position - 1;
    }
    if (performance.now() - from < SLICE_MILLIS) continue;
    await nextTurn();
    limit.check();
    from = performance.now();
  }
  const head = state.position(tenant) === length ? state.logHead(tenant) : chain.head;
  if (head === null || !chain.endsWith(head)) {
    problems.push(`log of tenant ${tenant}: it does not end where the state says`);
  }
  return length;
}

/** One whole tour of the scrubber, from its beginning. */
async function verifyPages(state: StateReader, limit: CallEnd, problems: string[]): Promise<void> {
  // The tour under way may have begun long ago: the one after it counts.
  const end = state.scrubTours + 2;
  for (let turns = 0; state.scrubTours < end && turns < TURNS_MAX; turns += 1) {
    state.scrub(SCRUB_UNITS);
    if (state.damaged > 0) break;
    // While a checkpoint is being written nothing is checked: it needs the event loop to end.
    await nextTurn();
    limit.check();
  }
  if (state.damaged > 0) problems.push(`${state.damaged} pages or entries are damaged`);
  else if (state.scrubTours < end) problems.push('the pages could not be checked: try again');
}
