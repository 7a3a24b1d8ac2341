/**
 * The state machine as the replica uses it: apply, checkpoint, restart, damage, repair, state sync.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import { GENESIS_HASH, entryHash, verifyChain } from '../kernel/entry.ts';
import * as operation from '../kernel/operation.ts';
import { rebuildFromLogs, reexecute } from '../kernel/rebuild.ts';
import { CLUSTER, TestPrimary, client, text } from '../kernel/testing/prepares.ts';
import type { TestSession } from '../kernel/testing/prepares.ts';
import { TINY } from '../limits.ts';
import { STEP_DAMAGE, STEP_ENTRY, STEP_EVICT, STEP_REPAIRED, STEP_STATE } from '../observer.ts';
import { IO_ENOSPC, TICKET_MACHINE, TICKET_MODULE_BITS } from '../ports.ts';
import { FATE_GARBAGE, FATE_NEW, FATE_OLD } from '../storage/testing/memory-disk.ts';
import * as vsr from '../vsr/interfaces.ts';
import type { Unit } from '../vsr/message.ts';
import { UNIT_LOG, UNIT_PAGE } from '../vsr/message.ts';
import { TestMachine, crypto } from './testing/machine.ts';

/** A primary with a workload: op n's content depends on n alone. */
class Workload {
  readonly primary = new TestPrimary();
  session: TestSession;

  constructor() {
    this.session = this.primary.register(0).session;
    for (const tenant of [1, 2]) this.primary.createTenant(this.session, tenant);
  }

  get prepares(): readonly Prepare[] {
    return this.primary.prepares;
  }

  /** Proposes ops up to and including `op`. */
  until(op: number): this {
    while (this.primary.op < op) {
      const next = this.primary.op + 1;
      if (next % 11 === 0) this.primary.noop();
      else if (next % 13 === 0) this.primary.register(next);
      else {
        const bytes = next % 7 === 0 ? 600 : (next * 29) % 200;
        const events = ['e'.repeat(bytes), `op ${next}`];
        this.primary.append(this.session, 1 + (next % 2), `s${next % 3}`, events);
      }
    }
    return this;
  }
}

let w: Workload;
let m: TestMachine;
beforeEach(() => {
  w = new Workload();
  m = new TestMachine();
});

/** Logs of all tenants, read through `serve` as a peer would. */
function logsOf(machine: TestMachine): { tenant: number; entries: Uint8Array[] }[] {
  return [0, 1, 2].map((tenant) => {
    const entries: Uint8Array[] = [];
    for (let position = 1; position <= machine.machine.position(tenant); position += 1) {
      const unit: Unit = { kind: UNIT_LOG, tenant, index: position, count: 1, checksum: CLUSTER };
      entries.push(machine.machine.serve(unit)!);
    }
    return { tenant, entries };
  });
}

