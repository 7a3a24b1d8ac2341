/**
 * Dates, times and intervals in definitions, pinned: what a literal in a default, a check, an index
 * or a view means is settled when it is written, by the session that writes it. Its text goes into
 * the catalogue in a form that every session reads alike, whatever its time zone, its styles, and
 * the release's time-zone data. `'now'` and its like stay what they are: of each time.
 */
import type { Expr } from '../plan/logical.ts';
import type { LiteralNode } from '../tree/expression.ts';
import { elementOf } from '../types/array-type.ts';
import { formatValue } from '../types/text-io.ts';
import { DATE, INTERVAL, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';

/** What settings or zones have a say in; arrays of these, too. */
const PINNED: ReadonlySet<TypeId> = new Set([DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL]);

export class Literals {
  readonly #nodes: WeakMap<Expr, LiteralNode> = new WeakMap();
  readonly #texts: Map<unknown, string> = new Map();

  get isEmpty(): boolean {
    return this.#texts.size === 0;
  }

  /** `expr` is what the literal was bound to, before it got its type. */
  bound(expr: Expr, node: LiteralNode): void {
    this.#nodes.set(expr, node);
  }

  /** It was read as this type. */
  read(expr: Expr, type: TypeId, value: Value): void {
    const node = this.#nodes.get(expr);
    if (node === undefined) return;
    if (!PINNED.has(elementOf(type) ?? type)) return;
    if (!meansAlways(node.text, type))
      this.#texts.set(node, formatValue(type, value, DEFAULT_DISPLAY));
  }

  /** The node to stand for it in the catalogue, or undefined where it may stay. */
  pinned(node: object): unknown {
    const text = this.#texts.get(node);
    return text === undefined ? undefined : { ...node, text };
  }
}

const ISO_DAY = /^[0-9]{4,}-[0-9]{2}-[0-9]{2}(?:$|[ T])/;
const OFFSET = /[0-9][+-][0-9]{2}(?::[0-9]{2}){0,2}$/;

/** Read alike by every session for ever. Words may be zones, whose data changes. */
function meansAlways(text: string, type: TypeId): boolean {
  if (type === INTERVAL) return !text.includes('-');
  if (!ISO_DAY.test(text) || /[a-su-z]/i.test(text)) return false;
  return type !== TIMESTAMPTZ || OFFSET.test(text.slice('2000-01-01'.length));
}
