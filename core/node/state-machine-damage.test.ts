/** Damage: found by scrub or in use, mended here or repaired from a peer, never read as empty. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as operation from '../kernel/operation.ts';
import { CLUSTER, client, text } from '../kernel/testing/prepares.ts';
import { TINY } from '../limits.ts';
import { STEP_DAMAGE, STEP_ENTRY, STEP_REPAIRED } from '../observer.ts';
import { PageNeeded } from '../sql/error.ts';
import { pageUsed } from '../store/page.ts';
import * as vsr from '../vsr/interfaces.ts';
import type { Unit } from '../vsr/message.ts';
import { UNIT_LOG, UNIT_PAGE } from '../vsr/message.ts';
import { TestMachine } from './testing/machine.ts';
import { Workload, logsOf } from './testing/workload.ts';

let w: Workload;
let m: TestMachine;
beforeEach(() => {
  w = new Workload();
  m = new TestMachine();
});

describe('damage', () => {
  test('of any byte of any live page or entry is found by scrub and repaired from a peer', () => {
    const work = new Workload().until(64);
    const steady = new TestMachine();
    steady.follow(work.prepares);
    const good = steady.files();
    const names = Object.keys(good);
    let found = 0;
    fc.assert(
      fc.property(
        fc.nat(names.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        (which, at, bytes) => {
          const name = names[which]!;
          const disk = steady.disk.processCrash();
          const size = disk.bytes(name).length;
          const offset = at % size;
          disk.corrupt(name, offset, Math.min(bytes, size - offset));
          const machine = steady.restarted(disk);
          machine.scrubFrom(steady);
          const damaged = machine.kinds(STEP_DAMAGE).length;
          expect(machine.kinds(STEP_REPAIRED).length).toBe(damaged);
          found += damaged > 0 ? 1 : 0;
          expect(machine.machine.damaged).toBe(0);
          machine.follow(work.until(work.primary.op + 8).prepares);
          // Pages that no checkpoint uses, and padding, are nobody's.
          if (damaged > 0) expect(machine.machine.stateHashA).not.toBe(0);
        },
      ),
      { numRuns: 60 },
    );
    expect(found).toBeGreaterThan(15);
  });

  test('met by apply ends the step with no effect; once repaired the op goes on', () => {
    const work = new Workload().until(40);
    const steady = new TestMachine();
    steady.follow(work.prepares);
    const disk = steady.disk.processCrash();
    for (const name of disk.list('tenants/')) {
      const size = disk.bytes(name).length;
      for (let at = 100; at < size; at += 300) disk.corrupt(name, at, 1);
    }
    const machine = steady.restarted(disk);
    expect(machine.machine.session(client(0))).toBe(vsr.NEEDS_REPAIR);
    expect(machine.machine.query(1, operation.encodeHead(text('s1')))).toBe(vsr.NEEDS_REPAIR);
    work.until(48);
    expect(machine.apply(work.prepares[40]!)).toBe(vsr.APPLY_NEEDS);
    expect(machine.machine.commit).toBe(40);
    expect(machine.kinds(STEP_ENTRY)).toEqual([]);
    for (
      let tries = 0;
      machine.resume(work.prepares[40]!.header.checksum) !== vsr.APPLY_DONE;
      tries += 1
    ) {
      expect(tries).toBeLessThan(40);
      machine.repairFrom(steady);
    }
    machine.follow(work.prepares, steady);
    steady.follow(work.prepares);
    expect(machine.state).toEqual(steady.state);
    machine.scrubFrom(steady);
    expect(machine.checkpoint).toEqual(steady.checkpoint);
  });

  test('hides a position: nothing at least for who waits, no snapshot for who reads', () => {
    const work = new Workload().until(40);
    const steady = new TestMachine();
    steady.follow(work.prepares);
    const known = steady.machine.position(1);
    expect(known).toBeGreaterThan(0);
    expect(steady.machine.snapshot(1)).toBe(known);
    const disk = steady.disk.processCrash();
    disk.corrupt('tenants/0/store', 100, disk.bytes('tenants/0/store').length - 100);
    const restarted = steady.restarted(disk);
    const { machine } = restarted;
    expect(machine.position(1)).toBe(0);
    expect(() => machine.snapshot(1)).toThrow(PageNeeded);
    for (let tries = 0; machine.position(1) !== known; tries += 1) {
      expect(tries).toBeLessThan(40);
      restarted.repairFrom(steady);
    }
    expect(machine.snapshot(1)).toBe(known);
  });

  test('behind what the checksum of a page covers is mended without a peer', () => {
    m.follow(w.until(40).prepares);
    const disk = m.disk.processCrash();
    const { pageBytes } = TINY;
    let rotten = 0;
    for (const name of disk.list('tenants/')) {
      if (!name.endsWith('/store')) continue;
      const pages = disk.bytes(name);
      for (let at = 0; at < pages.length; at += pageBytes) {
        const used = pageUsed(pages.subarray(at, at + pageBytes));
        if (used < pageBytes) disk.corrupt(name, at + used, 1);
      }
    }
    const machine = m.restarted(disk);
    const wanted: Unit[] = [];
    const tours = machine.machine.scrubTours + 2;
    while (machine.machine.scrubTours < tours) {
      machine.machine.scrub(3);
      for (let count = machine.machine.wanted(wanted, 4); count > 0; count -= 1) {
        expect(machine.machine.mend(wanted[count - 1]!)).toBe(true);
        rotten += 1;
      }
      machine.flush();
    }
    expect(rotten).toBeGreaterThan(2);
    expect(machine.kinds(STEP_REPAIRED).length).toBe(rotten);
    expect(machine.machine.damaged).toBe(0);
    const { prepares } = w.until(64);
    machine.follow(prepares);
    m.follow(prepares);
    expect(machine.state).toEqual(m.state);
    expect(machine.checkpoint).toEqual(m.checkpoint);
  });

  test('a whole log lost is brought back entry by entry, each proven by the next', () => {
    m.follow(w.until(40).prepares);
    const good = m.files();
    const disk = m.disk.processCrash();
    for (const name of disk.list('tenants/1/log-')) disk.corrupt(name, 0, disk.bytes(name).length);
    const machine = m.restarted(disk);
    machine.scrubFrom(m);
    expect(machine.machine.damaged).toBe(0);
    expect(machine.kinds(STEP_REPAIRED).length).toBe(m.machine.position(1));
    for (const { entries } of logsOf(machine)) expect(entries.every((e) => e !== null)).toBe(true);
    expect(machine.files()).toEqual(good);
  });

  test('wrong bytes are refused; a damaged unit is not served', () => {
    m.follow(w.until(40).prepares);
    const disk = m.disk.processCrash();
    const [name] = disk.list('tenants/1/log-');
    disk.corrupt(name!, 300, 1);
    const machine = m.restarted(disk);
    const unit: Unit = { kind: UNIT_LOG, tenant: 1, index: 1, count: 1, checksum: CLUSTER };
    expect(machine.machine.serve(unit)).toBeNull();
    const wanted: Unit[] = [];
    expect(machine.machine.wanted(wanted, 4)).toBe(1);
    expect(machine.machine.mend(wanted[0]!)).toBe(false);
    expect(wanted[0]).toMatchObject({ kind: UNIT_LOG, tenant: 1, index: 1 });
    const bytes = m.machine.serve(wanted[0]!)!;
    const bad = bytes.slice();
    bad[400]! ^= 1;
    expect(machine.machine.supply(wanted[0]!, bad)).toBe(false);
    const other = m.machine.serve({ ...unit, index: 2 })!;
    expect(machine.machine.supply(wanted[0]!, other)).toBe(false);
    expect(machine.machine.supply(wanted[0]!, bytes)).toBe(true);
    machine.flush();
    expect(machine.machine.damaged).toBe(0);
    expect(machine.machine.serve(unit)).toEqual(bytes);
  });

  test('serving is bounded by a message, and of what exists', () => {
    m.follow(w.until(64).prepares);
    const ask = (unit: Partial<Unit>): Uint8Array | null =>
      m.machine.serve({
        kind: UNIT_LOG,
        tenant: 1,
        index: 1,
        count: 1000,
        checksum: CLUSTER,
        ...unit,
      });
    expect(ask({})!.length).toBeLessThanOrEqual(TINY.messageBytesMax - 512);
    expect(ask({ index: 0 })).toBeNull();
    expect(ask({ index: 1000 })).toBeNull();
    expect(ask({ tenant: 7 })).toBeNull();
    expect(ask({ kind: UNIT_PAGE, index: 0 })).toBeNull();
    expect(ask({ kind: UNIT_PAGE, tenant: 9, index: 4 })).toBeNull();
    expect(m.disk.list('tenants/7/')).toEqual([]);
  });
});