describe('apply', () => {
  test('reports each entry and the state, chained per tenant, and answers', () => {
    m.follow(w.until(40).prepares);
    expect(m.machine.commit).toBe(40);
    expect(m.kinds(STEP_ENTRY)).toHaveLength(40);
    expect(m.kinds(STEP_STATE)).toHaveLength(40);
    const heads = new Map<number, Uint8Array>();
    for (const entry of m.entries) {
      expect(entry.previous).toEqual(heads.get(entry.tenant) ?? GENESIS_HASH);
      expect(entryHash(entry.bytes)).toEqual(entry.hash);
      heads.set(entry.tenant, entry.hash);
    }
    for (const { tenant, entries } of logsOf(m)) {
      expect(verifyChain(entries, CLUSTER, tenant, heads.get(tenant)!, crypto)).toBe(0);
    }
    expect(m.machine.storedReply(client(0))).toMatchObject({ request: w.session.request });
    expect(m.machine.session(client(0))).toMatchObject({ session: w.session.session });
    expect(m.machine.session(client(99))).toBeNull();
  });

  test('the state is what rebuilding from the logs gives, and what executing again gives', () => {
    m.follow(w.until(60).prepares);
    const rebuilt = rebuildFromLogs(logsOf(m));
    if (typeof rebuilt === 'string') throw new Error(rebuilt);
    const executed = reexecute(w.prepares, TINY);
    expect(m.state).toEqual([rebuilt.stateHashA, rebuilt.stateHashB]);
    expect(m.state).toEqual([executed.stateHashA, executed.stateHashB]);
  });

  test('queries answer from the current state; positions are log lengths', () => {
    m.follow(w.until(30).prepares);
    const { machine } = m;
    expect([
      machine.position(0),
      machine.position(1),
      machine.position(2),
      machine.position(3),
    ]).toEqual([
      ...[0, 1, 2].map((tenant) => m.entries.filter((e) => e.tenant === tenant).length),
      -1,
    ]);
    const result = machine.query(1, operation.encodeRead(text('s1'), 0, 2));
    if (result === vsr.NEEDS_REPAIR) throw new Error('nothing is damaged');
    expect(result.status).toBe(operation.STATUS_OK);
    expect(result.position).toBe(machine.position(1));
    expect(operation.decodeReadReply(result.body)!.events).toHaveLength(2);
  });

  test('a committed duplicate is an entry without a reply', () => {
    m.follow(w.until(10).prepares);
    const prepare = w.prepares[9]!;
    const body = prepare.bytes.subarray(192 + 64);
    const again = w.primary.propose({
      ...w.session,
      operation: prepare.header.operation,
      tenant: prepare.header.tenant,
      body,
    });
    const before = m.state;
    expect(m.apply(again)).toBe(vsr.APPLY_DONE);
    expect(m.machine.reply).toBeNull();
    expect(m.state).toEqual(before);
    expect(m.machine.storedReply(client(0))).toMatchObject({ op: 10 });
  });

  test('evictions are reported', () => {
    for (let name = 1; name <= TINY.sessionsMax; name += 1) w.primary.register(name);
    m.follow(w.prepares);
    const [step] = m.kinds(STEP_EVICT);
    expect(step).toMatchObject({ a: w.primary.op, b: w.session.session, ref: client(0) });
  });

  test('a full disk stalls an op without effect; it goes on when there is room', () => {
    m.follow(w.until(20).prepares);
    const before = [m.state, m.machine.position(1), m.machine.position(2)];
    m.disk.onWrite = () => IO_ENOSPC;
    const next = w.until(21).prepares[20]!;
    expect(m.apply(next)).toBe(vsr.APPLY_STALLED);
    expect(m.machine.retrying).toBe(true);
    expect(m.machine.commit).toBe(20);
    expect([m.state, m.machine.position(1), m.machine.position(2)]).toEqual(before);
    m.disk.onWrite = null;
    m.machine.retry();
    expect(m.resume(next.header.checksum)).toBe(vsr.APPLY_DONE);
    expect(m.machine.retrying).toBe(false);
    const steady = new TestMachine();
    steady.follow(w.prepares);
    expect(m.state).toEqual(steady.state);
  });
});

