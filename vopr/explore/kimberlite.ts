/**
 * Kimberlite as the subject of an exploration. Before the search each client registers and creates
 * its tenant; then it appends one small event an operation, each as soon as the last is answered.
 */
import { TINY } from '../../core/limits.ts';
import { MESSAGE_KIND_NAMES, messageKind } from '../../core/codec/message-traits.ts';
import type { Node } from '../../core/node.ts';
import type { Message } from '../../core/vsr/message.ts';
import { PING, PONG } from '../../core/vsr/message.ts';
import { KIMBERLITE } from '../kimberlite/system.ts';
import { SITE_KIND, SITE_TENANT, SITE_THINK } from '../kimberlite/workload.ts';
import type { Invariant } from '../sim/checker.ts';
import { GraphHash } from './graph-hash.ts';
import type { Subject } from './subject.ts';

/** A roll that makes an append, and one that makes it go to tenant 1. */
const ROLL_APPEND = 50;
const ROLL_TENANT_1 = 2;
/** The first operation waits until all is quiet. */
const THINK_MICROS = 1000;

function draw(k: number, site: number): number {
  if (site === SITE_KIND) return ROLL_APPEND;
  if (site === SITE_TENANT) return ROLL_TENANT_1;
  return site === SITE_THINK && k === 1 ? THINK_MICROS : 0;
}

/** A client's place in the history of the run, which says nothing of what it will do. */
const NOT_STATE = ['history', 'host', 'row', 'rowAnswered', 'handler', 'network', 'work'];

export function kimberlite(invariants: readonly Invariant[]): Subject<Message> {
  const ofClients = new GraphHash(NOT_STATE);
  return {
    system: KIMBERLITE,
    limits: TINY,
    invariants,
    warmup: 1,
    draw,
    hashNode: (hash, node) => hash.value(node),
    hashClient: (hash, client) => {
      ofClients.begin();
      ofClients.value(client);
      hash.integer(ofClients.a);
      hash.integer(ofClients.b);
    },
    hashMessage: (hash, message) => hash.value(message),
    opened: (node) => (node as unknown as Node).speaks,
    atOnce: ({ kind }) => kind === PING || kind === PONG,
    describe: (message) => MESSAGE_KIND_NAMES[messageKind(message)] ?? 'message',
  };
}
