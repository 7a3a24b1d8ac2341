/** Names within text literals, as `regclass` reads them. */
import { lowerAscii } from '../types/text.ts';

/** Parts of `s`, `public.s`, `"My Schema"."s"`, folded unless quoted. */
export function nameParts(text: string): string[] {
  const parts: string[] = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]!;
    if (c === '"') {
      if (quoted && text[i + 1] === '"') {
        parts[parts.length - 1] += c;
        i += 1;
      } else quoted = !quoted;
    } else if (c === '.' && !quoted) parts.push('');
    else parts[parts.length - 1] += quoted ? c : lowerAscii(c);
  }
  return parts;
}
