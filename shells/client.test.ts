/** The client's promises, with something at the other end that answers as it should, or not. */
import { describe, expect, test } from 'vitest';
import { POSITION_ANY, STATUS_CONFLICT, STATUS_UNKNOWN_TENANT } from '../core/kernel/operation.ts';
import { StatusError, UnknownOutcomeError } from './client.ts';
import { FakeReplica, appended, emptyPage } from './testing/fake-replica.ts';

const EVENT = {
  stream: Uint8Array.of(1),
  expectedPosition: POSITION_ANY,
  events: [Uint8Array.of(2)],
};

describe('writes', () => {
  test('open a session first, and are answered with their place', async () => {
    const replica = await new FakeReplica().open();
    replica.onRequest = () => appended(7, 8);
    const client = await replica.client();
    expect(await client.append(3, EVENT)).toEqual({ first: 7, length: 8, position: 42 });
    expect(replica.sessions).toBe(1);
    expect(replica.requests[0]).toMatchObject({ tenant: 3, session: 1, request: 1 });
  });

  test('go one after the other, in the order in which they were asked for', async () => {
    const replica = await new FakeReplica().open();
    let next = 0;
    replica.onRequest = () => appended(next, ++next);
    const client = await replica.client();
    const all = await Promise.all(Array.from({ length: 50 }, () => client.append(1, EVENT)));
    expect(all.map((one) => one.first)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(replica.requests.map((one) => one.request)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  test('that are refused say with which status, and do not end the session', async () => {
    const replica = await new FakeReplica().open();
    const length = new Uint8Array(8);
    length[0] = 9;
    const answers = [
      { status: STATUS_CONFLICT, body: length },
      { status: STATUS_UNKNOWN_TENANT, body: new Uint8Array(0) },
      appended(0, 1),
    ];
    replica.onRequest = () => answers.shift()!;
    const client = await replica.client();
    const refused = await client.append(1, EVENT).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StatusError);
    expect(refused).toMatchObject({ status: STATUS_CONFLICT, length: 9 });
    expect(String(refused)).toContain('the stream is not at the expected position (status 9)');
    await expect(client.append(1, EVENT)).rejects.toMatchObject({ status: STATUS_UNKNOWN_TENANT });
    expect(await client.append(1, EVENT)).toMatchObject({ first: 0 });
    expect(replica.sessions).toBe(1);
  });

  test('whose session was evicted have an unknown outcome; the next opens a session', async () => {
    const replica = await new FakeReplica().open();
    let evict = true;
    replica.onRequest = () => {
      if (!evict) return appended(1, 2);
      evict = false;
      return 'evict';
    };
    const client = await replica.client();
    const first = client.append(1, EVENT);
    const second = client.append(1, EVENT);
    await expect(first).rejects.toBeInstanceOf(UnknownOutcomeError);
    expect(await second).toMatchObject({ first: 1 });
    expect(replica.sessions).toBe(2);
  });

  test('a lost request is sent again by itself', async () => {
    const replica = await new FakeReplica().open();
    replica.onRequest = () => (replica.requests.length < 2 ? null : appended(0, 1));
    const client = await replica.client();
    expect(await client.append(1, EVENT)).toMatchObject({ first: 0 });
    expect(replica.requests[1]).toEqual(replica.requests[0]);
  });

  test('a reply that is none is an error, not a wrong answer', async () => {
    const replica = await new FakeReplica().open();
    replica.onRequest = () => ({ status: 0, body: new Uint8Array(3) });
    const client = await replica.client();
    await expect(client.append(1, EVENT)).rejects.toThrow('malformed');
  });

  test('more than can wait are refused at once', async () => {
    const replica = await new FakeReplica().open();
    const client = await replica.client();
    const all = Array.from({ length: 1100 }, () =>
      client.append(1, EVENT).catch((error: Error) => error.message),
    );
    client.close();
    const said = await Promise.all(all);
    expect(said.filter((one) => one === 'too many writes').length).toBe(1100 - 1024);
    expect(said.filter((one) => one === 'the client was closed').length).toBe(1024);
  });
});

describe('time', () => {
  test('an operation without an answer is rejected as unknown; the client goes on', async () => {
    const replica = await new FakeReplica().open();
    const client = await replica.client({ timeoutMillis: 30 });
    await expect(client.append(1, EVENT)).rejects.toThrow('the write timed out');
    await expect(client.read(1, EVENT.stream, 0, 10)).rejects.toThrow('the read timed out');
    replica.onQuery = () => emptyPage(0, 0);
    expect(await client.read(1, EVENT.stream, 0, 10)).toMatchObject({ events: [], length: 0 });
  });

  test('closing rejects what is under way and refuses what comes after', async () => {
    const replica = await new FakeReplica().open();
    const client = await replica.client();
    const write = client.append(1, EVENT);
    const read = client.read(1, EVENT.stream, 0, 10);
    client.close();
    await expect(write).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(read).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(client.append(1, EVENT)).rejects.toThrow('the client is closed');
    await expect(client.read(1, EVENT.stream, 0, 10)).rejects.toThrow('the client is closed');
  });
});

describe('reads', () => {
  test('overlap, and each gets its own answer', async () => {
    const replica = await new FakeReplica().open();
    replica.onQuery = (query) => emptyPage(query.query, 100);
    const client = await replica.client();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.read(1, EVENT.stream, i, 10)),
    );
    expect(all.map((one) => one.from)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(replica.sessions).toBe(0);
  });

  test('carry the position token they are given', async () => {
    const replica = await new FakeReplica().open();
    replica.onQuery = () => emptyPage(0, 0);
    const client = await replica.client();
    await client.read(1, EVENT.stream, 0, 10, 17);
    await client.read(1, EVENT.stream, 0, 10);
    expect(replica.queries.map((query) => query.position)).toEqual([17, -1]);
  });
});
