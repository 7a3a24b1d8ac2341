/**
 * Each draw of the workload has a site of its own. Two that share one get the same answer within an
 * operation: what one decides, the other can no longer choose (it happened: where there were users,
 * some of the transactions' programs could never be drawn).
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const room = fileURLToPath(new URL('.', import.meta.url));

test('no two draws of the workload have one site', () => {
  const sites = readdirSync(room, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => {
      const source = readFileSync(join(room, name), 'utf8');
      const found = [...source.matchAll(/^(?:export )?const (SITE_\w+) = ([\d_]+);$/gm)];
      return found.map(([, site, number]) => ({ number: Number(number), site, name }));
    });
  expect(sites.length).toBeGreaterThan(20);
  const shared = sites.filter(({ number }) => sites.filter((s) => s.number === number).length > 1);
  expect(shared).toEqual([]);
});
