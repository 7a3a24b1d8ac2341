/**
 * The order of inner joins: greedy, from each relation in turn, always taking the one that leaves
 * fewest rows, and never a cross product while something is connected.
 *
 * Costs relations cubed times conditions; past `STARTS_MAX` relations only the smallest starts.
 */
import { assert } from '../../types/assert.ts';
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import { conjunction } from './conjunction.ts';
import type { EqualColumns } from './equal-columns.ts';
import { columnPair, equality } from './equal-columns.ts';
import { joinedRows, rows } from './estimate.ts';
import type { ColumnId, Expr, Logical } from './logical.ts';

const STARTS_MAX = 10;

interface Edge {
  readonly condition: Expr;
  /** Places of the relations that it mentions. */
  readonly relations: readonly number[];
  /** Of an equality: the class of its columns. */
  readonly equal: EqualColumns | null;
}

export interface JoinConditions {
  /** Over several relations. */
  readonly joining: readonly Expr[];
  /**
   * Conditions with queries, which cost far more than others. Each is applied by `ask` where there
   * are fewest rows of all that it mentions: of one relation, or of some of them joined.
   */
  readonly asked: readonly Expr[];
  /** Columns that `joining` makes equal; within each relation they are so already. */
  readonly classes: readonly EqualColumns[];
}

interface Relation {
  readonly plan: Logical;
  readonly rows: number;
  /** Relations that must come before: it names their columns. */
  readonly after: readonly number[];
  readonly edges: readonly Edge[];
}

interface Order {
  readonly places: readonly number[];
  readonly cost: number;
}

export function orderJoins(
  plans: readonly Logical[],
  { joining, asked, classes }: JoinConditions,
  ask: (input: Logical, conditions: readonly Expr[]) => Logical,
): Logical {
  const columns = plans.map(yields);
  const edgeOf = (condition: Expr): Edge => ({
    condition,
    relations: placesIn(mentions(condition), columns),
    equal: classOf(condition, classes),
  });
  const edges = [...joining, ...following(classes, joining, columns)].map(edgeOf);
  const relations = plans.map((plan, i): Relation => {
    const inside = mentionsIn(plan);
    return {
      plan,
      rows: rows(plan),
      after: placesIn(inside, columns).filter((place) => place !== i),
      edges: edges.filter((edge) => edge.relations.includes(i)),
    };
  });
  const { places } = bestOrder(relations);
  const steps = build(relations, edges, places);
  if (asked.length === 0) return last(steps);
  const early = asked.map((condition) => whereFewest(edgeOf(condition), relations, places, steps));
  const at = (place: number): readonly Expr[] => asked.filter((_, i) => early[i] === place);
  const alone = relations.map((one, place) => {
    const list = at(-1 - place);
    return list.length === 0 ? one : { ...one, plan: ask(one.plan, list) };
  });
  return last(build(alone, edges, places, (plan, step) => ask(plan, at(step))));
}

function classOf(condition: Expr, classes: readonly EqualColumns[]): EqualColumns | null {
  const pair = columnPair(condition);
  if (pair === null) return null;
  return (
    classes.find(({ members }) => members.some(({ index }) => index === pair[0].index)) ?? null
  );
}

/** Equalities between relations that follow from those that were said. */
function following(
  classes: readonly EqualColumns[],
  said: readonly Expr[],
  columns: readonly ReadonlySet<ColumnId>[],
): readonly Expr[] {
  const known = new Set<string>();
  for (const one of said) {
    const pair = columnPair(one);
    if (pair === null) continue;
    known.add(`${pair[0].index} ${pair[1].index}`).add(`${pair[1].index} ${pair[0].index}`);
  }
  const ownerOf = ({ index }: { readonly index: ColumnId }): ReadonlySet<ColumnId> | undefined =>
    columns.find((ids) => ids.has(index));
  const result: Expr[] = [];
  for (const one of classes) {
    for (const [i, left] of one.members.entries()) {
      const own = ownerOf(left);
      for (const right of one.members.slice(i + 1)) {
        const other = ownerOf(right);
        // A column of an enclosing query belongs to none.
        if (own === undefined || other === undefined || own === other) continue;
        if (!known.has(`${left.index} ${right.index}`)) result.push(equality(one, left, right));
      }
    }
  }
  return result;
}

/**
 * Conditions that join a relation to others. Those are equal to one another already in the columns
 * of a class: of each own column one equality is enough, the first, which was said if one was.
 */
