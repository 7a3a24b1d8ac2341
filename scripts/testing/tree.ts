/**
 * The repository as its own tests see it: every file that belongs to it, as relative paths, and
 * throw-away copies of it in which a test may do damage.
 *
 * Reads the folder rather than git, so that it also works in an unpacked archive.
 */
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's root. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Made by tools, never by us; not part of the tree at any depth. */
const MADE = new Set(['node_modules', 'dist', '.git', '.tsc', 'out', 'vopr-failures']);

/** All files of the repository, relative, with forward slashes, sorted by code unit. */
export function treeFiles(): readonly string[] {
  const found: string[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!MADE.has(entry.name)) pending.push(path);
      } else if (entry.isFile() && !entry.name.endsWith('.log')) {
        found.push(path);
      }
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** A copy of the tree under the temporary folder, sharing node_modules; the caller disposes it. */
export interface TreeCopy {
  readonly path: string;
  dispose(): void;
}

export function copyTree(): TreeCopy {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'house-')));
  for (const file of treeFiles()) cpSync(join(root, file), join(path, file));
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'), 'dir');
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}
