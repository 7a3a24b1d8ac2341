/**
 * Pings between voters: samples for the cluster's clock, and the only way in which replicas of
 * different views are sure to learn of one another.
 *
 * Cost: two small messages per pair and interval; four times rarer once the clock agrees.
 */
import { STATUS_NORMAL } from '../observer.ts';
import type { Address } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Context } from './context.ts';
import { broadcastVoters } from './context.ts';
import { jittered } from './detector.ts';
import type { PingMessage, PongMessage } from './message.ts';
import { PING, PONG } from './message.ts';
import { onHigherView } from './view-change.ts';

const QUIET_FACTOR = 4;

export function sendPings(r: Context): void {
  const { s, limits } = r;
  assert(!r.standby, 'the clock is agreed among voters');
  const calm = s.status === STATUS_NORMAL && r.clock.synchronized(s.monotonic, s.realtime);
  const every = calm ? limits.pingMicros * QUIET_FACTOR : limits.pingMicros >> 2;
  s.pingAt = s.monotonic + jittered(r.prng, every);
  if (r.replicaCount === 1) return;
  broadcastVoters(r, {
    kind: PING,
    view: s.view,
    monotonic: r.clock.pingToken(s.monotonic),
    checkpoint: s.checkpointOp,
    release: r.superblock.durable.release,
  });
}

export function onPing(r: Context, from: Address, m: PingMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.memberCount) return;
  if (m.checkpoint > s.peerCheckpoint[from]!) s.peerCheckpoint[from] = m.checkpoint;
  r.network.send(from, {
    kind: PONG,
    view: s.view,
    pingMonotonic: m.monotonic,
    realtime: s.realtime,
    synchronized: r.clock.synchronized(s.monotonic, s.realtime),
  });
  onHigherView(r, from, m.view);
}

export function onPong(r: Context, from: Address, m: PongMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount) return;
  const roundTrip = r.clock.pong(from, m, s.monotonic);
  if (roundTrip >= 0) r.choice.answered(from, roundTrip);
  onHigherView(r, from, m.view);
}
