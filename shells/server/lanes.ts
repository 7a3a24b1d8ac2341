/**
 * All lanes that are in use at this server, and a few of its own.
 *
 * They are forgotten together when the node stops being the primary: what they know is then no
 * longer the newest.
 */
import type { StoredReply } from '../../core/node.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { HASH128_BYTES, hex128, write128 } from '../../core/types/hash128.ts';
import { writeU32 } from '../../core/codec/bytes.ts';
import type { RequestPort } from '../embedded/runner.ts';
import type { LocalRequest } from '../local-node.ts';
import { random128, systemCrypto } from '../system.ts';
import { Lane } from './lane.ts';
import type { NodePort } from './node-port.ts';

/** Lanes of this server's own. */
const OWN_MAX = 8;

/** The name of a lane in the log. */
function ownedBy(id: Hash128, tenant: number, user: string): Hash128 {
  const name = Buffer.from(user);
  const bytes = new Uint8Array(OWNER_BYTES + name.length);
  write128(id, bytes, 0);
  writeU32(bytes, HASH128_BYTES, tenant);
  bytes.set(name, OWNER_BYTES);
  return systemCrypto.checksum128(bytes, 0, bytes.length);
}

const OWNER_BYTES: number = HASH128_BYTES + 4;

interface Ask {
  readonly tenant: number;
  readonly operation: number;
  readonly body: Uint8Array;
  readonly resolve: (reply: StoredReply) => void;
  readonly reject: (error: Error) => void;
}

export class Lanes implements RequestPort {
  private readonly port: NodePort;
  private readonly lanes: Map<string, Lane> = new Map();
  private readonly waiting: Ask[] = [];
  private own: Lane[] = [];
  private free: Lane[] = [];

  constructor(port: NodePort) {
    this.port = port;
  }

  /** Lanes that somebody uses. */
  get size(): number {
    return this.lanes.size;
  }

  /** `id`: of the client's choice; a lane is nobody else's, whatever identifier they say. */
  take(id: Hash128, tenant: number, user: string): Lane {
    return this.find(ownedBy(id, tenant, user));
  }

  private find(id: Hash128): Lane {
    const name = hex128(id);
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(id, this.port);
      this.lanes.set(name, lane);
    }
    lane.uses += 1;
    return lane;
  }

  drop(lane: Lane): void {
    lane.uses -= 1;
    this.forget(lane);
  }

  /** Requests that no client numbers. A few may be in flight at once; others wait. */
  request(tenant: number, operation: number, body: Uint8Array): LocalRequest {
    let cancel: LocalRequest['cancel'] = () => undefined;
    const reply = new Promise<StoredReply>((resolve, reject) => {
      const ask: Ask = { tenant, operation, body, resolve, reject };
      cancel = (reason) => {
        const at = this.waiting.indexOf(ask);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(reason);
      };
      this.waiting.push(ask);
      this.serve();
    });
    return { reply, cancel: (reason) => cancel(reason) };
  }

  /** Whatever is in flight is not waited for; nothing is known any more. */
  fail(error: Error): void {
    const own = new Set(this.own);
    this.own = [];
    this.free = [];
    for (const lane of own) {
      lane.fail(error);
      lane.release();
    }
    for (const lane of this.lanes.values()) {
      lane.fail(error);
      lane.release();
    }
    this.lanes.clear();
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  private forget(lane: Lane): void {
    if (lane.uses > 0) return;
    if (lane.flight !== null) {
      const again = (): void => this.forget(lane);
      return void lane.flight.then(again, again);
    }
    const name = hex128(lane.id);
    if (this.lanes.get(name) !== lane) return;
    this.lanes.delete(name);
    lane.release();
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      let lane = this.free.pop();
      if (lane === undefined) {
        if (this.own.length >= OWN_MAX) return;
        lane = new Lane(random128(), this.port);
        lane.learnNew();
        this.own.push(lane);
      }
      this.carry(lane, this.waiting.shift()!);
    }
  }

  private carry(lane: Lane, { tenant, operation, body, resolve, reject }: Ask): void {
    const done = (): void => {
      if (!this.own.includes(lane)) return;
      if (lane.isKnown) this.free.push(lane);
      else {
        this.own.splice(this.own.indexOf(lane), 1);
        lane.release();
      }
      this.serve();
    };
    lane.request(tenant, operation, body).reply.then(
      (reply) => {
        resolve(reply);
        done();
      },
      (error: Error) => {
        reject(error);
        done();
      },
    );
  }
}
