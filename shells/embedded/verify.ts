/**
 * `verify()` and `VERIFY LOG`: everything that is durable, recomputed. Of each tenant's log every
 * hash, every link, the order of positions, ops and timestamps, and that it ends where the state
 * says; of each store every page from the root down.
 */
import {
  GENESIS_HASH,
  decodeEntryHeader,
  entryHash,
  entryPrevious,
  equalBytes,
} from '../../core/kernel/entry.ts';
import type { StateReader } from '../../core/node.ts';
import { TENANT_SYSTEM } from '../../core/kernel/operation.ts';
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

const HASH_BYTES = 32;
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
  let previous = GENESIS_HASH;
  let op = 0;
  let timestamp = -1;
  let from = performance.now();
  for (let position = 1; position <= length; position += 1) {
    const entry = state.entry(tenant, position);
    const header = entry === null ? null : decodeEntryHeader(entry);
    const linked =
      entry !== null &&
      header !== null &&
      equalBytes(entryPrevious(entry), 0, previous, 0, HASH_BYTES) &&
      header.op > op &&
      header.timestamp > timestamp;
    if (!linked) {
      problems.push(`log of tenant ${tenant}: the entry at position ${position} does not hold`);
      return position - 1;
    }
    previous = entryHash(entry).slice();
    ({ op, timestamp } = header);
    if (performance.now() - from < SLICE_MILLIS) continue;
    await nextTurn();
    limit.check();
    from = performance.now();
  }
  const head = state.position(tenant) === length ? state.logHead(tenant) : previous;
  if (head === null || !equalBytes(head, 0, previous, 0, HASH_BYTES)) {
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
