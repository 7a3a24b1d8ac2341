/** Window definitions: names, inheritance, frames. */
import { SqlError } from '../error.ts';
import { findOperator } from '../functions/resolve.ts';
import type { Expr, ExprSortKey, LogicalQuery } from '../plan/logical.ts';
import type { BoundFrame, BoundFrameBound } from '../plan/plan.ts';
import { sameExpr } from '../plan/same.ts';
import type { FrameBound, FrameSpecification, WindowSpecification } from '../tree/query.ts';
import { plainType } from '../types/describe.ts';
import { INT8, UNKNOWN } from '../types/type.ts';
import type { Binder, BoundWindow, Level } from './binder.ts';
import { within } from './binder.ts';
import { coerceTo, settle, tryCoerce, typeName } from './coerce.ts';
import { watchDepth } from './depth.ts';
import { bindExpression } from './expression.ts';
import { applyOperator } from './predicate.ts';
import { bindSortKeys } from './sort.ts';

const DEFAULT_FRAME: FrameSpecification = {
  unit: 'range',
  start: { kind: 'unboundedPreceding' },
  end: { kind: 'currentRow' },
  exclude: 'none',
};

export function bindWindow(
  binder: Binder,
  level: Level,
  written: WindowSpecification,
): BoundWindow {
  const spec = inherit(level, written, 0);
  return within(level, 'window definitions', () => {
    const before = level.insideWindow;
    level.insideWindow = true;
    try {
      const partitionBy = spec.partitionBy.map((one) =>
        settle(binder, bindExpression(binder, level, one)),
      );
      const orderBy = bindSortKeys(binder, level, spec.orderBy);
      const frame = spec.frame ?? DEFAULT_FRAME;
      return bindFrame(binder, level, { partitionBy, orderBy }, frame, spec.at);
    } finally {
      level.insideWindow = before;
    }
  });
}

/** The named window with what this one adds. Names cannot form a circle: each is defined before. */
function inherit(level: Level, spec: WindowSpecification, steps: number): WindowSpecification {
  if (spec.name === null) return spec;
  const found = level.windowNames.get(spec.name);
  if (found === undefined || steps > level.windowNames.size) {
    throw new SqlError('42704', `window "${spec.name}" does not exist`, { at: spec.at });
  }
  const base = inherit(level, found, steps + 1);
  const wrong = (message: string): SqlError => new SqlError('42P20', message, { at: spec.at });
  if (spec.partitionBy.length > 0) {
    throw wrong(`cannot override PARTITION BY clause of window "${spec.name}"`);
  }
  if (spec.orderBy.length > 0 && base.orderBy.length > 0) {
    throw wrong(`cannot override ORDER BY clause of window "${spec.name}"`);
  }
  const adds = spec.orderBy.length > 0 || spec.frame !== null;
  if (adds && base.frame !== null) {
    throw wrong(`cannot copy window "${spec.name}" because it has a frame clause`);
  }
  return {
    name: null,
    partitionBy: base.partitionBy,
    orderBy: spec.orderBy.length > 0 ? spec.orderBy : base.orderBy,
    frame: spec.frame ?? base.frame,
    at: spec.at,
  };
}

type Keys = Pick<BoundWindow, 'partitionBy' | 'orderBy'>;

function bindFrame(
  binder: Binder,
  level: Level,
  keys: Keys,
  frame: FrameSpecification,
  at: number,
): BoundWindow {
  const offsets = [frame.start, frame.end].some((bound) => 'offset' in bound);
  if (frame.unit === 'groups' && keys.orderBy.length === 0) {
    throw new SqlError('42P20', 'GROUPS mode requires an ORDER BY clause', { at });
  }
  if (frame.unit !== 'range' || !offsets) {
    const start = countedBound(binder, level, frame, frame.start);
    const end = countedBound(binder, level, frame, frame.end);
    const bound: BoundFrame<LogicalQuery> = { ...frame, start, end };
    return { ...keys, frame: bound };
  }
  const [key] = keys.orderBy;
  if (keys.orderBy.length !== 1 || key === undefined) {
    throw new SqlError(
      '42P20',
      'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
      { at },
    );
  }
  const start = rangeBound(binder, level, key, frame.start, at);
  const end = rangeBound(binder, level, key, frame.end, at);
  return rangeWindow(binder, keys, key, { ...frame, start, end }, at);
}

