/**
 * The testbed that a command works on: ours, or the default export of the module that `--system`
 * names. Workers load it again by its path.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KIMBERLITE_TESTBED } from '../kimberlite/testbed.ts';
import { wordsOf } from '../testbed.ts';
import type { Testbed, Words } from '../testbed.ts';
import { BUILD } from './build-id.ts';
import { UsageError } from './usage.ts';

export interface Bed {
  readonly testbed: Testbed<unknown>;
  readonly words: Words<unknown>;
  /** As a worker loads it; null for ours. */
  readonly path: string | null;
  /** What a command line adds to name it: `` for ours, ` --system lock.mjs` for another. */
  readonly flag: string;
  /** Identity of what a run depends on, as far as known: of a user's, that one module's bytes. */
  readonly build: string;
}

/** Option of every command that can work on another system. */
export const system = {
  system: { type: 'string', describe: 'a module with your own testbed (docs/library.md)' },
} as const;

export const KIMBERLITE_BED: Bed = bed(
  KIMBERLITE_TESTBED as unknown as Testbed<unknown>,
  null,
  '',
  BUILD,
);

export async function loadBed(path: string | null | undefined): Promise<Bed> {
  if (path === undefined || path === null) return KIMBERLITE_BED;
  let text: Uint8Array;
  try {
    text = readFileSync(path);
  } catch {
    throw new UsageError(`cannot read the system '${path}'; --system names a JavaScript module`);
  }
  const testbed = await importDefault(path);
  const missing = missingOf(testbed);
  if (missing !== null) {
    throw new UsageError(`the default export of '${path}' is no testbed: it lacks ${missing}`);
  }
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return bed(testbed as Testbed<unknown>, path, ` --system ${path}`, `${BUILD}-${digest}`);
}

function bed(testbed: Testbed<unknown>, path: string | null, flag: string, build: string): Bed {
  return { testbed, words: wordsOf(testbed), path, flag, build };
}

async function importDefault(path: string): Promise<unknown> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(resolve(path)).href)) as typeof loaded;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = /\.[cm]?ts$/.test(path)
      ? '; compile it to JavaScript, or use a newer Node.js'
      : '';
    const line = `the system '${path}' does not load: ${why.replaceAll(/\s+/g, ' ')}${hint}`;
    throw new UsageError(line);
  }
  return loaded.default;
}

const NEEDED: readonly string[] = [
  'system.name',
  'system.steps',
  'system.marks',
  'system.messages.kindNames',
  'system.messages.kind',
  'system.messages.subject',
  'system.messages.bytes',
  'system.messages.encode',
  'system.messages.decode',
  'system.units.locate',
  'system.format',
  'system.recover',
  'system.open',
  'system.client',
  'invariants',
];

/** The first thing that a testbed must have and this does not. */
function missingOf(testbed: unknown): string | null {
  if (typeof testbed !== 'object' || testbed === null) return 'everything: it is no object';
  const has = (path: string): boolean => {
    let at: unknown = testbed;
    for (const name of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
    return at !== undefined;
  };
  return NEEDED.find((path) => !has(path)) ?? null;
}
