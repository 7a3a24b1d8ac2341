/** What a client is told of its request. */
import type { Hash128 } from '../types/hash128.ts';
import type { SessionView } from './records.ts';

export interface KernelReply {
  client: Hash128;
  session: number;
  request: number;
  requestChecksum: Hash128;
  op: number;
  position: number;
  status: number;
  body: Uint8Array;
}

/** A session's last reply, as it was first given; `apart`: its body when that stands apart. */
export function storedReply(session: SessionView, apart: Uint8Array | null = null): KernelReply {
  return {
    client: session.client,
    session: session.session,
    request: session.request,
    requestChecksum: session.requestChecksum,
    op: session.lastOp,
    position: session.position,
    status: session.status,
    body: apart ?? session.body.slice(0, session.bodyBytes),
  };
}
