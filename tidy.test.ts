/**
 * The house reads its own files: length, headers, banned words, dead files, links, pins.
 *
 * What a linter knows better is left to it (function length, layers, determinism: .oxlintrc.json);
 * what a formatter knows better is left to `npm run format:check`.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, treeFiles } from './scripts/testing/tree.ts';

const MAX_COLUMNS = 100;
const MAX_FILE_LINES = 600;
const MAX_P90_LINES = 500;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const files = treeFiles();

function load(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, lines: text.split('\n') };
}

const code = files.filter((path) => /\.(ts|tsx|mts|mjs)$/.test(path)).map(load);
const prose = files.filter((path) => path.endsWith('.md')).map(load);
const scripts = files.filter((path) => path === '.ci/run').map(load);
const written = [...code, ...prose, ...scripts];

const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);
const isHelper = (path: string): boolean => path.includes('/testing/');
const tests = code.filter(({ path }) => isTest(path) || isHelper(path));
const sources = code.filter(
  ({ path }) => /\.tsx?$/.test(path) && !tests.some((t) => t.path === path),
);

/** `path:line: text` of every line that `wrong` objects to. */
function offences(
  among: readonly SourceFile[],
  wrong: (line: string, index: number, file: SourceFile) => boolean,
): readonly string[] {
  return among.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      wrong(line, index, file) ? [`${file.path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    ),
  );
}

/**
 * An address, or a string literal that takes most of the line: the formatter cannot break those. In
 * a comment quotes are no literals.
 */
function unbreakable(line: string): boolean {
  if (line.includes('https://')) return true;
  return !/^\s*(?:\/\/|\/?\*)/.test(line) && /'[^']{55,}'|`[^`]{55,}`?|^\s*`/.test(line);
}

describe('tidy: shape', () => {
  test(`no line of code is longer than ${MAX_COLUMNS} columns`, () => {
    const long = offences(
      [...code, ...scripts],
      (line) => line.length > MAX_COLUMNS && !unbreakable(line),
    );
    expect(long).toEqual([]);
  });

  test(`no file is longer than ${MAX_FILE_LINES} lines`, () => {
    const long = code.filter(({ lines }) => lines.length > MAX_FILE_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length} lines`)).toEqual([]);
  });

  test('every file of code begins by saying what it is', () => {
    const silent = code.filter(({ text }) => !text.replace(/^#!.*\n/, '').startsWith('/**'));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe('tidy: words', () => {
  // Spelt in pieces, so that this file may name them.
  const unfinished = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].map((word) => `\\b${word}\\b`);
  const excuses = ['not ' + 'implemented', '\\bst' + 'ub(s|bed)?\\b', 'place' + 'holder'];

  test('nothing is left for later', () => {
    const later = new RegExp(unfinished.join('|'));
    const excuse = new RegExp(excuses.join('|'), 'i');
    expect(offences(written, (line) => later.test(line) || excuse.test(line))).toEqual([]);
  });

  test('no path of one machine, and no package registry by name', () => {
    const homes = ['home', 'root', 'Users', 'work', 'tmp'].join('|');
    const path = new RegExp(`(^|["'\`\\s(=])(/(${homes})/[\\w.]|[A-Z]:\\\\\\\\)`);
    const host = new RegExp('regis' + 'try\\.[a-z]|_auth' + 'Token', 'i');
    const settings = files.filter((name) => /\.(json|yml|yaml)$|^\.npmrc$/.test(name)).map(load);
    const bad = offences([...written, ...settings], (line) => path.test(line) || host.test(line));
    expect(bad).toEqual([]);
  });

  test('a skipped test says why', () => {
    const bad = offences(
      tests.filter(({ path }) => path !== 'tidy.test.ts'),
      (line, index, file) => {
        if (/\.only\b\(/.test(line)) return true;
        // A bare call is the test's own; a method of something else is not about tests.
        if (!/(^|[^.\w])skip\(|\b(it|test|describe)\.(skip|skipIf|todo|runIf)\(/.test(line)) {
          return false;
        }
        // Either a reason is passed, perhaps on a line below, or a comment stands there or above.
        const call = file.lines.slice(index, index + 4).join(' ');
        // A title that is put together says there whether data is missing.
        const said =
          /skip\(\s*['"`]|skip\([^;]*,\s*['"`]/.test(call) ||
          /skipIf\([^)]*\)\(\s*(vectorTitle\(|title\b)/.test(call);
        return !said && !/\/\/|\*\//.test(`${file.lines[index - 1] ?? ''}${line}`);
      },
    );
    expect(bad).toEqual([]);
  });
});

describe('tidy: places', () => {
  test('a test stands beside what it tests', () => {
    const astray = tests.filter(({ path, text }) => {
      if (!isTest(path) || !path.includes('/')) return false;
      // A story about several files of one folder stands in that folder.
      if (/from '\.\/(?!testing\/)/.test(text)) return false;
      const folder = dirname(path);
      // `take.push.test.ts` is one of several about take.ts; `vsr/vsr.test.ts` is about the folder.
      const subject = basename(path).split('.')[0] ?? '';
      const beside = ['.ts', '.tsx', '.mjs', ''].map((end) => join(root, folder, subject + end));
      return basename(folder) !== subject && !beside.some((target) => existsSync(target));
    });
    expect(astray.map(({ path }) => path)).toEqual([]);
  });

  test('every folder of code has tests', () => {
    const withTests = new Set(tests.map(({ path }) => dirname(path)));
    const without = new Set(
      sources
        .filter(({ path, text }) => path.includes('/') && /^export (function|class)/m.test(text))
        .map(({ path }) => dirname(path))
        .filter((folder) => folder !== 'core' && !withTests.has(folder))
        // What has no tests of its own is tested by the folder around it.
        .filter((folder) => !withTests.has(dirname(folder))),
    );
    expect([...without]).toEqual([]);
  });

  // Ahead of what will ship them, proven by published vectors and histories (shared/conformance).
  const PROVEN_AHEAD = new RegExp(
    '^(core/crypto/hkdf|core/codec/utf8|invariants/linearizability/(models/.*|list-append))' +
      '\\.ts$',
  );

  test('no file of code is dead: something that ships imports it', () => {
    const entries = load('scripts/build.mjs').text;
    const imported = new Set<string>();
    for (const { path, text } of [...sources, ...code.filter((f) => f.path.endsWith('.mjs'))]) {
      for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
        imported.add(posix.join(posix.dirname(path), target));
      }
    }
    const dead = sources.filter(
      ({ path }) =>
        !PROVEN_AHEAD.test(path) &&
        /^(core|vopr|scenarios|invariants|shells)\//.test(path) &&
        !path.endsWith('.d.ts') &&
        !imported.has(path) &&
        !entries.includes(`'${path}'`),
    );
    expect(dead.map(({ path }) => path)).toEqual([]);
  });

  test('every relative link in the documents leads somewhere', () => {
    const broken = prose.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => posix.join(posix.dirname(path), target))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('what is to be executed is executable', () => {
    const commands = files.filter((path) => path === '.ci/run' || /^bin\/(?!start\.)/.test(path));
    const dull = commands.filter((path) => (statSync(join(root, path)).mode & 0o111) === 0);
    expect(dull).toEqual([]);
  });
});

describe('tidy: pins', () => {
  const manifest = JSON.parse(load('package.json').text) as {
    readonly dependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  };

  test('every dependency is pinned to one release', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
  });

  test('the lockfile has every package by content and none by host', () => {
    const { packages } = JSON.parse(load('package-lock.json').text) as {
      readonly packages: Record<
        string,
        { readonly resolved?: string; readonly integrity?: string }
      >;
    };
    const bad = Object.entries(packages).filter(
      ([name, { resolved, integrity }]) =>
        name !== '' && (resolved !== undefined || integrity === undefined),
    );
    expect(bad.map(([name]) => name)).toEqual([]);
  });
});

describe('tidy: house numbers', () => {
  test(`nine source files in ten have at most ${MAX_P90_LINES} lines`, () => {
    const lengths = sources.map(({ lines }) => lines.length).sort((a, b) => a - b);
    const at = (share: number): number => lengths[Math.floor(share * (lengths.length - 1))] ?? 0;
    const total = (list: readonly SourceFile[]): number =>
      list.reduce((sum, { lines }) => sum + lines.length, 0);
    const comments = offences(sources, (line) => /^\s*(\/\/|\/\*|\*)/.test(line)).length;
    const percent = Math.round((100 * comments) / Math.max(1, total(sources)));
    const ratio = (total(tests) / Math.max(1, total(sources))).toFixed(2);
    console.log(
      `house: ${sources.length} source files, ${total(sources)} lines, median ${at(0.5)}, ` +
        `p90 ${at(0.9)}, longest ${at(1)}; tests ${ratio} lines per source line; ` +
        `comments ${percent}% of source lines`,
    );
    expect(at(0.9)).toBeLessThanOrEqual(MAX_P90_LINES);
  });
});
