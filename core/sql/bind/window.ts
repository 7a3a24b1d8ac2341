/** Window definitions: names, inheritance, frames. */
import { SqlError } from '../error.ts';
import { canCoerce } from '../functions/coercion.ts';
import { rangeOffsetTypes } from '../functions/in-range.ts';
import type { Expr, ExprSortKey, LogicalQuery } from '../plan/logical.ts';
import type { BoundFrame, BoundFrameBound } from '../plan/plan.ts';
import { sameExpr } from '../plan/same.ts';
import type { FrameBound, FrameSpecification, WindowSpecification } from '../tree/query.ts';
import { plainType } from '../types/describe.ts';
import { INT8, UNKNOWN } from '../types/type.ts';
import type { TypeId } from '../types/type.ts';
import type { Binder, BoundWindow, Level } from './binder.ts';
import { within } from './binder.ts';
import { coerceTo, settle, tryCoerce, typeName } from './coerce.ts';
import { watchDepth } from './depth.ts';
import { bindExpression } from './expression.ts';
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
  // A definition copies (`w AS (v)`), where a call may only refer (`OVER v`).
  const copies = spec.orderBy.length > 0 || spec.frame !== null || steps > 0;
  if (copies && base.frame !== null) {
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
  const start = rangeBound(binder, level, key.value, frame.start);
  const end = rangeBound(binder, level, key.value, frame.end);
  return { ...keys, frame: { ...frame, start, end } };
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
  return { kind: bound.kind, offset: count };
}

function rangeBound(binder: Binder, level: Level, key: Expr, bound: FrameBound): Bound {
  if (!('offset' in bound)) return bound;
  const offset = bindOffset(binder, level, bound, 'RANGE');
  const { at } = bound.offset;
  const type = plainType(rangeOffsetType(key, offset, at));
  return { kind: bound.kind, offset: tryCoerce(binder, offset, type, 'implicit', at) ?? offset };
}

/** As PostgreSQL chooses among a type's `in_range` functions. */
function rangeOffsetType(key: Expr, offset: Expr, at: number): TypeId {
  const given = offset.type.id;
  const preferred = given === UNKNOWN ? key.type.id : given;
  const known = rangeOffsetTypes(key.type.id);
  const possible = known.filter((type) => canCoerce(given, type));
  const refuse = (why: string, types: string, hint: string): SqlError =>
    new SqlError('0A000', `RANGE with offset PRECEDING/FOLLOWING ${why} for ${types}`, {
      at,
      hint,
    });
  const column = `column type ${typeName(key.type)}`;
  if (known.length === 0) throw refuse('is not supported', column, '');
  const types = `${column} and offset type ${typeName(offset.type)}`;
  const [first, second] = possible;
  if (first === undefined) {
    throw refuse('is not supported', types, 'Cast the offset value to an appropriate type.');
  }
  if (second === undefined) return first;
  if (possible.includes(preferred)) return preferred;
  throw refuse(
    'has multiple interpretations',
    types,
    'Cast the offset value to the exact intended type.',
  );
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
