/**
 * Chains: values too long for a leaf, in pages of their own, each linked to the next by number and
 * checksum. Written from the last page to the first, so that the first one's reference proves all.
 *
 * Content of a chain page: `next page u32, next checksum 128`, then the bytes.
 */
import { readU32, writeU32 } from '../codec/bytes.ts';
import type { Checksummer } from '../codec/prepare.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, read128, write128 } from '../types/hash128.ts';
import { copyBytes } from './arena.ts';
import { REF_BYTES } from './cell.ts';
import type { PageFile } from './page-file.ts';
import { takeImage } from './page-file.ts';
import { PAGE_CHAIN, PAGE_HEADER_BYTES, PAGE_NONE, pageKind, pageUsed, sealPage } from './page.ts';

const CONTENT_FROM = PAGE_HEADER_BYTES + REF_BYTES;

/** Pages that `bytes` bytes take. */
export function chainPages(bytes: number, pageBytes: number): number {
  return Math.max(1, Math.ceil(bytes / (pageBytes - CONTENT_FROM)));
}

/** Writes `bytes` into the given pages, in order; returns the checksum of the first. */
export function writeChain(
  bytes: Uint8Array,
  pages: readonly number[],
  tenant: number,
  file: PageFile,
  hash: Checksummer,
): Hash128 {
  const room = file.pageBytes - CONTENT_FROM;
  let next = PAGE_NONE;
  let checksum = ZERO128;
  for (let i = pages.length - 1; i >= 0; i -= 1) {
    const from = Math.min(i * room, bytes.length);
    const length = Math.min(room, bytes.length - from);
    const image = takeImage(file.pageBytes);
    writeU32(image, PAGE_HEADER_BYTES, next);
    write128(checksum, image, PAGE_HEADER_BYTES + 4);
    copyBytes(bytes, from, length, image, CONTENT_FROM);
    sealPage(image, PAGE_CHAIN, 0, CONTENT_FROM + length, tenant, pages[i]!);
    checksum = hash.checksum128(image, 0, CONTENT_FROM + length);
    next = pages[i]!;
    file.write(next, image);
  }
  return checksum;
}

/** Where a chain's page leads. */
export function chainNext(image: Uint8Array): number {
  return readU32(image, PAGE_HEADER_BYTES);
}

export function chainNextChecksum(image: Uint8Array): Hash128 {
  return read128(image, PAGE_HEADER_BYTES + 4);
}

/** Appends the page's content to `into` at `at`; returns the end, or -1 if it does not fit. */
export function readChainPage(image: Uint8Array, into: Uint8Array, at: number): number {
  if (pageKind(image) !== PAGE_CHAIN) return -1;
  const bytes = pageUsed(image) - CONTENT_FROM;
  if (bytes < 0 || at + bytes > into.length) return -1;
  copyBytes(image, CONTENT_FROM, bytes, into, at);
  return at + bytes;
}
