/**
 * The order of inner joins: greedy, from each relation in turn, always taking the one that leaves
 * fewest rows, and never a cross product while something is connected.
 *
 * Costs relations cubed times conditions; past `STARTS_MAX` relations only the smallest starts.
 */
import { assert } from '../../types/assert.ts';
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import { joinedRows, rows } from './estimate.ts';
import type { ColumnId, Expr, Logical } from './logical.ts';

const STARTS_MAX = 10;

interface Edge {
  readonly condition: Expr;
  /** Places of the relations that it mentions. */
  readonly relations: readonly number[];
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

export function orderJoins(plans: readonly Logical[], conditions: readonly Expr[]): Logical {
  const columns = plans.map(yields);
  const edges = conditions.map((condition): Edge => ({
    condition,
    relations: placesIn(mentions(condition), columns),
  }));
  const relations = plans.map((plan, i): Relation => {
    const inside = mentionsIn(plan);
    return {
      plan,
      rows: rows(plan),
      after: placesIn(inside, columns).filter((place) => place !== i),
      edges: edges.filter((edge) => edge.relations.includes(i)),
    };
  });
  const [only] = plans;
  if (plans.length === 1 && only !== undefined) return only;
  const { places } = bestOrder(relations);
  return build(relations, edges, places);
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
      ready.map((edge) => edge.condition),
    );
    const better = best === null || (connected && !best.connected) || count < best.rows;
    if (better) best = { place, rows: count, connected };
  }
  assert(best !== null, 'lateral relations do not depend on each other in a circle');
  return best;
}

/** Each condition at the first join that has all it mentions. */
function build(
  relations: readonly Relation[],
  edges: readonly Edge[],
  places: readonly number[],
): Logical {
  const joined = new Set<number>();
  let plan: Logical | null = null;
  for (const place of places) {
    const relation = relations[place] as Relation;
    joined.add(place);
    if (plan === null) {
      plan = relation.plan;
      continue;
    }
    const ready = edges.filter(
      (edge) => edge.relations.includes(place) && edge.relations.every((one) => joined.has(one)),
    );
    plan = {
      kind: 'join',
      type: 'inner',
      left: plan,
      right: relation.plan,
      condition: conjunctionOf(ready.map((edge) => edge.condition)),
    };
  }
  assert(plan !== null, 'a join has relations');
  return plan;
}

function conjunctionOf(conditions: readonly Expr[]): Expr | null {
  const [first] = conditions;
  if (first === undefined) return null;
  return conditions.length === 1 ? first : { kind: 'and', type: first.type, arguments: conditions };
}
