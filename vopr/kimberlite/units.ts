/**
 * The atlas' map of our data directory: which bytes are one unit, the same on every replica, that
 * peers or redundancy can make whole again, and which bytes damage must leave alone.
 *
 *   journal        a unit a slot; half 0 is its header, half 1 its prepare
 *   superblock     one unit; copies 0 and 2 are its halves, 1 and 3 stay whole: any *one* copy may
 *                  be damaged
 *   tenants/N/store    a unit a page
 *   tenants/N/log-…    a unit a segment: records share sectors, so a sector is no unit
 *   anything else  (side files) is left alone: it exists while what it copies is at risk
 *
 * Used where faults are injected, not on a hot path; the answer's object is reused.
 */
import type { Limits } from '../../core/limits.ts';
import { JOURNAL_FILE } from '../../core/storage/journal-format.ts';
import { superblockCopyBytes } from '../../core/storage/superblock-format.ts';
import { SUPERBLOCK_FILE } from '../../core/storage/superblock-open.ts';
import type { UnitLocator } from '../sim/sim-node.ts';

const KIND_SLOT = 0;
const KIND_SUPERBLOCK = 1;
const KIND_PAGE = 2;
const KIND_SEGMENT = 3;
const KINDS = 4;
/** Tenants are spread this far apart, so that their pages and segments do not meet. */
const TENANT_STRIDE = 8192;
const UNIT_NONE = -1;

const place = { unit: UNIT_NONE, half: 0 };

export const units: UnitLocator = {
  locate(name: string, offset: number, limits: Limits): { unit: number; half: number } {
    place.unit = UNIT_NONE;
    place.half = 0;
    if (name === JOURNAL_FILE) locateSlot(offset, limits);
    else if (name === SUPERBLOCK_FILE) locateCopy(offset, limits);
    else locateTenant(name, offset, limits);
    return place;
  },
};

/** The unit of a journal slot. */
export function slotUnit(slot: number): number {
  return slot * KINDS + KIND_SLOT;
}

/** The unit of a store page. */
export function pageUnit(tenant: number, page: number): number {
  return (tenant * TENANT_STRIDE + page) * KINDS + KIND_PAGE;
}

/** The unit of a log segment. */
export function segmentUnit(tenant: number, segment: number): number {
  return (tenant * TENANT_STRIDE + segment) * KINDS + KIND_SEGMENT;
}

function locateSlot(offset: number, limits: Limits): void {
  const headers = limits.journalSlots * limits.prepareBytesMax;
  const inHeaders = offset >= headers;
  const slot = inHeaders
    ? Math.floor((offset - headers) / limits.sectorBytes)
    : Math.floor(offset / limits.prepareBytesMax);
  if (slot >= limits.journalSlots) return;
  place.unit = slotUnit(slot);
  place.half = inHeaders ? 0 : 1;
}

function locateCopy(offset: number, limits: Limits): void {
  const copy = Math.floor(offset / superblockCopyBytes(limits));
  if (copy !== 0 && copy !== 2) return;
  place.unit = KIND_SUPERBLOCK;
  place.half = copy >> 1;
}

function locateTenant(name: string, offset: number, limits: Limits): void {
  const parts = /^tenants\/([0-9]+)\/(store|log-([0-9]+))$/.exec(name);
  if (parts === null) return;
  const tenant = Number(parts[1]);
  const segment = parts[3];
  if (segment === undefined) {
    place.unit = pageUnit(tenant, Math.floor(offset / limits.pageBytes) + 1);
  } else {
    place.unit = segmentUnit(tenant, Number(segment));
  }
}
