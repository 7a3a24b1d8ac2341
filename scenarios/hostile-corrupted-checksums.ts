/**
 * Hostile: a primary whose messages are well-formed outside and false inside.
 *
 *  1. Of what r1 sends, every third message has one byte changed: its envelope does not hold.
 *  2. Every other prepare is sealed anew around a body with one byte changed: the envelope holds,
 *     the prepare's own checksum does not. Headers in start_views suffer likewise.
 *  3. No such message gets past its receiver's decoder. What arrives whole is served; the clients
 *     are answered, by r1 or by whoever replaces it.
 */
import { PREPARE_HEADER_BYTES } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import { PREPARE, START_VIEW } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray, flipped } from './hostile.ts';
import { clients } from './stage.ts';

export const hostileCorruptedChecksums: Scenario = {
  name: 'hostile-corrupted-checksums',
  area: 'hostile',
  injects: ['traitor'],
  holds: 'nothing of a message whose checksums do not hold, outside or inside, is ever used',
  suspends: [],
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    let count = 0;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () =>
      betray(world, 1, (_to, message) => {
        count += 1;
        if (count % 3 === 0) return flipped(world.encode(message), count * 37);
        if (count % 2 === 0) return message;
        if (message.kind === PREPARE) {
          const { header, bytes } = message.prepare;
          const body = PREPARE_HEADER_BYTES + (count % (bytes.length - PREPARE_HEADER_BYTES));
          return { ...message, prepare: { header, bytes: flipped(bytes, body) } };
        }
        if (message.kind !== START_VIEW) return message;
        const headers = message.headers.map((header) => ({
          ...header,
          timestamp: header.timestamp + 1,
        }));
        return { ...message, headers };
      }),
    );
  },
};