describe('checkpoint', () => {
  test('tickets are the machine’s own, and rise', () => {
    m.automatic = false;
    m.follow(w.until(8).prepares);
    const tickets = m.disk.pendingTickets;
    expect(tickets.length).toBeGreaterThan(2);
    for (const ticket of tickets) expect(ticket % (1 << TICKET_MODULE_BITS)).toBe(TICKET_MACHINE);
    expect([...new Set(tickets)]).toHaveLength(tickets.length);
  });

  test('is announced once all files are durable, while later ops are applied', () => {
    m.automatic = false;
    m.follow(w.until(12).prepares);
    expect(m.checkpoints).toHaveLength(1);
    m.flush();
    expect(m.checkpoints.map((c) => c.op)).toEqual([0, 8]);
    expect(m.machine.commit).toBe(12);
  });

  test('replicas are byte-equal at equal checkpoints, restarted ones included', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 1, max: 40 }),
            fc.constantFrom(FATE_OLD, FATE_NEW, FATE_GARBAGE),
          ),
          { minLength: 1, maxLength: 6 },
        ),
        (legs) => {
          const work = new Workload();
          const steady = new TestMachine();
          let other = new TestMachine();
          let op = 3;
          for (const [more, fate] of legs) {
            op += more;
            work.until(op);
            steady.follow(work.prepares);
            other.follow(work.prepares);
            other = other.restarted(other.disk.powerCut(fate));
          }
          op = Math.ceil(op / 8) * 8 + 16;
          work.until(op);
          steady.follow(work.prepares);
          other.follow(work.prepares);
          expect(other.checkpoint).toEqual(steady.checkpoint);
          expect(other.state).toEqual(steady.state);
          expect(other.files()).toEqual(steady.files());
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a crash between two checkpoints, whatever survives, leaves the older one whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 60 }), fc.infiniteStream(fc.nat(1000)), (op, draws) => {
        const work = new Workload().until(op);
        const machine = new TestMachine();
        machine.automatic = false;
        for (const prepare of work.prepares) {
          machine.follow([prepare]);
          // Some syncs complete, some do not, before the power fails.
          if (machine.machine.commit < op) machine.flush();
        }
        const after = machine.disk.powerCut((thing) => Number(draws.next().value) % thing.outcomes);
        const restarted = machine.restarted(after);
        restarted.follow(work.until(64).prepares);
        const steady = new TestMachine();
        steady.follow(work.prepares);
        expect(restarted.checkpoint).toEqual(steady.checkpoint);
        expect(restarted.files()).toEqual(steady.files());
        expect(restarted.machine.damaged).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('a failed sync is healed from memory before the checkpoint is announced', () => {
    m.automatic = false;
    m.follow(w.until(8).prepares);
    let failed = 0;
    while (m.disk.pendingTickets.length > 0) {
      const result = failed < 3 ? m.disk.failSync(FATE_OLD) : m.disk.completeSync();
      failed += 1;
      m.machine.synced(result.ticket, result.status);
    }
    expect(m.checkpoint.op).toBe(8);
    const restarted = m.restarted(m.disk.powerCut(FATE_OLD));
    restarted.follow(w.until(24).prepares);
    const steady = new TestMachine();
    steady.follow(w.prepares);
    expect(restarted.files()).toEqual(steady.files());
  });

  test('at a single replica a failed sync stops the node', () => {
    m = new TestMachine({ single: true });
    m.automatic = false;
    m.follow(w.until(8).prepares);
    const { ticket, status } = m.disk.failSync();
    m.machine.synced(ticket, status);
    expect(m.failures).toHaveLength(1);
  });

  test('a disk that fills up during a checkpoint delays it, and nothing else', () => {
    m.automatic = false;
    m.follow(w.until(7).prepares);
    m.machine.begin(w.until(8).prepares[7]!);
    while (m.machine.step(8) === vsr.APPLY_MORE);
    m.disk.onWrite = () => IO_ENOSPC;
    m.machine.checkpoint(w.prepares[7]!.header.checksum);
    m.flush();
    expect(m.machine.retrying).toBe(true);
    m.machine.retry();
    m.flush();
    expect(m.checkpoint.op).toBe(0);
    m.disk.onWrite = null;
    m.machine.retry();
    m.flush();
    expect(m.checkpoint.op).toBe(8);
    expect(m.machine.retrying).toBe(false);
    const steady = new TestMachine();
    steady.follow(w.prepares);
    expect(m.files()).toEqual(steady.files());
  });
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

describe('state sync', () => {
  function target(op: number): { readonly work: Workload; readonly peer: TestMachine } {
    const work = new Workload().until(op);
    const peer = new TestMachine();
    peer.follow(work.prepares);
    return { work, peer };
  }

  test('of an empty replica: equal state, equal bytes, and on it goes', () => {
    const { work, peer } = target(64);
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    expect(m.machine.commit).toBe(64);
    expect(m.machine.timestamp).toBe(peer.machine.timestamp);
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
    work.until(96);
    peer.follow(work.prepares);
    m.follow(work.prepares);
    expect(m.checkpoint).toEqual(peer.checkpoint);
    expect(m.state).toEqual(peer.state);
    m.scrubFrom(peer);
    expect(m.kinds(STEP_DAMAGE).filter((s) => s.a === 1)).toEqual([]);
    for (const [name, bytes] of Object.entries(peer.files())) {
      if (name.includes('/log-')) expect(m.files()[name], name).toBe(bytes);
    }
  });

  test('to a checkpoint that its root denies is refused, once, and leaves room for another', () => {
    const { peer } = target(64);
    m.machine.syncBegin({ ...peer.checkpoint, op: 72 });
    for (let i = 0; i < 20; i += 1) m.repairFrom(peer);
    expect(m.machine.syncing).toBe(true);
    expect(m.refuted).toEqual([{ ...peer.checkpoint, op: 72 }]);
    expect(m.completed).toEqual([]);
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    expect(m.refuted.length).toBe(1);
  });

  test('of a replica that fell behind keeps what it has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (own, rounds, restart) => {
          const work = new Workload().until(own);
          let machine = new TestMachine();
          machine.follow(work.prepares);
          if (restart) machine = machine.restarted(machine.disk.powerCut(FATE_GARBAGE));
          const peer = new TestMachine();
          work.until(Math.ceil(own / 8) * 8 + 8 * rounds);
          peer.follow(work.prepares);
          machine.syncFrom(peer, peer.checkpoint);
          work.until(work.primary.op + 16);
          peer.follow(work.prepares);
          machine.follow(work.prepares);
          expect(machine.checkpoint).toEqual(peer.checkpoint);
          expect(machine.state).toEqual(peer.state);
          machine.scrubFrom(peer);
          expect(machine.machine.damaged).toBe(0);
          for (const [name, bytes] of Object.entries(peer.files())) {
            if (name.includes('/log-')) expect(machine.files()[name], name).toBe(bytes);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('interrupted by crashes, whatever the disk kept, it begins again and ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(1)), { maxLength: 5 }),
        fc.infiniteStream(fc.nat(1000)),
        (crashes, draws) => {
          const work = new Workload().until(20);
          let machine = new TestMachine();
          machine.follow(work.prepares);
          const peer = new TestMachine();
          peer.follow(work.until(72).prepares);
          const { checkpoint } = peer;
          for (const [rounds, kind] of crashes) {
            if (machine.machine.commit === checkpoint.op) break;
            machine.machine.syncBegin(checkpoint);
            machine.automatic = false;
            for (let i = 0; i < rounds && machine.machine.syncing; i += 1) {
              machine.repairFrom(peer, 3);
              if (i % 3 === 0) machine.flush();
            }
            const disk =
              kind === 0
                ? machine.disk.processCrash()
                : machine.disk.powerCut((thing) => Number(draws.next().value) % thing.outcomes);
            machine = new TestMachine({ disk, checkpoint: machine.checkpoint });
          }
          if (machine.machine.commit < 72) machine.syncFrom(peer, checkpoint);
          // What it says is complete survives the loss of everything that was not synced.
          machine = new TestMachine({ disk: machine.disk.powerCut(FATE_OLD), checkpoint });
          machine.machine.session(client(0));
          expect(machine.state).toEqual(peer.state);
          machine.scrubFrom(peer);
          expect(machine.kinds(STEP_DAMAGE)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a lying peer is found out: its pages and entries are refused', () => {
    const { peer } = target(40);
    m.machine.syncBegin(peer.checkpoint);
    const wanted: Unit[] = [];
    for (let rounds = 0; m.machine.syncing; rounds += 1) {
      expect(rounds).toBeLessThan(500);
      const count = m.machine.wanted(wanted, 4);
      for (let i = 0; i < count; i += 1) {
        const bytes = peer.machine.serve(wanted[i]!)!;
        const bad = bytes.slice();
        bad[(rounds * 97) % bad.length]! ^= 0x10;
        const used = m.machine.supply(wanted[i]!, bad);
        if (wanted[i]!.kind === UNIT_PAGE) expect(used).toBe(false);
        m.machine.supply(wanted[i]!, bytes);
      }
      m.flush();
    }
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
  });

  test('gives up for a newer target', () => {
    const { work, peer } = target(40);
    m.automatic = false;
    m.machine.syncBegin(peer.checkpoint);
    m.repairFrom(peer, 2);
    work.until(56);
    peer.follow(work.prepares);
    m.automatic = true;
    m.syncFrom(peer, peer.checkpoint);
    expect(m.completed).toEqual([peer.checkpoint]);
    m.machine.session(client(0));
    expect(m.state).toEqual(peer.state);
  });

  test('waits for room on a full disk', () => {
    const { peer } = target(40);
    m.disk.onWrite = () => IO_ENOSPC;
    m.machine.syncBegin(peer.checkpoint);
    for (let i = 0; i < 30; i += 1) {
      m.repairFrom(peer);
      m.machine.retry();
    }
    expect(m.machine.syncing).toBe(true);
    expect(m.machine.retrying).toBe(true);
    m.disk.onWrite = null;
    m.machine.retry();
    for (let i = 0; i < 200 && m.machine.syncing; i += 1) m.repairFrom(peer);
    m.flush();
    expect(m.completed).toEqual([peer.checkpoint]);
  });
});
