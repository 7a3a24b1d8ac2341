/**
 * The table of rooms: what it says, that it is sound, and that docs/house.md repeats it exactly.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../testing/tree.ts';
import { isPure, objection, roomOf, rooms, table } from './rooms.mjs';

describe('the table of rooms', () => {
  test('stands in docs/house.md as it is enforced', () => {
    const squeeze = (text: string): string => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');
    const house = squeeze(readFileSync(join(root, 'docs/house.md'), 'utf8'));
    expect(house, `docs/house.md should contain:\n${table()}`).toContain(squeeze(table()));
  });

  test('names only rooms that exist', () => {
    const names = new Set(rooms.map(({ name }) => name));
    expect(rooms.flatMap(({ may }) => may).filter((name) => !names.has(name))).toEqual([]);
  });

  test('has no two rooms of the core that import each other, contracts aside', () => {
    const allowed = new Map(rooms.map(({ name, may }) => [name, new Set(may)]));
    const mutual = rooms
      .filter(({ name }) => name.startsWith('core/'))
      .flatMap(({ name, may }) =>
        may
          .filter((other) => name < other && allowed.get(other)?.has(name) === true)
          .map((other) => [name, other]),
      );
    expect(mutual).toEqual([['core/codec', 'core/vsr-contract']]);
  });

  test('lets no pure room near Node.js, the shells or the command line', () => {
    const pure = rooms.filter((room) => room.pure);
    expect(pure.filter((room) => room.node === true)).toEqual([]);
    expect(pure.filter(({ may }) => may.some((o) => /^(shells|vopr\/host)$/.test(o)))).toEqual([]);
  });
});

describe('objections', () => {
  test.each([
    ['core/vsr/replica.ts', '../codec/prepare.ts'],
    ['core/vsr/replica.ts', './interfaces.ts'],
    ['core/storage/journal.ts', '../vsr/interfaces.ts'],
    ['core/kernel/apply.ts', '../store/map.ts'],
    ['core/node.ts', './vsr/replica.ts'],
    ['core/node/machine.ts', '../storage/journal.ts'],
    ['core/crypto/sha256.ts', '@noble/hashes/sha2.js'],
    ['vopr/sim/world.ts', '../../core/ports.ts'],
    ['vopr/sim/prng.ts', 'seedrandom/lib/tychei.js'],
    ['vopr/cli/main.ts', 'node:fs'],
    ['vopr/cli/main.ts', 'yargs/helpers'],
    ['vopr/kimberlite/system.ts', '../../core/node.ts'],
    ['shells/disk.ts', '../core/ports.ts'],
    ['core/vsr/replica.test.ts', '../../vopr/sim/world.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(objection(path, specifier)).toBeNull();
  });

  test.each([
    ['core/vsr/replica.ts', '../storage/journal.ts', 'core/vsr may not import core/storage'],
    ['core/kernel/apply.ts', 'node:crypto', 'core/kernel may not use Node.js'],
    ['shells/disk.ts', '../vopr/sim/disk.ts', 'shells may not import vopr/sim'],
    ['vopr/sim/world.ts', 'seedrandom', 'vopr/sim may not import the package "seedrandom"'],
    ['core/vsr/replica.ts', './testing/fake.ts', './testing/fake.ts is test code'],
    ['core/new/x.ts', './y.ts', 'core/new/x.ts is in no room'],
  ])('%s may not import %s', (path, specifier, reason) => {
    expect(objection(path, specifier)).toContain(reason);
  });

  test('determinism holds in the core and the simulator, not at their edges nor in tests', () => {
    const pure = ['core/vsr/a.ts', 'vopr/sim/a.ts', 'vopr/shrink.ts', 'scenarios/a.ts'];
    const free = [
      'vopr/cli/a.ts',
      'shells/a.ts',
      'core/vsr/a.test.ts',
      'core/testing/a.ts',
      'x.ts',
    ];
    expect(pure.filter((path) => !isPure(path))).toEqual([]);
    expect(free.filter((path) => isPure(path))).toEqual([]);
    expect(roomOf('core/vsr/message.ts')?.name).toBe('core/vsr-contract');
  });
});
