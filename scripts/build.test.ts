/** The build on trees that are not whole: it must never be why an installation fails. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from './testing/tree.ts';

let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'build-')));
  mkdirSync(join(folder, 'scripts'));
  cpSync(join(root, 'scripts/build.mjs'), join(folder, 'scripts/build.mjs'));
  write('package.json', '{ "type": "module" }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function build(): { readonly status: number | null; readonly stderr: string } {
  const script = join(folder, 'scripts/build.mjs');
  return spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
}

function installPackages(): void {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
}

describe('the build', () => {
  test('bundles an entry point, type errors and all, and leaves packages outside', () => {
    installPackages();
    write('vopr/part.ts', 'export const part: string = 42;\n');
    write(
      'vopr/cli/main.ts',
      "import 'yargs';\nimport { part } from '../part.ts';\nprint(part);\n",
    );
    expect(build().status).toBe(0);
    const bundle = readFileSync(join(folder, 'dist/vopr.js'), 'utf8');
    expect(bundle).toContain('42');
    expect(bundle).toContain('import "yargs"');
    expect(existsSync(join(folder, 'dist/vopr.js.map'))).toBe(true);
  });

  test('leaves out an entry point that does not exist, and names it', () => {
    installPackages();
    const { status, stderr } = build();
    expect(status).toBe(0);
    expect(stderr).toContain('left out, no such file: vopr/cli/main.ts');
  });

  test('sweeps away what an older build left', () => {
    installPackages();
    write('dist/old.js', '');
    expect(build().status).toBe(0);
    expect(existsSync(join(folder, 'dist/old.js'))).toBe(false);
  });

  test('in a production install, without esbuild, leaves dist/ as it was packed', () => {
    write('dist/vopr.js', '// packed');
    const { status, stderr } = build();
    expect(stderr).toContain('dist/ left untouched');
    expect(status).toBe(0);
    expect(readFileSync(join(folder, 'dist/vopr.js'), 'utf8')).toBe('// packed');
  });

  test('fails on code that does not parse', () => {
    installPackages();
    write('vopr/cli/main.ts', 'export const = 1;\n');
    expect(build().status).not.toBe(0);
  });
});
