/**
 * What ADMIN status and /status say of a server: names and values, as text.
 */
import type { Node } from '../../core/node.ts';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
} from '../../core/observer.ts';
import { hex128 } from '../../core/types/hash128.ts';
import { primaryOf } from '../../core/vsr/quorum.ts';
import type { ServerConfig } from '../config/config.ts';

const STATUS_NAMES: Readonly<Record<number, string>> = {
  [STATUS_NORMAL]: 'normal',
  [STATUS_VIEW_CHANGE]: 'view change',
  [STATUS_RECOVERING_HEAD]: 'recovering head',
  [STATUS_RECOVERING]: 'recovering',
};

export function statusLines(
  node: Node,
  config: ServerConfig,
  connections: number,
  lanes: number,
): readonly (readonly [string, string])[] {
  const { status, view, commit, op, checkpoint, damaged, syncing, opening } = node.inspect();
  const primary = status === STATUS_NORMAL ? primaryOf(view, config.members.length) : -1;
  return [
    ['cluster', hex128(config.cluster)],
    ['replica', String(config.replica)],
    ['replicas', String(config.members.length)],
    ['role', primary === config.replica ? 'primary' : 'backup'],
    ['status', opening ? 'opening' : syncing ? 'syncing' : (STATUS_NAMES[status] ?? 'unknown')],
    ['view', String(view)],
    ['primary', primary < 0 ? 'unknown' : String(primary)],
    ['op', String(op)],
    ['commit', String(commit)],
    ['checkpoint', String(checkpoint)],
    ['damaged', String(damaged)],
    ['connections', String(connections)],
    ['lanes', String(lanes)],
  ];
}
