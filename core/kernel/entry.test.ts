/**
 * Entries: what anyone who holds a later head can prove; decoders on arbitrary bytes; and the
 * state, rebuilt from the logs and executed again.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import { sha256Into } from '../crypto/sha256.ts';
import { TINY } from '../limits.ts';
import { MemoryStore } from '../store/memory-store.ts';
import {
  ENTRY_AT_HASH,
  ENTRY_HEADER_BYTES,
  GENESIS_HASH,
  decodeEntryHeader,
  entryBytes,
  entryHash,
  entryPrevious,
  outcomeFrom,
  sealEntry,
  verifyChain,
  verifyEntry,
} from './entry.ts';
import { Kernel, STEP_DONE } from './kernel.ts';
import * as operation from './operation.ts';
import { isOutcome, outcomeReply, outcomeStatus } from './outcome.ts';
import type { TenantEntries } from './rebuild.ts';
import { rebuildFromLogs, reexecute } from './rebuild.ts';
import { CLUSTER, TestPrimary, text } from './testing/prepares.ts';

const hasher = { sha256Into };

/** Applies prepares and keeps each tenant's log. */
class Writer {
  readonly store = new MemoryStore();
  readonly logs = new Map<number, Uint8Array[]>();
  readonly kernel = new Kernel(TINY, this.store, { entries: (t) => this.log(t).length });

  log(tenant: number): Uint8Array[] {
    let log = this.logs.get(tenant);
    if (log === undefined) this.logs.set(tenant, (log = []));
    return log;
  }

  apply(prepare: Prepare): Uint8Array {
    const { kernel } = this;
    kernel.begin(prepare);
    while (kernel.step(5) !== STEP_DONE);
    const log = this.log(kernel.logTenant);
    const previous = log.length === 0 ? GENESIS_HASH : entryHash(log.at(-1)!);
    const parts = [kernel.requestPartBytes, kernel.outcomePartBytes] as const;
    const { logTenant, position, entryBytes: out } = kernel;
    const end = sealEntry(out, prepare.header, logTenant, position, ...parts, previous, hasher);
    const entry = out.slice(0, end);
    log.push(entry);
    kernel.install();
    return entry;
  }

  get tenants(): TenantEntries[] {
    return [...this.logs].map(([tenant, entries]) => ({ tenant, entries }));
  }
}

function history(length: number): { readonly writer: Writer; readonly primary: TestPrimary } {
  const primary = new TestPrimary();
  const writer = new Writer();
  const { prepare, session } = primary.register(0);
  writer.apply(prepare);
  writer.apply(primary.createTenant(session, 1));
  writer.apply(primary.createTenant(session, 2));
  for (let i = 0; i < length; i += 1) {
    const events = [`event ${i}`, 'x'.repeat(i * 13)];
    writer.apply(primary.append(session, 1 + (i % 2), `s${i % 3}`, events, i % 4 === 3 ? 99 : -1));
    if (i % 5 === 4) writer.apply(primary.noop());
    if (i % 6 === 5) writer.apply(primary.register(i).prepare);
  }
  return { writer, primary };
}

let writer: Writer;
let primary: TestPrimary;
beforeEach(() => {
  ({ writer, primary } = history(16));
});

describe('entry', () => {
  test('says what happened, where, when, by whom, and what came of it', () => {
    const entry = writer.log(1).at(-1)!;
    const { header } = primary.prepares.findLast((p) => p.header.tenant === 1)!;
    expect(decodeEntryHeader(entry)).toMatchObject({
      kind: operation.OPERATION_APPEND,
      cluster: CLUSTER,
      shard: 0,
      epoch: 1,
      release: 7,
      tenant: 1,
      position: writer.log(1).length,
      op: header.op,
      timestamp: header.timestamp,
      view: 3,
      reason: 0,
      actor: header.client,
      session: header.session,
      request: header.request,
      requestChecksum: header.requestChecksum,
    });
    expect(outcomeStatus(entry, outcomeFrom(entry))).toBe(operation.STATUS_OK);
    const reply = operation.decodeAppendReply(outcomeReply(entry, outcomeFrom(entry)));
    expect(reply).not.toBeNull();
  });

  test('a part hash is a commitment: the same request under another salt hashes differently', () => {
    const [a, b] = [new Writer(), new Writer()];
    const p = new TestPrimary();
    const prepare = p.register(0).prepare;
    const salted = prepare.bytes.slice();
    salted[192]! ^= 1;
    const first = a.apply(prepare);
    const second = b.apply({ header: prepare.header, bytes: salted });
    expect(first.subarray(128, 160)).not.toEqual(second.subarray(128, 160));
    expect(first.subarray(160, 192)).toEqual(second.subarray(160, 192));
  });

  test('header, parts and hashes span the entry exactly', () => {
    for (const entry of writer.log(1)) {
      expect(entryBytes(entry, 0, entry.length)).toBe(entry.length);
      expect(entryBytes(entry, 0, entry.length - 1)).toBe(-1);
      expect(decodeEntryHeader(Uint8Array.from([...entry, 0]))).toBeNull();
    }
  });
});

