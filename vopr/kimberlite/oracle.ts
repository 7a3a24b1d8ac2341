/**
 * The history of a run as the search-based checker reads it: streams, and the existence of tenants,
 * as sequential objects that know nothing of a log, of ops or of positions in it.
 *
 * An operation that says something about both becomes a call on each. That forgets that both
 * happened at one moment, so it may miss a violation but never invents one (the log-position check
 * misses none of these). Reads with a token promise less than linearizability and are left out, and
 * so are abandoned reads, which say nothing.
 *
 * For one seed in 64, so clarity wins over speed.
 */
import type { QueryView } from '../../core/kernel/operation.ts';
import {
  POSITION_ANY,
  STATUS_CONFLICT,
  STATUS_FORBIDDEN,
  STATUS_OK,
  STATUS_TENANT_EXISTS,
  STATUS_UNKNOWN_STREAM,
  STATUS_UNKNOWN_TENANT,
  appendView,
  decodeAppend,
  decodeAppendReply,
  decodeConflictReply,
  decodeCreateTenant,
  decodeHeadReply,
  decodeQuery,
  decodeReadReply,
  nextEvent,
  queryView,
} from '../../core/kernel/operation.ts';
import type { Limits } from '../../core/limits.ts';
import { assert } from '../../core/types/assert.ts';
import { checkLinearizable, describeVerdict } from '../../invariants/linearizability/check.ts';
import type { Call, Machine, Model } from '../../invariants/linearizability/model.ts';
import { REFUSED, UNKNOWN } from '../../invariants/linearizability/model.ts';
import { Interner } from '../../invariants/linearizability/models/interner.ts';
import type { StreamOp } from '../../invariants/linearizability/models/stream.ts';
import { ANY_LENGTH } from '../../invariants/linearizability/models/stream.ts';
import { checkStreams } from '../../invariants/linearizability/streams.ts';
import type { History } from './history.ts';
import {
  LATEST,
  OPEN,
  WORK_ACCESS,
  WORK_APPEND,
  WORK_BEGIN,
  WORK_COMMIT,
  WORK_CREATE_TENANT,
  WORK_HEAD,
  WORK_REGISTER,
  WORK_SQL,
  WORK_SQL_READ,
  WORK_STAGE,
} from './history.ts';

/** What a call says about a tenant: that it created it or found it there; null: nobody knows. */
interface TenantOp {
  readonly tenant: number;
  readonly kind: 'create' | 'look';
  readonly found: boolean | null;
}

const EVENT_HEADER_BYTES = 4;

/** What no order of effects explains, in a line; null when there is an order, or nobody knows. */
export function searchHistory(history: History, limits: Limits): string | null {
  const calls = new OracleCalls(history, limits);
  const streams = checkStreams(calls.streams);
  if (streams.kind === 'not-linearizable') return describeVerdict(streams);
  if (calls.named) return null;
  const tenants = checkLinearizable(tenantModel, calls.tenants);
  return tenants.kind === 'not-linearizable' ? describeVerdict(tenants) : null;
}

const ASIDE: readonly number[] = [
  WORK_REGISTER,
  WORK_ACCESS,
  WORK_SQL,
  WORK_SQL_READ,
  WORK_BEGIN,
  WORK_STAGE,
  WORK_COMMIT,
];

/** What neither streams nor tenants made by number come into. */
function isAside(kind: number): boolean {
  return ASIDE.includes(kind);
}

/** The calls of a history, in the order of their invocation. */
class OracleCalls {
  readonly streams: Call<StreamOp>[] = [];
  readonly tenants: Call<TenantOp>[] = [];
  /** Tenants may have been made by name. */
  named = false;
  private readonly history: History;
  private readonly limits: Limits;
  /** Events by their bytes: no two that clients send are equal. */
  private readonly events: Interner = new Interner();

  constructor(history: History, limits: Limits) {
    this.history = history;
    this.limits = limits;
    for (let row = 0; row < history.rows; row += 1) {
      const kind = history.kind[row]!;
      // Changes of access make tenants, too, and what is refused for access's sake says nothing.
      if (kind === WORK_ACCESS) this.named = true;
      if (isAside(kind) || history.reply[row]?.status === STATUS_FORBIDDEN) continue;
      if (kind === WORK_CREATE_TENANT) this.create(row);
      else if (kind === WORK_APPEND) this.append(row);
      else if (history.position[row] === LATEST && history.returned[row] !== OPEN) this.read(row);
    }
  }

