/**
 * The model of staging and the kernel say the same of chunks in any order: put again, left behind,
 * too many, named too early, named twice.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Into } from '../../../core/crypto/sha256.ts';
import { Kernel, STEP_DONE } from '../../../core/kernel/kernel.ts';
import { OPERATION_SQL, OPERATION_STAGE } from '../../../core/kernel/operation.ts';
import { chunkBytes, decodeChunk, encodeChunk } from '../../../core/kernel/staging.ts';
import { TestPrimary } from '../../../core/kernel/testing/prepares.ts';
import { TINY } from '../../../core/limits.ts';
import { encodeStagedRequest } from '../../../core/sql/session/request.ts';
import { decodeAnswer, isError } from '../../../core/sql/session/result.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { StagingModel, isChunk } from './staging-model.ts';

const TENANT = 1;
const REQUESTS = 8;
const SIZE = chunkBytes(TINY);
const CHUNKS_MAX = Math.ceil(TINY.stagedBytesMax / SIZE);

class World {
  op = 0;
  readonly #primary = new TestPrimary();
  readonly #lengths = new Map<number, number>();
  readonly #kernel = new Kernel(TINY, new MemoryStore(), {
    entries: (tenant) => this.#lengths.get(tenant) ?? 0,
  });
  readonly #session;

  constructor() {
    const { prepare, session } = this.#primary.register(0);
    this.#apply(prepare);
    this.#apply(this.#primary.createTenant(session, TENANT));
    this.#session = session;
  }

  /** SQLSTATE of the answer; '': none. */
  request(operation: number, body: Uint8Array): string {
    const reply = this.#apply(this.#primary.request(this.#session, operation, TENANT, body));
    const answer = decodeAnswer(reply);
    return answer !== null && isError(answer) ? answer.code : '';
  }

  #apply(prepare: Parameters<Kernel['begin']>[0]): Uint8Array {
    const kernel = this.#kernel;
    this.op = prepare.header.op;
    kernel.begin(prepare);
    while (kernel.step(100) !== STEP_DONE);
    kernel.install();
    this.#lengths.set(kernel.logTenant, kernel.position);
    return kernel.reply!.body;
  }
}

/** What no statement is: executing it is refused with 08P01, but only once all of it is there. */
function garbage(length: number, seed: number): { whole: Uint8Array; name: Uint8Array } {
  const whole = new Uint8Array(length).fill(seed + 1);
  const name = new Uint8Array(32);
  sha256Into(whole, 0, length, name, 0);
  return { whole, name };
}

const which = fc.nat({ max: REQUESTS - 1 });
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ of: which, index: fc.nat({ max: CHUNKS_MAX - 1 }) }) },
  { weight: 2, arbitrary: fc.record({ of: which, index: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ of: which, index: fc.constant(null) }) },
);
/** Most are long, so that a tenant's room runs out. */
const lengths = fc.array(
  fc.oneof(
    fc.integer({ min: 20, max: 2 * SIZE }),
    fc.integer({ min: TINY.stagedBytesMax - SIZE, max: TINY.stagedBytesMax }),
  ),
  { minLength: REQUESTS, maxLength: REQUESTS },
);

test('the model says of each chunk and each name what the kernel says', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(lengths, fc.array(action, { maxLength: 300, size: 'max' }), (sizes, actions) => {
      const world = new World();
      const model = new StagingModel();
      const requests = sizes.map(garbage);
      for (const { of, index } of actions) {
        const { whole, name } = requests[of]!;
        const bytes = whole.length;
        const chunks = Math.ceil(bytes / SIZE);
        if (index === null) {
          const body = encodeStagedRequest({ kind: 'staged', user: '', text: '', name, bytes });
          const code = world.request(OPERATION_SQL, body);
          const taken = model.take(name, bytes);
          expect(code).toBe(taken === null ? '55000' : '08P01');
          seen.add(code);
          continue;
        }
        const at = (index % chunks) * SIZE;
        const chunk = whole.slice(at, at + SIZE);
        const body = encodeChunk({ user: '', name, bytes, index: index % chunks, chunk });
        const decoded = decodeChunk(body, 0, body.length)!;
        expect(isChunk(decoded, TINY)).toBe(true);
        const code = world.request(OPERATION_STAGE, body);
        expect(code).toBe(model.put(decoded, world.op, TINY));
        seen.add(code);
      }
    }),
    { numRuns: 100 },
  );
  expect([...seen].sort()).toEqual(['', '08P01', '53400', '55000']);
});
