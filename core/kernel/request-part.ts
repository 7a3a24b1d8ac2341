/**
 * The request part of an entry, and where its outcome begins: both parts' salts and the request's
 * body come from the prepare as they are (docs/formats-kernel.md).
 */
import { writeU32 } from '../codec/bytes.ts';
import type { Prepare } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import { copyBytes } from '../store/arena.ts';
import { ENTRY_HEADER_BYTES, ENTRY_SALT_BYTES, REQUEST_PART_FIXED_BYTES } from './entry.ts';
import type { OutcomeWriter } from './outcome.ts';

/** Writes it, and the salt of the outcome. Answers where the outcome itself begins. */
export function writeRequestPart(writer: OutcomeWriter, { header, bytes }: Prepare): number {
  const salts = PREPARE_HEADER_BYTES;
  const body = salts + PREPARE_SALT_BYTES;
  const bodyBytes = bytes.length - body;
  const part = ENTRY_HEADER_BYTES;
  const outcomePart = part + REQUEST_PART_FIXED_BYTES + bodyBytes;
  const outcomeFrom = outcomePart + ENTRY_SALT_BYTES;
  writer.reserve(outcomeFrom);
  copyBytes(bytes, salts, ENTRY_SALT_BYTES, writer.bytes, part);
  writeU32(writer.bytes, part + ENTRY_SALT_BYTES, header.tenant);
  copyBytes(bytes, body, bodyBytes, writer.bytes, part + REQUEST_PART_FIXED_BYTES);
  copyBytes(bytes, salts + ENTRY_SALT_BYTES, ENTRY_SALT_BYTES, writer.bytes, outcomePart);
  return outcomeFrom;
}
