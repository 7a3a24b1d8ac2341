/**
 * Time zones by name: UTC, its synonyms and fixed offsets. Zones that move with the seasons need
 * data that must be pinned first: `0A000`.
 */
import { SqlError, unsupported } from '../error.ts';
import { zoneOffset } from './datetime-parse.ts';
import { WORDS } from './datetime-tokens.ts';
import { lowerAscii } from './text.ts';

/** Microseconds east of UTC. Throws `22023` for what is no zone. */
export function zoneMicrosNamed(name: string): number {
  const word = lowerAscii(name);
  const known = WORDS.get(word);
  if (known?.kind === 'zone') return known.seconds * 1e6;
  if (/^etc\/(?:utc|gmt|uct|zulu|universal|greenwich)$|^(?:universal|greenwich|gmt0)$/.test(word)) {
    return 0;
  }
  const etc = /^etc\/gmt([+-])([0-9]{1,2})$/.exec(word);
  if (etc !== null) return (etc[1] === '+' ? -1 : 1) * Number(etc[2]) * 3600e6 + 0;
  const offset = posixOffset(word);
  if (offset !== null) return offset;
  if (/^[a-z]+(?:\/[a-z_+-]+)+$/.test(word)) throw unsupported(`time zone "${name}"`, -1);
  throw new SqlError('22023', `time zone "${name}" not recognized`);
}

/** `+02:30` and `UTC+2` mean west of Greenwich, as POSIX has it; `<+02>-02` says both. */
function posixOffset(word: string): number | null {
  const match = /^(?:[a-z]{3,}|<[^>]*>)?([+-]?[0-9:]+)$/.exec(word);
  if (match === null) return null;
  const [, digits = ''] = match;
  const offset = zoneOffset(/^[+-]/.test(digits) ? digits : `+${digits}`);
  return typeof offset === 'number' ? (0 - offset) * 1e6 + 0 : null;
}
