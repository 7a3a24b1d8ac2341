/** What now weighs on the links, in words: `links: r0–r2 cut, r1→c0 slow`. */
import { portWords } from '../cli/words.ts';
import { CLIENT_PORT, LINK_CLOG, LINK_CUT, LINK_LARGE, LINK_SLOW, PORTS } from '../sim/links.ts';
import type { Links } from '../sim/links.ts';

const EFFECTS: readonly (readonly [effect: number, word: string])[] = [
  [LINK_CUT, 'cut'],
  [LINK_CLOG, 'clogged'],
  [LINK_SLOW, 'slow'],
  [LINK_LARGE, 'pass small messages only'],
];
const SHOWN_MAX = 8;

/** '' when all links are whole. */
export function linkWords(links: Links, nodes: number, clients: number): string {
  const ports = [
    ...Array.from({ length: nodes }, (_, node) => node),
    ...Array.from({ length: clients }, (_, client) => CLIENT_PORT + client),
  ];
  const parts = EFFECTS.flatMap(([effect, word]) => {
    const pairs = affected(links, effect, ports);
    if (pairs.length === 0) return [];
    const more = pairs.length > SHOWN_MAX ? ` and ${pairs.length - SHOWN_MAX} more` : '';
    return [`${pairs.slice(0, SHOWN_MAX).join(' ')}${more} ${word}`];
  });
  return parts.length === 0 ? '' : `links: ${parts.join(', ')}`;
}

/** `r0–r1` where both directions suffer, `r0→r1` where one does. */
function affected(links: Links, effect: number, ports: readonly number[]): string[] {
  const pairs: string[] = [];
  const has = (from: number, to: number): boolean => links.has(from * PORTS + to, effect);
  for (const from of ports) {
    for (const to of ports) {
      if (to <= from) continue;
      const [there, back] = [has(from, to), has(to, from)];
      const [a, b] = [portWords(from), portWords(to)];
      if (there && back) pairs.push(`${a}–${b}`);
      else if (there) pairs.push(`${a}→${b}`);
      else if (back) pairs.push(`${b}→${a}`);
    }
  }
  return pairs;
}
