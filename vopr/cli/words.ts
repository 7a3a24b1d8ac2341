/**
 * What every system has, in words: places, sets of nodes, times and counts.
 */
import { CLIENT_PORT } from '../sim/links.ts';

/** `r2` for a node, `c0` for a client. */
export function portWords(port: number): string {
  return port < CLIENT_PORT ? `r${port}` : `c${port - CLIENT_PORT}`;
}

/** `r0, r2` for a bit set. */
export function setWords(set: number): string {
  const names: string[] = [];
  for (let node = 0; node < 32; node++) if (((set >>> node) & 1) !== 0) names.push(`r${node}`);
  return names.length === 0 ? 'nobody' : names.join(', ');
}

/** `3.250 ms`. */
export function millis(micros: number): string {
  return `${(micros / 1000).toFixed(3)} ms`;
}

export function times(count: number, name: string): string {
  return count === 1 ? name : `${name} ×${count}`;
}
