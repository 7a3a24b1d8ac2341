/**
 * Which entry each node last began to write into each slot of its journal (`STEP_OVERWRITE`), in
 * all of its incarnations. What the platter shows of a slot can be judged only against that.
 *
 * One array element a slot; pooled.
 */
import type { PrepareHeader } from '../core/codec/prepare.ts';
import { NODES_MAX } from './durables.ts';

export class Slots {
  private readonly written: (PrepareHeader | null)[][] = [];

  constructor() {
    for (let node = 0; node < NODES_MAX; node += 1) this.written.push([]);
  }

  reset(): void {
    for (let node = 0; node < NODES_MAX; node += 1) this.replaced(node);
  }

  /** An empty disk was put in. */
  replaced(node: number): void {
    const row = this.written[node]!;
    for (let slot = 0; slot < row.length; slot += 1) row[slot] = null;
  }

  write(node: number, slot: number, header: PrepareHeader): void {
    const row = this.written[node]!;
    while (row.length <= slot) row.push(null);
    row[slot] = header;
  }

  /** The entry last written to this slot, or null. */
  at(node: number, slot: number): PrepareHeader | null {
    return this.written[node]![slot] ?? null;
  }
}
