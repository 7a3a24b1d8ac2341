/**
 * Anomalies in histories of transactions that append to lists and read them.
 *
 * A list shows its own history: a read of `[1 2 3]` says in which order three appends happened.
 * From that follow dependencies between transactions (Adya, 1999; Kingsbury and Alvaro, "Elle",
 * 2020): `ww` from one append to the next, `wr` from an append to a read that ends with it, `rw`
 * from a read to the append that it just missed. A cycle among them is an anomaly, named by the
 * edges it needs. Appends that no read shows come after all that some read does, because reads show
 * prefixes.
 *
 * Bounded by the graph: linear for cycles as such; for the finer names one search per `rw` edge,
 * inside its strongly connected component.
 */
import { DependencyGraph } from './dependency-graph.ts';
import { UNKNOWN } from './model.ts';

export type TxnStep =
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'read'; readonly key: string; readonly values: readonly string[] };

/** Reads of a transaction that is not `ok` say nothing. */
export interface Txn {
  readonly steps: readonly TxnStep[];
  readonly status: 'ok' | 'failed' | 'unknown';
  readonly invoked: number;
  readonly returned: number;
}

export type Anomaly =
  /** A value that nobody appended; one that was appended, or shown, twice. */
  | 'unknown-value'
  | 'duplicate-value'
  /** Two reads of one key, neither a prefix of the other. */
  | 'incompatible-order'
  /** A transaction that does not see its own earlier steps. */
  | 'internal'
  /** A read of a value of a failed transaction, or of one that is not its writer's last. */
  | 'G1a'
  | 'G1b'
  /** Cycles: of ww only; of ww and wr; with one rw; with several, but never two in a row; else. */
  | 'G0'
  | 'G1c'
  | 'G-single'
  | 'G-nonadjacent'
  | 'G2-item'
  /** Serializable, but in no order that agrees with real time. */
  | 'realtime';

export interface ListAppendVerdict {
  /** In the order of the type above. */
  readonly anomalies: readonly Anomaly[];
  readonly readCommitted: boolean;
  readonly snapshotIsolation: boolean;
  readonly repeatableRead: boolean;
  readonly serializable: boolean;
  readonly strictSerializable: boolean;
}

const ORDER: readonly Anomaly[] = [
  'unknown-value',
  'duplicate-value',
  'incompatible-order',
  'internal',
  'G1a',
  'G1b',
  'G0',
  'G1c',
  'G-single',
  'G-nonadjacent',
  'G2-item',
  'realtime',
];

/** What is known of one list. */
interface List {
  /** The longest list that was read; all others should be prefixes of it. */
  longest: readonly string[];
  /** By value, the transaction that appended it. */
  readonly writer: Map<string, number>;
}

export function checkListAppend(history: readonly Txn[]): ListAppendVerdict {
  const found = new Set<Anomaly>();
  const lists = listsOf(history, found);
  history.forEach((txn, reader) => {
    if (txn.status === 'ok') checkReads(history, lists, txn, reader, found);
  });
  const graph = graphOf(history, lists);
  for (const name of graph.cycles()) found.add(name);
  if (!graph.hasCycle()) {
    addRealTime(graph, history);
    if (graph.hasCycle()) found.add('realtime');
  }
  const has = (...names: readonly Anomaly[]): boolean => names.some((name) => found.has(name));
  const broken = has('unknown-value', 'duplicate-value', 'incompatible-order', 'internal');
  const readCommitted = !broken && !has('G1a', 'G1b', 'G0', 'G1c');
  const serializable = readCommitted && !has('G-single', 'G-nonadjacent', 'G2-item');
  return {
    anomalies: ORDER.filter((name) => found.has(name)),
    readCommitted,
    snapshotIsolation: readCommitted && !has('G-single', 'G-nonadjacent'),
    // Here every read is of an item, not of a predicate, so these two are one.
    repeatableRead: serializable,
    serializable,
    strictSerializable: serializable && !has('realtime'),
  };
}

function listsOf(history: readonly Txn[], found: Set<Anomaly>): Map<string, List> {
  const lists = new Map<string, List>();
  const listOf = (key: string): List => {
    let list = lists.get(key);
    if (list === undefined) {
      list = { longest: [], writer: new Map() };
      lists.set(key, list);
    }
    return list;
  };
  history.forEach(({ steps, status }, txn) => {
    for (const step of steps) {
      const list = listOf(step.key);
      if (step.kind === 'append') {
        if (list.writer.has(step.value)) found.add('duplicate-value');
        list.writer.set(step.value, txn);
      } else if (status === 'ok' && step.values.length > list.longest.length) {
        list.longest = step.values;
      }
    }
  });
  return lists;
}

