/**
 * Bundles the simulator's worker with one planted bug. esbuild reads the sources as they are; the one
 * file is changed on its way into the bundle. Costs some 50 ms a bug.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Mutant } from './mutant.ts';

export type Planted =
  | { readonly kind: 'planted'; readonly bundle: string }
  | { readonly kind: 'stale'; readonly reason: string };

/** Writes `<outDir>/<name>/worker.js`; `stale` when the source no longer reads as the bug expects. */
export async function plant(mutant: Mutant, root: string, outDir: string): Promise<Planted> {
  const target = resolve(root, mutant.file);
  if (!existsSync(target)) return { kind: 'stale', reason: `${mutant.file} does not exist` };
  const source = readFileSync(target, 'utf8');
  const parts = source.split(mutant.find);
  if (parts.length !== 2) {
    const times = parts.length - 1;
    return { kind: 'stale', reason: `its text occurs ${times} times in ${mutant.file}, not once` };
  }
  const contents = parts.join(mutant.replace);
  const { build } = await import('esbuild');
  const bundle = join(outDir, mutant.name, 'worker.js');
  await build({
    entryPoints: [join(root, 'vopr/cli/worker.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [
      {
        name: 'plant',
        setup(b): void {
          b.onLoad({ filter: /\.ts$/ }, (args) =>
            resolve(args.path) === target ? { contents, loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return { kind: 'planted', bundle };
}
