/**
 * Plans made before by anyone in the process: replicas of a simulated cluster plan the same
 * statements, and so do tenants with the same tables.
 *
 * Binding and planning are a function of the statement's key, of what the catalogue defines, and of
 * the answers to what they ask on the way: how many rows a table has, and what was defined at a
 * moment. Given the answers so far, so is the next question. The memo is therefore a tree of
 * questions, and whoever looks for a plan asks each of them himself, of his own store: he reads
 * exactly what he would read if he planned. Where an answer leads nowhere he plans, and is told
 * again what he was told already. So nothing shows who has planned before: not even a damaged page
 * is met earlier or later.
 *
 * Cost of a hit: a hash and a compare of the key, and the questions. Bounded.
 */
import { mixBytes } from '../crypto/fasthash.ts';
import { assert } from '../types/assert.ts';
import { isUnknown } from './bind/moment.ts';
import type { Content } from './catalog/intern.ts';
import type { Catalog, ObjectId } from './catalog/model.ts';
import type { CatalogView } from './catalog/view.ts';
import type { Environment } from './environment.ts';
import { evaluate } from './plan/evaluate.ts';
import type { Bound } from './plan/expression.ts';
import type { BoundMoment, BoundStatement } from './plan/plan.ts';
import { sameBytes } from './plan-cache.ts';
import type { Int64 } from './types/type.ts';

type Unit = BoundMoment['unit'];

/** What the planner may ask of a store. */
export interface Informant {
  /** Rounded, as the planner sees it. */
  readonly rowCount: (table: ObjectId) => number;
  readonly catalogAt: (unit: Unit, value: Int64) => CatalogView;
}

/** A question that was answered. */
type Told =
  | { readonly kind: 'count'; readonly table: ObjectId; readonly count: number }
  | { readonly kind: 'moment'; readonly unit: Unit; readonly catalog: CatalogView };

/** What is known after some answers: the plan, or the next question. */
type Node =
  | { readonly kind: 'plan'; readonly bound: BoundStatement }
  | { readonly kind: 'count'; readonly table: ObjectId; readonly next: Map<number, Node> }
  | {
      readonly kind: 'moment';
      readonly unit: Unit;
      readonly operand: Bound;
      readonly next: Map<Content, Node>;
    };

interface Root {
  readonly key: Uint8Array;
  readonly content: Content;
  readonly system: string;
  readonly node: Node;
  plans: number;
}

const ROOTS_MAX = 2048;
/** Plans of one key, for different answers. */
const PLANS_MAX = 16;

/** By the hash of key and content; of equal hashes the last one stays. */
const roots: Map<number, Root> = new Map();

/** One statement being planned by one engine: what it asked so far, and was told. */
export class Planning {
  readonly #informant: Informant;
  readonly #told: Told[] = [];
  /** How many of those the planner has asked for, too. */
  #asked = 0;

  constructor(informant: Informant) {
    this.#informant = informant;
  }

