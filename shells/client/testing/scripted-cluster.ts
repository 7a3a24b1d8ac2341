/**
 * Servers as the client's state machine meets them, without sockets: lanes with stored replies that
 * outlive their server, sessions that do not, and faults on demand. What statements mean here:
 *
 *   write X     appends X to the log, once for each number of a lane
 *   read        answers the log, a row an entry
 *   BEGIN, COMMIT, ROLLBACK    a transaction, whose writes are appended at COMMIT
 *   SET X       sets the setting `x` to X
 */
import { hex128 } from '../../../core/types/hash128.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import { DEFAULT_DISPLAY } from '../../../core/sql/types/style.ts';
import { TEXT } from '../../../core/sql/types/type.ts';
import { DatabaseError } from '../../embedded/errors.ts';
import type { SessionState, SessionStatus, Settings } from '../../protocol/message.ts';
import type { Ask, Dial, Dialled, Done, Exchange, Link, LinkEvents, Listener } from '../link.ts';
import type { ServerInfo } from '../link.ts';

/** What happens to a request that arrives. */
export type Fault =
  | 'none'
  /** The connection breaks before the request is executed, or after. */
  | 'lose request'
  | 'lose answer'
  /** Another server is the primary from now on. */
  | 'move'
  /** Nothing ever answers it. */
  | 'hang';

interface Lane {
  readonly number: number;
  readonly reply: Reply;
}

type Reply =
  | { readonly tag: string; readonly position: number }
  | { readonly code: string; readonly message: string };

interface Session {
  readonly lane: string;
  status: SessionStatus;
  settings: Settings;
  staged: string[];
}

export class ScriptedCluster {
  readonly addresses: readonly string[];
  /** What was written, in order. */
  readonly log: string[] = [];
  readonly lanes: Map<string, Lane> = new Map();
  /** Index of the primary; -1: none. */
  primary = 0;
  /** Asked at each request. */
  fault: (ask: Ask) => Fault = () => 'none';
  /** Addresses dialled, in order. */
  readonly dialled: string[] = [];
  readonly links: Set<ScriptedLink> = new Set();
  /** Requests that arrived. */
  arrived = 0;

  constructor(count: number) {
    this.addresses = Array.from({ length: count }, (_, i) => `server-${i}:3000`);
  }

  readonly dial: Dial = async (address, events): Promise<Dialled> => {
    this.dialled.push(address);
    await turn();
    const index = this.addresses.indexOf(address);
    if (index < 0) throw new DatabaseError('08001', `${address}: nobody listens there`);
    const members = this.addresses;
    if (index !== this.primary) {
      return { kind: 'elsewhere', primary: members[this.primary] ?? null, members };
    }
    const link = new ScriptedLink(this, index, events);
    this.links.add(link);
    return { kind: 'primary', link };
  };

  /** All connections break; sessions end. */
  breakAll(): void {
    for (const link of this.links) link.close(new DatabaseError('08006', 'broken'));
  }

  move(): void {
    this.primary = (this.primary + 1) % this.addresses.length;
    this.breakAll();
  }
}

type Answer = (listener: Listener) => void;

export class ScriptedLink implements Link {
  readonly server: ServerInfo;
  closed: DatabaseError | null = null;
  readonly opened: Map<number, Session> = new Map();
  cancels = 0;
  granted = 0;
  private readonly cluster: ScriptedCluster;
  private readonly events: LinkEvents;
  private readonly waiting: Set<Listener> = new Set();

  constructor(cluster: ScriptedCluster, replica: number, events: LinkEvents) {
    this.cluster = cluster;
    this.events = events;
    const { addresses } = cluster;
    const who = { user: 'developer', role: 'admin', tenant: 'main' };
    this.server = { address: addresses[replica]!, members: addresses, view: 1, replica, ...who };
  }

  openChannel(channel: number, lane: Hash128, settings: Settings): void {
    if (this.opened.has(channel)) throw new Error(`channel ${channel} is open already`);
    this.opened.set(channel, { lane: hex128(lane), status: 'idle', settings, staged: [] });
  }

  closeChannel(channel: number): void {
    this.opened.delete(channel);
  }

