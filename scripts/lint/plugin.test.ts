/**
 * Never trust a gate that has not failed once: in a copy of the tree each violation of
 * scripts/testing/plants.ts, planted one a file, must be refused for its own reason by the compiler
 * or the linter, and nothing else may be.
 *
 * All plants go in together and each gate runs once; a plant only counts if the report names *its*
 * file and *its* rule.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyTree } from '../testing/tree.ts';
import type { TreeCopy } from '../testing/tree.ts';
import { lintPlants, typePlants } from '../testing/plants.ts';

let copy: TreeCopy;

beforeAll(() => {
  copy = copyTree();
});
afterAll(() => copy.dispose());

function tsc(): { readonly status: number | null; readonly report: string } {
  return run(['node_modules/typescript/bin/tsc', '-b', '--pretty', 'false']);
}

function oxlint(): { readonly status: number | null; readonly report: string } {
  const flags = ['--type-aware', '--deny-warnings', '--format', 'unix'];
  return run(['node_modules/oxlint/bin/oxlint', ...flags]);
}

function run(args: readonly string[]): { readonly status: number | null; readonly report: string } {
  const done = spawnSync(process.execPath, args, { cwd: copy.path, encoding: 'utf8' });
  return { status: done.status, report: done.stdout + done.stderr };
}

function plant(files: Iterable<readonly [path: string, source: string]>): void {
  for (const [path, source] of files) {
    mkdirSync(dirname(join(copy.path, path)), { recursive: true });
    writeFileSync(join(copy.path, path), source);
  }
}

/** The lines of a report that speak of one file. */
function linesAbout(report: string, path: string): readonly string[] {
  return report.split('\n').filter((line) => line.startsWith(path));
}

/** What a gate says of files in which nothing was planted. */
function strays(report: string, place: RegExp): readonly string[] {
  const planted = new Set([...typePlants, ...lintPlants].map(({ path }) => path));
  const places = report.split('\n').map((line) => ({ line, path: place.exec(line)?.[1] }));
  return places.filter(({ path = '' }) => path !== '' && !planted.has(path)).map((x) => x.line);
}

describe('the compiler as a wall', () => {
  let report = '';

  test('the tree compiles, what is planted aside', () => {
    plant(typePlants.map(({ path, source }) => [path, source]));
    const { status, report: text } = tsc();
    report = text;
    expect(status).not.toBe(0);
    expect(strays(report, /^([^\s(]+)\(\d+,\d+\): error /)).toEqual([]);
  });

  test.each(typePlants)('$path: $what', ({ path, codes }) => {
    const lines = linesAbout(report, path);
    const hit = lines.filter((line) => codes.some((code) => line.includes(`error ${code}:`)));
    const message = `nothing about ${path} with ${codes.join(' or ')} in:\n${lines.join('\n')}`;
    expect(hit.length, message).toBeGreaterThan(0);
  });
});

describe('the linter as a wall', () => {
  let report = '';

  test('the tree passes, what is planted aside', () => {
    plant(lintPlants.map(({ path, source }) => [path, source]));
    const { status, report: text } = oxlint();
    report = text;
    expect(status).not.toBe(0);
    expect(strays(report, /^([^\s:]+):\d+:\d+: /)).toEqual([]);
  });

  test.each(lintPlants)('$path: $what', ({ path, rule }) => {
    const lines = linesAbout(report, path);
    const hit = lines.filter((line) => line.includes(rule));
    const message = `nothing about ${path} by ${rule} in:\n${lines.join('\n')}`;
    expect(hit.length, message).toBeGreaterThan(0);
  });
});
