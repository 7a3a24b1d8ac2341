/**
 * A server for tests of clients and model: the real kernel over a store in memory, with a log of
 * one replica and no protocol. It answers at once, or when told to; it can be told to lie.
 */
import type { Prepare } from '../../../core/codec/prepare.ts';
import {
  PREPARE_HEADER_BYTES,
  PREPARE_SALT_BYTES,
  buildPrepare,
} from '../../../core/codec/prepare.ts';
import { checksum128 } from '../../../core/crypto/blake3.ts';
import { Kernel, STEP_DONE } from '../../../core/kernel/kernel.ts';
import { Queries } from '../../../core/kernel/query.ts';
import type { Limits } from '../../../core/limits.ts';
import { STEP_COMMIT } from '../../../core/observer.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import { ZERO128, equal128, make128 } from '../../../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../../../core/types/operation.ts';
import type {
  EvictedMessage,
  QueryMessage,
  QueryReplyMessage,
  ReplyMessage,
  RequestMessage,
} from '../../../core/vsr/message.ts';
import {
  EVICTED,
  EVICTED_NO_SESSION,
  EVICTED_SESSION_MISMATCH,
  QUERY_REPLY,
  REPLY,
} from '../../../core/vsr/message.ts';

const hash = { checksum128 };
const CLUSTER = make128(1, 2, 3, 4);

export type Watch = (kind: number, op: number, ref: unknown) => void;

export class InstantServer {
  readonly prepares: Prepare[] = [];
  readonly kernel: Kernel;
  private readonly queries: Queries;
  private readonly lengths: Map<number, number> = new Map();
  private readonly watch: Watch;
  private parent: Hash128 = ZERO128;

  constructor(limits: Limits, watch: Watch = () => undefined) {
    const store = new MemoryStore();
    this.watch = watch;
    this.kernel = new Kernel(limits, store, { entries: (tenant) => this.position(tenant) });
    this.queries = new Queries(limits, store, this.kernel);
  }

  position(tenant: number): number {
    return this.lengths.get(tenant) ?? 0;
  }

  /** Puts a request into the log whatever it is, and applies it. */
  propose(m: Omit<RequestMessage, 'kind' | 'parent'>): Prepare {
    const op = this.prepares.length + 1;
    const bytes = new Uint8Array(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + m.body.length);
    bytes.set(m.body, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
    const fields = {
      parent: this.parent,
      cluster: CLUSTER,
      client: m.client,
      requestChecksum: m.checksum,
      op,
      timestamp: op,
      session: m.session,
      view: 0,
      epoch: 0,
      release: 1,
      request: m.request,
      shard: 0,
      tenant: m.tenant,
      operation: m.operation,
    };
    const prepare = buildPrepare(fields, bytes, hash);
    this.parent = prepare.header.checksum;
    this.prepares.push(prepare);
    this.watch(STEP_COMMIT, op, prepare);
    const { kernel } = this;
    kernel.begin(prepare);
    while (kernel.step(1000) !== STEP_DONE);
    kernel.install();
    this.lengths.set(kernel.logTenant, kernel.position);
    return prepare;
  }

  /** As a primary would: the reply, an eviction, or null for what is stale. */
  request(m: RequestMessage): ReplyMessage | EvictedMessage | null {
    const known = this.known(m.client);
    if (m.operation !== OPERATION_REGISTER) {
      if (known === null || m.session < known.session) {
        const reason = known === null ? EVICTED_NO_SESSION : EVICTED_SESSION_MISMATCH;
        return { kind: EVICTED, client: m.client, session: m.session, reason, view: 0 };
      }
      const again = equal128(m.checksum, known.requestChecksum);
      if (again) return this.stored(m);
      if (m.request !== known.request + 1 || !equal128(m.parent, known.requestChecksum))
        return null;
    } else if (known !== null) return this.stored(m);
    this.propose(m);
    return this.reply();
  }

  query(m: QueryMessage): QueryReplyMessage {
    this.queries.run(m.tenant, m.body, this.prepares.length);
    const { status, body } = this.queries;
    const unknown = status === 6;
    const position = unknown ? -1 : this.position(m.tenant);
    return { kind: QUERY_REPLY, client: m.client, query: m.query, view: 0, position, status, body };
  }

  private reply(): ReplyMessage | null {
    const { reply } = this.kernel;
    return reply === null ? null : { kind: REPLY, view: 0, ...reply };
  }

  private readonly replies: Map<string, ReplyMessage> = new Map();

  private stored(m: RequestMessage): ReplyMessage | null {
    return this.replies.get(key(m)) ?? null;
  }

  /** Remembers what was answered, as the session table does. */
  remember(m: RequestMessage, reply: ReplyMessage): void {
    this.replies.set(key(m), reply);
  }

  private known(client: Hash128): {
    session: number;
    request: number;
    requestChecksum: Hash128;
  } | null {
    const view = {
      client,
      session: 0,
      lastOp: 0,
      request: 0,
      status: 0,
      requestChecksum: ZERO128,
      position: 0,
      body: new Uint8Array(64),
      bodyBytes: 0,
      apart: false,
    };
    return this.kernel.sessions.find(client, view) === 1 ? view : null;
  }
}

function key(m: RequestMessage): string {
  const { a, b, c, d } = m.checksum;
  return `${a}.${b}.${c}.${d}`;
}
