/**
 * Bundles the entry points into dist/ with esbuild, in about 20 ms. Runs on `npm install` too
 * (`prepare`), so it only transpiles: a type error must never break an installation. Packages
 * stay external. An entry point that does not exist in this checkout is left out, by name.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Output name in dist/ → source. `bin/*.mjs` and the sweep's workers import these by name. */
const entries = {
  vopr: 'vopr/cli/main.ts',
  worker: 'vopr/cli/worker.ts',
  bench: 'vopr/bench/main.ts',
  library: 'vopr/library.ts',
  embedded: 'shells/embedded.ts',
  connect: 'shells/client/connect.ts',
  kimberlite: 'shells/command/main.ts',
  replica: 'shells/replica-main.ts',
  client: 'shells/client-main.ts',
  slt: 'scripts/slt/main.ts',
  'bench-store': 'scripts/bench/store.ts',
};

/** Identity of what a run depends on: 12 hex digits over the sources of core and simulator. */
function buildIdentity() {
  const hash = createHash('sha256');
  for (const room of ['core', 'invariants', 'scenarios', 'vopr/kimberlite', 'vopr/sim']) {
    if (!existsSync(join(root, room))) continue;
    const names = readdirSync(join(root, room), { recursive: true }).map(String).sort();
    for (const name of names) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.includes('testing')) continue;
      hash.update(`${room}/${name.replaceAll('\\', '/')}\n`);
      hash.update(readFileSync(join(root, room, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

const present = Object.entries(entries).filter(([, source]) => existsSync(join(root, source)));
const absent = Object.values(entries).filter((source) => !existsSync(join(root, source)));
if (absent.length > 0) console.warn(`build: left out, no such file: ${absent.join(', ')}`);

let esbuild;
try {
  esbuild = await import('esbuild');
} catch {
  // `npm ci --omit=dev` in a packed tree: dist/ was built before packing and stays as it is.
  console.warn('build: esbuild is not installed (production install?); dist/ left untouched');
  process.exit(0);
}

/** Where a run spends its time. */
const hot = /[\\/](core|invariants|vopr[\\/]sim|vopr[\\/]kimberlite)[\\/].*\.ts$/;

/**
 * Turns each `#x` of the hot rooms into a plain field of its own, as `vopr explore` does (see
 * `vopr/cli/explore-bundle.ts`). Nothing that code can do changes, and V8 reads plain fields
 * faster. That nobody looks from outside is proven by the compiler.
 */
const plainFields = {
  name: 'plain-fields',
  setup(build) {
    build.onLoad({ filter: hot }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(/(?<![\w'"`#])#(?=[a-zA-Z])/g, 'private_');
      return { contents, loader: 'ts' };
    });
  },
};

const built = esbuild.build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(present),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  jsx: 'automatic',
  define: { KIMBERLITE_BUILD: JSON.stringify(buildIdentity()) },
  sourcemap: true,
  metafile: true,
  plugins: [plainFields],
  logLevel: 'warning',
});
// esbuild has said what is wrong; its stack trace would say nothing more.
const { metafile } = await built.catch(() => process.exit(1));

// Only now, and only what is stale: a command that runs meanwhile keeps its files until the end.
const fresh = new Set(Object.keys(metafile.outputs));
for (const name of existsSync(join(root, 'dist')) ? readdirSync(join(root, 'dist')) : []) {
  if (!fresh.has(`dist/${name}`)) rmSync(join(root, 'dist', name), { recursive: true });
}
