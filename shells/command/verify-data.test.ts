/** Offline proof: what is whole is found whole, and every kind of damage is found and named. */
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EMBEDDED } from '../../core/limits.ts';
import { openSuperblock } from '../../core/storage/superblock-open.ts';
import { open } from '../embedded.ts';
import { random128, systemCrypto } from '../system.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { RELEASE, SHARD } from './make-directory.ts';
import { openReadOnly } from './read-only-disk.ts';
import { snapshot } from './testing/run-command.ts';
import { verifyData } from './verify-data.ts';
import type { VerifiedData } from './verify-data.ts';

/** A database with a checkpoint, and some ops beyond it. */
async function makeData(): Promise<string> {
  const directory = join(tempDirectory(), 'data');
  const db = await open({ directory });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, note text)');
  for (let i = 0; i < EMBEDDED.checkpointInterval + 40; i += 1) {
    await db.execute('INSERT INTO t VALUES ($1, $2)', [i, 'x'.repeat(500)]);
  }
  await db.close();
  return directory;
}

async function verify(directory: string): Promise<VerifiedData> {
  const disk = openReadOnly(directory);
  try {
    const observer = { step: () => undefined };
    const superblock = openSuperblock(disk, EMBEDDED, systemCrypto, observer);
    if (superblock.kind === 'refused') throw new Error(superblock.detail);
    const { cluster } = superblock.state;
    const single = { replica: 0, replicaCount: 1, standbyCount: 0 };
    const seat = { cluster, shard: SHARD, release: RELEASE, ...single };
    return await verifyData(disk, seat, EMBEDDED, () => undefined);
  } finally {
    disk.close();
  }
}

function flip(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0]! ^= 0x40;
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

describe('verify', () => {
  test('a whole directory is whole, and stays as it was', async () => {
    const directory = await makeData();
    const before = snapshot(directory);
    const found = await verify(directory);
    expect(found.problems).toEqual([]);
    expect(found.checkpoint).toBe(EMBEDDED.checkpointInterval);
    expect(found.journal).toBeGreaterThan(0);
    expect(found.tenants.find(({ tenant }) => tenant === 1)!.entries).toBeGreaterThan(30);
    expect(snapshot(directory)).toEqual(before);
  });

  test.each<[string, (directory: string) => void, RegExp]>([
    [
      'a byte of the log',
      (it) => flip(join(it, 'tenants/1/log-0'), 2000),
      /tenant 1: the entry at position \d+ of the log/,
    ],
    ['a log that is gone', (it) => rmSync(join(it, 'tenants/1/log-0')), /tenant 1: the entry at/],
    [
      'a byte of a page',
      (it) => {
        const path = join(it, 'tenants/1/store');
        const { size } = statSync(path);
        // One in each page: some are not in use.
        for (let at = 100; at < size; at += EMBEDDED.pageBytes) flip(path, at);
      },
      /tenant 1: page \d+ of the store is damaged/,
    ],
    ['a copy of the superblock', (it) => flip(join(it, 'superblock'), 40), /superblock: copy 0/],
    [
      'a slot of the journal that is still needed',
      (it) => {
        const path = join(it, 'journal');
        const { size } = statSync(path);
        for (let at = 64; at < size; at += EMBEDDED.prepareBytesMax) flip(path, at);
      },
      /journal/,
    ],
  ])('%s', async (_, spoil, message) => {
    const directory = await makeData();
    spoil(directory);
    const { problems } = await verify(directory);
    expect(problems.join('\n')).toMatch(message);
  });

  test('data of another cluster is not taken for ours', async () => {
    const directory = await makeData();
    const disk = openReadOnly(directory);
    const zero = { replica: 0, replicaCount: 1, standbyCount: 0 };
    const cluster = random128();
    const seat = { cluster, shard: SHARD, release: RELEASE, ...zero };
    const { problems } = await verifyData(disk, seat, EMBEDDED, () => undefined);
    disk.close();
    expect(problems).toEqual([expect.stringMatching(/belongs to cluster [\da-f]{32}, not /)]);
    expect(readdirSync(directory)).toContain('superblock');
  });
});
