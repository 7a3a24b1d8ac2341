/**
 * Violations to plant, one a file, with the gate's reason for refusing each. Used by
 * scripts/lint/plugin.test.ts. Add one here before you trust a new rule.
 */

/** What the compiler must refuse, with the error codes that count as the right reason. */
export interface TypePlant {
  readonly path: string;
  readonly what: string;
  readonly source: string;
  readonly codes: readonly string[];
}

/** What the linter must refuse, with the rule that must say so. */
export interface LintPlant {
  readonly path: string;
  readonly what: string;
  readonly source: string;
  readonly rule: string;
}

/** A name the layer does not know: TS2304 and TS2584 ("do you need to change lib?"), TS2591. */
const UNKNOWN_NAME = ['TS2304', 'TS2580', 'TS2584', 'TS2591', 'TS2552'];
const UNKNOWN_MODULE = ['TS2307', 'TS2591', 'TS2882'];
/** A file outside the layer's folder, or outside its list. */
const OUTSIDE = ['TS6059', 'TS6307'];

/** Numbers the plants of one folder, so that each violation has a file of its own. */
function typePlant(folder: string, index: number, plant: Omit<TypePlant, 'path'>): TypePlant {
  return { path: `${folder}/planted-type-${index}.ts`, ...plant };
}

function lintPlant(folder: string, index: number, plant: Omit<LintPlant, 'path'>): LintPlant {
  return { path: `${folder}/planted-lint-${index}.ts`, ...plant };
}

/** Globals that only exist outside the language, refused by `types: []` in every pure layer. */
const HOST_GLOBALS: readonly Omit<TypePlant, 'path'>[] = [
  'process.exit',
  'console.log',
  'performance.now',
  'setTimeout',
  'queueMicrotask',
  'structuredClone',
  'TextEncoder',
  'crypto.getRandomValues',
  'Buffer.from',
  'fetch',
].map((name) => ({
  what: `uses ${name}`,
  source: `export const planted: unknown = ${name};\n`,
  codes: UNKNOWN_NAME,
}));

const STRICTNESS: readonly Omit<TypePlant, 'path'>[] = [
  {
    what: 'imports node:fs',
    source: `import { rmSync } from 'node:fs';\nexport const planted: unknown = rmSync;\n`,
    codes: UNKNOWN_MODULE,
  },
  {
    what: 'imports node:os dynamically',
    source: `export const planted: unknown = import('node:os');\n`,
    codes: UNKNOWN_MODULE,
  },
  {
    what: 'reads an array element as if it were always there',
    source: `export function planted(list: readonly number[]): number {\n  return list[0];\n}\n`,
    codes: ['TS2322'],
  },
  {
    what: 'passes undefined for an optional property',
    source: `export const planted: { readonly a?: number } = { a: undefined };\n`,
    codes: ['TS2375'],
  },
  {
    what: 'declares an enum',
    source: `export enum Planted {\n  A = 1,\n}\n`,
    codes: ['TS1294'],
  },
  {
    what: 'exports a value whose type must be inferred',
    source: `export const planted = [1].map((x) => x);\n`,
    codes: ['TS9010'],
  },
];

/** From which folder to which; the compiler names a stray file once, so each has its own target. */
const OUTSIDE_PATHS: readonly (readonly [from: string, up: string, to: string])[] = [
  ['core/types', '../../', 'shells'],
  ['core/types', '../../', 'vopr/sim'],
  ['core/types', '../../', 'vopr/cli'],
  ['scenarios', '../', 'shells'],
  ['scenarios', '../', 'vopr/cli'],
  ['invariants', '../', 'shells'],
  ['vopr/sim', '../../', 'vopr/cli'],
  ['vopr/cli', '../../', 'shells'],
  ['shells', '../', 'vopr/cli'],
  ['shells', '../', 'vopr/sim'],
];

const IMPORTS_OUTSIDE: readonly TypePlant[] = OUTSIDE_PATHS.map(([from, up, to], index) => ({
  path: `${from}/planted-outside-${index}.ts`,
  what: `imports from ${to}`,
  source: `export * as planted from '${up}${to}/planted-target-${index}.ts';\n`,
  codes: OUTSIDE,
}));

/** What those import. Wrong as well, so that each counts as a plant and proves itself compiled. */
const TARGETS: readonly TypePlant[] = OUTSIDE_PATHS.map(([, , to], index) => ({
  path: `${to}/planted-target-${index}.ts`,
  what: 'declares text and gives a number',
  source: `export const target: string = 1;\n`,
  codes: ['TS2322'],
}));

