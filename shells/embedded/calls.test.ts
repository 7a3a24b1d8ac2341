/** Callers without types: whatever is wrong is told before anything is done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../client/connect.ts';
import { open } from '../embedded.ts';
import type { Database } from '../embedded.ts';

type Untyped = Record<string, (...given: unknown[]) => unknown>;

/** The code and message of what a call throws, at once or later. */
async function told(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { name, code, message } = error as { name: string; code: string; message: string };
    return `${name} ${code}: ${message}`;
  }
  return 'nothing';
}

let db: Database;
let untyped: Untyped;
beforeAll(async () => {
  db = await open({ memory: true });
  untyped = db as unknown as Untyped;
});
afterAll(() => db.close());

describe('the embedded database', () => {
  test.each([
    [undefined],
    [null],
    ['./data'],
    [{}],
    [{ memory: false }],
    [{ directory: '' }],
    [{ directory: 5 }],
    [{ directory: './data', memory: true }],
  ])('does not open %j', async (place) => {
    const said = await told(() => (open as unknown as (given: unknown) => unknown)(place));
    expect(said).toContain('22023: open takes { directory: PATH } or { memory: true }');
  });

  test('has no options but its own', async () => {
    const misspelt = { usr: 'ann' } as object;
    expect(await told(() => open({ memory: true }, misspelt))).toContain('no option "usr"');
  });

  const never = (): void => expect.unreachable();
  test.each<[what: string, method: string, given: unknown[], says: string]>([
    ['a statement', 'query', [], 'a statement is a text'],
    ['a statement', 'execute', [5], 'a statement is a text'],
    ['a statement', 'prepare', [null], 'a statement is a text'],
    ['a script', 'script', [{}], 'a statement is a text'],
    ['a script', 'importScript', [], 'a statement is a text'],
    ['parameters', 'query', ['SELECT $1::int', 5], 'parameters are an array'],
    ['parameters', 'query', ['SELECT $1::int', { a: 1 }], 'parameters are an array'],
    ['an option', 'query', ['SELECT 1', [], { timeout: 5 }], 'no option "timeout"'],
    ['the options', 'query', ['SELECT 1', [], 5], 'the options are an object'],
    ['a timeout', 'query', ['SELECT 1', [], { timeoutMillis: -1 }], 'timeoutMillis is'],
    ['a signal', 'query', ['SELECT 1', [], { signal: 5 }], 'signal is an AbortSignal'],
    ['rows', 'query', ['SELECT 1', [], { rows: 'maps' }], "rows is 'object', 'array' or 'text'"],
    ['work', 'transaction', [], 'the work of a transaction is a function'],
    ['retries', 'transaction', [never, { retries: -1 }], 'retries is a whole number'],
    ['an option', 'transaction', [never, { retry: 1 }], 'no option "retry"'],
    ['an option', 'verify', [{ rows: 'text' }], 'no option "rows"'],
    ['an option', 'subscribe', [{ since: 1 }], 'no option "since"'],
    ['a moment', 'asOf', [], 'a moment is a position of the log'],
    ['a moment', 'asOf', [-1], 'a moment is a position of the log'],
    ['a moment', 'asOf', [1.5], 'a moment is a position of the log'],
    ['a moment', 'asOf', [null], 'a moment is a position of the log'],
    ['a moment', 'asOf', [''], 'a moment is a position of the log'],
    ['a moment', 'asOf', [new Date(Number.NaN)], 'a moment is a position of the log'],
  ])('asks for %s: %s(%j)', async (_what, method, given, says) => {
    const said = await told(() => untyped[method]!(...given));
    expect(said).toContain('DatabaseError 22023: ');
    expect(said).toContain(says);
  });

  test('checks what a prepared statement is given, too', async () => {
    const prepared = db.prepare('SELECT $1::int') as unknown as Untyped;
    expect(await told(() => prepared['query']!(5))).toContain('parameters are an array');
    expect(await told(() => prepared['query']!([5], { row: 1 }))).toContain('no option "row"');
    expect(await prepared['query']!([5])).toEqual([{ int4: 5 }]);
  });
});

test.each([
  [undefined, 'the options are an object'],
  [{}, 'no address of a server was given'],
  [{ adress: '127.0.0.1:3000' }, 'no option "adress"'],
  [{ address: '127.0.0.1:3000', channels: 0 }, 'channels is a whole number'],
])('the client does not connect with %j', async (given, says) => {
  const said = await told(() => (connect as unknown as (options: unknown) => unknown)(given));
  expect(said).toContain('DatabaseError 22023: ');
  expect(said).toContain(says);
});
