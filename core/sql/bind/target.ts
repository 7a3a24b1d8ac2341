/**
 * Select lists, and what refers to them: ORDER BY, GROUP BY and DISTINCT ON by name or by number.
 */
import { SqlError } from '../error.ts';
import type { Expr } from '../plan/logical.ts';
import { sameExpr } from '../plan/same.ts';
import type { Expression } from '../tree/expression.ts';
import type { SortKey, Target } from '../tree/query.ts';
import { columnOf, within } from './binder.ts';
import type { Binder, Clause, Item, Level } from './binder.ts';
import { settle } from './coerce.ts';
import { noteDepth } from './depth.ts';
import { bindExpression } from './expression.ts';
import { columnName } from './name.ts';
import { findItem } from './scope.ts';
import { sortKey } from './sort.ts';

/** A value of the select list, or one that only ORDER BY or DISTINCT ON wants. */
export interface BoundTarget {
  readonly name: string;
  readonly visible: boolean;
  value: Expr;
}

/** A sort key: which target, and how. */
export interface TargetKey {
  readonly target: BoundTarget;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export function bindTargets(
  binder: Binder,
  level: Level,
  targets: readonly Target[],
  clause: Clause,
): BoundTarget[] {
  return within(level, clause, () => {
    const result: BoundTarget[] = [];
    for (const target of targets) {
      if (target.kind === 'star') {
        result.push(...expandStar(binder, level, target.qualifier, target.at));
        continue;
      }
      const value = bindExpression(binder, level, target.value);
      const name = target.alias ?? columnName(target.value);
      result.push({ name, visible: true, value });
    }
    return result;
  });
}

function expandStar(
  binder: Binder,
  level: Level,
  qualifier: readonly string[],
  at: number,
): readonly BoundTarget[] {
  if (qualifier.length > 0) {
    const { item, depth } = findItem(level, qualifier, at);
    noteDepth(binder, depth);
    return itemTargets(binder, item, at);
  }
  const visible = level.items.filter((item) => item.columnsVisible);
  if (visible.length === 0) {
    throw new SqlError('42601', 'SELECT * with no tables specified is not valid', { at });
  }
  noteDepth(binder, level.depth);
  return visible.flatMap((item) => itemTargets(binder, item, at));
}

function itemTargets(binder: Binder, item: Item, at: number): readonly BoundTarget[] {
  return item.columns.map((column) => {
    const value = columnOf(binder, column.id);
    const name = item.name === null ? column.name : `${item.name}.${column.name}`;
    binder.places.set(value, { name, at });
    return { name: column.name, visible: true, value };
  });
}

/** ORDER BY: an output name, an output number, or an expression over the input. */
export function bindOrderBy(
  binder: Binder,
  level: Level,
  targets: BoundTarget[],
  keys: readonly SortKey[],
): readonly TargetKey[] {
  return within(level, 'ORDER BY', () =>
    keys.map((key) => {
      const target =
        byNumber(targets, key.value, 'ORDER BY') ??
        byName(targets, key.value, 'ORDER BY') ??
        byValue(targets, bindExpression(binder, level, key.value));
      target.value = settle(binder, target.value);
      const { descending, nullsFirst } = sortKey(target.value, key);
      return { target, descending, nullsFirst };
    }),
  );
}

/** DISTINCT ON: as ORDER BY. */
export function bindDistinctOn(
  binder: Binder,
  level: Level,
  targets: BoundTarget[],
  values: readonly Expression[],
): readonly BoundTarget[] {
  return within(level, 'DISTINCT ON', () =>
    values.map((node) => {
      const target =
        byNumber(targets, node, 'DISTINCT ON') ??
        byName(targets, node, 'DISTINCT ON') ??
        byValue(targets, bindExpression(binder, level, node));
      target.value = settle(binder, target.value);
      return target;
    }),
  );
}

/** `ORDER BY 2`. */
export function byNumber(
  targets: readonly BoundTarget[],
  node: Expression,
  clause: Clause,
): BoundTarget | null {
  if (node.kind !== 'literal') return null;
  if (node.type !== 'integer') {
    throw new SqlError('42601', `non-integer constant in ${clause}`, { at: node.at });
  }
  const visible = targets.filter((one) => one.visible);
  const found = visible[Number(node.text) - 1];
  if (found === undefined) {
    throw new SqlError('42P10', `${clause} position ${node.text} is not in select list`, {
      at: node.at,
    });
  }
  return found;
}

/** A bare name that is an output's. Two outputs of that name must be the same thing. */
export function byName(
  targets: readonly BoundTarget[],
  node: Expression,
  clause: Clause,
): BoundTarget | null {
  if (node.kind !== 'column' || node.parts.length !== 1) return null;
  const [name] = node.parts;
  const found = targets.filter((one) => one.visible && one.name === name);
  const [first] = found;
  if (first === undefined) return null;
  if (found.some((one) => !sameExpr(one.value, first.value))) {
    throw new SqlError('42702', `${clause} "${name}" is ambiguous`, { at: node.at });
  }
  return first;
}

/** The target that is this value already, or a hidden new one. */
function byValue(targets: BoundTarget[], value: Expr): BoundTarget {
  const found = targets.find((one) => sameExpr(one.value, value));
  if (found !== undefined) return found;
  const added = { name: '', visible: false, value };
  targets.push(added);
  return added;
}
