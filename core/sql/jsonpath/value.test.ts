/**
 * The canonical text of jsonpaths, and what is refused. Texts are PostgreSQL 15's, but where it
 * leaves out brackets that it needs to read them again. What paths lead to: `golden/jsonpath.txt`.
 */
import { describe, expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { PathRun } from './run.ts';
import { canonicalPath, pathOf } from './value.ts';

describe('canonical text', () => {
  const cases: Readonly<Record<string, string>> = {
    'LAX $.a': '$."a"',
    'strict  $': 'strict $',
    '$.a.*.b[*][1,2 to last-1]': '$."a".*."b"[*][1,2 to last - 1]',
    '$.**.**{2}.**{2 to last}.**{last}.**{last to 3}':
      '$.**.**{2}.**{2 to last}.**{last}.**{last to 3}',
    '$ ? (@.b == 1 && @.c > "x" || !(@.d <> 1) || (@ == 2) is unknown)':
      '$?((@."b" == 1 && @."c" > "x" || !(@."d" != 1)) || (@ == 2) is unknown)',
    '1 + 2 * 3 - -4': '((1 + 2 * 3) - -4)',
    '(1 - (2 - 3)) % 5': '((1 - (2 - 3)) % 5)',
    '--1': '1',
    '-$.a + +$': '(-$."a" + +$)',
    '(1).type()': '(1).type()',
    '1.e1': '10',
    '.5': '0.5',
    '$.true.LAST.is': '$."true"."LAST"."is"',
    '$.a\\u0041\\x42': '$."aAB"',
    '$."a b\\t\\u{1F604}"': '$."a b\\t😄"',
    '$foo + $"b c"': '($"foo" + $"b c")',
    '$ like_regex "^x" flag "iis"': '($ like_regex "^x" flag "is")',
    '!exists($.a ? (@ starts with $v))': '!(exists ($."a"?(@ starts with $"v")))',
    '$ /* blank */ . a . DOUBLE ( )': '$."a".double()',
    '($ == 1)[0]': '($ == 1)[0]',
    '(exists ($)) .type()': '(exists ($)).type()',
  };
  for (const [written, shown] of Object.entries(cases)) {
    test(written, () => expect(canonicalPath(written)).toBe(shown));
  }
});

describe('refused', () => {
  const code = (path: string): string => {
    try {
      canonicalPath(path);
    } catch (error) {
      if (error instanceof SqlError) return `${error.code} ${error.message}`;
      throw error;
    }
    return '';
  };
  const cases: readonly (readonly [string, string])[] = [
    ['', '22P02 invalid input syntax for type jsonpath: ""'],
    ['$.', '42601 syntax error at end of jsonpath input'],
    ['$.a = 1', '42601 syntax error at or near "=" of jsonpath input'],
    ['$.$foo', '42601 syntax error at or near "$foo" of jsonpath input'],
    ['1 == 1 == 1', '42601 syntax error at or near "==" of jsonpath input'],
    ['1.type()', '42601 trailing junk after numeric literal at or near "1.t" of jsonpath input'],
    ['$ /* and no end', '42601 unexpected end of comment at end of jsonpath input'],
    ['"abc', '42601 unexpected end of quoted string at end of jsonpath input'],
    ['"\\u12"', '42601 invalid unicode sequence at or near "\\u" of jsonpath input'],
    ['"\\u0000"', '22P05 unsupported Unicode escape sequence'],
    ['"\\ud83d"', '22P02 invalid input syntax for type jsonpath'],
    ['@', '42601 @ is not allowed in root expressions'],
    ['last', '42601 LAST is allowed only in array subscripts'],
    ['$ like_regex "("', '2201B invalid regular expression: parentheses () not balanced'],
    ['$ like_regex "a" flag "z"', '42601 invalid input syntax for type jsonpath'],
    [
      '$ like_regex "a" flag "x"',
      '0A000 flag "x" (expanded regular expressions) of LIKE_REGEX is not supported',
    ],
    ['$.datetime()', '0A000 jsonpath item method .datetime() is not supported'],
    ['$.keyvalue()', '0A000 jsonpath item method .keyvalue() is not supported'],
    ['('.repeat(60_000), '54001 stack depth limit exceeded'],
    ['- '.repeat(30_000), '54001 stack depth limit exceeded'],
    [`$${'.a'.repeat(30_000)}`, '54001 stack depth limit exceeded'],
    [Array.from({ length: 30_000 }, () => 1).join('+'), '54001 stack depth limit exceeded'],
    ['$'.padEnd(70_000), '54001 stack depth limit exceeded'],
  ];
  for (const [path, expected] of cases) {
    test(path.slice(0, 40), () => expect(code(path)).toBe(expected));
  }
});

test('as deep as a path may be, it runs', () => {
  const deep = [
    `${'('.repeat(199)}1${')'.repeat(199)}`,
    `$${'.a'.repeat(998)}`,
    Array.from({ length: 200 }, () => 1).join('+'),
    `$${' ? (exists($))'.repeat(199)}`,
    `${'$ ? (exists('.repeat(99)}$${'))'.repeat(99)}`,
    Array.from({ length: 190 }, () => '$ == 1').join(' || '),
  ];
  for (const path of deep) {
    const found: string[] = [];
    new PathRun(pathOf(canonicalPath(path)), '1', null, false).query(found);
    expect(found.length).toBeLessThan(2);
  }
});

test('a run ends where the same text is looked through for each of many items: 54000', () => {
  const many = `[${Array.from({ length: 50_000 }, (_, i) => i).join(', ')}]`;
  const run = (path: string): PathRun => new PathRun(pathOf(path), many, null, false);
  expect(run('$[*] ? (@ == 49999)').exists()).toBe('found');
  expect(() => run('$[*] ? (@ == $[last] + 1)').exists()).toThrow('jsonpath takes more than');
});

test('a run ends: 54000', () => {
  const many = (one: number): string => `[${Array.from({ length: 3000 }, () => one).join(', ')}]`;
  const run = (last: number): PathRun =>
    new PathRun(pathOf('$[*] > $x[*]'), many(1), `{"x": ${many(last)}}`, false);
  expect(run(0).exists()).toBe('found');
  expect(() => run(2).query([])).toThrow('jsonpath takes more than 5000000 steps');
});
