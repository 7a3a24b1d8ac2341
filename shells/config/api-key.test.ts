/** API keys: a name that may be seen, a secret of which only the hash is kept. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeApiKey, readApiKey } from './api-key.ts';

test('a key is read as it was made, and no two are alike', () => {
  const one = makeApiKey();
  expect(one.text).toMatch(/^kmb_[\da-f]{12}_[\w-]{43}$/);
  expect(readApiKey(one.text)).toEqual({ id: one.id, hash: one.hash });
  const secret = Buffer.from(one.text.slice(-43), 'base64url');
  expect(one.hash).toEqual(createHash('sha256').update(secret).digest());
  expect(makeApiKey().text).not.toBe(one.text);
});

test.each([
  ['nothing', ''],
  ['another prefix', `key_0123456789ab_${'A'.repeat(43)}`],
  ['a short secret', `kmb_0123456789ab_${'A'.repeat(42)}`],
  ['a secret with bits too many', `kmb_0123456789ab_${'A'.repeat(42)}B`],
])('%s is no key', (_, text) => {
  expect(readApiKey(text)).toBeNull();
});
