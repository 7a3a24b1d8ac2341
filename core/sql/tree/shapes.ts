/**
 * What every node of the statement tree looks like: the table behind the codec.
 *
 * Append only. A shape's number, its fields, their order and the order of their choices are bytes
 * in logs that outlive this release: a node that changes gets a new number here, and decoding the
 * old one stays. Families list what may stand at a place; they may grow.
 */
import type { Shape } from './field.ts';
import { EXPRESSIONS } from './shapes-expression.ts';
import { QUERIES } from './shapes-query.ts';
import { STATEMENTS } from './shapes-statement.ts';

/** What may stand where. The first shape of a kind in a family is the one that is written. */
export const FAMILIES: Readonly<Record<string, readonly Shape[]>> = {
  ...EXPRESSIONS,
  ...QUERIES,
  ...STATEMENTS,
};