export const typePlants: readonly TypePlant[] = [
  ...HOST_GLOBALS.map((plant, index) => typePlant('core/types', index, plant)),
  ...HOST_GLOBALS.map((plant, index) => typePlant('vopr/sim', index, plant)),
  ...STRICTNESS.map((plant, index) => typePlant('core/types', index + 100, plant)),
  ...STRICTNESS.map((plant, index) => typePlant('scenarios', index + 100, plant)),
  ...STRICTNESS.map((plant, index) => typePlant('invariants', index + 100, plant)),
  ...STRICTNESS.slice(2).map((plant, index) => typePlant('shells', index + 100, plant)),
  ...STRICTNESS.slice(2).map((plant, index) => typePlant('vopr/cli', index + 100, plant)),
  ...TARGETS,
  ...IMPORTS_OUTSIDE,
];

/** One line of code each that may not replay; `x` stands for whatever the line needs. */
const CHANCE: readonly (readonly [what: string, line: string])[] = [
  ['reads the date', 'export const planted: unknown = Date.now();'],
  ['makes a date', 'export const planted: unknown = new Date(0);'],
  ['has a date for a type', 'export function planted(x: Date): unknown {\n  return x;\n}'],
  ['draws from Math.random', 'export const planted: number = Math.random();'],
  [
    'takes random out of Math',
    'const { random } = Math;\nexport const planted: number = random();',
  ],
  ['names random by text', "export const planted: number = Math['random']();"],
  ['renames Math', 'const m = Math;\nexport const planted: number = m.random();'],
  ['calls Math.pow', 'export const planted: number = Math.pow(2, 0.5);'],
  ['calls Math.exp', 'export const planted: number = Math.exp(1);'],
  ['calls Math.log', 'export const planted: number = Math.log(2);'],
  ['calls Math.sin', 'export const planted: number = Math.sin(1);'],
  ['raises to a power', 'export const planted: number = 2 ** 0.5;'],
  ['raises in place', 'export let planted: number = 2;\nplanted **= 0.5;'],
  ['compares by locale', "export const planted: number = 'a'.localeCompare('b');"],
  ['prints by locale', 'export const planted: string = (1234).toLocaleString();'],
  ['normalises text', "export const planted: string = 'e'.normalize('NFC');"],
  ['asks Intl', 'export const planted: unknown = new Intl.Collator();'],
  ['asks for Unicode classes', 'export const planted: RegExp = /\\p{L}/u;'],
  ['holds weakly', 'export const planted: unknown = new WeakRef({});'],
  [
    'waits for the collector',
    'export const planted: unknown = new FinalizationRegistry(() => {});',
  ],
  ['reaches for globalThis', 'export const planted: unknown = globalThis;'],
  ['declares async', 'export const planted: unknown = async (): Promise<void> => {};'],
  ['makes a promise', 'export const planted: unknown = Promise.resolve(1);'],
  ['awaits', 'export const planted: unknown = await 1;'],
  ['imports when it likes', "export const planted: unknown = import('../core/limits.ts');"],
  ['asks where it lives', 'export const planted: unknown = import.meta.url;'],
  ['sorts without an order', 'export const planted: unknown = [3, 20].sort();'],
  ['sorts a copy without one', 'export const planted: unknown = [3, 20].toSorted();'],
  ['encodes text', 'export const planted: unknown = new TextEncoder();'],
  ['prints', "console.log('planted');\nexport {};"],
  ['asks the process', 'export const planted: unknown = process.env;'],
  ['sets a timer', 'export const planted: unknown = setTimeout(() => {}, 1);'],
  ['reads a fine clock', 'export const planted: unknown = performance.now();'],
  ['clones by the host', 'export const planted: unknown = structuredClone({});'],
  ['shares memory', 'export const planted: unknown = new SharedArrayBuffer(8);'],
  ['evaluates text', "export const planted: unknown = new Function('return 1');"],
];

const PURE_FOLDERS = ['core/types', 'core/node', 'vopr/sim', 'scenarios', 'invariants'];

const DETERMINISM: readonly LintPlant[] = PURE_FOLDERS.flatMap((folder) =>
  CHANCE.map(([what, line], index) =>
    lintPlant(folder, index, { what, source: `${line}\n`, rule: 'house(determinism)' }),
  ),
);

