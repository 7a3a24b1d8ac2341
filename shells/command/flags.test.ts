/** Flags that yargs would take for something else than was meant. */
import { expect, test } from 'vitest';
import { checkFlags } from './flags.ts';

test.each([
  [['query', 'SELECT 1', '--json=maybe'], "--json is a switch and takes no value, not 'maybe'"],
  [['init', 'd', '--development='], "--development is a switch and takes no value, not ''"],
  [['import', 'a.csv', '--no-header=1'], "--header is a switch and takes no value, not '1'"],
  [['query', 'SELECT 1', '--wait'], '--wait needs a value'],
  [['query', '--wait', '--json', 'SELECT 1'], '--wait needs a value'],
  [['stop', 'd', '--timeout='], '--timeout needs a value'],
  [['user', 'create', 'ann', '--role', 'reader', '--tenants'], '--tenants needs a value'],
])('%j is refused', (argv, message) => {
  expect(() => checkFlags(argv)).toThrow(message);
});

test.each([
  [['query', '--wait', '-1', 'SELECT 1']],
  [['query', '--wait=5', '--json', '--tls=false', '--no-json', 'SELECT 1']],
  [['query', '--', '--wait']],
  [['query', '--json is no flag', '-- a comment']],
])('%j is left to yargs', (argv) => {
  expect(() => checkFlags(argv)).not.toThrow();
});