  request(channel: number, ask: Ask, listener: Listener): Exchange {
    const session = this.opened.get(channel);
    if (session === undefined) throw new Error(`channel ${channel} is not open`);
    this.waiting.add(listener);
    void this.serve(session, ask, listener);
    return {
      cancel: () => {
        this.cancels += 1;
      },
      grant: (bytes) => {
        this.granted += bytes;
      },
    };
  }

  close(reason: DatabaseError): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.cluster.links.delete(this);
    this.events.closed(this, reason, null);
    for (const listener of this.waiting) listener.lost();
    this.waiting.clear();
  }

  private async serve(session: Session, ask: Ask, listener: Listener): Promise<void> {
    await turn();
    if (this.closed !== null) return;
    const { cluster } = this;
    cluster.arrived += 1;
    const fault = cluster.fault(ask);
    if (fault === 'hang') return;
    if (fault === 'lose request') return cluster.breakAll();
    if (fault === 'move') return cluster.move();
    const answer = this.execute(session, ask);
    if (fault === 'lose answer') return cluster.breakAll();
    await turn();
    if (this.closed !== null) return;
    this.waiting.delete(listener);
    answer(listener);
  }

  private execute(session: Session, ask: Ask): Answer {
    if (ask.kind === 'resolve') return this.resolve(session, ask.number);
    if (ask.kind !== 'execute') throw new Error(`${ask.kind} is not scripted`);
    const text = String(ask.statement);
    switch (text.split(' ')[0]) {
      case 'BEGIN':
        session.status = 'transaction';
        return this.done(session, 'BEGIN');
      case 'SET':
        session.settings = [['x', text.slice(4)]];
        return this.done(session, 'SET', session.settings);
      case 'read':
        return this.read(session);
      case 'ROLLBACK':
        session.status = 'idle';
        session.staged = [];
        return this.done(session, 'ROLLBACK');
      case 'COMMIT': {
        const { staged } = session;
        session.status = 'idle';
        session.staged = [];
        return this.once(session, ask.number, 'COMMIT', staged);
      }
      default:
        if (session.status === 'idle') return this.once(session, ask.number, 'write', [text]);
        session.staged.push(text);
        return this.done(session, 'write');
    }
  }

  private read(session: Session): Answer {
    const rows = this.cluster.log.map((entry) => [entry]);
    const done = this.done(session, `SELECT ${rows.length}`);
    return (listener) => {
      listener.columns([{ name: 'entry', type: { id: TEXT, modifier: -1 } }], DEFAULT_DISPLAY);
      for (const row of rows) listener.rows([row], 10);
      done(listener);
    };
  }

  /** Writes, unless this number of the lane was used already: then what it answered. */
  private once(session: Session, number: number, tag: string, entries: readonly string[]): Answer {
    const { lanes, log } = this.cluster;
    const last = lanes.get(session.lane)?.number ?? 0;
    if (last < number) {
      if (number !== last + 1) throw new Error(`number ${number} is not the next`);
      log.push(...entries);
      lanes.set(session.lane, { number, reply: { tag, position: log.length } });
    } else if (last > number) throw new Error(`number ${number} was used before`);
    return this.reply(session);
  }

  private resolve(session: Session, number: number): Answer {
    const { lanes } = this.cluster;
    if ((lanes.get(session.lane)?.number ?? 0) < number) {
      lanes.set(session.lane, { number, reply: { code: '40001', message: 'never happened' } });
    }
    return this.reply(session);
  }

  private reply(session: Session): Answer {
    const { reply } = this.cluster.lanes.get(session.lane)!;
    if ('tag' in reply) return this.done(session, reply.tag);
    const error = new DatabaseError(reply.code, reply.message);
    const state = this.stateOf(session, null);
    return (listener) => listener.failed({ error, state });
  }

  private done(session: Session, tag: string, settings: Settings | null = null): Answer {
    const position = this.cluster.log.length;
    const state = this.stateOf(session, settings);
    const done: Done = { state, tag, count: 0, position, notices: [] };
    return (listener) => listener.done(done);
  }

  private stateOf({ status, lane }: Session, settings: Settings | null): SessionState {
    return { status, number: this.cluster.lanes.get(lane)?.number ?? 0, settings };
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
