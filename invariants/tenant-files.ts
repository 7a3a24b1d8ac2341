/**
 * The tenants' logs as they stand on a node's platter, without the damage injected since: what
 * rebuilding would have to work with. Found by walking the frames, not through the node's code.
 *
 * Allocates freely; used at the end of one run in sixteen.
 */
import type { TenantEntries } from '../core/kernel/rebuild.ts';
import { entryOp } from '../core/kernel/entry.ts';
import type { Limits } from '../core/limits.ts';
import {
  FRAME_HEADER_BYTES,
  frameIntact,
  readFrameHeader,
  segmentName,
  segmentOf,
} from '../core/storage/tenant-log-format.ts';
import type { DiskTruth } from '../vopr/sim/checker.ts';

/**
 * Every tenant's entries with an op up to `last`, in order of position; unknown tenants are empty.
 */
export function logsOnPlatter(
  disk: DiskTruth,
  limits: Limits,
  tenants: number,
  last: number,
): TenantEntries[] {
  const logs: TenantEntries[] = [];
  for (let tenant = 0; tenant < tenants; tenant += 1) {
    logs.push({ tenant, entries: entriesOnPlatter(disk, limits, tenant, last) });
  }
  return logs;
}

/** One tenant's entries with an op up to `last`, in order of position, as far as they go on. */
export function entriesOnPlatter(
  disk: DiskTruth,
  limits: Limits,
  tenant: number,
  last: number,
): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let segment = 0; ; segment += 1) {
    const name = segmentName(tenant, segment);
    const size = disk.size(name);
    if (size <= 0) return entries;
    const bytes = new Uint8Array(size);
    disk.readDurable(name, 0, size, bytes, 0);
    addRepairs(disk, limits, name, bytes);
    const before = entries.length;
    walk(bytes, limits, tenant, last, entries);
    // A segment goes on in the next one only when it is full.
    if (segmentOf(entries.length + 1, limits) !== segment + 1) return entries;
    if (entries.length === before) return entries;
  }
}

/**
 * A sector that was damaged may be repaired piece by piece: until the sync under way is done, the
 * platter may hold one new frame amid the noise. What the node has written over damage counts.
 */
function addRepairs(disk: DiskTruth, limits: Limits, name: string, bytes: Uint8Array): void {
  const { sectorBytes } = limits;
  for (let at = 0; at < bytes.length; at += sectorBytes) {
    const length = Math.min(sectorBytes, bytes.length - at);
    if (!disk.everDamaged(name, at, length) || !disk.unsynced(name, at, length)) continue;
    disk.readCached(name, at, length, bytes, at);
  }
}

/** Frames follow one another; after a checkpoint the next one starts at a sector. */
function walk(
  bytes: Uint8Array,
  limits: Limits,
  tenant: number,
  last: number,
  into: Uint8Array[],
): void {
  const { sectorBytes } = limits;
  for (let at = 0; at + FRAME_HEADER_BYTES <= bytes.length;) {
    const position = into.length + 1;
    const length = readFrameHeader(bytes, at, tenant, position, position);
    const end = at + FRAME_HEADER_BYTES + length;
    if (length > 0 && end <= bytes.length && frameIntact(bytes, at, length)) {
      const entry = bytes.subarray(at + FRAME_HEADER_BYTES, end);
      if (entryOp(entry) > last) return;
      into.push(entry);
      at = end;
    } else if (at % sectorBytes !== 0) {
      at += sectorBytes - (at % sectorBytes);
    } else {
      return;
    }
  }
}
