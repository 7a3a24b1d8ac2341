/** Flags of scripts: what is wrong is said, and ends them; nothing is ignored. */
import { expect, test, vi } from 'vitest';
// @ts-expect-error A script, without types.
import { readOptions } from './options.mjs';

const read = readOptions as (usage: string, defaults: object, argv: string[]) => object;
const DEFAULTS = { count: 7, only: '', stop: false };

/** How it ends, and what it says. */
function ending(usage: string, ...argv: string[]): { code: unknown; said: string } {
  const said: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => said.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation((line) => said.push(String(line)));
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  read(usage, DEFAULTS, argv);
  const [[code] = []] = exit.mock.calls;
  vi.restoreAllMocks();
  return { code, said: said.join('\n') };
}

test('what is given stands in place of the defaults', () => {
  expect(read('x', DEFAULTS, [])).toEqual({ ...DEFAULTS, files: [] });
  expect(read('x', DEFAULTS, ['--count', '12', '--stop', '--only', 'read'])).toEqual({
    count: 12,
    only: 'read',
    stop: true,
    files: [],
  });
  expect(read('x FILE', DEFAULTS, ['a', '--stop', 'b'])).toMatchObject({ files: ['a', 'b'] });
});

test('what is wrong ends it with one line and how it is called', () => {
  expect(ending('x', '--count', 'many').said).toBe(
    "--count takes a whole number, not 'many'\nusage: x",
  );
  expect(ending('x', '--cuont', '3').code).toBe(2);
  expect(ending('x', '--count').code).toBe(2);
  expect(ending('x', 'file').code).toBe(2);
  expect(ending('x', '--help')).toEqual({ code: 0, said: 'usage: x' });
});
