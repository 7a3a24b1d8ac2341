/**
 * A graph of dependencies between transactions, and the names of its cycles.
 *
 * Names follow Adya and Elle: `G0` needs ww edges only, `G1c` a wr edge as well, `G-single` exactly
 * one rw edge, `G-nonadjacent` several of which no two follow each other, `G2-item` two in a row.
 * The last is reported for an rw edge that closes no cycle without another one, so that a cycle
 * with one name does not also count under the weaker ones that contain it.
 */
import { assert } from '../../core/types/assert.ts';

export type EdgeKind = 'ww' | 'wr' | 'rw';
export type CycleName = 'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item';

const WW = 1;
const WR = 2;
const RW = 4;
const BITS: Readonly<Record<EdgeKind, number>> = { ww: WW, wr: WR, rw: RW };
const ALL = 7;

export class DependencyGraph {
  /** By node: where its edges lead, and of what kinds they are. */
  readonly #edges: Map<number, number>[] = [];

  constructor(nodes: number) {
    for (let i = 0; i < nodes; i += 1) this.addNode();
  }

  addNode(): number {
    this.#edges.push(new Map());
    return this.#edges.length - 1;
  }

  connect(kind: EdgeKind, from: number, to: number): void {
    assert(from !== to, 'a transaction does not depend on itself');
    const edges = this.#edges[from]!;
    edges.set(to, (edges.get(to) ?? 0) | BITS[kind]);
  }

  hasCycle(): boolean {
    const { sizes } = this.#components(ALL);
    return sizes.some((size) => size > 1);
  }

  /** The names of all cycles there are, the weakest anomaly last. */
  cycles(): readonly CycleName[] {
    const names = new Set<CycleName>();
    if (this.#components(WW).sizes.some((size) => size > 1)) names.add('G0');
    const committed = this.#components(WW | WR);
    const whole = this.#components(ALL);
    this.#edges.forEach((edges, from) => {
      for (const [to, kinds] of edges) {
        if ((kinds & WR) !== 0 && committed.of[from] === committed.of[to]) names.add('G1c');
        if ((kinds & RW) === 0 || whole.of[from] !== whole.of[to]) continue;
        const inside = (node: number): boolean => whole.of[node] === whole.of[from];
        names.add(this.#nameOf(from, to, inside));
      }
    });
    const order: readonly CycleName[] = ['G0', 'G1c', 'G-single', 'G-nonadjacent', 'G2-item'];
    return order.filter((name) => names.has(name));
  }

  /** The worst cycle through the rw edge `from` → `to`, which lies on one. */
  #nameOf(from: number, to: number, inside: (node: number) => boolean): CycleName {
    if (this.#reaches(to, from, false, inside)) return 'G-single';
    return this.#reaches(to, from, true, inside) ? 'G-nonadjacent' : 'G2-item';
  }

  /**
   * Is there a way from `start` to `goal` that neither begins nor ends with an rw edge and has no
   * two in a row? (Together with the rw edge from `goal` to `start` it is then a cycle of that
   * sort.) Without `someRw` it may have none at all.
   */
  #reaches(
    start: number,
    goal: number,
    someRw: boolean,
    inside: (node: number) => boolean,
  ): boolean {
    // A place is a node and whether the last edge was rw: `2 * node + 1` if it was, as at the
    // start.
    const seen = new Uint8Array(2 * this.#edges.length);
    const open = [2 * start + 1];
    seen[2 * start + 1] = 1;
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const afterRw = (place & 1) === 1;
      for (const [next, kinds] of this.#edges[place >>> 1]!) {
        if (!inside(next)) continue;
        if ((kinds & (WW | WR)) !== 0) {
          if (next === goal) return true;
          visit(2 * next);
        }
        if (someRw && !afterRw && (kinds & RW) !== 0) visit(2 * next + 1);
      }
    }
    return false;

    function visit(place: number): void {
      if (seen[place] === 1) return;
      seen[place] = 1;
      open.push(place);
    }
  }

  /** Strongly connected components over edges of the given kinds (Tarjan, without recursion). */
  #components(kinds: number): { readonly of: Int32Array; readonly sizes: readonly number[] } {
    const nodes = this.#edges.length;
    const targets = this.#edges.map((edges) =>
      [...edges].filter(([, of]) => (of & kinds) !== 0).map(([to]) => to),
    );
    const of = new Int32Array(nodes).fill(-1);
    const sizes: number[] = [];
    const index = new Int32Array(nodes).fill(-1);
    const low = new Int32Array(nodes);
    const cursor = new Int32Array(nodes);
    const pending: number[] = [];
    let counter = 0;
    for (let root = 0; root < nodes; root += 1) {
      if (index[root] !== -1) continue;
      const path = [root];
      while (path.length > 0) {
        const node = path[path.length - 1]!;
        if (index[node] === -1) {
          index[node] = counter;
          low[node] = counter;
          counter += 1;
          pending.push(node);
        }
        const next = targets[node]![cursor[node]!];
        if (next !== undefined) {
          cursor[node]! += 1;
          if (index[next] === -1) path.push(next);
          else if (of[next] === -1) low[node] = Math.min(low[node]!, index[next]!);
          continue;
        }
        path.pop();
        const parent = path[path.length - 1];
        if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
        if (low[node] === index[node]) sizes.push(close(node, sizes.length));
      }
    }
    return { of, sizes };

    function close(node: number, component: number): number {
      for (let size = 1; ; size += 1) {
        const member = pending.pop();
        assert(member !== undefined, 'a component contains its root');
        of[member] = component;
        if (member === node) return size;
      }
    }
  }
}
