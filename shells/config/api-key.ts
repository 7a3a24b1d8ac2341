/**
 * API keys: `kmb_`, 12 hex digits that name the key, `_`, and 256 random bits in base64url. The
 * name is public; of the secret only the SHA-256 is ever kept, so a key is shown once, when it is
 * made. A fast hash is enough: nobody guesses 256 random bits.
 */
import { createHash } from 'node:crypto';
import { systemCrypto } from '../system.ts';

const ID_BYTES = 6;
const SECRET_BYTES = 32;
const SHAPE = /^kmb_([\da-f]{12})_([\w-]{43})$/;

export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the secret part's 32 bytes. */
  readonly hash: Uint8Array;
}

/** A fresh key, and its text, which only its user may have. */
export function makeApiKey(): ApiKey & { readonly text: string } {
  const id = Buffer.from(systemCrypto.random(ID_BYTES)).toString('hex');
  const secret = Buffer.from(systemCrypto.random(SECRET_BYTES)).toString('base64url');
  const text = `kmb_${id}_${secret}`;
  return { ...readApiKey(text)!, text };
}

/** Null when the text has not the shape of a key. */
export function readApiKey(text: string): ApiKey | null {
  const parts = SHAPE.exec(text);
  if (parts === null) return null;
  const secret = Buffer.from(parts[2]!, 'base64url');
  // 43 digits are 258 bits: the last two must be zero, so that a key has one text.
  if (secret.toString('base64url') !== parts[2]) return null;
  return { id: parts[1]!, hash: createHash('sha256').update(secret).digest() };
}
