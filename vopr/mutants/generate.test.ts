/**
 * Generated bugs: each operator where it belongs and nowhere else, and the whole way for three that
 * are killed, survive, and are never reached.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeAll } from '../cli/judge.ts';
import { MUTANTS } from './catalogue.ts';
import { generate, sample } from './generate.ts';
import { mutate } from './plant.ts';

const TIMEOUT = 5 * 60_000;
const project = fileURLToPath(new URL('../..', import.meta.url));
const HUNT = { root: project, runs: 1, patienceMillis: TIMEOUT, shrink: false };
const SILENT = { show: (): void => undefined, update: (): void => undefined };
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'vopr-generate-'));
  mkdirSync(join(root, 'core'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** `operator: before → after` of every bug that can be made of the text. */
async function changes(source: string): Promise<readonly string[]> {
  writeFileSync(join(root, 'core/a.ts'), source);
  const all = await generate(root, ['core/a.ts']);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  return all.map(({ name, change }) => {
    expect(name).toMatch(/^core\/a\.ts:\d+:\d+:[a-z-]+(:\d+)?$/);
    return `${name.split(':')[3]}: ${change?.before} → ${change?.after}`;
  });
}

describe('generated bugs', () => {
  test.each([
    ['f(a < b);', ['drop: f(a < b); → ', 'bound: a < b → (a) <= (b)']],
    ['let x = a >= b;', ['bound: a >= b → (a) > (b)']],
    ['let x = a !== b;', ['equality: a !== b → (a) === (b)']],
    ['let x = a + 1;', ['sign: a + 1 → (a) - (1)', 'off-by-one: a + 1 → a']],
    ['let x = i++;', ['sign: i++ → i--']],
    ['x -= 2;', ['drop: x -= 2; → ', 'sign: x -= 2 → x += 2']],
    [
      'let x = a && b;',
      ['logic: a && b → (a) || (b)', 'drop-left: a && b → b', 'drop-right: a && b → a'],
    ],
    ['let x = c ? 1 : 2;', ['always: c → true', 'never: c → false']],
    ['let x = !a;', ['not: !a → a']],
    ['let x = true;', ['boolean: true → false']],
    ['let x = Math.min(a, b);', ['extreme: Math.min(a, b) → Math.max(a, b)']],
    ['while (a) break;', ['drop: break; → ']],
    ['function f() { return; }', ['drop: return; → ']],
  ])('%s', async (source, expected) => {
    expect(await changes(source)).toEqual(expected);
  });

  test.each([
    'assert(a < b, "c");',
    'markReached(r, a < b);',
    'this.#observer.step(a < b);',
    'throw new Error(a < b);',
    'type X = true;',
    'const x = `${a < b}`;',
    'let x = a ?? b;',
    'export const x = 7;',
    'class A extends B { constructor() { super(1); } }',
  ])('nothing is made of: %s', async (source) => {
    expect(await changes(source)).toEqual([]);
  });

  test('each is one edit at its own place, though the text occurs elsewhere', async () => {
    writeFileSync(join(root, 'core/a.ts'), 'if (a) {\n  f();\n}\nif (b) {\n  f();\n}\n');
    const drops = (await generate(root, ['core'])).filter(({ change }) => change?.after === '');
    const texts = drops.map((mutant) => {
      const mutated = mutate(mutant, root);
      return mutated.kind === 'mutated' ? mutated.contents : mutated.reason;
    });
    const gone = '{ globalThis.voprReached = true; }';
    expect(texts).toEqual([
      `if (a) {\n  ${gone}\n}\nif (b) {\n  f();\n}\n`,
      `if (a) {\n  f();\n}\nif (b) {\n  ${gone}\n}\n`,
    ]);
  });

  test('a sample is of the size that was asked for, depends on its seed alone, and compiles', async () => {
    const all = await generate(project, ['core/vsr', 'core/storage']);
    const chosen = sample(all, 40, 7);
    expect(chosen.length).toBe(40);
    expect(sample([...all].reverse(), 40, 7)).toEqual([...chosen].reverse());
    expect(sample(all, 40, 8)).not.toEqual(chosen);
    expect(sample(all, all.length + 1, 7)).toEqual(all);
    for (const mutant of chosen) {
      const mutated = mutate(mutant, project);
      expect(mutated.kind).toBe('mutated');
      if (mutated.kind === 'mutated') await transform(mutated.contents, { loader: 'ts' });
    }
  });

  test(
    'killed, survived and never reached are told apart',
    async () => {
      const all = await generate(project, ['core/vsr/quorum.ts', 'core/vsr/normal.ts']);
      const lost = all.find(
        ({ file, change }) => file.endsWith('normal.ts') && change?.before === 'op += 1',
      );
      expect(lost).toBeDefined();
      const base = lost as NonNullable<typeof lost>;
      const same = {
        ...base,
        name: 'same',
        replace: `globalThis.voprReached = true;\n${base.find}`,
      };
      const idle = { ...base, name: 'idle', replace: base.find };
      const options = { ...HUNT, outDir: join(root, 'bundles'), max: 4, scenarioSeeds: 0 };
      const reports = await judgeAll([base, same, idle], 2, options, SILENT);
      const verdicts = reports.map(({ killed, reached }) => ({ killed, reached }));
      expect(verdicts).toEqual([
        { killed: true, reached: true },
        { killed: false, reached: true },
        { killed: false, reached: false },
      ]);
    },
    TIMEOUT,
  );

  test(
    'what the swarm lets through may be caught in one of the scenarios',
    async () => {
      const staged = MUTANTS.find(({ name }) => name === 'sync-goes-back');
      expect(staged).toBeDefined();
      const { scenario: _, ...bug } = staged as NonNullable<typeof staged>;
      const change = { before: bug.find, after: bug.replace };
      const options = { ...HUNT, outDir: join(root, 'bundles'), max: 1, scenarioSeeds: 1 };
      const [report] = await judgeAll([{ ...bug, change }], 1, options, SILENT);
      expect(report).toMatchObject({ killed: true, scenario: expect.any(String) });
      expect(report?.seeds).toBeGreaterThan(1);
    },
    TIMEOUT,
  );
});
