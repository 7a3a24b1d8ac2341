/** The profiler finds what it was given to find. */
import { expect, test } from 'vitest';
import { profileWork } from './profile.ts';

/** Busy in a way that no compiler removes. */
function spin(rounds: number): number {
  let state = 1;
  for (let i = 0; i < rounds; i++) state = (Math.imul(state, 0x343fd) + 0x269ec3) | 0;
  return state;
}

test('profile: shares add up to one, the busiest first, under the name of the function', async () => {
  let sink = 0;
  const { folders, functions } = await profileWork(() => {
    for (let i = 0; i < 40; i++) sink ^= spin(2_000_000);
  });
  expect(Number.isInteger(sink)).toBe(true);
  for (const rows of [folders, functions]) {
    const sum = rows.reduce((total, { share }) => total + share, 0);
    expect(sum).toBeCloseTo(1);
    const shares = rows.map(({ share }) => share);
    expect(shares.toSorted((a, b) => b - a)).toEqual(shares);
  }
  expect(functions.some(({ where }) => where.startsWith('spin '))).toBe(true);
});
