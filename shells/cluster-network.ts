/** The TCP network with the messages of the protocol on it. */
import { decodeMessage, encodeMessage } from '../core/codec/message.ts';
import type { Limits } from '../core/limits.ts';
import type { Address } from '../core/ports.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import type { Message } from '../core/vsr/message.ts';
import { systemCrypto } from './system.ts';
import { TcpNetwork } from './tcp-network.ts';
import type { Endpoint } from './tcp-network.ts';
import type { LinkTls } from './tls.ts';

export interface ClusterNetworkOptions {
  readonly cluster: Hash128;
  readonly self: number | null;
  readonly peers: readonly Endpoint[];
  readonly limits: Limits;
  /** Whether clients are taken, too. Default: yes. */
  readonly clients?: boolean;
  readonly tls?: LinkTls;
  readonly onMessage: (from: Address, message: Message) => void;
  readonly onNotice?: (text: string) => void;
}

export function openClusterNetwork(options: ClusterNetworkOptions): Promise<TcpNetwork<Message>> {
  const { cluster, limits } = options;
  return TcpNetwork.open<Message>({
    ...options,
    messageBytesMax: limits.messageBytesMax,
    encode: (message) => encodeMessage(message, cluster, systemCrypto),
    decode: (bytes) => decodeMessage(bytes, cluster, limits, systemCrypto),
  });
}

/** `host:port`, also with an IPv6 host in brackets; null when it is neither. */
export function parseEndpoint(text: string): Endpoint | null {
  const parts = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text);
  if (parts === null) return null;
  const port = Number(parts[3]);
  const host = parts[1] ?? parts[2]!;
  return port >= 1 && port <= 0xffff ? { host, port } : null;
}
