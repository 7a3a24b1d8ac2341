/**
 * Hostile: a replica whose every message may be wrong in any field.
 *
 *  1. From its sixth commit on, r1 changes a field in one message of three that it sends its peers:
 *     an op, a view, a commit number, a checkpoint, a clock reading, a unit, a checksum; by one, by
 *     a lot, to zero or to the largest.
 *  2. Whether it leads or follows, whatever the others make of it: none of them may break.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import { ZERO128 } from '../core/types/hash128.ts';
import type { Message } from '../core/vsr/message.ts';
import { fold } from '../vopr/sim/mix.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import { clients } from './stage.ts';

export const hostileRandomLies: Scenario = {
  name: 'hostile-random-lies',
  area: 'hostile',
  injects: ['traitor'],
  holds: 'no single lie in any field of any message breaks an honest replica',
  suspends: ['durable-quorum', 'journal-evidence'],
  converges: 'perhaps',
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    let count = 0;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 6 }, () =>
      betray(world, 1, (to, message) => {
        const luck = fold(world.now, (count += 1)) >>> 0;
        return to < world.replicas && luck % 3 === 0 ? changed(message, luck >>> 3) : message;
      }),
    );
  },
};

function changed(message: Message, luck: number): Message {
  // What cannot be encoded cannot be sent: headers stand for the head that they are said to.
  const fixed = 'headers' in message ? ['kind', 'op', 'headers', 'present', 'nack'] : ['kind'];
  const fields = Object.keys(message).filter((name) => !fixed.includes(name));
  const name = fields[luck % fields.length] as string;
  const value = (message as unknown as Record<string, unknown>)[name];
  return { ...message, [name]: other(value, luck >>> 8) } as Message;
}

function other(value: unknown, luck: number): unknown {
  if (typeof value === 'number') {
    const options = [value + 1, value - 1, value + 20, 0, 0xffff_ffff, value * 2];
    return Math.max(0, options[luck % options.length] as number);
  }
  if (typeof value !== 'object' || value === null) return value;
  if ('a' in value) return luck % 2 === 0 ? ZERO128 : { ...value, a: luck | 0 };
  // Entries are another scenario's: here they stay what they are.
  if ('bytes' in value || value instanceof Uint8Array || Array.isArray(value)) return value;
  const names = Object.keys(value).filter((name) => name !== 'kind' && name !== 'count');
  const name = names[luck % names.length] as string;
  return { ...value, [name]: other((value as Record<string, unknown>)[name], luck >>> 5) };
}
