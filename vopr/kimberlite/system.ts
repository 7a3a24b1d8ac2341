/**
 * Kimberlite as the simulator's system under test: the shipped node, its messages, its files and
 * its clients. Nothing is faked: a node opens here exactly as it does under a shell, but for the
 * ports.
 *
 * Hashes are remembered process-wide by exact bytes (`core/crypto/memo.ts`), since every replica
 * hashes the same entries; randomness is the host's, one stream for each node and incarnation.
 */
import { decodeMessage, encodeMessage, messageBytes } from '../../core/codec/message.ts';
import {
  MESSAGE_KIND_NAMES,
  messageKind,
  messageSubject,
} from '../../core/codec/message-traits.ts';
import type { Crypto } from '../../core/crypto/crypto.ts';
import { pureCrypto } from '../../core/crypto/crypto.ts';
import { memoCrypto } from '../../core/crypto/memo.ts';
import { MARKS } from '../../core/marks.ts';
import type { Node, NodeSeat, RefusedNode } from '../../core/node.ts';
import { formatNode, openNode, recoverNode } from '../../core/node.ts';
import { CLIENT_ADDRESS_MIN } from '../../core/ports.ts';
import type { Disk } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { Message } from '../../core/vsr/message.ts';
import type {
  ClientHost,
  MessageTraits,
  NodeHost,
  Seat,
  SimClient,
  SimNode,
  System,
} from '../sim/sim-node.ts';
import { KimberliteClient } from './client.ts';
import { HISTORY } from './history.ts';
import { STEP_NAMES } from './steps.ts';
import { HostedNetwork, HostedNode } from './transactions/hosted-node.ts';
import { units } from './units.ts';

/** Enough for what a run hashes; half a megabyte stays in a core's own cache, four would not. */
const MEMO_SLOTS = 512;

const hashes: Crypto = memoCrypto(pureCrypto(noRandom), MEMO_SLOTS);

/** Formatting draws nothing; whoever runs brings a host. */
function noRandom(): Uint8Array {
  assert(false, 'randomness comes from the host');
}

function cryptoOf(host: NodeHost<Message>): Crypto {
  return {
    ...hashes,
    random: (bytes) => {
      const out = new Uint8Array(bytes);
      host.random(out);
      return out;
    },
  };
}

const messages: MessageTraits<Message> = {
  kindNames: MESSAGE_KIND_NAMES,
  kind: messageKind,
  subject: messageSubject,
  bytes: messageBytes,
  encode: (message, cluster) => encodeMessage(message, cluster, hashes),
  decode: (bytes, cluster, limits) => decodeMessage(bytes, cluster, limits, hashes),
};

/** A node alone, without the server that answers interactive transactions. */
export function openBare(
  host: NodeHost<Message>,
  seat: Seat,
  nonce: Hash128,
  monotonic: number,
  realtime: number,
): Node | string {
  const opened = openNode({
    disk: host.disk,
    network: host.network,
    observer: host.observer,
    crypto: cryptoOf(host),
    limits: seat.limits,
    seat: nodeSeat(seat),
    nonce,
    monotonic,
    realtime,
  });
  return opened.kind === 'opened' ? opened.node : `${opened.code}: ${opened.message}`;
}

export const KIMBERLITE: System<Message> = {
  name: 'kimberlite',
  steps: STEP_NAMES,
  marks: MARKS,
  messages,
  units,

  format(disk: Disk, seat: Seat): void {
    mustSucceed(formatNode(disk, nodeSeat(seat), seat.limits, hashes));
  },

  recover(disk: Disk, seat: Seat, nonce: Hash128): void {
    mustSucceed(recoverNode(disk, nodeSeat(seat), seat.limits, hashes, nonce));
  },

  open(
    host: NodeHost<Message>,
    seat: Seat,
    nonce: Hash128,
    monotonic: number,
    realtime: number,
  ): SimNode<Message> | string {
    const network = new HostedNetwork(host.network);
    const node = openBare({ ...host, network }, seat, nonce, monotonic, realtime);
    return typeof node === 'string' ? node : new HostedNode(node, network, host, seat);
  },

  client(host: ClientHost<Message>, operations: number): SimClient<Message> {
    if (host.address === CLIENT_ADDRESS_MIN) HISTORY.begin();
    return new KimberliteClient(host, operations, HISTORY);
  },
};

function nodeSeat(seat: Seat): NodeSeat {
  const { cluster, index, replicaCount, standbyCount, release } = seat;
  return { cluster, shard: 0, replica: index, replicaCount, standbyCount, release };
}

function mustSucceed(refused: RefusedNode | null): void {
  assert(refused === null, () => `an empty disk was refused: ${refused?.message ?? ''}`);
}
