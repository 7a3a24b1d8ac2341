/** Flags of LIKE_REGEX: XQuery's, of which a few are what regular expressions here have, too. */
import { SqlError, unsupported } from '../error.ts';

const LETTERS: readonly string[] = ['i', 's', 'm', 'q'];

/** `letters`: each once; `options`: the same for `compileRegex`. Throws 42601, 0A000. */
export function regexFlags(text: string): { readonly letters: string; readonly options: string } {
  for (const flag of text) {
    if (flag === 'x' || LETTERS.includes(flag)) continue;
    throw new SqlError('42601', 'invalid input syntax for type jsonpath', {
      detail: `Unrecognized flag character "${flag}" in LIKE_REGEX predicate.`,
    });
  }
  // A quoted pattern has no blanks to leave out.
  if (text.includes('x') && !text.includes('q')) {
    throw unsupported('flag "x" (expanded regular expressions) of LIKE_REGEX', -1);
  }
  const letters = LETTERS.filter((flag) => text.includes(flag)).join('');
  return { letters, options: optionsOf(letters) };
}

/** `letters`: as `regexFlags` gives them. */
export function optionsOf(letters: string): string {
  const ignoreCase = letters.includes('i') ? 'i' : '';
  if (letters.includes('q')) return `${ignoreCase}q`;
  // Without "s" a point is any character but a line's end; with "m" lines have ends of their own.
  if (letters.includes('s')) return ignoreCase + (letters.includes('m') ? 'w' : 's');
  return ignoreCase + (letters.includes('m') ? 'n' : 'p');
}
