/** How long a text may become. */
import { SqlError } from '../error.ts';

/** Bytes of the largest value PostgreSQL makes. */
export const MAX_BYTES = 0x3fffffff;

export function tooLarge(): SqlError {
  return new SqlError('54000', 'requested length too large');
}

/** Refuses a text of so many code units before it is made. */
export function requireLength(units: number): void {
  if (units > MAX_BYTES / 4) throw tooLarge();
}

/** As `join`, of parts that may be too long together. */
export function joinParts(parts: readonly string[], between: string): string {
  let units = 0;
  for (const part of parts) units += part.length + between.length;
  requireLength(units);
  return parts.join(between);
}
