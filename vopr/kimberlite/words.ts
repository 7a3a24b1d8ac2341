/**
 * The protocol in words: messages, operations and clients as the timeline names them.
 */
import {
  OPERATION_ACCESS,
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  OPERATION_SQL,
} from '../../core/kernel/operation.ts';
import { MESSAGE_KIND_NAMES } from '../../core/codec/message-traits.ts';
import type { PrepareHeader } from '../../core/codec/prepare.ts';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
} from '../../core/observer.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER, OPERATION_ROOT } from '../../core/types/operation.ts';
import {
  COMMIT,
  PREPARE,
  QUERY,
  QUERY_REPLY,
  REPAIR_PREPARE,
  REPLY,
  REQUEST,
  REQUEST_UNIT,
  UNIT,
  UNIT_PAGE,
} from '../../core/vsr/message.ts';
import type { Message } from '../../core/vsr/message.ts';

const STATUS_WORDS: Readonly<Record<number, string>> = {
  [STATUS_NORMAL]: 'normal',
  [STATUS_VIEW_CHANGE]: 'in view change',
  [STATUS_RECOVERING_HEAD]: 'recovering its head',
  [STATUS_RECOVERING]: 'recovering as a non-voter',
};

export function statusWords(status: number): string {
  return STATUS_WORDS[status] ?? `in status ${status}`;
}

const OPERATION_WORDS: ReadonlyMap<number, string> = new Map([
  [OPERATION_ROOT, 'root'],
  [OPERATION_REGISTER, 'register'],
  [OPERATION_NOOP, 'no-op'],
  [OPERATION_CREATE_TENANT, 'create tenant'],
  [OPERATION_APPEND, 'append'],
  [OPERATION_SQL, 'statement'],
  [OPERATION_ACCESS, 'change of access'],
]);

/** `append of client 1f3a, request 7, first proposed in view 2`. */
export function entryWords(header: PrepareHeader): string {
  const name = OPERATION_WORDS.get(header.operation) ?? `operation ${header.operation}`;
  const from = header.session === 0 && header.request === 0 ? '' : `, request ${header.request}`;
  if (header.operation === OPERATION_NOOP || header.operation === OPERATION_ROOT) {
    return `${name}, first proposed in view ${header.view}`;
  }
  return `${name} of client ${shortHash(header.client)}${from}, from view ${header.view}`;
}

/** Four hex digits: enough to tell a run's clients apart. */
export function shortHash(hash: Hash128): string {
  return (hash.a >>> 16).toString(16).padStart(4, '0');
}

export function kindWords(kind: number): string {
  return MESSAGE_KIND_NAMES[kind] ?? `message ${kind}`;
}

/** A message by what it is about, as its subject sees it: `prepare of op 4 (view 1)`. */
export function messageWords(message: Message): string {
  const name = kindWords(message.kind);
  switch (message.kind) {
    case REQUEST:
    case REPLY:
      return `${name} ${message.request} of client ${shortHash(message.client)}`;
    case QUERY:
    case QUERY_REPLY:
      return `${name} ${message.query} of client ${shortHash(message.client)}`;
    case PREPARE:
    case REPAIR_PREPARE:
      return `${name} of op ${message.prepare.header.op} (view ${message.view})`;
    case COMMIT:
      return `${name} ${message.commit} (view ${message.view})`;
    case REQUEST_UNIT:
    case UNIT: {
      const { unit } = message;
      const what = unit.kind === UNIT_PAGE ? 'page' : `log position of tenant ${unit.tenant},`;
      return `${name} for ${what} ${unit.index}`;
    }
    default: {
      const op = 'op' in message && !('headers' in message) ? ` of op ${message.op}` : '';
      return `${name}${op}${'view' in message ? ` (view ${message.view})` : ''}`;
    }
  }
}
