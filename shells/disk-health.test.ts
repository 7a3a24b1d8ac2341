/**
 * A disk that is full, and has room again: what the disk itself notes, what a server and a database
 * in this process say of it, and that everything goes on afterwards. The system's calls are ours
 * here: while `refusal` is set, whatever makes a file longer fails with that error.
 */
import type * as FileSystem from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { IO_OK } from '../core/ports.ts';
import type { DiskProblem } from './disk-health.ts';
import { open } from './embedded.ts';
import type { Database } from './embedded.ts';
import { FsDisk } from './fs-disk.ts';
import { TestServers } from './server/testing/servers.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const world = vi.hoisted(() => ({ refusal: null as string | null }));

vi.mock('node:fs', async (load) => {
  const real = await load<typeof FileSystem>();
  const writeSync = (fd: number, bytes: Uint8Array, from: number, length: number, at: number) => {
    const code = world.refusal;
    if (code !== null && at + length > real.fstatSync(fd).size) {
      throw Object.assign(new Error(`${code}: refused, write`), { code, syscall: 'write' });
    }
    return real.writeSync(fd, bytes, from, length, at);
  };
  return { ...real, writeSync };
});

beforeEach(() => {
  world.refusal = null;
});

/** Looks again in each turn of the event loop. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** Writes until a call ends because of the disk; one that is merely late is not it. */
async function fill(db: Pick<Database, 'execute'>) {
  const answered: number[] = [];
  const insert = "INSERT INTO t VALUES ($1, repeat('x', 100000))";
  for (let id = 1; ; id += 1) {
    try {
      await db.execute(insert, [id], { timeoutMillis: 100 });
      answered.push(id);
    } catch (error) {
      const { message } = error as Error;
      if (message.includes('the disk')) return { refused: error, answered };
      expect(message).toContain('timeout');
    }
  }
}

test.each([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'quota'],
  ['EROFS', 'read-only'],
  ['EIO', 'failing'],
])('%s is told once when it begins, and once when it ends', async (code, kind) => {
  const told: (DiskProblem | null)[] = [];
  const directory = tempDirectory();
  const disk = new FsDisk({
    directory,
    onSynced: () => undefined,
    onProblem: (problem) => told.push(problem),
  });
  onTestFinished(() => disk.close());
  const file = disk.open('superblock');
  const bytes = new Uint8Array(512);
  expect(disk.write(file, 0, bytes, 0, 512)).toBe(IO_OK);
  world.refusal = code;
  for (let i = 0; i < 3; i += 1) expect(disk.write(file, 512, bytes, 0, 512)).not.toBe(IO_OK);
  expect(disk.truncate(file, 4096)).not.toBe(IO_OK);
  // What needs no room succeeds, and proves nothing.
  expect(disk.write(file, 0, bytes, 0, 512)).toBe(IO_OK);
  expect(told.map((problem) => problem?.kind)).toEqual([kind]);
  expect(disk.problem).toBe(told[0]);
  expect(disk.problem!.says).toContain(code);
  world.refusal = null;
  await until(() => disk.problem === null);
  expect(told.map((problem) => problem?.kind ?? 'ok')).toEqual([kind, 'ok']);
  expect(readdirSync(directory)).toEqual(['superblock']);
});

test('a database in this process says that its disk is full, and goes on when it is not', async () => {
  const db = await open({ directory: join(tempDirectory(), 'data') });
  onTestFinished(() => db.close());
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, v text)');
  world.refusal = 'ENOSPC';
  const { refused, answered } = await fill(db);
  expect(refused).toMatchObject({
    code: '08007',
    message: expect.stringMatching(/unknown: .*: the disk is full \(ENOSPC\)$/),
    hint: expect.stringContaining('Make room'),
  });
  // One that is made, or opened, on a full disk says so, too.
  const made = open({ directory: join(tempDirectory(), 'other') });
  await expect(made).rejects.toMatchObject({
    code: '58030',
    message: expect.stringMatching(/: the disk is full \(ENOSPC\)$/),
  });
  world.refusal = null;
  await db.execute('INSERT INTO t VALUES (0, $1)', ['after']);
  const ids = (await db.query('SELECT id FROM t')).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([0, ...answered]));
  expect((await db.verify()).ok).toBe(true);
});

test('a server says everywhere that its disk is full, and that it is not any more', async () => {
  const servers = await TestServers.start({ directory: tempDirectory() });
  onTestFinished(() => servers.end());
  await servers.primary();
  const db = await servers.connect();
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, v text)');
  world.refusal = 'ENOSPC';
  const { refused } = await fill(db);
  expect(refused).toMatchObject({
    code: '08007',
    message: expect.stringMatching(/: the disk of replica 0 is full \(ENOSPC\)$/),
    hint: expect.stringContaining('Make room'),
  });
  const text = async (path: string): Promise<string> => (await servers.http(0, path)).text();
  const ready = await servers.http(0, '/ready');
  expect([ready.status, await ready.text()]).toEqual([503, 'the disk is full (ENOSPC)\n']);
  expect(await text('/health')).toBe('ok, but the disk is full (ENOSPC)\n');
  expect(JSON.parse(await text('/status'))).toMatchObject({ disk: 'full' });
  expect(await text('/metrics')).toContain('kimberlite_disk_problem{kind="full"} 1');
  expect(servers.notices).toEqual([expect.stringMatching(/is full \(ENOSPC\): writes wait\. /)]);
  world.refusal = null;
  await db.execute("INSERT INTO t VALUES (0, 'after')");
  await until(async () => (await servers.http(0, '/ready')).status === 200);
  expect(await text('/health')).toBe('ok\n');
  expect(JSON.parse(await text('/status'))).toMatchObject({ disk: 'ok' });
  expect(await text('/metrics')).toContain('kimberlite_disk_problem{kind="full"} 0');
  expect(servers.notices.slice(1)).toEqual([expect.stringContaining('takes writes again')]);
});
