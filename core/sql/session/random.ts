/**
 * SQL's randomness: a stream of 32-bit words derived from a salt that the entry carries, so that
 * every replica draws the same. HKDF-SHA-256 keeps the stream unrelated to what else the salt does.
 *
 * Cost: nothing until the first word is asked for; then eight HMACs for 64 words.
 */
import { readU32 } from '../../codec/bytes.ts';
import { hkdfExpand, hkdfExtract } from '../../crypto/hkdf.ts';

const BLOCK_BYTES = 256;
const NO_SALT: Uint8Array = new Uint8Array(0);
const NOTHING: Uint8Array = new Uint8Array(0);
const INFO: readonly number[] = [0x73, 0x71, 0x6c]; // "sql"

export class RandomWords {
  readonly #salt: () => Uint8Array;
  #key: Uint8Array | null = null;
  #block: Uint8Array = NOTHING;
  #at = 0;
  #blocks = 0;

  /** `salt` is called at most once, at the first word. */
  constructor(salt: () => Uint8Array) {
    this.#salt = salt;
  }

  next(): number {
    if (this.#at === this.#block.length) this.#refill();
    const word = readU32(this.#block, this.#at);
    this.#at += 4;
    return word;
  }

  #refill(): void {
    this.#key ??= hkdfExtract(NO_SALT, this.#salt());
    const info = new Uint8Array([...INFO, ...fourBytes(this.#blocks)]);
    this.#block = hkdfExpand(this.#key, info, BLOCK_BYTES);
    this.#at = 0;
    this.#blocks += 1;
  }
}

function fourBytes(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
