/** Who may open a data directory: one living process, however the others ended. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { buildForTest } from './testing/build.ts';
import { tempDirectory } from './testing/temp-directory.ts';

function taken(lock: DirectoryLock | string): DirectoryLock {
  if (typeof lock === 'string') throw new Error(lock);
  return lock;
}

/** Another process that takes the lock and keeps it; says what came of that. */
async function holder(script: string, directory: string): Promise<[ChildProcess, string]> {
  const child = fork(script, [directory]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [verdict] = (await once(child, 'message')) as [string];
  return [child, verdict];
}

function buildHolder(): Promise<string> {
  return buildForTest(
    `import { lockDirectory } from './shells/directory-lock.ts';
     const lock = lockDirectory(process.argv[2]);
     process.send(typeof lock === 'string' ? lock : 'locked');
     process.on('message', () => process.exit(0));`,
  );
}

/** A thread that takes the lock and keeps it. */
function buildThread(): Promise<string> {
  return buildForTest(
    `import { parentPort, workerData } from 'node:worker_threads';
     import { lockDirectory } from './shells/directory-lock.ts';
     const lock = lockDirectory(workerData);
     parentPort.postMessage(typeof lock === 'string' ? lock : 'locked');
     parentPort.on('message', () => parentPort.close());`,
  );
}

describe('a data directory', () => {
  test('is free again once it was released', () => {
    const directory = tempDirectory();
    taken(lockDirectory(directory)).release();
    expect(readdirSync(directory)).toEqual([]);
    taken(lockDirectory(directory)).release();
  });

  test('belongs to one living process, and another one is told which', async () => {
    const script = await buildHolder();
    const directory = tempDirectory();
    const [first, verdict] = await holder(script, directory);
    expect(verdict).toBe('locked');
    expect(lockDirectory(directory)).toContain(`process ${first.pid} has it open`);
    const [, refusal] = await holder(script, directory);
    expect(refusal).toContain(`process ${first.pid} has it open`);
    // The refused ones left nothing behind, and took nothing away.
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test('is refused to whoever asks again in the process that has it', () => {
    const directory = tempDirectory();
    const first = taken(lockDirectory(directory));
    expect(lockDirectory(directory)).toBe(`process ${process.pid} has it open (this one)`);
    expect(readdirSync(directory)).toHaveLength(1);
    first.release();
    taken(lockDirectory(directory)).release();
    first.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('belongs to one thread of a process, and is free when that was terminated', async (context) => {
    if (!existsSync('/proc/self/fd')) context.skip('no /proc on this system: nobody can tell');
    const directory = tempDirectory();
    const first = taken(lockDirectory(directory));
    const script = await buildThread();
    const refused = new Worker(script, { workerData: directory });
    const [verdict] = (await once(refused, 'message')) as [string];
    expect(verdict).toBe(`process ${process.pid} has it open (this one)`);
    first.release();
    const holds = new Worker(script, { workerData: directory });
    expect(await once(holds, 'message')).toEqual(['locked']);
    expect(lockDirectory(directory)).toBe(`process ${process.pid} has it open (this one)`);
    await holds.terminate();
    expect(readdirSync(directory)).toHaveLength(1);
    taken(lockDirectory(directory)).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is free after its process was killed: the lock is seen to be stale', async () => {
    const script = await buildHolder();
    const directory = tempDirectory();
    const [first] = await holder(script, directory);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const lock = taken(lockDirectory(directory));
    expect(readdirSync(directory)).toHaveLength(1);
    lock.release();
  });

  test('of six processes that start at once, never two get it', async () => {
    const script = await buildHolder();
    const directory = tempDirectory();
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(script, directory)));
    expect(all.filter(([, verdict]) => verdict === 'locked').length).toBeLessThanOrEqual(1);
  });

  test('a lock of an earlier boot is stale, whoever has that pid now', () => {
    const directory = tempDirectory();
    writeFileSync(join(directory, `.lock-0123abcd_4026531836-${process.ppid}-1`), '');
    taken(lockDirectory(directory)).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('a pid that was given to a younger process is told by its start time', (context) => {
    const directory = tempDirectory();
    const own = taken(lockDirectory(directory));
    const [name = ''] = readdirSync(directory);
    own.release();
    if (/-0-\d+$/.test(name)) context.skip('no /proc on this system: start times are unknown');
    const parts = name.split('-');
    writeFileSync(join(directory, `${parts[0]}-${parts[1]}-${process.ppid}-1-0`), '');
    taken(lockDirectory(directory)).release();
  });
});
