/**
 * A data directory verified offline, as an auditor would: frames by checksum, entries and chains by
 * the core's own verification, and the state that the logs rebuild to.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { entryHash, entryOp, verifyChain } from '../../core/kernel/entry.ts';
import { rebuildFromLogs } from '../../core/kernel/rebuild.ts';
import type { TenantEntries } from '../../core/kernel/rebuild.ts';
import type { Limits } from '../../core/limits.ts';
import {
  FRAME_HEADER_BYTES,
  frameBytes,
  frameIntact,
  readFrameHeader,
  segmentName,
  segmentStart,
} from '../../core/storage/tenant-log-format.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { systemCrypto } from '../system.ts';

export interface VerifiedDirectory {
  readonly entries: number;
  /** Op of the last entry. */
  readonly commit: number;
  /** Of the state that the logs rebuild to. */
  readonly stateHashA: number;
  readonly stateHashB: number;
  /** Per tenant: length and hash of the last entry. */
  readonly heads: readonly string[];
}

/** Throws, saying where, when anything is wrong. */
export function verifyDirectory(
  directory: string,
  cluster: Hash128,
  limits: Limits,
): VerifiedDirectory {
  const tenants = readdirSync(join(directory, 'tenants')).map(Number);
  const logs = tenants
    .sort((a, b) => a - b)
    .map((tenant) => ({ tenant, entries: readLog(directory, tenant, limits) }));
  let commit = 0;
  for (const { tenant, entries } of logs) {
    const bad = verifyChain(entries, cluster, tenant, null, systemCrypto);
    if (bad !== 0) throw new Error(`${directory}: tenant ${tenant}: entry ${bad} is bad`);
    const last = entries.at(-1);
    if (last !== undefined) commit = Math.max(commit, entryOp(last));
  }
  const store = rebuildFromLogs(logs);
  if (typeof store === 'string') throw new Error(`${directory}: ${store}`);
  return {
    entries: logs.reduce((sum, { entries }) => sum + entries.length, 0),
    commit,
    stateHashA: store.stateHashA,
    stateHashB: store.stateHashB,
    heads: logs.map((log) => headOf(log)),
  };
}

function headOf({ tenant, entries }: TenantEntries): string {
  const last = entries.at(-1);
  const hash = last === undefined ? 'none' : Buffer.from(entryHash(last)).toString('hex');
  return `tenant ${tenant}: ${entries.length} entries, head ${hash}`;
}

/** All entries of a tenant's log, segment by segment. */
function readLog(directory: string, tenant: number, limits: Limits): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let segment = 0; ; segment++) {
    const before = entries.length;
    readSegment(directory, tenant, segment, limits, entries);
    if (entries.length - before < limits.segmentEntriesMax) return entries;
  }
}

function readSegment(
  directory: string,
  tenant: number,
  segment: number,
  limits: Limits,
  entries: Uint8Array[],
): void {
  const bytes = readOrEmpty(join(directory, segmentName(tenant, segment)));
  const { sectorBytes, segmentEntriesMax } = limits;
  const last = segmentStart(segment, limits) + segmentEntriesMax - 1;
  let at = 0;
  while (entries.length < last && at + FRAME_HEADER_BYTES <= bytes.length) {
    const position = entries.length + 1;
    const size = readFrameHeader(bytes, at, tenant, position, position);
    if (size < 0 || at + frameBytes(size) > bytes.length || !frameIntact(bytes, at, size)) {
      // A checkpoint stood here, and the next frame begins at a sector; or the log ends.
      const next = Math.ceil((at + 1) / sectorBytes) * sectorBytes;
      if (bytes.subarray(at, next).some((byte) => byte !== 0)) return;
      at = next;
      continue;
    }
    entries.push(bytes.subarray(at + FRAME_HEADER_BYTES, at + frameBytes(size)));
    at += frameBytes(size);
  }
}

function readOrEmpty(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
}
