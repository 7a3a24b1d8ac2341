/**
 * How a node that is down opens, start to end: its first input and every sync that it waits for.
 * All orders of the syncs are tried, or one; orders that lead to one state are one way.
 */
import { NEVER } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import { INPUT_START, INPUT_SYNC } from './event.ts';
import type { Local, LocalInput, Locals, Transition } from './locals.ts';

/** One input of a port, and what became of it. */
export interface Move {
  readonly input: LocalInput;
  readonly transition: Transition;
}

export type Ways = readonly (readonly Move[])[];

export class Openings<M> {
  readonly #locals: Locals<M>;
  readonly #inOrder: boolean;
  readonly #known: Map<Local, { readonly now: number; readonly ways: Ways }> = new Map();

  constructor(locals: Locals<M>, inOrder: boolean) {
    this.#locals = locals;
    this.#inOrder = inOrder;
  }

  /** Only the last move of each way sends anything. */
  of(down: Local, now: number): Ways {
    const known = this.#known.get(down);
    if (known !== undefined && known.now === now) return known.ways;
    const ways = this.#explore(down, now);
    this.#known.set(down, { now, ways });
    return ways;
  }

  #explore(down: Local, now: number): Ways {
    const ways: (readonly Move[])[] = [];
    const seen: Set<Local> = new Set([down]);
    const input = { now, kind: INPUT_START, a: 0, message: -1 };
    const open = [[{ input, transition: this.#locals.step(down, input) }]];
    for (let moves = open.pop(); moves !== undefined; moves = open.pop()) {
      const { transition } = moves[moves.length - 1] as Move;
      const { to, failure, sent } = transition;
      if (failure === null && seen.has(to)) continue;
      seen.add(to);
      if (failure !== null || to.opened) {
        ways.push(moves);
        continue;
      }
      assert(sent.length === 0 && to.deadline === NEVER, 'a node that opens is silent');
      assert(to.syncs.length > 0, 'a node that opens waits for its disk');
      const orders = this.#inOrder ? 1 : to.syncs.length;
      for (let k = 0; k < orders; k++) {
        const sync = { now, kind: INPUT_SYNC, a: k, message: -1 };
        open.push([...moves, { input: sync, transition: this.#locals.step(to, sync) }]);
      }
    }
    return ways;
  }
}
