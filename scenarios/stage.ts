/**
 * What scripts have in common: where things lie on a disk of the tiny profile, waiting for a mark,
 * and looking at every step of a kind.
 *
 * Scenarios run in the tiny profile: 16 journal slots, a pipeline of 3, a checkpoint every 8 ops.
 */
import { TINY } from '../core/limits.ts';
import { mark } from '../core/marks.ts';
import type { MarkName } from '../core/marks.ts';
import { STEP_MARK, STEP_TRUNCATE } from '../core/observer.ts';
import { superblockCopyBytes } from '../core/storage/superblock-format.ts';
import type { Configuration } from '../vopr/sim/configuration.ts';
import type { Controls, StepFilter } from '../vopr/sim/controls.ts';

/** Offset in the journal of the prepare of `op`. */
export function prepareOf(op: number): number {
  return (op % TINY.journalSlots) * TINY.prepareBytesMax;
}

/** Offset in the journal of the redundant header of `op`. */
export function headerOf(op: number): number {
  const { journalSlots, prepareBytesMax, sectorBytes } = TINY;
  return journalSlots * prepareBytesMax + (op % journalSlots) * sectorBytes;
}

/** Offset of one of the superblock's four copies. */
export function copyOf(copy: number): number {
  return copy * superblockCopyBytes(TINY);
}

/** One client, so that at most one op is in flight and the op committed last is the head. */
export function oneClient(configuration: Configuration, operations: number): void {
  configuration.clientCount = 1;
  configuration.operations = [operations];
}

/** So many clients with so many operations each. */
export function clients(configuration: Configuration, count: number, operations: number): void {
  configuration.clientCount = count;
  configuration.operations = Array.from({ length: count }, () => operations);
}

/**
 * No prepare stands whole in the header ring, too: what becomes of its place in the prepare ring
 * becomes of the only copy on that disk.
 */
export function headersAlone(configuration: Configuration): void {
  configuration.limits = 'tiny_headers';
}

/** Power cuts lose every unsynced sector, and garble none. */
export function loseUnsynced(configuration: Configuration): void {
  configuration.disk.oldOf16 = 16;
}

/** Nobody asks for anything for a while: copies of requests arrive together afterwards. */
export function holdRequests(world: Controls, micros: number): void {
  const held = world.hold({ kind: 'request' });
  world.after(micros, () => {
    world.pass();
    held.release();
  });
}

/** Looks at every matching step, to the end of the storm. */
export function watch(
  world: Controls,
  filter: Pick<StepFilter, 'kind' | 'node'>,
  look: (a: number, b: number, c: number, node: number) => void,
): void {
  const when = (a: number, b: number, c: number, node: number): boolean => {
    look(a, b, c, node);
    return false;
  };
  world.onStep({ ...filter, when }, () => undefined);
}

/** Acts when a node first reaches this mark. */
export function onMark(world: Controls, name: MarkName, action: (node: number) => void): void {
  const wanted = mark(name);
  world.onStep({ kind: STEP_MARK, when: (a) => a === wanted }, action);
}

/** No view change may cut the log below `op`: somebody may have been told that it is safe. */
export function keeps(world: Controls, op: number): void {
  watch(world, { kind: STEP_TRUNCATE }, (head, view) =>
    world.require(head >= op, `view ${view} cut the log to op ${head}, below op ${op}`),
  );
}
