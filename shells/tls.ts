/**
 * TLS for the links between replicas: each end proves with its certificate, signed by the cluster's
 * authority, that it belongs to the cluster. Without it, links are plain TCP.
 *
 * Names in certificates are not compared with addresses: whoever the authority signed for is in.
 */
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { connect, createServer as createTlsServer } from 'node:tls';

/** PEM texts. */
export interface LinkTls {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

const MIN_VERSION = 'TLSv1.3';

export function listenerOf(
  tls: LinkTls | undefined,
  onConnection: (socket: Socket) => void,
): Server {
  if (tls === undefined) return createServer(onConnection);
  const { certificate, key, authority } = tls;
  const mutual = { requestCert: true, rejectUnauthorized: true, minVersion: MIN_VERSION } as const;
  return createTlsServer({ cert: certificate, key, ca: authority, ...mutual }, onConnection);
}

export function dial(
  { host, port }: { readonly host: string; readonly port: number },
  tls: LinkTls | undefined,
): Socket {
  if (tls === undefined) return createConnection({ host, port });
  const { certificate, key, authority } = tls;
  return connect({
    host,
    port,
    cert: certificate,
    key,
    ca: authority,
    minVersion: MIN_VERSION,
    checkServerIdentity: () => undefined,
  });
}
