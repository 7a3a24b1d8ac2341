/** Definitions and writes answer as PostgreSQL does, to the word. */
import { describe, expect, it } from 'vitest';
import { readExchanges, replay } from './testing/golden.ts';

const SCRIPTS = [
  './golden/tables.txt',
  './golden/others.txt',
  '../write/golden/constraints.txt',
  '../write/golden/references.txt',
];

describe('golden scripts', () => {
  it.each(SCRIPTS)('%s', (path) => {
    const exchanges = readExchanges(new URL(path, import.meta.url));
    expect(exchanges.length).toBeGreaterThan(50);
    expect(replay(exchanges)).toEqual(exchanges);
  });
});
