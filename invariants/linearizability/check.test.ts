/** The verdict: parts, limits, culprits, and large histories in little time. */
import { describe, expect, test } from 'vitest';
import { CONFIGURATIONS_MAX, checkLinearizable, describeVerdict } from './check.ts';
import type { Call } from './model.ts';
import { UNKNOWN } from './model.ts';
import { kvModel } from './models/kv.ts';
import type { KvOp } from './models/kv.ts';
import { registerModel } from './models/register.ts';
import type { RegisterOp } from './models/register.ts';

const register = registerModel({ initial: 0, nilReads: 'exact' });
const write = (value: number, invoked: number, returned: number): Call<RegisterOp> => ({
  op: { kind: 'write', value },
  invoked,
  returned,
});
const read = (value: number, invoked: number, returned: number): Call<RegisterOp> => ({
  op: { kind: 'read', value },
  invoked,
  returned,
});

describe('check: situations', () => {
  test('nothing happened', () => {
    expect(checkLinearizable(register, [])).toEqual({ kind: 'linearizable', configurations: 0 });
  });

  test('a read during a write sees the old or the new value', () => {
    for (const value of [0, 1]) {
      const history = [write(1, 0, 10), read(value, 2, 5)];
      expect(checkLinearizable(register, history).kind).toBe('linearizable');
    }
    expect(checkLinearizable(register, [write(1, 0, 10), read(2, 2, 5)]).kind).toBe(
      'not-linearizable',
    );
  });

  test('a stale read: two reads in a row see the new value, then the old one', () => {
    const history = [write(1, 0, 10), read(1, 2, 3), read(0, 4, 5)];
    expect(checkLinearizable(register, history)).toMatchObject({
      kind: 'not-linearizable',
      partition: '',
      call: { op: { value: 0 } },
    });
  });

  test('a lost update: two compare-and-sets from one value both say they matched', () => {
    const cas = (to: number, invoked: number, returned: number): Call<RegisterOp> => ({
      op: { kind: 'cas', from: 0, to, matched: true },
      invoked,
      returned,
    });
    expect(checkLinearizable(register, [cas(1, 0, 5), cas(2, 1, 6)]).kind).toBe('not-linearizable');
    expect(checkLinearizable(register, [cas(1, 0, 5), cas(2, 1, UNKNOWN)]).kind).toBe(
      'linearizable',
    );
  });

  test('a write of unknown outcome may take effect much later, or never', () => {
    const late = [write(1, 0, UNKNOWN), read(0, 5, 6), write(2, 7, 8), read(1, 90, 91)];
    expect(checkLinearizable(register, late).kind).toBe('linearizable');
    const never = [write(1, 0, UNKNOWN), read(0, 5, 6), read(0, 90, 91)];
    expect(checkLinearizable(register, never).kind).toBe('linearizable');
    const early = [read(1, 0, 1), write(1, 2, UNKNOWN)];
    expect(checkLinearizable(register, early).kind).toBe('not-linearizable');
  });

  test('at one moment an invocation comes before a return: the calls overlap', () => {
    expect(checkLinearizable(register, [write(1, 0, 3), read(0, 3, 4)]).kind).toBe('linearizable');
    expect(checkLinearizable(register, [write(1, 0, 3), read(0, 4, 5)]).kind).toBe(
      'not-linearizable',
    );
  });
});

