/**
 * A lane: a replicated client session, whose requests a client numbers from 1. It is how a
 * statement that writes is executed once, whatever breaks between the client and the log.
 *
 * The lane of a client that comes (back) is learned from the committed state: the number of its
 * last request, whose reply is kept with it. While this server is the primary it knows better than
 * anybody what it has in flight; whoever asks for the same number meanwhile waits for the same
 * reply.
 *
 * It registers before its first request: one more op, once.
 */
import type { StateReader, StoredReply } from '../../core/node.ts';
import { requestChecksum } from '../../core/codec/request.ts';
import type { Address } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { ZERO128, equal128 } from '../../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../../core/types/operation.ts';
import { NEEDS_REPAIR } from '../../core/vsr/interfaces.ts';
import { REQUEST } from '../../core/vsr/message.ts';
import type { ReplyMessage } from '../../core/vsr/message.ts';
import { NoAnswerError } from '../local-node.ts';
import type { LocalRequest } from '../local-node.ts';
import { systemCrypto } from '../system.ts';
import type { NodePort, Requester } from './node-port.ts';

const NO_BODY: Uint8Array = new Uint8Array(0);

interface Pending {
  readonly tenant: number;
  readonly operation: number;
  readonly body: Uint8Array;
  readonly resolve: (reply: StoredReply) => void;
  readonly reject: (error: Error) => void;
}

export class Lane implements Requester {
  readonly id: Hash128;
  /** Number of the last request, committed or in flight. */
  last = 0;
  /** Users of the lane; it is forgotten when there is none and nothing is in flight. */
  uses = 0;
  /** The reply to request `last`, while it is awaited. */
  flight: Promise<StoredReply> | null = null;
  private readonly port: NodePort;
  private readonly address: Address;
  private session = 0;
  private parent: Hash128 = ZERO128;
  private checksum: Hash128 = ZERO128;
  private pending: Pending | null = null;
  private learned = false;
  private taken: (() => void) | null = null;

  constructor(id: Hash128, port: NodePort) {
    this.id = id;
    this.port = port;
    this.address = port.seat(this);
  }

  get isKnown(): boolean {
    return this.learned;
  }

  /** Reads what is committed. Call it behind a barrier. False: a page is missing; try again. */
  learn(state: StateReader): boolean {
    if (this.learned) return true;
    const record = state.session(this.id);
    if (record === NEEDS_REPAIR) return false;
    this.learned = true;
    this.session = record?.session ?? 0;
    this.last = record?.request ?? 0;
    this.parent = record?.requestChecksum ?? ZERO128;
    return true;
  }

  /** Whoever used it until now is told. */
  take(taken: () => void): void {
    this.taken?.();
    this.taken = taken;
  }

  /** A lane of this server's own, which nobody used before. */
  learnNew(): void {
    this.learned = true;
  }

  /** Sends request `last + 1`. Nobody may change `body` afterwards. */
  request(tenant: number, operation: number, body: Uint8Array): LocalRequest {
    assert(this.learned && this.flight === null, 'a lane that is known, and free');
    let cancel: LocalRequest['cancel'] = () => undefined;
    this.last += 1;
    const flight = new Promise<StoredReply>((resolve, reject) => {
      this.pending = { tenant, operation, body, resolve, reject };
      if (this.session === 0) this.register();
      else this.submit();
    });
    this.flight = flight;
    const landed = (): void => {
      if (this.flight === flight) this.flight = null;
    };
    flight.then(landed, landed);
    const reply = new Promise<StoredReply>((resolve, reject) => {
      flight.then(resolve, reject);
      cancel = (reason) => reject(new NoAnswerError(reason.message));
    });
    return { reply, cancel: (reason) => cancel(reason) };
  }

  onReply(reply: ReplyMessage): void {
    if (!equal128(reply.requestChecksum, this.checksum)) return this.lose('another request came');
    this.parent = this.checksum;
    if (reply.request === 0) {
      if (reply.status !== 0) return this.lose(`registration failed with status ${reply.status}`);
      this.session = reply.op;
      return this.submit();
    }
    const { pending } = this;
    this.pending = null;
    pending?.resolve(reply);
  }

  onEvicted(): void {
    this.lose('its session was evicted: too many clients write');
  }

  /** Whatever is in flight is not waited for any more. */
  fail(error: Error): void {
    const { pending } = this;
    this.pending = null;
    this.learned = false;
    pending?.reject(error);
  }

  release(): void {
    this.port.unseat(this.address);
  }

  private lose(reason: string): void {
    this.session = 0;
    this.last = 0;
    this.parent = ZERO128;
    this.fail(new NoAnswerError(`the lane is lost: ${reason}`));
  }

  private register(): void {
    assert(this.last === 1, 'a lane without a session begins at 1');
    this.send(0, OPERATION_REGISTER, 0, NO_BODY);
  }

  private submit(): void {
    const { tenant, operation, body } = this.pending!;
    this.send(this.last, operation, tenant, body);
  }

  private send(request: number, operation: number, tenant: number, body: Uint8Array): void {
    const { id: client, session, parent } = this;
    const fields = { client, session, request, parent, operation, tenant, body };
    this.checksum = requestChecksum(fields, systemCrypto);
    this.port.request(this.address, { kind: REQUEST, ...fields, checksum: this.checksum });
  }
}
