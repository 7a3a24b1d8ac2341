/**
 * `information_schema`: the SQL standard's view of the catalogue, as PostgreSQL fills it.
 */
import type { SystemSource } from './system.ts';

export const INFORMATION_SCHEMA: readonly SystemSource[] = [];
