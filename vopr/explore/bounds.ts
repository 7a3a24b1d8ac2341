/** What an exploration covers: everything within these, and nothing beyond. */

export interface Bounds {
  readonly replicas: number;
  readonly clients: number;
  /** Operations of each client, after those that set the stage. */
  readonly ops: number;
  readonly crashes: number;
  /** Whether a crash may be a power cut that loses unsynced writes. */
  readonly power: boolean;
  readonly drops: number;
  readonly duplicates: number;
  /** Timers that run out on one path. */
  readonly timeouts: number;
  /** Events on one path. */
  readonly depth: number;
  /** `fifo`: messages of one link arrive in the order in which they were sent. */
  readonly links: 'fifo' | 'any';
  /** `first`: the earliest deadline of all runs out; `each`: that of any port may. */
  readonly timers: 'first' | 'each';
  /**
   * `late`: a node that is down starts when nothing else can happen, and the syncs with which it
   * opens complete in order; `any`: at any moment, and in any order.
   */
  readonly restarts: 'late' | 'any';
}

/** The bound in words, a line each. */
export function boundWords(bounds: Bounds): readonly string[] {
  const { replicas, clients, ops, crashes, drops, duplicates, timeouts, depth } = bounds;
  const cuts = bounds.power ? ', each a crash of the process or a power cut' : ' of the process';
  return [
    `${count(replicas, 'replica')}, ${count(clients, 'client')}, ${count(ops, 'operation')} each`,
    `at most ${count(crashes, 'crash', 'crashes')}${cuts}; ${count(drops, 'message')} lost; ` +
      `${count(duplicates, 'message')} duplicated`,
    bounds.links === 'fifo'
      ? 'messages of one link arrive in order, those of different links in any order'
      : 'messages arrive in any order',
    'syncs complete in any order; a crash ends what is in flight to the node',
    `timers run out only when nothing else can happen: ` +
      (bounds.timers === 'first' ? 'the earliest of all' : 'that of any node or client') +
      `, ${timeouts} times at most`,
    bounds.restarts === 'late'
      ? 'a node that is down stays so until nothing but timers can happen, and opens calmly'
      : 'a node that is down starts at any moment',
    `at most ${depth} events after the stage is set`,
  ];
}

function count(n: number, one: string, many: string = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