function needed(ready: readonly Edge[], own: ReadonlySet<ColumnId>): readonly Expr[] {
  const met = new Set<ColumnId>();
  return ready.flatMap(({ condition, equal }) => {
    if (equal === null) return [condition];
    const [left, right] = columnPair(condition)!;
    const { index } = own.has(left.index) ? left : right;
    if (met.has(index)) return [];
    met.add(index);
    return [condition];
  });
}

function last(steps: readonly Logical[]): Logical {
  return steps[steps.length - 1] as Logical;
}

/** The step after which it is applied; -1 and less: to that relation alone, before any. */
function whereFewest(
  { relations: mentioned }: Edge,
  relations: readonly Relation[],
  places: readonly number[],
  steps: readonly Logical[],
): number {
  const first = Math.max(...mentioned.map((place) => places.indexOf(place)));
  let best = first;
  for (let step = first + 1; step < steps.length; step++) {
    if (rows(steps[step]!) < rows(steps[best]!)) best = step;
  }
  const [only] = mentioned;
  const isAlone = mentioned.length === 1 && only !== undefined && first > 0;
  return isAlone && relations[only]!.rows <= rows(steps[best]!) ? -1 - only : best;
}

function placesIn(
  mentioned: ReadonlySet<ColumnId>,
  columns: readonly ReadonlySet<ColumnId>[],
): readonly number[] {
  return columns.flatMap((own, i) => (intersects(mentioned, own) ? [i] : []));
}

function bestOrder(relations: readonly Relation[]): Order {
  let starts = relations.flatMap((one, i) => (one.after.length === 0 ? [i] : []));
  starts = starts.toSorted((a, b) => relations[a]!.rows - relations[b]!.rows || a - b);
  if (relations.length > STARTS_MAX) starts = starts.slice(0, 1);
  let best: Order | null = null;
  for (const start of starts) {
    const order = greedy(relations, start);
    if (best === null || order.cost < best.cost) best = order;
  }
  assert(best !== null, 'some relation does not depend on others');
  return best;
}

function greedy(relations: readonly Relation[], start: number): Order {
  const places = [start];
  const joined = new Set(places);
  let current = (relations[start] as Relation).rows;
  let cost = current;
  while (places.length < relations.length) {
    const next = choose(relations, joined, places, current);
    joined.add(next.place);
    places.push(next.place);
    current = Math.max(1, next.rows);
    // What is read counts too, a cross product far more than its rows.
    cost += current + (relations[next.place] as Relation).rows * 0.5;
  }
  return { places, cost };
}

function choose(
  relations: readonly Relation[],
  joined: ReadonlySet<number>,
  places: readonly number[],
  current: number,
): { readonly place: number; readonly rows: number } {
  let best: { place: number; rows: number; connected: boolean } | null = null;
  for (const [place, relation] of relations.entries()) {
    if (joined.has(place) || !relation.after.every((one) => joined.has(one))) continue;
    const ready = relation.edges.filter((edge) =>
      edge.relations.every((one) => one === place || joined.has(one)),
    );
    const connected = ready.length > 0 || relation.after.length > 0;
    if (best !== null && best.connected && !connected) continue;
    const left = places
      .filter((one) => ready.some((edge) => edge.relations.includes(one)))
      .map((one) => (relations[one] as Relation).plan);
    const count = joinedRows(
      current,
      relation.rows,
      left,
      relation.plan,
      needed(ready, yields(relation.plan)),
    );
    const better = best === null || (connected && !best.connected) || count < best.rows;
    if (better) best = { place, rows: count, connected };
  }
  assert(best !== null, 'lateral relations do not depend on each other in a circle');
  return best;
}

/** The plan after each step; each condition at the first join that has all it mentions. */
function build(
  relations: readonly Relation[],
  edges: readonly Edge[],
  places: readonly number[],
  apply: (plan: Logical, step: number) => Logical = (plan) => plan,
): readonly Logical[] {
  const joined = new Set<number>();
  const steps: Logical[] = [];
  for (const [step, place] of places.entries()) {
    const { plan: right } = relations[place] as Relation;
    joined.add(place);
    const left = steps[step - 1];
    if (left === undefined) {
      steps.push(apply(right, step));
      continue;
    }
    const ready = edges.filter(
      (edge) => edge.relations.includes(place) && edge.relations.every((one) => joined.has(one)),
    );
    const condition = conjunction(needed(ready, yields(right)));
    steps.push(apply({ kind: 'join', type: 'inner', left, right, condition }, step));
  }
  return steps;
}
