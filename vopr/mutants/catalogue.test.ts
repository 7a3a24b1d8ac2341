/**
 * The catalogue keeps up with the core: every planted bug still finds its text, exactly once, and
 * still compiles; every invariant has one; and the document says what the catalogue says.
 */
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../invariants/index.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { MUTANTS } from './catalogue.ts';
import { VERDICTS } from './mutant.ts';
import { mutate } from './plant.ts';
import { mutantsDocument } from './testing/document.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const invariants = INVARIANTS.map(({ name }) => name);

const LAYERS = [
  'journal',
  'superblock',
  'securing',
  'tenant-log',
  'pages',
  'checkpoint',
  'normal',
  'timers',
  'view-change',
  'log-decision',
  'start-view',
  'repair',
  'state-sync',
  'rejoin',
  'sessions',
  'reads',
  'kernel',
  'chain',
  'clock',
  'time-travel',
  'operators',
  'constraints',
  'indexes',
  'access',
  'transactions',
];

describe('planted bugs: the catalogue', () => {
  test('there are enough of them, in every layer', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(48);
    expect([...new Set(MUTANTS.map(({ layer }) => layer))].sort()).toEqual([...LAYERS].sort());
  });

  test('every invariant has a bug that is meant for it', () => {
    const meant = new Set(MUTANTS.map(({ invariant }) => invariant));
    expect(invariants.filter((name) => !meant.has(name))).toEqual([]);
  });

  test('names are unique, and no two bugs are the same change', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    const changes = MUTANTS.map(({ file, find, replace }) => [file, find, replace].join('\0'));
    expect(new Set(changes).size).toBe(MUTANTS.length);
  });

  test.for([...MUTANTS])('$name says what it is', (mutant) => {
    const { name, invariant, story, file, scenario } = mutant;
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect([...invariants, ...VERDICTS]).toContain(invariant);
    expect(story).toMatch(/^[a-z].*[^.]$/);
    expect(story).not.toContain('|');
    expect(file).toMatch(/^core\/.*\.ts$/);
    if (scenario !== undefined) expect(SCENARIOS.map((s) => s.name)).toContain(scenario);
  });

  test('docs/mutants.md is what the catalogue says', async () => {
    const document = mutantsDocument(MUTANTS, INVARIANTS);
    await expect(document).toMatchFileSnapshot('../../docs/mutants.md');
  });
});

describe('planted bugs: the sources they change', () => {
  test.for([...MUTANTS])('$name finds its text once, and compiles', async (mutant) => {
    const mutated = mutate(mutant, root);
    expect(mutated).toMatchObject({ kind: 'mutated' });
    if (mutated.kind === 'mutated') await transform(mutated.contents, { loader: 'ts' });
  });

  test('a text that is gone, or there twice, or a file that is gone, is stale', () => {
    const bug = { ...MUTANTS[0]!, file: 'core/limits.ts' };
    expect(mutate({ ...bug, find: 'no such text' }, root)).toMatchObject({ kind: 'stale' });
    expect(mutate({ ...bug, find: 'readonly' }, root)).toMatchObject({ kind: 'stale' });
    expect(mutate({ ...bug, file: 'core/gone.ts' }, root)).toMatchObject({ kind: 'stale' });
  });
});
