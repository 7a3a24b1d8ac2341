/**
 * Planted bugs of sessions (exactly once) and of reads.
 */
import type { Mutant } from './mutant.ts';

const SESSIONS = 'core/vsr/sessions.ts';
const KERNEL = 'core/kernel/kernel.ts';
const READS = 'core/vsr/reads.ts';
const CLIENT = 'core/vsr/client.ts';

export const SESSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'pipeline-not-searched-for-twins',
    layer: 'sessions',
    invariant: 'exactly-once',
    story: 'a client has one request in flight: look at the newest op, the rest is committed soon',
    file: SESSIONS,
    find: 'for (let op = s.commitMin + 1; op <= s.op; op += 1) {',
    replace: 'for (let op = Math.max(s.op, s.commitMin + 1); op <= s.op; op += 1) {',
  },
  {
    name: 'request-number-not-checked',
    layer: 'sessions',
    invariant: 'exactly-once',
    story: 'a request chained to the last one must be new',
    file: SESSIONS,
    find: 'return m.request === record.request + 1 && equal128(m.parent, record.requestChecksum);',
    replace: 'return m.request >= record.request;',
  },
  {
    name: 'newest-session-evicted',
    layer: 'sessions',
    invariant: 'tenant-isolation',
    story: 'the oldest session is the one with the lowest key: the table is sorted',
    file: 'core/kernel/sessions.ts',
    find: 'all.sort(byLastOp);\n',
    replace: '',
    scenario: 'register-replayed-after-eviction',
  },
  {
    name: 'evicted-session-lives-on',
    layer: 'sessions',
    invariant: 'tenant-isolation',
    story: 'the evicted record is overwritten when its client comes back',
    file: KERNEL,
    find:
      'records.sessionKey(this.evicted, this.#key);\n' +
      '      writer.delete(0, this.#key, records.SESSION_KEY_BYTES);\n',
    replace: 'records.sessionKey(this.evicted, this.#key);\n',
    scenario: 'deposed-primary-evicts-nobody',
  },
  {
    name: 'stored-reply-of-the-request-before',
    layer: 'sessions',
    invariant: 'exactly-once',
    story: 'the session is written before the answer is complete: its bytes are the last one’s',
    file: KERNEL,
    find: 'this.#replyBytes = 0;\n    if (header.operation',
    replace: 'if (header.operation',
  },
  {
    name: 'stored-reply-forgets-position',
    layer: 'sessions',
    invariant: 'exactly-once',
    story: 'the position token is part of the answer, and not of the record that answers again',
    file: 'core/kernel/reply.ts',
    find: 'position: session.position,',
    replace: 'position: session.lastOp,',
  },
  {
    name: 'deposed-primary-evicts',
    layer: 'sessions',
    invariant: 'promise',
    story: 'an eviction is an eviction, whoever sends it',
    file: CLIENT,
    find: 'if (message.view < this.view) return;\n',
    replace: '',
    scenario: 'deposed-primary-evicts-nobody',
  },
];

export const READ_MUTANTS: readonly Mutant[] = [
  {
    name: 'half-an-entry-is-read',
    layer: 'reads',
    invariant: 'linearizable',
    story:
      'the position moves on only when an entry is whole, so that is all a reader must look at',
    file: READS,
    find: 'if (s.applying !== null && s.applyState === APPLYING_RUN) return false;',
    replace: '',
  },
  {
    name: 'read-without-confirmation',
    layer: 'reads',
    invariant: 'linearizable',
    story: 'the primary knows what is committed: no need to ask anybody',
    file: READS,
    find: 'return read.round <= s.roundConfirmed && read.commit',
    replace: 'return read.commit',
    scenario: 'two-primaries',
  },
  {
    name: 'read-joins-the-round-in-flight',
    layer: 'reads',
    invariant: 'linearizable',
    story: 'a round is under way: its answers will serve this read too',
    file: READS,
    find: 'beginRound(r) : s.round + 1;',
    replace: 'beginRound(r) : s.round;',
    scenario: 'late-confirmation',
  },
  {
    name: 'read-before-inherited-commits',
    layer: 'reads',
    invariant: 'linearizable',
    story: 'a new primary answers from what it knows to be committed',
    file: READS,
    find: 'commit = Math.max(s.commitMax, s.viewStartOp);',
    replace: 'commit = s.commitMin;',
    scenario: 'inherited-reads',
  },
  {
    name: 'read-ignores-its-token',
    layer: 'reads',
    invariant: 'read-your-writes',
    story: 'a replica that knows the tenant can answer: the token says where the client has been',
    file: READS,
    find: `return r.machine.position(read.message.tenant) >= read.message.position;
}

function answer(r: Context, read: QueuedRead): boolean {
  const { message: m } = read;
  const result = r.machine.query(m.tenant, m.body);
  if (result === NEEDS_REPAIR) {
    r.units.pump(r.s.monotonic);
    return false;
  }
  assert(m.position < 0 || result.position >= m.position, 'a token is honoured');`,
    replace: `return r.machine.position(read.message.tenant) >= 0;
}

function answer(r: Context, read: QueuedRead): boolean {
  const { message: m } = read;
  const result = r.machine.query(m.tenant, m.body);
  if (result === NEEDS_REPAIR) {
    r.units.pump(r.s.monotonic);
    return false;
  }`,
  },
  {
    name: 'reply-of-another-query',
    layer: 'reads',
    invariant: 'read-your-writes',
    story: 'one query is in flight, so the next reply to arrive is its reply',
    file: CLIENT,
    find: 'const index = this.findQuery(reply.query);',
    replace: 'const index = this.queries.length - 1;',
  },
];
