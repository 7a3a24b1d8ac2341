/** Valid prepares for storage tests: a hash chain of ops with bodies of a chosen size. */
import type { Checksummer, Prepare } from '../../codec/prepare.ts';
import { buildPrepare, PREPARE_HEADER_BYTES } from '../../codec/prepare.ts';
import { checksum128 } from '../../crypto/blake3.ts';
import type { Observer } from '../../ports.ts';
import { OPERATION_NOOP } from '../../types/operation.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { make128, ZERO128 } from '../../types/hash128.ts';

export const hasher: Checksummer = { checksum128 };
export const CLUSTER: Hash128 = make128(1, 2, 3, 4);

/** Bodies that do, and do not, fit a sector of 512 bytes of the header ring. */
export const SHORT_BODY = 40;
export const LONG_BODY = 300;

/** Prepare `op`; two prepares are equal exactly if op, view, parent and body size are. */
export function prepareOf(
  op: number,
  view = 0,
  parent: Hash128 = ZERO128,
  bodyBytes: number = LONG_BODY,
  cluster: Hash128 = CLUSTER,
): Prepare {
  const bytes = new Uint8Array(PREPARE_HEADER_BYTES + bodyBytes);
  for (let i = 0; i < bodyBytes; i++) bytes[PREPARE_HEADER_BYTES + i] = op * 7 + view * 31 + i + 1;
  const fields = {
    parent,
    cluster,
    client: ZERO128,
    requestChecksum: ZERO128,
    op,
    timestamp: 1000 + op,
    session: 0,
    view,
    epoch: 0,
    release: 1,
    request: 0,
    shard: 0,
    tenant: 0,
    operation: OPERATION_NOOP,
  };
  return buildPrepare(fields, bytes, hasher);
}

/** Prepares `first … last`, each the child of the one before. */
export function chainOf(
  first: number,
  last: number,
  view = 0,
  parent: Hash128 = ZERO128,
  bodyBytes: number = LONG_BODY,
): Prepare[] {
  const chain: Prepare[] = [];
  for (let op = first; op <= last; op++)
    chain.push(prepareOf(op, view, chain[chain.length - 1]?.header.checksum ?? parent, bodyBytes));
  return chain;
}

export interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly ref: unknown;
}

/** Keeps every step. */
export class RecordingObserver implements Observer {
  readonly steps: Step[] = [];

  step(kind: number, a: number, b: number, c: number, ref: unknown): void {
    this.steps.push({ kind, a, b, c, ref });
  }

  of(kind: number): readonly Step[] {
    return this.steps.filter((step) => step.kind === kind);
  }

  marked(mark: number, kind: number): boolean {
    return this.steps.some((step) => step.kind === kind && step.a === mark);
  }
}
