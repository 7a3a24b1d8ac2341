/**
 * What may happen next in an explored world, each as one small integer: `kind · 2^16 + a · 2^8 +
 * b`. The same integer after the same path means the same event, which is what a path file keeps.
 */

/** A message of link a arrives; b is its place in the queue. */
export const DELIVER = 0;
/** A message of link a is lost. */
export const DROP = 1;
/** A message of link a arrives, and a copy of it stays on its way. */
export const DUPLICATE = 2;
/** The b-th sync in flight of node a completes. */
export const SYNC = 3;
/** Time moves on to the deadline of port a, which is woken. */
export const TIMER = 4;
/** Node a crashes. b 0: its page cache stays; above: a power cut, by variant. */
export const CRASH = 5;
/** Node a, which is down, starts again. */
export const RESTART = 6;
export const EVENT_KINDS: readonly string[] = [
  'deliver',
  'drop',
  'duplicate',
  'sync',
  'timer',
  'crash',
  'restart',
];

export function eventOf(kind: number, a: number, b: number): number {
  return (kind << 16) | (a << 8) | b;
}
export function kindOf(event: number): number {
  return event >>> 16;
}
export function firstOf(event: number): number {
  return (event >>> 8) & 255;
}
export function secondOf(event: number): number {
  return event & 255;
}

/** Inputs of one port; `INPUT_MESSAGE` comes with the sender's port and a message. */
export const INPUT_START = 0;
export const INPUT_MESSAGE = 1;
export const INPUT_SYNC = 2;
export const INPUT_WAKE = 3;
export const INPUT_CRASH = 4;
