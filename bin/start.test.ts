/** The commands in bin/ when they cannot start: one line, what to do, exit code 2. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../scripts/testing/tree.ts';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bin-')));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(name: string, ...nodeFlags: string[]): Ended {
  const args = [...nodeFlags, join(folder, 'bin', `${name}.mjs`), 'one', 'two'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

/** A flag that makes Node.js take itself for another release. */
function pretend(version: string): string {
  const source = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`;
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
}

describe.each(['vopr', 'kimberlite'])('%s', (name) => {
  test('asks for a build when there is none', () => {
    const ended = start(name);
    expect(ended.stderr).toBe(
      `${name}: dist/${name}.js is missing; build it with: npm run build\n`,
    );
    expect(ended.stdout).toBe('');
    expect(ended.status).toBe(2);
  });

  test.each(['18.20.4', '20.18.9'])('refuses Node.js %s by name', (version) => {
    const ended = start(name, pretend(version));
    expect(ended.stderr).toBe(`${name} needs Node.js 20.19 or newer, this is ${version}\n`);
    expect(ended.status).toBe(2);
  });

  test.each(['20.19.0', '22.0.0', '26.10.0'])('takes Node.js %s', (version) => {
    expect(start(name, pretend(version)).stderr).toContain('npm run build');
  });

  test('hands its arguments and its exit code through', () => {
    mkdirSync(join(folder, 'dist'));
    const script = 'console.log(process.argv.slice(2).join()); process.exitCode = 7;';
    writeFileSync(join(folder, 'dist', `${name}.js`), script);
    expect(start(name)).toMatchObject({ status: 7, stdout: 'one,two\n', stderr: '' });
  });
});
