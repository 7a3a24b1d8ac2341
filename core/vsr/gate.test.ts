/** What no honest peer can say is reported and changes nothing; what one may say passes. */
import { describe, expect, it } from 'vitest';
import { checksum128 } from '../crypto/blake3.ts';
import { PREPARE_HEADER_BYTES, buildPrepare } from '../codec/prepare.ts';
import type { Prepare } from '../codec/prepare.ts';
import { STEP_CONTRADICTED } from '../observer.ts';
import { ZERO128 } from '../types/hash128.ts';
import { VIEWS_AHEAD_MAX } from './gate.ts';
import * as kinds from './message.ts';
import type { Message, PrepareMessage, StartViewMessage } from './message.ts';
import { Cluster } from './testing/cluster.ts';

interface Stage {
  readonly cluster: Cluster;
  readonly leader: number;
  readonly backup: number;
  readonly view: number;
  /** Head of everyone, committed and applied. */
  readonly op: number;
  readonly prepare: Prepare;
  readonly startView: StartViewMessage;
}

/** Three replicas that agree on a few entries, and what the primary last said. */
function stage(): Stage {
  const cluster = new Cluster({ replicas: 3 });
  let proposal: PrepareMessage | null = null;
  let start: StartViewMessage | null = null;
  cluster.filter = (_from, _to, m) => {
    if (m.kind === kinds.PREPARE) proposal = m as PrepareMessage;
    if (m.kind === kinds.START_VIEW) start = m;
    return true;
  };
  expect(cluster.ready()).toBe(true);
  cluster.clients[0]!.write(4);
  expect(cluster.until(() => cluster.clients[0]!.written === 4)).toBe(true);
  expect(cluster.until(() => cluster.converged)).toBe(true);
  const { leader } = cluster;
  const { view, op } = cluster.replica(leader).state;
  const { prepare } = proposal as unknown as PrepareMessage;
  const startView = start as unknown as StartViewMessage;
  return { cluster, leader, backup: (leader + 1) % 3, view, op, prepare, startView };
}

/** How often the backup reports, told `m` by `from`; its log and view stay as they are. */
function told({ cluster, backup }: Stage, from: number, m: Message): number {
  const replica = cluster.replica(backup);
  const { view, op, commitMax } = replica.state;
  const before = cluster.count(STEP_CONTRADICTED, backup);
  replica.receive(cluster.now, cluster.now, from, m);
  const reports = cluster.count(STEP_CONTRADICTED, backup) - before;
  if (reports > 0) {
    expect([replica.state.view, replica.state.op, replica.state.commitMax]).toEqual([
      view,
      op,
      commitMax,
    ]);
  }
  return reports;
}

/** The next op after the head, on a log of its own. */
function stray({ prepare, op }: Stage, parent = ZERO128): Prepare {
  const bytes = new Uint8Array(PREPARE_HEADER_BYTES + 64);
  return buildPrepare({ ...prepare.header, op: op + 1, parent }, bytes, { checksum128 });
}

describe('gate: refused', () => {
  it('views that nobody can have reached, in any message that names one', () => {
    const s = stage();
    const view = s.view + VIEWS_AHEAD_MAX + 1;
    expect(told(s, s.leader, { kind: kinds.START_VIEW_CHANGE, view })).toBe(1);
    expect(told(s, s.leader, { kind: kinds.CONFIRM_VIEW, view, round: 1 })).toBe(1);
    expect(told(s, s.leader, { ...s.startView, view })).toBe(1);
  });

  it('a heartbeat that names another entry', () => {
    const s = stage();
    const heartbeat = {
      kind: kinds.COMMIT,
      view: s.view,
      commit: s.op,
      checkpoint: 0,
      monotonic: 1,
    } as const;
    const { commitHead } = s.cluster.replica(s.backup).state;
    expect(told(s, s.leader, { ...heartbeat, commitChecksum: commitHead })).toBe(0);
    expect(told(s, s.leader, { ...heartbeat, commitChecksum: ZERO128 })).toBe(1);
  });

  it('a proposal that is committed, of no op, of a later view, or on another log', () => {
    const s = stage();
    const prepare = stray(s);
    const said = { kind: kinds.PREPARE, view: s.view, commit: s.op + 1, prepare } as const;
    expect(told(s, s.leader, said)).toBe(1);
    expect(told(s, s.leader, { ...said, commit: s.op })).toBe(1);
    const { header } = prepare;
    const later = { ...prepare, header: { ...header, view: s.view + 1 } };
    expect(told(s, s.leader, { ...said, commit: s.op, prepare: later })).toBe(1);
    const none = { ...prepare, header: { ...header, op: 0 } };
    expect(told(s, s.leader, { ...said, commit: 0, prepare: none })).toBe(1);
  });

  it('a start_view that contradicts itself', () => {
    const s = stage();
    const m = { ...s.startView, view: s.view + 3, op: 8, commit: 8, headers: [] };
    const { checkpoint } = m;
    expect(told(s, s.leader, { ...m, commit: 9 })).toBe(1);
    expect(told(s, s.leader, { ...m, op: 12 })).toBe(1);
    expect(told(s, s.leader, { ...m, checkpoint: { ...checkpoint, op: 16, rootPage: 1 } })).toBe(1);
    expect(told(s, s.leader, { ...m, checkpoint: { ...checkpoint, op: 7, rootPage: 1 } })).toBe(1);
    expect(told(s, s.leader, { ...m, checkpoint: { ...checkpoint, op: 8, rootPage: 0 } })).toBe(1);
  });

  it('a start_view without what was applied', () => {
    const s = stage();
    const m = { ...s.startView, view: s.view + 3, op: s.op, commit: s.op };
    const { header } = s.prepare;
    expect(header.op).toBe(s.op);
    expect(told(s, s.leader, { ...m, op: s.op - 1, commit: s.op - 1, headers: [] })).toBe(1);
    const other = { ...header, checksum: ZERO128 };
    expect(told(s, s.leader, { ...m, headers: [other] })).toBe(1);
    const next = stray(s).header;
    expect(told(s, s.leader, { ...m, op: s.op + 1, headers: [next] })).toBe(1);
    expect(told(s, s.leader, { ...m, headers: [header] })).toBe(0);
  });

  it('two promises in one view, or one about the view itself', () => {
    const s = stage();
    const promise = {
      kind: kinds.DO_VIEW_CHANGE,
      // The next view, which the backup is to lead.
      view: s.view + 1,
      op: s.op,
      commit: s.op,
      checkpoint: 0,
      headers: [s.prepare.header],
      present: 1,
      nack: 0,
    } as const;
    expect(told(s, s.leader, { ...promise, logView: promise.view })).toBe(1);
    expect(told(s, s.leader, { ...promise, logView: s.view })).toBe(0);
    expect(told(s, s.leader, { ...promise, logView: s.view - 1 })).toBe(1);
  });
});

describe('gate: passed', () => {
  it('everything that honest replicas say, through a change of views', () => {
    const { cluster, leader } = stage();
    cluster.crash(leader);
    cluster.clients[0]!.write(4);
    expect(cluster.until(() => cluster.clients[0]!.written === 8)).toBe(true);
    cluster.boot(leader);
    expect(cluster.until(() => cluster.converged)).toBe(true);
    expect(cluster.count(STEP_CONTRADICTED)).toBe(0);
  });
});
