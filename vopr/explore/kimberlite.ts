/**
 * Kimberlite as the subject of an exploration. Before the search each client registers and creates
 * its tenant; then it appends one small event an operation, each as soon as the last is answered.
 */
import { TINY } from '../../core/limits.ts';
import { MESSAGE_KIND_NAMES, messageKind } from '../../core/codec/message-traits.ts';
import type { Node } from '../../core/node.ts';
import type { Message } from '../../core/vsr/message.ts';
import { PING, PONG } from '../../core/vsr/message.ts';
import { KIMBERLITE, openBare } from '../kimberlite/system.ts';
import { SITE_KIND, SITE_TENANT, SITE_THINK } from '../kimberlite/workload.ts';
import type { SimNode } from '../sim/sim-node.ts';
import type { Invariant } from '../sim/checker.ts';
import { GraphHash } from './graph-hash.ts';
import type { Subject } from './subject.ts';

/** A roll that makes an append, and one that makes it go to tenant 1. */
const ROLL_APPEND = 50;
const ROLL_TENANT_1 = 2;
/** The first operation waits until all is quiet. */
const THINK_MICROS = 1000;

const DRAWS: readonly number[] = Array.from({ length: 12 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));

function draw(k: number, site: number): number {
  if (site === SITE_KIND) return ROLL_APPEND;
  if (site === SITE_TENANT) return ROLL_TENANT_1;
  return site === SITE_THINK && k === 1 ? THINK_MICROS : 0;
}

/** A client's place in the history of the run, which says nothing of what it will do. */
const NOT_STATE = ['history', 'host', 'row', 'rowAnswered', 'handler', 'network', 'work'];

/** A generator's state, where the explorer's build can reach it (`vopr/cli/explore-bundle.ts`). */
interface Draws {
  s0: number;
  s1: number;
  s2: number;
  s3: number;
}

interface Revealed {
  readonly private_replica: {
    readonly context: {
      readonly replica: number;
      readonly prng: Draws;
      readonly choice: { readonly prng: Draws };
    };
  };
}

/** Every input draws the same numbers: jitter, and whom to ask. Replicas differ. */
function settle(node: SimNode<Message>): void {
  const { replica, prng, choice } = (node as unknown as Revealed).private_replica.context;
  for (const draws of [prng, choice.prng]) {
    draws.s0 = DRAWS[replica] as number;
    draws.s1 = DRAWS[replica + 1] as number;
    draws.s2 = DRAWS[replica + 2] as number;
    draws.s3 = DRAWS[replica + 3] as number;
  }
}

/** Buffers that are written before they are read, whatever stands in them. */
const SCRATCH = ['private_writer', 'private_inspection'];

export function kimberlite(invariants: readonly Invariant[]): Subject<Message> {
  const ofNodes = new GraphHash(SCRATCH);
  const ofClients = new GraphHash(NOT_STATE);
  return {
    // No transactions here, so nothing but the node is explored.
    system: { ...KIMBERLITE, open: openBare },
    limits: TINY,
    invariants,
    warmup: 1,
    draw,
    hashNode: (hash, node) => {
      ofNodes.begin(hash.outside);
      ofNodes.value(node);
      hash.integer(ofNodes.a);
      hash.integer(ofNodes.b);
    },
    hashClient: (hash, client) => {
      ofClients.begin();
      ofClients.value(client);
      hash.integer(ofClients.a);
      hash.integer(ofClients.b);
    },
    hashMessage: (hash, message) => hash.value(message),
    settle,
    opened: (node) => (node as unknown as Node).speaks,
    atOnce: ({ kind }) => kind === PING || kind === PONG,
    describe: (message) => MESSAGE_KIND_NAMES[messageKind(message)] ?? 'message',
  };
}
