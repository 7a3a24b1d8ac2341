/** A tenant's log: appending, sealing, checkpoints, crashes, damage and its repair. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merkleRootInto } from '../crypto/merkle.ts';
import { TINY } from '../limits.ts';
import { DAMAGE_LOG, STEP_DAMAGE, STEP_REPAIRED } from '../observer.ts';
import { IO_EIO, IO_ENOSPC, IO_OK } from '../ports.ts';
import { everyCrash } from './testing/fates.ts';
import { Machine, SEGMENT, TENANT, aged, entryOf, fresh, hashOf } from './testing/log-machine.ts';
import { FATE_GARBAGE, FATE_NEW, FATE_OLD, MemoryDisk } from './testing/memory-disk.ts';
import { RecordingObserver } from './testing/prepares.ts';
import { LOG_NEEDS, LOG_REJECTED, logContext, TenantLog } from './tenant-log.ts';
import { LOG_SYNC_DONE, LOG_SYNC_FOREIGN, LOG_SYNC_STALLED } from './tenant-log-sync.ts';

describe('tenant log: append and read', () => {
  it('reads back what was appended, over many segments', () => {
    const machine = fresh().append(3 * SEGMENT + 2);
    machine.expectWhole();
    expect(machine.log.read(0)).toBe(null);
    expect(machine.log.read(machine.log.length + 1)).toBe(null);
    expect(machine.disk.list('tenants/3/').length).toBe(4);
    expect(machine.observer.steps).toEqual([]);
  });

  it('touches no file until it is used', () => {
    const disk = new MemoryDisk(512);
    const context = logContext(disk, TINY, new RecordingObserver());
    for (let tenant = 0; tenant < 1000; tenant++) new TenantLog(context, tenant, 0);
    expect(disk.list('')).toEqual([]);
  });

  it('seals a full segment under the Merkle root of its entry hashes', () => {
    const machine = fresh().append(SEGMENT - 1);
    expect(machine.log.sealedSegment).toBe(-1);
    machine.append(1);
    expect(machine.log.sealedSegment).toBe(0);
    const hashes = new Uint8Array(32 * SEGMENT);
    for (let i = 0; i < SEGMENT; i++) hashes.set(hashOf(entryOf(i + 1)), 32 * i);
    const root = new Uint8Array(32);
    merkleRootInto(hashes, SEGMENT, root, 0);
    expect(machine.log.sealedRoot).toEqual(root);
    const read = new Uint8Array(32);
    expect(machine.reopened().log.rootInto(0, read, 0)).toBe(true);
    expect(read).toEqual(root);
    expect(machine.log.rootInto(1, read, 0)).toBe(false);
    machine.append(1);
    expect(machine.log.sealedSegment).toBe(-1);
  });

  it('gives the same files however often it was opened in between', () => {
    const straight = fresh();
    const halting = [fresh()];
    for (const count of [3, 5, 1, 9, 4]) {
      straight.append(count).checkpoint();
      halting.unshift(halting[0]!.append(count).checkpoint().reopened());
    }
    for (const name of straight.disk.list('tenants/'))
      expect(halting[0]!.disk.bytes(name)).toEqual(straight.disk.bytes(name));
    halting[0]!.expectWhole(straight.log.length);
  });

  it('keeps entries of tenants apart, even when a file lands in another tenant’s place', () => {
    const machine = fresh().append(4).checkpoint();
    const bytes = machine.disk.bytes('tenants/3/log-0');
    machine.disk.write(machine.disk.open('tenants/4/log-0'), 0, bytes, 0, bytes.length);
    const other = new TenantLog(machine.context, 4, 4);
    for (const position of [1, 2, 3, 4]) expect(other.read(position)).toBe(null);
    expect(machine.observer.of(STEP_DAMAGE)).toMatchObject([
      { a: DAMAGE_LOG, b: 1, c: 4 },
      { a: DAMAGE_LOG, b: 2, c: 4 },
      { a: DAMAGE_LOG, b: 3, c: 4 },
      { a: DAMAGE_LOG, b: 4, c: 4 },
    ]);
  });
});

describe('tenant log: checkpoints and crashes', () => {
  it('no later write touches a sector that a checkpoint covers', () => {
    const machine = fresh().append(3).checkpoint();
    const covered = machine.disk.bytes('tenants/3/log-0');
    expect(covered.length % TINY.sectorBytes).toBe(0);
    let lowest = Number.MAX_SAFE_INTEGER;
    machine.disk.onWrite = (name, offset) => {
      if (name === 'tenants/3/log-0') lowest = Math.min(lowest, offset);
      return IO_OK;
    };
    machine.append(SEGMENT).checkpoint();
    expect(lowest).toBeGreaterThanOrEqual(covered.length);
  });

  it('power cut between checkpoints: the last one is whole, and re-appending goes on', () => {
    const machine = fresh();
    let length = 0;
    for (const count of [2, 5, 4]) {
      machine.append(count);
      const goOn = (disk: MemoryDisk): void => {
        const recovered = new Machine(disk, length);
        recovered.expectWhole();
        recovered.append(count).checkpoint().expectWhole();
      };
      everyCrash(machine.disk, goOn, 200);
      machine.checkpoint();
      length = machine.log.length;
      expect(machine.disk.uncertain()).toEqual([]);
    }
  });

  it('cuts to the checkpoint, and what is appended again stands where it stood', () => {
    const machine = fresh().append(5).checkpoint();
    const twin = fresh().append(5).checkpoint();
    machine.append(2 * SEGMENT);
    machine.log.cutTo(5);
    expect(machine.disk.list('tenants/3/').length).toBe(1);
    expect(machine.log.read(6)).toBe(null);
    machine.append(9).checkpoint();
    twin.append(9).checkpoint();
    for (const name of twin.disk.list('tenants/'))
      expect(machine.disk.bytes(name)).toEqual(twin.disk.bytes(name));
  });

  it('cuts to nothing and starts anew, without bringing removed files back', () => {
    const machine = fresh().append(2 * SEGMENT + 3);
    machine.log.cutTo(0);
    expect(machine.log.read(1)).toBe(null);
    machine.append(2).checkpoint().expectWhole();
    expect(machine.disk.list('tenants/3/')).toEqual(['tenants/3/log-0']);
    expect(machine.disk.bytes('tenants/3/log-0')).toEqual(
      fresh().append(2).checkpoint().disk.bytes('tenants/3/log-0'),
    );
  });

  it('writes everything since the last good checkpoint again after a failed sync', () => {
    const machine = fresh().append(SEGMENT + 3);
    machine.log.pad();
    machine.context.tail.checkpointBegins();
    machine.log.sync(machine.nextTicket);
    // Appended while the checkpoint is being flushed: unproven, too, once a sync fails.
    machine.append(1);
    const failed = machine.disk.failSync(FATE_GARBAGE);
    machine.log.synced(failed.ticket, failed.status);
    expect(machine.settle()).toBe(LOG_SYNC_DONE);
    machine.after(FATE_OLD, SEGMENT + 3).expectWhole();
  });

  it('waits for room where the rewriting after a failed sync is refused', () => {
    const machine = fresh().append(3);
    machine.log.pad();
    machine.context.tail.checkpointBegins();
    machine.log.sync(machine.nextTicket);
    machine.disk.onWrite = () => IO_EIO;
    const failed = machine.disk.failSync(FATE_GARBAGE);
    expect(machine.log.synced(failed.ticket, failed.status)).toBe(LOG_SYNC_STALLED);
    expect(machine.log.unsynced).toBe(true);
    expect(machine.log.sync(machine.nextTicket)).toBe(LOG_SYNC_STALLED);
    machine.disk.onWrite = null;
    machine.log.sync(machine.nextTicket);
    expect(machine.settle()).toBe(LOG_SYNC_DONE);
    expect(machine.log.unsynced).toBe(false);
    machine.after(FATE_OLD, 3).expectWhole();
  });

  it('leaves alone tickets that are not its own', () => {
    expect(fresh().append(1).log.synced(12345, IO_OK)).toBe(LOG_SYNC_FOREIGN);
  });

  it.each([
    ['a full disk', IO_ENOSPC],
    ['EIO', IO_EIO],
  ])('an append refused by %s has no effect, sealing included, and can be tried again', (_, io) => {
    const machine = fresh();
    for (let position = 1; position <= 2 * SEGMENT; position++) {
      const entry = entryOf(position);
      // The second write of a sealing append is the footer.
      for (let allowed = 0; allowed < (position % SEGMENT === 0 ? 2 : 1); allowed++) {
        let left = allowed;
        machine.disk.onWrite = () => (left-- > 0 ? IO_OK : io);
        expect(machine.log.append(position, entry, hashOf(entry))).toBe(io);
        expect(machine.log.length).toBe(position - 1);
      }
      machine.disk.onWrite = null;
      machine.append(1);
    }
    const twin = fresh()
      .append(2 * SEGMENT)
      .checkpoint();
    machine.checkpoint().expectWhole();
    for (const name of twin.disk.list('tenants/'))
      expect(machine.disk.bytes(name)).toEqual(twin.disk.bytes(name));
  });

  it('padding that is refused can be tried again', () => {
    const machine = fresh().append(1);
    machine.disk.onWrite = () => IO_ENOSPC;
    expect(machine.log.pad()).toBe(IO_ENOSPC);
    machine.disk.onWrite = null;
    machine.checkpoint().append(1).expectWhole();
  });
});

describe('tenant log: damage', () => {
  it('every rotten byte is detected or harmless, reported, and never ends the log', () => {
    const machine = aged();
    for (const name of machine.disk.list('tenants/')) {
      const size = machine.disk.bytes(name).length;
      for (let at = 0; at < size; at += 41) {
        const disk = machine.disk.processCrash();
        disk.corrupt(name, at, 1);
        const rotten = machine.reopened(disk);
        let damaged = 0;
        for (let position = 1; position <= 19; position++) {
          const entry = rotten.log.read(position);
          if (entry === null) damaged++;
          else expect(entry).toEqual(entryOf(position));
        }
        expect(damaged, `${name} at ${at}`).toBeLessThanOrEqual(1);
        expect(rotten.observer.of(STEP_DAMAGE).length).toBe(damaged);
      }
    }
  });

  it('repairs any single entry in place, byte for byte', () => {
    const machine = aged();
    for (let position = 1; position <= 19; position++) {
      const disk = machine.disk.processCrash();
      const rotten = machine.reopened(disk);
      damage(rotten, position);
      expect(rotten.log.read(position)).toBe(null);
      expect(rotten.log.damagedMin).toBe(position);
      expect(rotten.repair(position)).toBe(IO_OK);
      expect(rotten.log.read(position)).toEqual(entryOf(position));
      expect(rotten.observer.of(STEP_REPAIRED)).toMatchObject([
        { a: DAMAGE_LOG, b: position, c: 3 },
      ]);
      expect(rotten.log.damagedMin).toBe(0);
      for (const name of machine.disk.list('tenants/'))
        expect(disk.bytes(name)).toEqual(machine.disk.bytes(name));
    }
  });

  it('makes durable what is brought again and stands already, in the page cache alone', () => {
    const dead = fresh().append(3).checkpoint().append(2);
    expect(dead.after(FATE_OLD, 5).log.read(4)).toBe(null);
    const machine = dead.reopened(dead.disk.processCrash());
    machine.expectWhole(5);
    for (const position of [4, 5]) expect(machine.repair(position)).toBe(IO_OK);
    machine.log.sync(machine.nextTicket);
    // Even if a sync fails: what it was to cover is written again.
    const { ticket, status } = machine.disk.failSync();
    machine.log.synced(ticket, status);
    machine.settle();
    machine.after(FATE_OLD, 5).expectWhole();
  });

  it('repairs runs of damage in any order, serving what waits for its place', () => {
    const machine = aged();
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          [...Array(19).keys()].map((i) => i + 1),
          { minLength: 2 },
        ),
        fc.boolean(),
        (positions, reopen) => {
          const disk = machine.disk.processCrash();
          let rotten = machine.reopened(disk);
          for (const position of [...positions].sort((x, y) => x - y)) damage(rotten, position);
          if (reopen) rotten = machine.reopened(disk);
          for (const position of positions) {
            expect(rotten.log.read(position)).toBe(null);
            expect(rotten.repair(position)).toBe(IO_OK);
            expect(rotten.log.read(position)).toEqual(entryOf(position));
          }
          rotten.expectWhole(19);
          for (const name of machine.disk.list('tenants/'))
            expect(disk.bytes(name)).toEqual(machine.disk.bytes(name));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('rejects bytes that cannot have stood there', () => {
    const machine = aged();
    damage(machine, 3);
    expect(machine.repair(3, entryOf(3, entryOf(3).length + 1))).toBe(LOG_REJECTED);
    expect(machine.repair(0)).toBe(LOG_REJECTED);
    expect(machine.repair(20)).toBe(LOG_REJECTED);
    expect(machine.log.read(3)).toBe(null);
    expect(machine.log.read(4)).toEqual(entryOf(4));
  });

  it('asks for its last entry before it appends when it cannot tell where that ends', () => {
    const machine = aged();
    damage(machine, 19);
    const again = machine.reopened();
    const entry = entryOf(20);
    expect(again.log.append(20, entry, hashOf(entry))).toBe(LOG_NEEDS);
    expect(again.log.needed).toBe(19);
    expect(again.repair(19)).toBe(IO_OK);
    again.append(1).checkpoint().expectWhole();
    const twin = aged().append(1).checkpoint();
    expect(again.disk.bytes('tenants/3/log-2')).toEqual(twin.disk.bytes('tenants/3/log-2'));
  });

  it('asks for a damaged entry before it seals the segment', () => {
    const machine = aged();
    damage(machine, 18);
    const again = machine.reopened().append(4);
    const entry = entryOf(24);
    expect(again.log.append(24, entry, hashOf(entry))).toBe(LOG_NEEDS);
    expect(again.log.needed).toBe(18);
    expect(again.repair(18)).toBe(IO_OK);
    again.append(1).checkpoint().expectWhole();
  });

  it('heals from memory what rots before it is checkpointed', () => {
    const machine = fresh().append(3);
    damage(machine, 2);
    expect(machine.log.read(2)).toEqual(entryOf(2));
    expect(machine.observer.of(STEP_REPAIRED).length).toBe(1);
    machine.checkpoint();
    machine.after(FATE_OLD, 3).expectWhole();
  });

  it('rebuilds a whole lost segment, footer and root included', () => {
    const machine = aged();
    const root = new Uint8Array(32);
    machine.log.rootInto(0, root, 0);
    const lost = machine.disk.processCrash();
    lost.remove('tenants/3/log-0');
    const again = machine.reopened(lost);
    for (let position = 1; position <= SEGMENT; position++) {
      expect(again.log.check(position)).toBe(false);
      expect(again.repair(position)).toBe(IO_OK);
    }
    const rebuilt = new Uint8Array(32);
    expect(again.log.rootInto(0, rebuilt, 0)).toBe(true);
    expect(rebuilt).toEqual(root);
    expect(lost.bytes('tenants/3/log-0')).toEqual(machine.disk.bytes('tenants/3/log-0'));
  });

  it('makes repairs durable with the next sync', () => {
    const machine = aged();
    damage(machine, 2);
    expect(machine.log.read(2)).toBe(null);
    machine.repair(2);
    machine.checkpoint();
    machine.after(FATE_OLD, 19).expectWhole();
  });

  it('scrubbing tours the whole log and finds what nobody reads', () => {
    const machine = aged();
    damage(machine, 11);
    let steps = 1;
    while (!machine.log.scrub(2)) steps++;
    expect(steps).toBe(10);
    expect(machine.observer.of(STEP_DAMAGE)).toMatchObject([{ b: 11 }]);
    expect(machine.log.damagedMin).toBe(11);
  });

  it('an unreadable sector is damage of what it holds, and of nothing else', () => {
    const machine = aged();
    machine.disk.onRead = (name, offset, length) =>
      name === 'tenants/3/log-0' && offset <= 600 && offset + length > 600 ? IO_EIO : IO_OK;
    const again = machine.reopened();
    const bad = [...Array(19).keys()].filter((i) => !again.log.check(i + 1));
    expect(bad.length).toBeGreaterThan(0);
    expect(bad.length).toBeLessThan(4);
  });

  it('never throws on random files, and never takes them for entries', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 1, max: 12 }),
        (noise, n) => {
          const disk = new MemoryDisk(512);
          disk.write(disk.open('tenants/3/log-0'), 0, noise, 0, noise.length);
          const log = new TenantLog(logContext(disk, TINY, new RecordingObserver()), TENANT, n);
          for (let position = 1; position <= n; position++) expect(log.read(position)).toBe(null);
        },
      ),
    );
  });

  it('never accepts a mutated file wrongly', () => {
    const machine = aged();
    const valid = machine.disk.bytes('tenants/3/log-0');
    const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const disk = machine.disk.powerCut(FATE_NEW);
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        disk.write(disk.open('tenants/3/log-0'), 0, bytes, 0, bytes.length);
        const log = machine.reopened(disk).log;
        for (let position = 1; position <= SEGMENT; position++) {
          const entry = log.read(position);
          if (entry !== null) expect(entry).toEqual(entryOf(position));
        }
      }),
    );
  });
});

/** Rots one byte in the middle of an entry's frame, wherever it stands. */
function damage(machine: Machine, position: number): void {
  const name = `tenants/3/log-${Math.floor((position - 1) / SEGMENT)}`;
  const file = machine.disk.bytes(name);
  const entry = entryOf(position);
  const probe = entry.subarray(8, 40);
  for (let at = 0; at + probe.length <= file.length; at++) {
    if (!probe.every((byte, i) => file[at + i] === byte)) continue;
    machine.disk.corrupt(name, at + 4, 1);
    return;
  }
  throw new Error(`entry ${position} is not in ${name}`);
}
