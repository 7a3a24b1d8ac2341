/** The model and the kernel are two accounts of one log; here they must give the same one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readU64 } from '../../core/codec/bytes.ts';
import {
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  POSITION_ANY,
  STATUS_CONFLICT,
  STATUS_OK,
  encodeAppend,
  encodeCreateTenant,
} from '../../core/kernel/operation.ts';
import { TINY } from '../../core/limits.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { make128 } from '../../core/types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER } from '../../core/types/operation.ts';
import { Model, NO_OP, NO_STREAM } from './model.ts';
import { InstantServer } from './testing/instant-server.ts';

/** So small that tables fill and refuse within a few requests. */
const SMALL = { ...TINY, sessionsMax: 3, tenantsMax: 3 };

const client = (n: number): Hash128 => make128(7, 7, 7, n);
const name = (n: number): Uint8Array => Uint8Array.of(0x61 + n);

/** One request, valid or not: a client, numbers near the right ones, and something to do. */
const requests = fc.array(
  fc.record({
    client: fc.nat(4),
    session: fc.nat(40),
    request: fc.nat(6),
    what: fc.constantFrom(
      'register',
      'noop',
      'create',
      'create',
      'append',
      'append',
      'append',
      'junk',
    ),
    tenant: fc.nat(3),
    stream: fc.nat(2),
    expected: fc.integer({ min: POSITION_ANY, max: 3 }),
    events: fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 3 }),
    /** Use the client's own session and next number: most requests should get through. */
    honest: fc.nat(9),
  }),
  { minLength: 20, maxLength: 60, size: 'max' },
);

type Commands = typeof requests extends fc.Arbitrary<infer T> ? T : never;

/** Statuses met, counted: a property over requests that all fail would prove little. */
const met = new Map<number, number>();

function play(commands: Commands, model: Model): void {
  const server = new InstantServer(SMALL);
  model.reset();
  const sessions = new Map<number, { session: number; request: number }>();
  for (const command of commands) {
    const { what } = command;
    const own = sessions.get(command.client);
    const honest = command.honest > 1 && own !== undefined;
    const register = what === 'register' || own === undefined;
    const kind = register ? 'register' : what;
    const body = bodyOf(kind, command);
    const prepare = server.propose({
      client: kind === 'noop' ? make128(0, 0, 0, 0) : client(command.client),
      session: register ? 0 : honest ? own.session : command.session,
      request: register ? 0 : honest ? own.request + 1 : command.request,
      operation: operationOf(kind),
      tenant: kind === 'append' || kind === 'junk' ? command.tenant : 0,
      body,
      checksum: make128(1, 2, 3, server.prepares.length),
    });
    const { op } = prepare.header;
    model.commit(op, prepare);
    const { kernel } = server;
    met.set(kernel.status, (met.get(kernel.status) ?? 0) + 1);
    expect(model.status[op]).toBe(kernel.status);
    expect(model.tenant[op]).toBe(kernel.logTenant);
    expect(model.position[op]).toBe(kernel.position);
    expect(model.evicts[op]).toBe(kernel.evictedSession);
    if (kernel.status === STATUS_OK && kind === 'append') {
      expect(readU64(kernel.reply!.body, 0)).toBe(model.first[op]);
      expect(readU64(kernel.reply!.body, 8)).toBe(model.length[op]);
    }
    if (kernel.status === STATUS_CONFLICT) {
      expect(readU64(kernel.reply!.body, 0)).toBe(model.length[op]);
    }
    if (kernel.reply !== null && kernel.reply.op === op) {
      const { session, request } = kernel.reply;
      sessions.set(command.client, { session, request });
    }
  }
}

function bodyOf(kind: string, command: Commands[number]): Uint8Array {
  if (kind === 'create') return encodeCreateTenant(command.tenant);
  if (kind === 'junk') return Uint8Array.of(9, 9, 9);
  if (kind !== 'append') return new Uint8Array(0);
  const { events, expected: expectedPosition } = command;
  return encodeAppend({ stream: name(command.stream), expectedPosition, events });
}

function operationOf(kind: string): number {
  if (kind === 'register') return OPERATION_REGISTER;
  if (kind === 'noop') return OPERATION_NOOP;
  if (kind === 'create') return OPERATION_CREATE_TENANT;
  return OPERATION_APPEND;
}

describe('model', () => {
  it('gives every request the outcome that the kernel gives it', () => {
    fc.assert(
      fc.property(requests, (commands) => play(commands, new Model(SMALL))),
      { numRuns: 300 },
    );
    // All but the unknown operation and the oversized, which no client of ours sends.
    const reached = [...met.keys()].sort((a, b) => a - b);
    expect(reached).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
  });

  it('knows streams as they were after any op', () => {
    const server = new InstantServer(TINY);
    const model = new Model(TINY);
    let n = 0;
    const propose = (operation: number, tenant: number, body: Uint8Array): void => {
      const checksum = make128(1, 1, 1, n);
      const numbers = n === 0 ? { session: 0, request: 0 } : { session: 1, request: n };
      n += 1;
      const request = { client: client(1), ...numbers, operation, tenant, body, checksum };
      const prepare = server.propose(request);
      model.commit(prepare.header.op, prepare);
    };
    propose(OPERATION_REGISTER, 0, new Uint8Array(0));
    propose(OPERATION_CREATE_TENANT, 0, encodeCreateTenant(1));
    for (const k of [1, 2]) {
      const events = [Uint8Array.of(k), Uint8Array.of(k, k)];
      const body = encodeAppend({ stream: name(0), expectedPosition: POSITION_ANY, events });
      propose(OPERATION_APPEND, 1, body);
    }
    expect(model.createdAt(1)).toBe(2);
    expect(model.createdAt(2)).toBe(NO_OP);
    expect([1, 2, 3].map((position) => model.opAt(1, position))).toEqual([3, 4, NO_OP]);
    const lengths = [2, 3, 4].map((op) => model.lengthAt(1, name(0), 0, 1, op));
    expect(lengths).toEqual([NO_STREAM, 2, 4]);
    expect(model.lengthAt(1, name(1), 0, 1, 4)).toBe(NO_STREAM);
    expect(model.isEvent(1, name(0), 0, 1, 3, Uint8Array.of(2, 2), 0, 2)).toBe(true);
    expect(model.isEvent(1, name(0), 0, 1, 3, Uint8Array.of(2, 1), 0, 2)).toBe(false);
    expect(model.isEvent(1, name(0), 0, 1, 4, Uint8Array.of(2), 0, 1)).toBe(false);
  });

  it('forgets one run before the next', () => {
    const reused = new Model(SMALL);
    fc.assert(
      fc.property(requests, requests, (first, second) => {
        play(first, reused);
        play(second, reused);
      }),
      { numRuns: 20 },
    );
  });
});
