/**
 * INSERT into a view: which columns of the table values are given for, and the defaults that views
 * on the way have for others.
 */
import { SqlError } from '../error.ts';
import type { ShownView } from '../catalog/updatable.ts';
import type { Expression } from '../tree/expression.ts';
import type { Insert } from '../tree/write.ts';
import type { InsertColumns } from './insert.ts';
import { placeBelow, viewPlace } from './view-target.ts';
import type { ViewTarget } from './view-target.ts';

/** A column on its way down. */
interface Entry {
  /** Which of the given values: several are of its elements; none: it has a default. */
  readonly given: readonly number[];
  readonly place: number;
  /** The first default that a view had for it. */
  readonly fallback: Expression | null;
}

export function viewInsertColumns(target: ViewTarget, node: Insert): InsertColumns {
  const [{ view }] = target.layers;
  const places =
    node.columns.length === 0
      ? view.columns.map((_, i) => i)
      : node.columns.map(({ name, at }) => viewPlace(target, name, at));
  for (const [i, place] of places.entries()) {
    const first = places.indexOf(place);
    if (first === i) continue;
    const { name, at } = node.columns[i] as Insert['columns'][number];
    if (isElement(node, i) && isElement(node, first)) continue;
    throw new SqlError('42701', `column "${name}" specified more than once`, { at });
  }
  return {
    count: places.length,
    take: (width) => {
      const named = places.slice(0, width);
      const given = [...new Set(named)].map((place) => {
        return { given: placesOf(named, place), place, fallback: null };
      });
      const entries = target.layers.reduce<readonly Entry[]>((above, layer) => {
        return entriesBelow(target, layer, above, node.at);
      }, given);
      const ordinals: number[] = [];
      const fallbacks = new Map<number, Expression>();
      for (const { given: values, place, fallback } of entries) {
        for (const value of values) ordinals[value] = place;
        if (fallback !== null) fallbacks.set(place, fallback);
      }
      return { ordinals, fallbacks };
    },
  };
}

/** Whether only elements of the column are given there. */
function isElement(node: Insert, i: number): boolean {
  const target = node.columns[i];
  return target !== undefined && 'kind' in target;
}

function placesOf(list: readonly number[], wanted: number): readonly number[] {
  return list.flatMap((one, i) => (one === wanted ? [i] : []));
}

function entriesBelow(
  target: ViewTarget,
  layer: ShownView,
  above: readonly Entry[],
  at: number,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [i, { fallback = null }] of layer.view.columns.entries()) {
    const own = above.find(({ place }) => place === i);
    if (own === undefined && fallback === null) continue;
    const place = placeBelow(target, layer, i, at);
    if (entries.some((one) => one.place === place)) {
      const { name } = layer.base.columns[place] as { readonly name: string };
      throw new SqlError('42601', `multiple assignments to same column "${name}"`, { at });
    }
    entries.push({ given: own?.given ?? [], place, fallback: own?.fallback ?? fallback });
  }
  return entries;
}
