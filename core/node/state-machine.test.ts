/**
 * The state machine as the replica uses it: apply, checkpoint, restart. Damage and state sync stand
 * beside.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { GENESIS_HASH, entryHash, verifyChain } from '../kernel/entry.ts';
import * as operation from '../kernel/operation.ts';
import { rebuildFromLogs, reexecute } from '../kernel/rebuild.ts';
import { CLUSTER, client, text } from '../kernel/testing/prepares.ts';
import { EMBEDDED, TINY } from '../limits.ts';
import { STEP_ENTRY, STEP_EVICT, STEP_STATE } from '../observer.ts';
import { IO_ENOSPC, TICKET_MACHINE, TICKET_MODULE_BITS } from '../ports.ts';
import { FATE_GARBAGE, FATE_NEW, FATE_OLD } from '../storage/testing/memory-disk.ts';
import * as vsr from '../vsr/interfaces.ts';
import { loadParser } from '../../shells/parser.ts';
import { NO_SEQUENCES, encodeStatementRequest } from '../sql/session/request.ts';
import { Settings } from '../sql/session/settings.ts';
import { statementOf } from '../sql/session/statement.ts';
import { TestMachine, crypto } from './testing/machine.ts';
import { Workload, logsOf } from './testing/workload.ts';

let w: Workload;
let m: TestMachine;
beforeEach(() => {
  w = new Workload();
  m = new TestMachine();
});

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

  test('a large entry becomes state in slices; until it is whole, all else is as before', async () => {
    const parser = await loadParser();
    const limits = { ...EMBEDDED, sessionsMax: 2 };
    const session = w.session;
    const ops = [
      'CREATE TABLE t (a int PRIMARY KEY)',
      'INSERT INTO t SELECT * FROM generate_series(1, 50)',
    ].map((sql) => {
      const known = statementOf(parser.parse(sql)[0]!);
      const key = known.keyBytes(new Settings(), 'ann', []);
      const body = encodeStatementRequest(key, known.text, [], NO_SEQUENCES);
      return w.primary.request(session, operation.OPERATION_SQL, 1, body);
    });
    const [whole, sliced] = [new TestMachine({ limits }), new TestMachine({ limits })];
    whole.follow(w.prepares);
    sliced.follow(w.prepares.slice(0, -1));
    const { machine } = sliced;
    const before = [machine.position(1), machine.logHead(1), machine.commit];
    machine.begin(ops[1]!);
    let slices = 0;
    for (let code = vsr.APPLY_MORE; code === vsr.APPLY_MORE;) {
      expect([machine.position(1), machine.logHead(1), machine.commit]).toEqual(before);
      if (machine.installing) slices += 1;
      code = machine.step(1);
    }
    expect(slices).toBeGreaterThan(10);
    expect(machine.installing).toBe(false);
    expect(machine.position(1)).toBe(whole.machine.position(1));
    expect(machine.logHead(1)).toEqual(whole.machine.logHead(1));
    expect(sliced.state).toEqual(whole.state);
    const { previous } = sliced.entries.at(-1)!;
    expect(previous).toEqual(before[1]);
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