describe('chain: whoever holds the head detects', () => {
  const verify = (entries: readonly Uint8Array[], head: Uint8Array | null): number =>
    verifyChain(entries, CLUSTER, 1, head, hasher);

  test('nothing, when nothing was changed', () => {
    for (const [tenant, entries] of writer.logs) {
      const head = entryHash(entries.at(-1)!);
      expect(verifyChain(entries, CLUSTER, tenant, head, hasher)).toBe(0);
    }
    expect(verify([], GENESIS_HASH)).toBe(0);
  });

  test('a changed byte, anywhere', () => {
    const entries = writer.log(1);
    fc.assert(
      fc.property(
        fc.nat(entries.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (i, at, flip) => {
          const bad = entries.map((e) => e.slice());
          const entry = bad[i]!;
          entry[at % entry.length]! ^= flip;
          expect(verify(bad, entryHash(entries.at(-1)!))).toBe(i + 1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a dropped, a moved, a repeated and a truncated entry', () => {
    const entries = writer.log(1);
    const head = entryHash(entries.at(-1)!);
    const last = entries.length - 1;
    for (let i = 0; i < last; i += 1) {
      expect(verify(entries.toSpliced(i, 1), head)).toBe(i + 1);
      expect(verify(entries.toSpliced(i, 2, entries[i + 1]!, entries[i]!), head)).toBe(i + 1);
      expect(verify(entries.toSpliced(i, 0, entries[i]!), head)).toBe(i + 2);
      expect(verify(entries.slice(0, i), head)).toBe(i + 1);
    }
    expect(verify(entries.slice(0, last), null)).toBe(0);
  });

  test('an entry of another tenant or cluster, however valid', () => {
    const entry = writer.log(2)[0]!;
    expect(verifyEntry(entry, 0, entry.length, CLUSTER, 2, 1, hasher)).toBe(true);
    expect(verifyEntry(entry, 0, entry.length, CLUSTER, 1, 1, hasher)).toBe(false);
    expect(verifyEntry(entry, 0, entry.length, CLUSTER, 2, 2, hasher)).toBe(false);
    const { prepares } = primary;
    const alien = prepares[0]!.header.checksum;
    expect(verifyEntry(entry, 0, entry.length, alien, 2, 1, hasher)).toBe(false);
  });

  test('a forger who fixes an entry up must break the next link', () => {
    const entries = writer.log(1).map((e) => e.slice());
    const forged = entries[2]!;
    forged[64]! ^= 1;
    sha256Into(forged, 0, ENTRY_AT_HASH, forged, ENTRY_AT_HASH);
    expect(verify(entries, null)).toBe(4);
    expect(entryPrevious(entries[3]!)).not.toEqual(entryHash(forged));
  });
});

describe('decoders', () => {
  test('refuse or accept arbitrary bytes, and never throw', () => {
    const good = writer.log(1)[3]!;
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc
        .record({
          at: fc.nat(good.length - 1),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
          cut: fc.nat(good.length),
        })
        .map(({ at, bytes, cut }) => {
          const changed = good.slice();
          changed.set(bytes.subarray(0, changed.length - at), at);
          return changed.subarray(0, cut > 40 ? changed.length : cut);
        }),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        decodeEntryHeader(bytes);
        isOutcome(bytes, 0, bytes.length);
        verifyEntry(bytes, 0, bytes.length, CLUSTER, 1, 4, hasher);
        rebuildFromLogs([{ tenant: 1, entries: [bytes] }]);
      }),
      { numRuns: 500 },
    );
  });

  test('request and reply bodies: what is encoded is decoded, and noise is refused quietly', () => {
    const bodies = fc.record({
      stream: fc.uint8Array({ minLength: 1, maxLength: TINY.streamNameBytesMax }),
      expectedPosition: fc.oneof(fc.constant(-1), fc.nat()),
      events: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(bodies, fc.uint8Array({ maxLength: 64 }), (append, noise) => {
        const bytes = operation.encodeAppend(append);
        const view = operation.appendView();
        expect(operation.decodeAppend(bytes, 0, bytes.length, TINY, view)).toBe(true);
        expect(view.expectedPosition).toBe(append.expectedPosition);
        expect(view.eventCount).toBe(append.events.length);
        expect(bytes.subarray(view.nameFrom, view.nameFrom + view.nameBytes)).toEqual(
          append.stream,
        );
        let at = view.eventsFrom;
        for (const event of append.events) {
          const next = operation.nextEvent(bytes, at, view.eventsEnd);
          expect(bytes.subarray(at + 4, next)).toEqual(event);
          at = next;
        }
        expect(at).toBe(view.eventsEnd);
        operation.decodeAppend(noise, 0, noise.length, TINY, view);
        operation.decodeQuery(noise, TINY, operation.queryView());
        operation.decodeReadReply(noise);
        operation.decodeAppendReply(noise);
        operation.decodeConflictReply(noise);
        operation.decodeHeadReply(noise);
        operation.decodeCreateTenant(noise, 0, noise.length);
      }),
      { numRuns: 300 },
    );
  });

  test('names and counts beyond the limits are refused', () => {
    const view = operation.appendView();
    const decodes = (name: number, events: number): boolean => {
      const append = {
        stream: new Uint8Array(name).fill(7),
        expectedPosition: -1,
        events: Array.from({ length: events }, () => text('x')),
      };
      const bytes = operation.encodeAppend(append);
      return operation.decodeAppend(bytes, 0, bytes.length, TINY, view);
    };
    expect(decodes(TINY.streamNameBytesMax, TINY.eventsPerAppendMax)).toBe(true);
    expect(decodes(TINY.streamNameBytesMax + 1, 1)).toBe(false);
    expect(decodes(1, TINY.eventsPerAppendMax + 1)).toBe(false);
    const query = operation.encodeRead(new Uint8Array(TINY.streamNameBytesMax + 1), 0, 1);
    expect(operation.decodeQuery(query, TINY, operation.queryView())).toBe(false);
  });
});

describe('rebuilding', () => {
  test('installing outcomes, and executing again, give the state that was', () => {
    const rebuilt = rebuildFromLogs(writer.tenants);
    const executed = reexecute(primary.prepares, TINY);
    if (typeof rebuilt === 'string') throw new Error(rebuilt);
    expect([rebuilt.stateHashA, rebuilt.stateHashB]).toEqual([
      writer.store.stateHashA,
      writer.store.stateHashB,
    ]);
    expect([executed.stateHashA, executed.stateHashB]).toEqual([
      writer.store.stateHashA,
      writer.store.stateHashB,
    ]);
    expect(writer.store.stateHashA).not.toBe(0);
  });

  test('a missing or repeated op is named', () => {
    const logs = writer.tenants.map(({ tenant, entries }) => ({ tenant, entries: [...entries] }));
    const log = logs.find((l) => l.tenant === 1)!;
    log.entries.splice(2, 1);
    expect(rebuildFromLogs(logs)).toMatch(/after op/);
  });

  test('an outcome that puts records of the directory is refused', () => {
    const entry = writer.log(0)[0]!.slice();
    const from = outcomeFrom(entry);
    // The first record's key begins 12 bytes into it.
    entry[from + 8 + 12] = 0;
    expect(isOutcome(entry, from, entry.length)).toBe(false);
    expect(rebuildFromLogs([{ tenant: 0, entries: [entry] }])).toMatch(/malformed outcome/);
    expect(ENTRY_HEADER_BYTES).toBe(256);
  });
});
