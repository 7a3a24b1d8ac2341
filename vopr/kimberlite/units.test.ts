/** The atlas' map: every byte of a data directory is one unit, the right one, or left alone. */
import { describe, expect, it } from 'vitest';
import { TINY } from '../../core/limits.ts';
import { journalBytes } from '../../core/storage/journal-format.ts';
import { superblockCopyBytes } from '../../core/storage/superblock-format.ts';
import { headerOffset, prepareOffset } from '../../invariants/platter.ts';
import { pageUnit, segmentUnit, slotUnit, units } from './units.ts';

function at(name: string, offset: number): [number, number] {
  const { unit, half } = units.locate(name, offset, TINY);
  return [unit, half];
}

describe('units', () => {
  it("a slot's header and prepare are the halves of one unit", () => {
    for (let slot = 0; slot < TINY.journalSlots; slot += 1) {
      expect(at('journal', headerOffset(slot, TINY))).toEqual([slotUnit(slot), 0]);
      expect(at('journal', prepareOffset(slot, TINY))).toEqual([slotUnit(slot), 1]);
      const end = prepareOffset(slot, TINY) + TINY.prepareBytesMax - 1;
      expect(at('journal', end)).toEqual([slotUnit(slot), 1]);
    }
    expect(at('journal', journalBytes(TINY))[0]).toBe(-1);
  });

  it('two of four superblock copies may be damaged, and only one of these', () => {
    const copies = [0, 1, 2, 3].map((copy) => at('superblock', copy * superblockCopyBytes(TINY)));
    expect(copies.map(([unit]) => unit >= 0)).toEqual([true, false, true, false]);
    expect(copies[0]![0]).toBe(copies[2]![0]);
    expect(copies[0]![1]).not.toBe(copies[2]![1]);
  });

  it('pages and segments of different tenants never meet', () => {
    const seen = new Map<number, string>();
    for (let tenant = 0; tenant < TINY.tenantsMax; tenant += 1) {
      for (let n = 0; n < 40; n += 1) {
        const [page] = at(`tenants/${tenant}/store`, n * TINY.pageBytes + 5);
        const [segment] = at(`tenants/${tenant}/log-${n}`, 700);
        expect(page).toBe(pageUnit(tenant, n + 1));
        expect(segment).toBe(segmentUnit(tenant, n));
        for (const unit of [page, segment]) {
          expect(seen.has(unit)).toBe(false);
          seen.set(unit, `${tenant}/${n}`);
        }
      }
    }
    for (let slot = 0; slot < TINY.journalSlots; slot += 1) {
      expect(seen.has(slotUnit(slot))).toBe(false);
    }
  });

  it('leaves side files and strangers alone', () => {
    for (const name of ['journal-side-0', 'tenants/1/other', 'tenants/x/store', '']) {
      expect(at(name, 0)[0]).toBe(-1);
    }
  });
});