/** Which import, from which folder, must be refused; the target need not exist. */
const WALLS: readonly (readonly [folder: string, specifier: string])[] = [
  ['core/types', '../ports.ts'],
  ['core/types', '../codec/bytes.ts'],
  ['core/crypto', '../codec/bytes.ts'],
  ['core/codec', '../storage/journal.ts'],
  ['core/codec', '../vsr/replica.ts'],
  ['core/storage', '../vsr/replica.ts'],
  ['core/storage', '../kernel/apply.ts'],
  ['core/store', '../storage/journal.ts'],
  ['core/kernel', '../vsr/replica.ts'],
  ['core/kernel', '../vsr/message.ts'],
  ['core/kernel', '../storage/journal.ts'],
  ['core/sql', '../storage/journal.ts'],
  ['core/vsr', '../storage/journal.ts'],
  ['core/vsr', '../store/pages.ts'],
  ['core/vsr', '../kernel/apply.ts'],
  ['core/vsr', '../node.ts'],
  ['core/vsr', '../../vopr/sim/sim-node.ts'],
  ['core/node', '../../shells/disk.ts'],
  ['core/node', '../../vopr/sim/world.ts'],
  ['core/unknown-room', '../types/assert.ts'],
  ['core/vsr', '../types/testing/helper.ts'],
  ['core/vsr', './quorum.test.ts'],
  ['core/storage', '@noble/hashes/sha2.js'],
  ['core/crypto', 'seedrandom/lib/tychei.js'],
  ['core/crypto', 'yargs'],
  ['core/crypto', 'crypto'],
  ['core/crypto', 'node:crypto'],
  ['core/crypto', '../../../elsewhere.ts'],
  ['vopr/sim', '../../core/vsr/message.ts'],
  ['vopr/sim', '../../core/node.ts'],
  ['vopr/sim', '../../core/codec/bytes.ts'],
  ['vopr/sim', '../kimberlite/system.ts'],
  ['vopr/sim', '../../scenarios/calm.ts'],
  ['vopr/sim', 'seedrandom'],
  ['vopr/sim', 'seedrandom/lib/xor128.js'],
  ['vopr/sim', 'node:fs'],
  ['vopr/kimberlite', '../cli/main.ts'],
  ['vopr/kimberlite', '../../shells/disk.ts'],
  ['vopr/kimberlite', 'node:fs'],
  ['vopr/cli', '../../shells/disk.ts'],
  ['scenarios', '../shells/disk.ts'],
  ['scenarios', '../vopr/cli/main.ts'],
  ['invariants', '../vopr/tui/frame.ts'],
  ['invariants', 'fast-check'],
  ['shells', '../vopr/sim/sim-node.ts'],
  ['shells', '../scenarios/calm.ts'],
  ['shells', 'ink'],
];

const LAYERS: readonly LintPlant[] = WALLS.map(([folder, specifier], index) =>
  lintPlant(folder, 1000 + index, {
    what: `imports ${specifier}`,
    source: `import { planted } from '${specifier}';\nexport const use: unknown = planted;\n`,
    rule: 'house(layers)',
  }),
);

/** The other ways to name a module, all through one wall. */
const WAYS: readonly LintPlant[] = [
  `import type { A } from '../storage/a.ts';\nexport type Planted = A;\n`,
  `export { a } from '../storage/a.ts';\n`,
  `export * from '../storage/a.ts';\n`,
  `export type Planted = import('../storage/a.ts').A;\n`,
  `import '../storage/a.ts';\n`,
].map((source, index) =>
  lintPlant('core/vsr', 2000 + index, {
    what: `names storage by ${source.slice(0, source.indexOf(' '))}`,
    source,
    rule: 'house(layers)',
  }),
);

const LONG_FUNCTION = `export function planted(): void {\n${'  Math.abs(1);\n'.repeat(70)}}\n`;

const FORGETFUL = `export function planted(kind: 'a' | 'b'): void {
  switch (kind) {
    case 'a':
      return;
  }
}
`;

const STYLE: readonly LintPlant[] = (
  [
    ['re-exports a whole file', `export * from './assert.ts';\n`, 'house(modules)'],
    ['names a file that is not', `export { assert } from './assert.js';\n`, 'house(modules)'],
    ['inherits', 'class A {}\nexport class Planted extends A {}\n', 'house(no-inheritance)'],
    ['gives up on types', 'export const planted: any = 1;\n', 'no-explicit-any'],
    [
      'silences the compiler',
      '// @ts-ignore\nexport const planted: string = 1;\n',
      'ban-ts-comment',
    ],
    ['goes on for too long', LONG_FUNCTION, 'max-lines-per-function'],
    ['compares loosely', 'export const planted = (a: unknown): boolean => a == 1;\n', 'eqeqeq'],
    ['forgets a case', FORGETFUL, 'switch-exhaustiveness-check'],
  ] as const
).map(([what, source, rule], index) =>
  lintPlant('core/types', 3000 + index, { what, source, rule }),
);

const HOST: readonly LintPlant[] = [
  lintPlant('shells', 4000, {
    what: 'lets a promise float (seen only by the type-aware linter)',
    source: `export function planted(work: () => Promise<void>): void {\n  work();\n}\n`,
    rule: 'no-floating-promises',
  }),
  lintPlant('vopr/cli', 4000, {
    what: 'lets a promise float (seen only by the type-aware linter)',
    source: `export function planted(work: () => Promise<void>): void {\n  work();\n}\n`,
    rule: 'no-floating-promises',
  }),
];

export const lintPlants: readonly LintPlant[] = [
  ...DETERMINISM,
  ...LAYERS,
  ...WAYS,
  ...STYLE,
  ...HOST,
];
