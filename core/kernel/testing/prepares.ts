/**
 * Prepares for tests: a little primary that gives ops, timestamps, salts and request numbers.
 */
import type { Prepare } from '../../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES, buildPrepare } from '../../codec/prepare.ts';
import { checksum128 } from '../../crypto/blake3.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { ZERO128, make128 } from '../../types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER } from '../../types/operation.ts';
import * as operation from '../operation.ts';

export const CLUSTER: Hash128 = make128(0xc1, 0xc2, 0xc3, 0xc4);

export function client(name: number): Hash128 {
  return make128(0xc0ffee, 0, 0, name + 1);
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value));
}

export interface Ask {
  readonly client: Hash128;
  readonly session: number;
  readonly request: number;
  readonly operation: number;
  readonly tenant: number;
  readonly body: Uint8Array;
}

/** Numbers requests of one client, as a correct client would. */
export interface TestSession {
  readonly client: Hash128;
  session: number;
  request: number;
}

export class TestPrimary {
  readonly prepares: Prepare[] = [];
  #parent: Hash128 = ZERO128;

  get op(): number {
    return this.prepares.length;
  }

  /** The next op of the log. */
  propose(ask: Ask): Prepare {
    const op = this.op + 1;
    const bytes = new Uint8Array(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + ask.body.length);
    for (let i = 0; i < PREPARE_SALT_BYTES; i += 1) bytes[PREPARE_HEADER_BYTES + i] = op * 37 + i;
    bytes.set(ask.body, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
    const id = Uint8Array.of(ask.request, ask.operation, ask.tenant, ...ask.body);
    const prepare = buildPrepare(
      {
        parent: this.#parent,
        cluster: CLUSTER,
        client: ask.client,
        requestChecksum: checksum128(id, 0, id.length),
        op,
        timestamp: 1_000_000 + op * 10,
        session: ask.session,
        view: 3,
        epoch: 1,
        release: 7,
        request: ask.request,
        shard: 0,
        tenant: ask.tenant,
        operation: ask.operation,
      },
      bytes,
      { checksum128 },
    );
    this.#parent = prepare.header.checksum;
    this.prepares.push(prepare);
    return prepare;
  }

  noop(): Prepare {
    const body = new Uint8Array(0);
    return this.propose({
      client: ZERO128,
      session: 0,
      request: 0,
      operation: OPERATION_NOOP,
      tenant: 0,
      body,
    });
  }

  register(name: number): { readonly prepare: Prepare; readonly session: TestSession } {
    const prepare = this.propose({
      client: client(name),
      session: 0,
      request: 0,
      operation: OPERATION_REGISTER,
      tenant: 0,
      body: new Uint8Array(0),
    });
    return { prepare, session: { client: client(name), session: prepare.header.op, request: 0 } };
  }

  request(session: TestSession, kind: number, tenant: number, body: Uint8Array): Prepare {
    session.request += 1;
    return this.propose({ ...session, operation: kind, tenant, body });
  }

  createTenant(session: TestSession, tenant: number): Prepare {
    const body = operation.encodeCreateTenant(tenant);
    return this.request(session, operation.OPERATION_CREATE_TENANT, 0, body);
  }

  append(
    session: TestSession,
    tenant: number,
    stream: string,
    events: readonly string[],
    expectedPosition: number = operation.POSITION_ANY,
  ): Prepare {
    const body = operation.encodeAppend({
      stream: text(stream),
      expectedPosition,
      events: events.map(text),
    });
    return this.request(session, operation.OPERATION_APPEND, tenant, body);
  }
}
