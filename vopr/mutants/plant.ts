/**
 * Bundles the simulator's worker, with one planted bug or with none. esbuild reads the sources as
 * they are; the one file is changed on its way into the bundle, so that no bug ever stands on disk
 * where somebody could commit it. The bundle is whole: it runs wherever it is written.
 *
 * Cost: some 50 ms a bug.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Mutant } from './mutant.ts';

export type Planted =
  | { readonly kind: 'planted'; readonly bundle: string }
  | { readonly kind: 'stale'; readonly reason: string };

export type Mutated =
  | { readonly kind: 'mutated'; readonly path: string; readonly contents: string }
  | { readonly kind: 'stale'; readonly reason: string };

/** The changed text of the bug's file; `stale` when the source no longer reads as it expects. */
export function mutate(mutant: Mutant, root: string): Mutated {
  const { file, find, replace } = mutant;
  const path = resolve(root, file);
  if (!existsSync(path)) return { kind: 'stale', reason: `${file} does not exist` };
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) {
    return {
      kind: 'stale',
      reason: `its text occurs ${parts.length - 1} times in ${file}, not once`,
    };
  }
  return { kind: 'mutated', path, contents: parts.join(replace) };
}

/**
 * Writes `<outDir>/<name>.mjs`, with a name fit for files. `stale` as in `mutate`, or when the
 * result does not compile.
 */
export async function plant(mutant: Mutant, root: string, outDir: string): Promise<Planted> {
  const mutated = mutate(mutant, root);
  if (mutated.kind === 'stale') return mutated;
  const bundle = join(outDir, `${mutant.name.replaceAll(/[^\w.-]/g, '-')}.mjs`);
  try {
    await bundleWorker(root, bundle, mutated);
  } catch (error) {
    return { kind: 'stale', reason: `the change does not compile: ${firstLine(error)}` };
  }
  return { kind: 'planted', bundle };
}

/** Writes the worker as it is: what a bug's runs are compared with. */
export async function plantNothing(root: string, outDir: string): Promise<string> {
  const bundle = join(outDir, 'unchanged.mjs');
  await bundleWorker(root, bundle, null);
  return bundle;
}

async function bundleWorker(
  root: string,
  outfile: string,
  mutated: { readonly path: string; readonly contents: string } | null,
): Promise<void> {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(root, 'vopr/cli/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'silent',
    plugins: [
      {
        name: 'plant',
        setup(b): void {
          b.onLoad({ filter: /\.ts$/ }, (args) =>
            mutated !== null && resolve(args.path) === mutated.path
              ? { contents: mutated.contents, loader: 'ts' }
              : undefined,
          );
        },
      },
    ],
  });
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.includes('ERROR')) ?? text.split('\n')[0] ?? '';
}