  /** Tables whose row counts were asked for, with the answers. */
  get counts(): (readonly [table: ObjectId, count: number])[] {
    const counts: Map<ObjectId, number> = new Map();
    for (const one of this.#told) if (one.kind === 'count') counts.set(one.table, one.count);
    return [...counts];
  }

  get told(): readonly Told[] {
    return this.#told;
  }

  /** The planner asks: it gets the answer that was given before, if there is one. */
  rowCount(table: ObjectId): number {
    const told = this.#told[this.#asked] ?? this.askCount(table);
    assert(told.kind === 'count' && told.table === table, 'the same answers, the same questions');
    this.#asked += 1;
    return told.count;
  }

  catalogAt(unit: Unit, value: Int64): Catalog {
    const told = this.#told[this.#asked] ?? this.askMoment(unit, value);
    assert(told.kind === 'moment' && told.unit === unit, 'the same answers, the same questions');
    this.#asked += 1;
    return counting(told.catalog, (table) => this.rowCount(table));
  }

  askCount(table: ObjectId): Extract<Told, { kind: 'count' }> {
    const told = { kind: 'count', table, count: this.#informant.rowCount(table) } as const;
    this.#told.push(told);
    return told;
  }

  askMoment(unit: Unit, value: Int64): Extract<Told, { kind: 'moment' }> {
    const catalog = this.#informant.catalogAt(unit, value);
    const told = { kind: 'moment', unit, catalog } as const;
    this.#told.push(told);
    return told;
  }
}

/** A catalogue that says what the planner may know of row counts. */
export function counting(catalog: Catalog, rowCount: (table: ObjectId) => number): Catalog {
  return {
    version: catalog.version,
    identity: catalog.identity,
    content: catalog.content,
    relation: (schema, name) => catalog.relation(schema, name),
    relationById: (id) => catalog.relationById(id),
    type: (schema, name) => catalog.type(schema, name),
    typeById: (id) => catalog.typeById(id),
    hasSchema: (name) => catalog.hasSchema(name),
    relationNames: () => catalog.relationNames(),
    sequencesOf: (table) => catalog.sequencesOf(table),
    referringTo: (table) => catalog.referringTo(table),
    rowCount,
  };
}

/**
 * The plan that somebody made of this key and content and the same answers. Null: nobody did;
 * `planning` then holds the answers so far. `system`: names of the relations besides the content.
 */
export function findPlan(
  key: Uint8Array,
  content: Content,
  system: string,
  planning: Planning,
  environment: Environment,
): BoundStatement | null {
  const root = roots.get(hashOf(key, content));
  if (root === undefined || !isOf(root, key, content, system)) return null;
  let node: Node | undefined = root.node;
  while (node !== undefined && node.kind !== 'plan') {
    if (node.kind === 'count') {
      node = node.next.get(planning.askCount(node.table).count);
      continue;
    }
    const { unit, operand, next }: Extract<Node, { kind: 'moment' }> = node;
    if (isUnknown(operand, environment.parameters.length)) return null;
    const value = evaluate(operand, environment);
    if (value === null) return null;
    const then = planning.askMoment(unit, value as Int64).catalog.content;
    node = then === null ? undefined : next.get(then);
  }
  return node === undefined ? null : ofStore(node.bound, planning);
}

/** Keeps what was planned after these answers. */
export function keepPlan(
  key: Uint8Array,
  content: Content,
  system: string,
  planning: Planning,
  bound: BoundStatement,
): void {
  const { told } = planning;
  const moments = told.filter(({ kind }) => kind === 'moment').length;
  if (moments !== bound.moments.length) return;
  if (told.some((one) => one.kind === 'moment' && one.catalog.content === null)) return;
  const hash = hashOf(key, content);
  let root = roots.get(hash);
  if (root === undefined || !isOf(root, key, content, system) || root.plans >= PLANS_MAX) {
    if (root === undefined && roots.size >= ROOTS_MAX) roots.delete(roots.keys().next().value!);
    root = { key, content, system, node: nodeAt(told, 0, bound, 0), plans: 0 };
    roots.set(hash, root);
  }
  root.plans += 1;
  let node = root.node;
  let moment = 0;
  for (const [i, one] of told.entries()) {
    assert(node.kind === one.kind, 'the same answers, the same questions');
    if (one.kind === 'moment') moment += 1;
    const after = nodeAt(told, i + 1, bound, moment);
    node =
      one.kind === 'count'
        ? branch((node as Extract<Node, { kind: 'count' }>).next, one.count, after)
        : branch((node as Extract<Node, { kind: 'moment' }>).next, one.catalog.content!, after);
  }
}

/** What follows on the first `i` answers, `moment` of them about moments. */
function nodeAt(told: readonly Told[], i: number, bound: BoundStatement, moment: number): Node {
  const one = told[i];
  if (one === undefined) return { kind: 'plan', bound };
  if (one.kind === 'count') return { kind: 'count', table: one.table, next: new Map() };
  const { unit, operand } = bound.moments[moment]!;
  return { kind: 'moment', unit, operand, next: new Map() };
}

function branch<T>(next: Map<T, Node>, answer: T, made: Node): Node {
  const known = next.get(answer);
  if (known !== undefined) return known;
  next.set(answer, made);
  return made;
}

/** The same plan with the identities of this store's catalogues. */
function ofStore(bound: BoundStatement, planning: Planning): BoundStatement {
  if (bound.moments.length === 0) return bound;
  const catalogs = planning.told.filter((one) => one.kind === 'moment');
  const moments = bound.moments.map((moment, i) => {
    return { ...moment, identity: catalogs[i]!.catalog.identity };
  });
  return { ...bound, moments };
}

function isOf(root: Root, key: Uint8Array, content: Content, system: string): boolean {
  return root.content === content && root.system === system && sameBytes(root.key, key);
}

function hashOf(key: Uint8Array, content: Content): number {
  return mixBytes(content.serial, key, 0, key.length);
}
