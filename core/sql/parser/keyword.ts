/**
 * The few words that the lexer itself must know: those that nest, those that end a piece of an
 * expression, and those of our own clauses. All others are the grammar's business.
 */

/** A word's number; 0: none of these. */
export type Keyword = number;

const WORDS = [
  // Link one operand to the next within an expression.
  'not',
  'is',
  'in',
  'like',
  'ilike',
  'similar',
  'collate',
  'at',
  'isnull',
  'notnull',
  'operator',
  'between',
  'and',
  'or',
  // Begin a part of a statement or of a CASE.
  'select',
  'where',
  'when',
  'then',
  'else',
  'values',
  'with',
  'table',
  // Chain queries and tables.
  'union',
  'intersect',
  'except',
  'join',
  // Nest.
  'case',
  'end',
  // Our own clauses.
  'as',
  'of',
  'for',
  'system_time',
  'timestamp',
  'timestamptz',
  'date',
  'position',
  'from',
  'to',
  'all',
  'time',
  'zone',
  'without',
  'verify',
  'log',
  // Begins a part of CREATE SCHEMA.
  'create',
] as const;

type Word = (typeof WORDS)[number];

const HASH_START = 17;

/** Folds one more byte of a word; letters count as lower case. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + (byte | 0x20)) | 0;
}

export const WORD_HASH_START: number = HASH_START;

const byHash = new Map<number, { readonly keyword: Keyword; readonly word: string }>();
for (const [i, word] of WORDS.entries()) {
  let hash = HASH_START;
  for (let j = 0; j < word.length; j += 1) hash = hashByte(hash, word.charCodeAt(j));
  byHash.set(hash, { keyword: i + 1, word });
}

/** The number of a word of the table. */
export function keyword(word: Word): Keyword {
  return WORDS.indexOf(word) + 1;
}

/** Which keyword the bytes `[start, end)` spell, in any case; `hash` is theirs by `hashByte`. */
export function keywordOf(bytes: Uint8Array, start: number, end: number, hash: number): Keyword {
  const found = byHash.get(hash);
  if (found === undefined || found.word.length !== end - start) return 0;
  for (let i = 0; i < found.word.length; i += 1) {
    const byte = bytes[start + i]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== found.word.charCodeAt(i)) return 0;
  }
  return found.keyword;
}