describe('check: parts', () => {
  const get = (key: string, value: string, at: number): Call<KvOp> => ({
    op: { kind: 'get', key, value },
    invoked: at,
    returned: at + 1,
  });
  const append = (key: string, value: string, at: number): Call<KvOp> => ({
    op: { kind: 'append', key, value },
    invoked: at,
    returned: at + 1,
  });

  test('keys do not mix, and the verdict names the key at fault', () => {
    const good = [append('a', 'x', 0), append('b', 'y', 2), get('a', 'x', 4), get('b', 'y', 6)];
    expect(checkLinearizable(kvModel(), good).kind).toBe('linearizable');
    const bad = [...good, get('b', 'x', 8)];
    const verdict = checkLinearizable(kvModel(), bad);
    expect(verdict).toMatchObject({ kind: 'not-linearizable', partition: 'b' });
    expect(describeVerdict(verdict)).toMatch(/^not linearizable on b: nothing explains .*"get"/);
  });

  test('a plainly wrong key decides although another is beyond the limit', () => {
    // Twelve puts at once, two of them seen in a row afterwards: wrong, but only after a search.
    const put = (value: string): Call<KvOp> => ({
      op: { kind: 'put', key: 'hard', value },
      invoked: 0,
      returned: 100,
    });
    const hard = 'abcdefghijkl'.split('').map(put);
    hard.push(get('hard', 'a', 200), get('hard', 'b', 300));
    const wrong = [append('wrong', 'x', 0), get('wrong', '', 5)];
    const options = { limit: 4 };
    expect(checkLinearizable(kvModel(), hard, options).kind).toBe('unknown');
    expect(checkLinearizable(kvModel(), [...hard, ...wrong], options)).toMatchObject({
      kind: 'not-linearizable',
      partition: 'wrong',
    });
    expect(checkLinearizable(kvModel(), hard).kind).toBe('not-linearizable');
  });
});

describe('check: limits', () => {
  test('beyond the limit the answer is unknown, never a guess', () => {
    // Writes at once, all of them read afterwards in a circle that cannot be.
    const writes = Array.from({ length: 14 }, (_, i) => write(i + 1, 0, 100));
    const wrong = [...writes, read(1, 101, 102), read(2, 103, 104)];
    expect(checkLinearizable(register, wrong, { limit: 8 })).toMatchObject({
      kind: 'unknown',
      limit: 8,
    });
    expect(checkLinearizable(register, wrong).kind).toBe('not-linearizable');
    expect(describeVerdict(checkLinearizable(register, wrong, { limit: 8 }))).toMatch(/^unknown/);
  });

  test('more writes of unknown outcome than a counter holds are all counted', () => {
    // 300 of one kind make three pools; each is needed once, and one more would be too many.
    const history: Call<RegisterOp>[] = [];
    for (let i = 0; i < 300; i += 1) history.push(write(1, 0, UNKNOWN));
    for (let i = 0; i < 300; i += 1) {
      history.push(write(2, 10 * i + 1, 10 * i + 2), read(1, 10 * i + 3, 10 * i + 4));
    }
    expect(checkLinearizable(register, history).kind).toBe('linearizable');
    history.push(write(2, 5001, 5002), read(1, 5003, 5004));
    expect(checkLinearizable(register, history).kind).toBe('not-linearizable');
  });

  test('64 open reads and 64 open writes span several words of bits', () => {
    const history: Call<RegisterOp>[] = [];
    for (let i = 0; i < 64; i += 1) history.push(read(i % 3, 0, 1000 + i));
    for (let i = 0; i < 64; i += 1) history.push(write(i % 3, 2 * i + 1, 2000 + i));
    expect(checkLinearizable(register, history, { limit: CONFIGURATIONS_MAX }).kind).toBe(
      'linearizable',
    );
    history.push(read(7, 3000, 3001));
    expect(checkLinearizable(register, history).kind).toBe('not-linearizable');
  });

  test('20,000 calls of eight clients', () => {
    const history: Call<RegisterOp>[] = [];
    for (let round = 0; round < 2500; round += 1) {
      for (let client = 0; client < 8; client += 1) {
        const [from, to] = [100 * round + client, 100 * round + 50 + client];
        const mine = client === 0 ? write(round % 5, from, to) : read(round % 5, from, to);
        history.push(mine);
      }
    }
    expect(checkLinearizable(register, history).kind).toBe('linearizable');
    history.push(read(3, 999_999, 1_000_000));
    expect(checkLinearizable(register, history).kind).toBe('not-linearizable');
  });
});
