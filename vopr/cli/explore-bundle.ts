/**
 * Bundles the explorer with a core whose private fields can be read, and with one planted bug or
 * with none. The search tells the states of a node apart by all of its memory; `#x` would hide half
 * of it. Each `#x` becomes a plain field of its own, which changes nothing that code can do.
 *
 * Cost: some 60 ms.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mutate } from '../mutants/plant.ts';
import type { Mutant } from '../mutants/mutant.ts';
import type * as entry from './explore-entry.ts';

export type Explorer = typeof entry;

/** Where nodes and their disks live. */
const REVEALED = /[\\/](core|vopr[\\/]sim|vopr[\\/]kimberlite)[\\/].*\.ts$/;

/** The text of a source with its private names made public. */
export function revealed(source: string): string {
  return source.replace(/(?<![\w'"`#])#(?=[a-zA-Z])/g, 'private_');
}

/** The explorer of this core, or why the bug cannot be planted. */
export async function bundleExplorer(
  root: string,
  outDir: string,
  mutant: Mutant | null,
): Promise<Explorer | string> {
  const mutated = mutant === null ? null : mutate(mutant, root);
  if (mutated !== null && mutated.kind === 'stale') return mutated.reason;
  const outfile = join(outDir, `explore-${mutant?.name ?? 'unchanged'}.mjs`);
  const { build } = await import('esbuild');
  try {
    await build({
      entryPoints: [join(root, 'vopr/cli/explore-entry.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      logLevel: 'silent',
      plugins: [
        {
          name: 'reveal',
          setup(b): void {
            b.onLoad({ filter: REVEALED }, ({ path }) => {
              const planted = mutated !== null && resolve(path) === mutated.path;
              const source = planted ? mutated.contents : readFileSync(path, 'utf8');
              return { contents: revealed(source), loader: 'ts' };
            });
          },
        },
      ],
    });
  } catch (error) {
    return `the change does not compile: ${String(error).split('\n')[0] ?? ''}`;
  }
  return (await import(pathToFileURL(outfile).href)) as Explorer;
}