/** Limits and key are compared, so the key becomes what adding an offset made of it. */
function rangeWindow(
  binder: Binder,
  keys: Keys,
  key: ExprSortKey,
  frame: BoundFrame<LogicalQuery>,
  at: number,
): BoundWindow {
  for (const bound of [frame.start, frame.end]) {
    if (bound.kind !== 'preceding' && bound.kind !== 'following') continue;
    const type = bound.limit?.type ?? key.value.type;
    if (type.id === key.value.type.id) continue;
    const value = tryCoerce(binder, key.value, plainType(type.id), 'implicit', at);
    if (value === null) throw noRange(key.value, bound.offset, at);
    return { ...keys, orderBy: [{ ...key, value }], frame };
  }
  return { ...keys, frame };
}

function noRange(key: Expr, offset: Expr, at: number): SqlError {
  const types = `column type ${typeName(key.type)} and offset type ${typeName(offset.type)}`;
  return new SqlError(
    '0A000',
    `RANGE with offset PRECEDING/FOLLOWING is not supported for ${types}`,
    {
      at,
      hint: 'Cast the offset value to an appropriate type.',
    },
  );
}

type Bound = BoundFrameBound<LogicalQuery>;

function bindOffset(
  binder: Binder,
  level: Level,
  bound: Extract<FrameBound, { offset: unknown }>,
  word: string,
): Expr {
  const { result, deepest } = watchDepth(binder, level.depth, () =>
    bindExpression(binder, level, bound.offset),
  );
  if (deepest === level.depth) {
    throw new SqlError('42P10', `argument of ${word} must not contain variables`, {
      at: bound.offset.at,
    });
  }
  return result;
}

function countedBound(
  binder: Binder,
  level: Level,
  frame: FrameSpecification,
  bound: FrameBound,
): Bound {
  if (!('offset' in bound)) return bound;
  const word = frame.unit.toUpperCase();
  const offset = bindOffset(binder, level, bound, word);
  const count = coerceTo(binder, offset, INT8, word, bound.offset.at);
  return { kind: bound.kind, offset: count, limit: null };
}

function rangeBound(
  binder: Binder,
  level: Level,
  key: ExprSortKey,
  bound: FrameBound,
  at: number,
): Bound {
  if (!('offset' in bound)) return bound;
  let offset = bindOffset(binder, level, bound, 'RANGE');
  const down = (bound.kind === 'preceding') !== key.descending;
  const name = down ? '-' : '+';
  try {
    if (offset.type.id === UNKNOWN) {
      const found = findOperator(name, key.value.type, offset.type, at);
      const type = plainType(found.argumentTypes[1] as number);
      offset = tryCoerce(binder, offset, type, 'implicit', at) ?? offset;
    }
    const limit = applyOperator(binder, name, key.value, offset, at);
    return { kind: bound.kind, offset, limit };
  } catch (error) {
    if (error instanceof SqlError && error.code === '42883') throw noRange(key.value, offset, at);
    throw error;
  }
}

/** Whether two windows may be computed together. */
export function sameWindow(left: BoundWindow, right: BoundWindow): boolean {
  if (left === right) return true;
  const { frame: one } = left;
  const { frame: two } = right;
  return (
    left.partitionBy.length === right.partitionBy.length &&
    left.partitionBy.every((key, i) => sameExpr(key, right.partitionBy[i] as Expr)) &&
    left.orderBy.length === right.orderBy.length &&
    left.orderBy.every((key, i) => sameKey(key, right.orderBy[i] as ExprSortKey)) &&
    one.unit === two.unit &&
    one.exclude === two.exclude &&
    sameBound(one.start, two.start) &&
    sameBound(one.end, two.end)
  );
}

export function sameKey(left: ExprSortKey, right: ExprSortKey): boolean {
  return (
    left.descending === right.descending &&
    left.nullsFirst === right.nullsFirst &&
    sameExpr(left.value, right.value)
  );
}

function sameBound(left: Bound, right: Bound): boolean {
  if (left.kind !== right.kind) return false;
  if (!('offset' in left) || !('offset' in right)) return true;
  return sameExpr(left.offset, right.offset);
}
