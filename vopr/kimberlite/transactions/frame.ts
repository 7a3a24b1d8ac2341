/**
 * How the statements of an interactive transaction travel between a simulated client and the server
 * beside a node: as queries under numbers that no other query has. The number says which
 * transaction of the client and which statement of it, so that a copy that comes late or twice is
 * known for what it is.
 *
 * A question's body is a SQL request. An answer's body is a tag, and a statement's answer or the
 * request that the client must submit (COMMIT, when something was changed).
 */
import { SqlError } from '../../../core/sql/error.ts';
import type { StatementAnswer } from '../../../core/sql/session/result.ts';
import { decodeAnswer, encodeAnswer } from '../../../core/sql/session/result.ts';
import { assert } from '../../../core/types/assert.ts';

const NUMBER_MIN = 0x4000_0000;
const STATEMENTS = 64;
const TAG_ANSWER = 0;
const TAG_SUBMIT = 1;

/** Statement 0 is BEGIN. */
export function frameNumber(transaction: number, statement: number): number {
  assert(statement < STATEMENTS, 'transactions are short');
  return NUMBER_MIN + transaction * STATEMENTS + statement;
}

export function isFrame(query: number): boolean {
  return query >= NUMBER_MIN;
}

export function transactionOf(query: number): number {
  return Math.floor((query - NUMBER_MIN) / STATEMENTS);
}

export function statementOf(query: number): number {
  return (query - NUMBER_MIN) % STATEMENTS;
}

export type Told =
  | { readonly kind: 'answer'; readonly answer: StatementAnswer }
  | { readonly kind: 'submit'; readonly body: Uint8Array };

export function encodeTold(told: Told): Uint8Array {
  const rest = told.kind === 'answer' ? encodeAnswer(told.answer) : told.body;
  const out = new Uint8Array(1 + rest.length);
  out[0] = told.kind === 'answer' ? TAG_ANSWER : TAG_SUBMIT;
  out.set(rest, 1);
  return out;
}

export function decodeTold(bytes: Uint8Array): Told {
  assert(bytes.length > 1, 'servers answer something');
  if (bytes[0] === TAG_SUBMIT) return { kind: 'submit', body: bytes.subarray(1) };
  const answer = decodeAnswer(bytes.subarray(1));
  assert(answer !== null, 'servers send well-formed answers');
  return { kind: 'answer', answer };
}

/** What is said of a transaction that is not here, or not any more. */
export const GONE: Told = {
  kind: 'answer',
  answer: new SqlError('40001', 'the transaction ended with the server that it ran on', {
    hint: 'The transaction might succeed if retried.',
  }),
};
