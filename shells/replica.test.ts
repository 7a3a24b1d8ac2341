/** What the process says to wrong arguments: one line, and which one is wrong. */
import { describe, expect, test } from 'vitest';
import { parse128 } from '../core/types/hash128.ts';
import { parseSettings } from './replica.ts';

const HEX = '0123456789abcdef0123456789abcdef';

/** Good arguments, with some replaced; null leaves one out. */
function argumentsWith(more: Record<string, string | null> = {}): string[] {
  const flags: Record<string, string | null> = {
    directory: 'data',
    replica: '1',
    peers: 'a:1,b:2,c:3',
    cluster: HEX,
    ...more,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== null);
  return given.map(([flag, value]) => `--${flag}=${value}`);
}

describe('arguments', () => {
  test('that are right', () => {
    expect(parseSettings(argumentsWith())).toEqual({
      directory: 'data',
      replica: 1,
      peers: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 3 },
      ],
      standbyCount: 0,
      cluster: parse128(HEX),
      format: false,
      recover: false,
    });
    const more = [...argumentsWith({ standbys: '1', replica: '2' }), '--format'];
    expect(parseSettings(more)).toMatchObject({ standbyCount: 1, replica: 2, format: true });
  });

  test.each<[Record<string, string | null>, string]>([
    [{ directory: null }, '--directory is missing'],
    [{ cluster: null }, '--cluster is missing'],
    [{ peers: '' }, '--peers is missing'],
    [{ peers: 'a:1,b' }, '--peers: "a:1,b" is no list of HOST:PORT'],
    [{ peers: 'a:1,,b:2' }, 'is no list of HOST:PORT'],
    [{ replica: '3' }, '--replica: "3" is not 0 to 2'],
    [{ replica: '-1' }, '--replica: "-1" is not 0 to 2'],
    [{ replica: '1.5' }, '--replica: "1.5" is not 0 to 2'],
    [{ cluster: 'abc' }, '--cluster: "abc" is not 32 hex digits'],
    [{ standbys: '3' }, '--standbys: at most 2 of these peers'],
    [{ unknown: 'x' }, "Unknown option '--unknown'"],
  ])('%j', (more, message) => {
    const settings = parseSettings(argumentsWith(more));
    expect(settings).toBeTypeOf('string');
    expect(settings).toContain(message);
    expect(String(settings).split('\n')).toHaveLength(1);
  });

  test('of which nothing is silently ignored', () => {
    expect(parseSettings([...argumentsWith(), 'stray'])).toContain('stray');
    expect(parseSettings([...argumentsWith(), '--format', '--recover'])).toContain('not both');
    expect(parseSettings([...argumentsWith(), '--format=yes'])).toContain('--format');
  });
});
