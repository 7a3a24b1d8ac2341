/**
 * The state, made again from what is permanent, in two ways that must agree:
 * `rebuildFromLogs` merges all tenants' logs by op and installs outcomes, executing nothing;
 * `reexecute` runs the prepares through a kernel again. For checkers and for `kimberlite verify`.
 */
import type { Prepare } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { assert } from '../types/assert.ts';
import { decodeEntryHeader, entryOp, outcomeFrom } from './entry.ts';
import { Kernel, STEP_DONE } from './kernel.ts';
import { installOutcome, isOutcome } from './outcome.ts';

/** A tenant's log: entries of positions 1, 2, …. */
export interface TenantEntries {
  readonly tenant: number;
  readonly entries: readonly Uint8Array[];
}

/** The state after all entries, or a sentence saying which entry is bad. */
export function rebuildFromLogs(logs: readonly TenantEntries[]): MemoryStore | string {
  const store = new MemoryStore();
  const next: number[] = logs.map(() => 0);
  let last = 0;
  for (;;) {
    let from = -1;
    let op = Number.MAX_SAFE_INTEGER;
    for (let i = 0; i < logs.length; i += 1) {
      const entry = logs[i]!.entries[next[i]!];
      if (entry === undefined) continue;
      if (decodeEntryHeader(entry) === null) return badEntry(logs[i]!, next[i]!, 'is malformed');
      const own = entryOp(entry);
      if (own < op) {
        op = own;
        from = i;
      }
    }
    if (from < 0) return store;
    const log = logs[from]!;
    const entry = log.entries[next[from]!]!;
    if (op !== last + 1) return badEntry(log, next[from]!, `has op ${op} after op ${last}`);
    const outcome = outcomeFrom(entry);
    if (!isOutcome(entry, outcome, entry.length)) {
      return badEntry(log, next[from]!, 'has a malformed outcome');
    }
    installOutcome(store, entry, outcome, entry.length);
    next[from]! += 1;
    last = op;
  }
}

function badEntry(log: TenantEntries, index: number, what: string): string {
  return `tenant ${log.tenant}, position ${index + 1}: the entry ${what}`;
}

/** Executes prepares from op 1 on, in order, on an empty state. */
export function reexecute(prepares: readonly Prepare[], limits: Limits): MemoryStore {
  const store = new MemoryStore();
  const lengths: Map<number, number> = new Map();
  const kernel = new Kernel(limits, store, {
    entries: (tenant) => lengths.get(tenant) ?? 0,
  });
  for (let i = 0; i < prepares.length; i += 1) {
    const prepare = prepares[i]!;
    assert(prepare.header.op === i + 1, 'every op is executed once, in order');
    kernel.begin(prepare);
    while (kernel.step(Number.MAX_SAFE_INTEGER) !== STEP_DONE);
    kernel.install();
    lengths.set(kernel.logTenant, kernel.position);
  }
  return store;
}