  private call<Op>(row: number, op: Op): Call<Op> {
    const returned = this.history.returned[row]!;
    const invoked = this.history.invoked[row]!;
    return { op, invoked, returned: returned === OPEN ? UNKNOWN : returned };
  }

  private create(row: number): void {
    const body = this.history.body[row]!;
    const tenant = decodeCreateTenant(body, 0, body.length);
    const reply = this.history.reply[row]!;
    const known = reply === null || reply.status === STATUS_OK;
    // A refused number says nothing about anything.
    if (!known && reply.status !== STATUS_TENANT_EXISTS) return;
    const found = reply === null ? null : reply.status === STATUS_TENANT_EXISTS;
    this.tenants.push(this.call(row, { tenant, kind: 'create', found }));
  }

  private append(row: number): void {
    const body = this.history.body[row]!;
    const view = appendView();
    const sound = decodeAppend(body, 0, body.length, this.limits, view);
    assert(sound, 'clients send well-formed appends');
    const events: number[] = [];
    for (let at = view.eventsFrom; at < view.eventsEnd;) {
      const next = nextEvent(body, at, view.eventsEnd);
      events.push(this.events.idOf(text(body.subarray(at + EVENT_HEADER_BYTES, next))));
      at = next;
    }
    const tenant = this.history.tenant[row]!;
    const stream = text(body.subarray(view.nameFrom, view.nameFrom + view.nameBytes));
    const expected = view.expectedPosition === POSITION_ANY ? ANY_LENGTH : view.expectedPosition;
    const base = { kind: 'append', tenant, stream, expected, events } as const;
    const reply = this.history.reply[row]!;
    if (reply === null) {
      this.streams.push(this.call(row, { ...base, outcome: 'appended', at: 0 }));
      return;
    }
    this.looked(row, tenant, reply.status);
    if (reply.status === STATUS_OK) {
      const at = decodeAppendReply(reply.body)?.first ?? -1;
      this.streams.push(this.call(row, { ...base, outcome: 'appended', at }));
    } else if (reply.status === STATUS_CONFLICT) {
      const at = decodeConflictReply(reply.body);
      this.streams.push(this.call(row, { ...base, outcome: 'conflict', at }));
    }
  }

  private read(row: number): void {
    const body = this.history.body[row]!;
    const view: QueryView = queryView();
    const sound = decodeQuery(body, this.limits, view);
    assert(sound, 'clients send well-formed queries');
    const reply = this.history.reply[row]!;
    assert(reply !== null, 'an answered read has a reply');
    const tenant = this.history.tenant[row]!;
    const stream = text(body.subarray(view.nameFrom, view.nameFrom + view.nameBytes));
    this.looked(row, tenant, reply.status);
    if (reply.status === STATUS_UNKNOWN_STREAM) {
      this.streams.push(this.call(row, { kind: 'head', tenant, stream, length: 0 }));
    } else if (reply.status === STATUS_OK && this.history.kind[row] === WORK_HEAD) {
      const length = decodeHeadReply(reply.body);
      this.streams.push(this.call(row, { kind: 'head', tenant, stream, length }));
    } else if (reply.status === STATUS_OK) {
      const { from, limit } = view;
      const read = decodeReadReply(reply.body);
      const events = (read?.events ?? []).map((event) => this.events.idOf(text(event)));
      const length = read?.length ?? -1;
      const op = { kind: 'read', tenant, stream, from, limit, events, length } as const;
      this.streams.push(this.call(row, op));
    }
  }

  /** Every answer about a stream also tells whether its tenant was there. */
  private looked(row: number, tenant: number, status: number): void {
    const found = status !== STATUS_UNKNOWN_TENANT;
    this.tenants.push(this.call(row, { tenant, kind: 'look', found }));
  }
}

function text(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

const ABSENT = 0;
const PRESENT = 1;

/** A tenant is there or not; nothing takes it away. */
const tenantModel: Model<TenantOp> = {
  name: 'tenant',
  partition: (op) => `tenant ${op.tenant}`,
  compile(calls: readonly Call<TenantOp>[]): Machine {
    return {
      initial: ABSENT,
      step: (state, index) => {
        const { kind, found } = calls[index]!.op;
        if (found !== null && found !== (state === PRESENT)) return REFUSED;
        return kind === 'create' ? PRESENT : state;
      },
      pure: (index) => calls[index]!.op.kind === 'look' || calls[index]!.op.found === true,
      kind: (index) => {
        const { kind, found } = calls[index]!.op;
        return (kind === 'create' ? 0 : 3) + (found === null ? 0 : found ? 1 : 2);
      },
    };
  },
};
