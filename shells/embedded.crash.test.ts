/** A process dies in the middle of its writes (SIGKILL): what it was answered is there after it. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { EMBEDDED } from '../core/limits.ts';
import { openSuperblock } from '../core/storage/superblock-open.ts';
import { open } from './embedded.ts';
import { FsDisk } from './fs-disk.ts';
import { systemCrypto } from './system.ts';
import { buildForTest } from './testing/build.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const ROUNDS = 4;

/** Runs the writer until it has been answered `enough` times; what it was answered. */
function writeAndDie(
  script: string,
  directory: string,
  round: number,
  enough: number,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, directory, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const answered: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      answered.push(line);
      if (answered.length === enough) child.kill('SIGKILL');
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(answered);
      else reject(new Error(`the writer ended by itself, with code ${code}`));
    });
  });
}

async function writes(directory: string): Promise<ReadonlySet<string>> {
  const db = await open({ directory });
  const single = await db.query<{ id: string }>('SELECT id FROM single');
  const pair = await db.query<{ id: string; other: string }>('SELECT * FROM pair');
  const found = new Set(single.map(({ id }) => `single ${id}`));
  const others = new Map(pair.map(({ id, other }) => [id, other]));
  for (const { id, other } of pair) {
    // Half a transaction would show here.
    expect(others.get(other)).toBe(id);
    found.add(`pair ${id}`);
  }
  expect(await db.verify()).toMatchObject({ ok: true });
  await db.close();
  return found;
}

function checkpointOf(directory: string): unknown {
  const disk = new FsDisk({ directory, onSynced: () => undefined });
  const opened = openSuperblock(disk, EMBEDDED, systemCrypto, { step: () => undefined });
  disk.close();
  return opened.kind === 'opened' ? opened.state.checkpoint : opened;
}

test('everything answered survives SIGKILL, again and again, and the loss of the stores', async () => {
  const script = await buildForTest("import './shells/testing/embedded-writer.ts';");
  const directory = tempDirectory();
  const answered: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    answered.push(...(await writeAndDie(script, directory, round, 150 + 70 * round)));
    const found = await writes(directory);
    expect(answered.filter((one) => !found.has(one))).toEqual([]);
  }
  const before = checkpointOf(directory);
  const found = await writes(directory);
  expect(before).toMatchObject({ op: expect.any(Number) as number });
  for (const tenant of ['0', '1']) rmSync(join(directory, 'tenants', tenant, 'store'));
  // Rebuilt to the root that the superblock names; anything else is refused.
  expect(await writes(directory)).toEqual(found);
});
