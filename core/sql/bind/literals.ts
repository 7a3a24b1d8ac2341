/**
 * Dates, times and intervals in definitions, pinned: what a literal in a default, a check, an index
 * or a view means is settled when it is written, by the session that writes it. Its text goes into
 * the catalogue in a form that every session reads alike, whatever its time zone, its styles, and
 * the release's time-zone data. `'now'` and its like stay what they are: of each time.
 */
import type { Expr } from '../plan/logical.ts';
import type { CastNode, Expression, LiteralNode } from '../tree/expression.ts';
import { formatArray } from '../types/array-text.ts';
import { elementOf, isArrayType } from '../types/array-type.ts';
import { formatValue } from '../types/text-io.ts';
import { DATE, INTERVAL, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';
import type { ArrayValue, TypeId, Value } from '../types/type.ts';
import { PINNED_SCHEMA, isFormer, isUserType, objectOf, pinnedRank } from '../types/user-type.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';

/** What settings or zones have a say in; arrays of these, too. */
const PINNED: ReadonlySet<TypeId> = new Set([DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL]);

export class Literals {
  readonly #nodes: WeakMap<Expr, LiteralNode> = new WeakMap();
  readonly #pinned: Map<unknown, Expression> = new Map();

  get isEmpty(): boolean {
    return this.#pinned.size === 0;
  }

  /** `expr` is what the literal was bound to, before it got its type. */
  bound(expr: Expr, node: LiteralNode): void {
    this.#nodes.set(expr, node);
  }

  /** It was read as this type. */
  read(expr: Expr, type: TypeId, value: Value): void {
    const node = this.#nodes.get(expr);
    if (node === undefined) return;
    if (isUserType(type) && !isFormer(type)) this.#pinned.set(node, labels(node, type, value));
    if (!PINNED.has(elementOf(type) ?? type) || meansAlways(node.text, type)) return;
    this.#pinned.set(node, { ...node, text: formatValue(type, value, DEFAULT_DISPLAY) });
  }

  /** The node to stand for it in the catalogue, or undefined where it may stay. */
  pinned(node: object): unknown {
    return this.#pinned.get(node);
  }
}

/** Ranks, cast to their type: whatever the labels are called, and the type. */
function labels(node: LiteralNode, type: TypeId, value: Value): CastNode {
  const { at } = node;
  const isArray = isArrayType(type);
  const text = isArray
    ? formatArray(value as ArrayValue, (rank) => pinnedRank(rank as string))
    : pinnedRank(value as string);
  const own = {
    schema: PINNED_SCHEMA,
    name: String(objectOf(type)),
    modifiers: [],
    fields: null,
    arrayDimensions: isArray ? 1 : 0,
    at,
  };
  return { kind: 'cast', argument: { ...node, text }, type: own, at };
}

const ISO_DAY = /^[0-9]{4,}-[0-9]{2}-[0-9]{2}(?:$|[ T])/;
const OFFSET = /[0-9][+-][0-9]{2}(?::[0-9]{2}){0,2}$/;

/** Read alike by every session for ever. Words may be zones, whose data changes. */
function meansAlways(text: string, type: TypeId): boolean {
  if (type === INTERVAL) return !text.includes('-');
  if (!ISO_DAY.test(text) || /[a-su-z]/i.test(text)) return false;
  return type !== TIMESTAMPTZ || OFFSET.test(text.slice('2000-01-01'.length));
}
