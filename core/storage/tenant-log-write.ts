/**
 * Writing to a segment's file, past a sector that has become unreadable.
 *
 * A write of part of a sector makes the system read the rest, and fails, again and again, when that
 * cannot be read any more; only a write of the whole sector puts it right. So after an error the
 * sectors are put together here: from what can be read, from what memory still holds of this file
 * (`tenant-log-tail.ts`), and, where neither helps, from zeros. What was lost there is lost with
 * the sector: its entries are damaged already, and are repaired one by one.
 *
 * Cost: that of `Disk.write`; after an error one read a boundary sector and one buffer.
 */
import type { FileId, IoStatus } from '../ports.ts';
import { IO_EIO } from '../ports.ts';
import type { LogContext } from './tenant-log-segment.ts';

/** Writes `length` bytes of `bytes` from `at` at `offset` of the segment's file. */
export function writeSegment(
  context: LogContext,
  tenant: number,
  segment: number,
  file: FileId,
  offset: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): IoStatus {
  const status = context.disk.write(file, offset, bytes, at, length);
  if (status !== IO_EIO || length === 0) return status;
  const { sectorBytes } = context.limits;
  const from = Math.floor(offset / sectorBytes) * sectorBytes;
  const end = Math.ceil((offset + length) / sectorBytes) * sectorBytes;
  const whole = new Uint8Array(end - from);
  readSector(context, file, from, whole, 0);
  if (end - sectorBytes > from) {
    readSector(context, file, end - sectorBytes, whole, end - sectorBytes - from);
  }
  context.tail.visit(tenant, segment, (kept, keptAt, keptLength, keptOffset) => {
    overlay(kept, keptAt, keptLength, keptOffset, whole, from);
    return true;
  });
  overlay(bytes, at, length, offset, whole, from);
  return context.disk.write(file, from, whole, 0, whole.length);
}

/** Leaves zeros where the sector cannot be read, or where the file ends. */
function readSector(
  context: LogContext,
  file: FileId,
  offset: number,
  into: Uint8Array,
  intoOffset: number,
): void {
  const { sectorBytes } = context.limits;
  const read = context.disk.read(file, offset, sectorBytes, into, intoOffset);
  if (read < sectorBytes) into.fill(0, intoOffset + Math.max(0, read), intoOffset + sectorBytes);
}

/** Copies the part of a write that falls into `into`, which stands for the file from `from` on. */
function overlay(
  bytes: Uint8Array,
  at: number,
  length: number,
  offset: number,
  into: Uint8Array,
  from: number,
): void {
  const first = Math.max(offset, from);
  const last = Math.min(offset + length, from + into.length);
  for (let i = first; i < last; i++) into[i - from] = bytes[at + (i - offset)]!;
}
