/** Formatting: a whole, durable directory appears at once, or nothing does. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Disk } from '../core/ports.ts';
import { formatDirectory } from './format.ts';
import { tempDirectory } from './testing/temp-directory.ts';

function writeTwo(disk: Disk): null {
  for (const name of ['superblock', 'tenants/0/store']) {
    disk.write(disk.open(name), 0, Uint8Array.of(1, 2, 3), 0, 3);
  }
  return null;
}

describe('a directory', () => {
  test('that does not exist is made, parents and all, readable by its owner alone', async () => {
    const base = tempDirectory();
    const target = join(base, 'data', 'replica-0');
    expect(await formatDirectory(target, writeTwo)).toBeNull();
    expect(readdirSync(target).sort()).toEqual(['superblock', 'tenants']);
    expect([...readFileSync(join(target, 'tenants/0/store'))]).toEqual([1, 2, 3]);
    expect(statSync(target).mode & 0o077).toBe(0);
    expect(readdirSync(join(base, 'data'))).toEqual(['replica-0']);
  });

  test('that is empty is used', async () => {
    const target = join(tempDirectory(), 'replica-0');
    mkdirSync(target);
    expect(await formatDirectory(target, writeTwo)).toBeNull();
    expect(readdirSync(target)).toContain('superblock');
  });

  test('that has anything in it is left alone', async () => {
    const target = tempDirectory();
    writeFileSync(join(target, 'notes.txt'), 'mine');
    let called = false;
    const failure = await formatDirectory(target, () => {
      called = true;
      return null;
    });
    expect(failure).toContain('is not empty (it has notes.txt)');
    expect(called).toBe(false);
    expect(readdirSync(target)).toEqual(['notes.txt']);
  });
});

describe('a format that fails', () => {
  test('leaves nothing, neither the directory nor its draft', async () => {
    const base = tempDirectory();
    const failure = await formatDirectory(join(base, 'replica-0'), (disk) => {
      writeTwo(disk);
      return 'no room';
    });
    expect(failure).toBe('no room');
    expect(readdirSync(base)).toEqual([]);
  });

  test('by an exception leaves nothing either', async () => {
    const base = tempDirectory();
    const failure = await formatDirectory(join(base, 'replica-0'), () => {
      throw new Error('bad limits');
    });
    expect(failure).toBe('bad limits');
    expect(readdirSync(base)).toEqual([]);
  });

  test('because a file is in the way says so', async () => {
    const base = tempDirectory();
    writeFileSync(join(base, 'file'), '');
    expect(await formatDirectory(join(base, 'file'), writeTwo)).toContain('ENOTDIR');
    expect(await formatDirectory(join(base, 'file', 'below'), writeTwo)).toContain('ENOTDIR');
    expect(readdirSync(base)).toEqual(['file']);
  });
});