/** Everything that one transaction's reads reveal without looking at other transactions' order. */
function checkReads(
  history: readonly Txn[],
  lists: ReadonlyMap<string, List>,
  txn: Txn,
  reader: number,
  found: Set<Anomaly>,
): void {
  // By key: what this transaction must see next, as far as it knows, and its own appends since.
  const seen = new Map<string, readonly string[]>();
  const own = new Map<string, string[]>();
  for (const step of txn.steps) {
    if (step.kind === 'append') {
      const appended = own.get(step.key);
      if (appended === undefined) own.set(step.key, [step.value]);
      else appended.push(step.value);
      continue;
    }
    const { key, values } = step;
    const list = lists.get(key)!;
    if (!isPrefix(values, list.longest)) found.add('incompatible-order');
    if (new Set(values).size !== values.length) found.add('duplicate-value');
    const before = seen.get(key);
    const appended = own.get(key) ?? [];
    const expected = before === undefined ? null : [...before, ...appended];
    const right =
      expected === null
        ? isPrefix([...appended].reverse(), [...values].reverse())
        : expected.length === values.length && isPrefix(expected, values);
    if (!right) found.add('internal');
    seen.set(key, values);
    own.set(key, []);
    checkWriters(history, list, key, values, reader, found);
  }
}

function checkWriters(
  history: readonly Txn[],
  list: List,
  key: string,
  values: readonly string[],
  reader: number,
  found: Set<Anomaly>,
): void {
  for (let i = 0; i < values.length; i += 1) {
    const writer = list.writer.get(values[i]!);
    if (writer === undefined) {
      found.add('unknown-value');
      continue;
    }
    if (writer === reader) continue;
    if (history[writer]!.status === 'failed') found.add('G1a');
    if (i === values.length - 1 && values[i] !== lastAppend(history[writer]!, key)) {
      found.add('G1b');
    }
  }
}

function lastAppend(txn: Txn, key: string): string | null {
  let last: string | null = null;
  for (const step of txn.steps) if (step.kind === 'append' && step.key === key) last = step.value;
  return last;
}

function isPrefix(short: readonly string[], long: readonly string[]): boolean {
  return short.length <= long.length && short.every((value, i) => value === long[i]);
}

/** Transactions as nodes, and the dependencies that the lists reveal. */
function graphOf(history: readonly Txn[], lists: ReadonlyMap<string, List>): DependencyGraph {
  const graph = new DependencyGraph(history.length);
  for (const { longest, writer } of lists.values()) {
    for (let i = 1; i < longest.length; i += 1) {
      connect(graph, 'ww', writer.get(longest[i - 1]!), writer.get(longest[i]!));
    }
    const last = longest.length === 0 ? undefined : writer.get(longest[longest.length - 1]!);
    for (const unseen of unseenWriters(history, longest, writer))
      connect(graph, 'ww', last, unseen);
  }
  history.forEach(({ steps, status }, reader) => {
    if (status !== 'ok') return;
    for (const step of steps) {
      if (step.kind !== 'read') continue;
      const { longest, writer } = lists.get(step.key)!;
      const { values } = step;
      if (values.length > 0) connect(graph, 'wr', writer.get(values[values.length - 1]!), reader);
      if (values.length < longest.length) {
        connect(graph, 'rw', reader, writer.get(longest[values.length]!));
        continue;
      }
      for (const unseen of unseenWriters(history, longest, writer)) {
        connect(graph, 'rw', reader, unseen);
      }
    }
  });
  return graph;
}

/**
 * Writers that committed for certain, of values that no read shows: they come after all that do.
 */
function unseenWriters(
  history: readonly Txn[],
  longest: readonly string[],
  writer: ReadonlyMap<string, number>,
): readonly number[] {
  const shown = new Set(longest);
  const unseen = new Set<number>();
  for (const [value, txn] of writer) {
    if (!shown.has(value) && history[txn]!.status === 'ok') unseen.add(txn);
  }
  return [...unseen];
}

function connect(
  graph: DependencyGraph,
  kind: 'ww' | 'wr' | 'rw',
  from: number | undefined,
  to: number | undefined,
): void {
  // A transaction does not depend on itself; a value without a writer was reported already.
  if (from !== undefined && to !== undefined && from !== to) graph.connect(kind, from, to);
}

/**
 * "Returned before the other was invoked", as a chain of moments, one a return: an edge from each
 * transaction to the moment of its return, from moment to moment, and from the newest moment before
 * an invocation to the transaction. So the edges are linear in the history, not quadratic.
 */
function addRealTime(graph: DependencyGraph, history: readonly Txn[]): void {
  const certain = history.map((_, txn) => txn).filter((txn) => history[txn]!.status === 'ok');
  const returns = certain.filter((txn) => history[txn]!.returned !== UNKNOWN);
  returns.sort((a, b) => history[a]!.returned - history[b]!.returned || a - b);
  const moments = returns.map(() => graph.addNode());
  returns.forEach((txn, i) => {
    graph.connect('ww', txn, moments[i]!);
    if (i > 0) graph.connect('ww', moments[i - 1]!, moments[i]!);
  });
  const starts = [...certain].sort((a, b) => history[a]!.invoked - history[b]!.invoked || a - b);
  let passed = 0;
  for (const txn of starts) {
    while (passed < returns.length && isBefore(history[returns[passed]!]!, history[txn]!)) {
      passed += 1;
    }
    if (passed > 0) graph.connect('ww', moments[passed - 1]!, txn);
  }
}

function isBefore(a: Txn, b: Txn): boolean {
  return a.returned < b.invoked;
}
