/** One node without a network: requests are answered once they are durable, many to a sync. */
import { describe, expect, test } from 'vitest';
import {
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  STATUS_OK,
  decodeAppendReply,
  encodeAppend,
  encodeCreateTenant,
} from '../core/kernel/operation.ts';
import { EMBEDDED } from '../core/limits.ts';
import { openDirectory, openMemory } from './embedded/directory.ts';
import type { OpenedDirectory } from './embedded/directory.ts';
import { NoAnswerError } from './local-node.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const options = {
  limits: EMBEDDED,
  onStopped: () => undefined,
  onSettled: () => undefined,
  rebuild: false,
};

async function append(opened: OpenedDirectory, event: string): Promise<number> {
  const stream = Buffer.from('s');
  const body = encodeAppend({ stream, expectedPosition: -1, events: [Buffer.from(event)] });
  const reply = await opened.local.request(1, OPERATION_APPEND, body).reply;
  expect(reply.status).toBe(STATUS_OK);
  return decodeAppendReply(reply.body)!.length;
}

async function createTenant(opened: OpenedDirectory): Promise<number> {
  const body = encodeCreateTenant(1);
  return (await opened.local.request(0, OPERATION_CREATE_TENANT, body).reply).status;
}

function close(opened: OpenedDirectory): void {
  opened.local.close();
  opened.close();
}

describe('a local node', () => {
  test('answers in memory, one after the other and many at once', async () => {
    const opened = openMemory(options);
    expect(await createTenant(opened)).toBe(STATUS_OK);
    for (let i = 1; i <= 3; i += 1) expect(await append(opened, 'x')).toBe(i);
    const many = await Promise.all(Array.from({ length: 500 }, () => append(opened, 'y')));
    expect(many.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i + 4));
    expect(opened.local.inFlight).toBe(0);
    close(opened);
  });

  test('what was answered is there when the directory is opened again', async () => {
    const directory = tempDirectory();
    const first = await openDirectory(directory, options);
    await createTenant(first);
    await Promise.all(Array.from({ length: 300 }, () => append(first, 'x')));
    close(first);
    const second = await openDirectory(directory, options);
    expect(await append(second, 'y')).toBe(301);
    expect(second.local.node.state.position(1)).toBe(301);
    close(second);
  });

  test('what has not left is given up without a trace; what has left has an unknown outcome', async () => {
    const opened = openMemory(options);
    await createTenant(opened);
    const body = encodeCreateTenant(2);
    const asked = Array.from({ length: 100 }, () =>
      opened.local.request(0, OPERATION_CREATE_TENANT, body),
    );
    const reason = new Error('enough');
    asked[99]!.cancel(reason);
    asked[0]!.cancel(reason);
    await expect(asked[99]!.reply).rejects.toBe(reason);
    await expect(asked[0]!.reply).rejects.toBeInstanceOf(NoAnswerError);
    expect((await asked[1]!.reply).op).toBeGreaterThan(0);
    await Promise.all(asked.slice(1, 99).map((one) => one.reply));
    close(opened);
    await expect(append(opened, 'z')).rejects.toBeInstanceOf(NoAnswerError);
  });
});
