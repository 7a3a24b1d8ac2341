/** Writes: rows come from a plan, and what is done with them are expressions over those rows. */
import type { SqlType } from '../types/type.ts';
import { mentions } from './columns.ts';
import { layoutOf, lowerExpr, newFrame } from './lower-expression.ts';
import { exactly, lower, lowerQuery } from './lower.ts';
import type { Lowering } from './lower.ts';
import type {
  ColumnId,
  Expr,
  LogicalChange,
  LogicalCheck,
  LogicalInsert,
  LogicalMerge,
  LogicalWrite,
} from './logical.ts';
import type {
  BoundCheck,
  DeletePlan,
  InsertPlan,
  MergePlan,
  UpdatePlan,
  WritePlan,
} from './plan.ts';

export function lowerWrite(lowering: Lowering, write: LogicalWrite): WritePlan {
  if (write.kind === 'insert') return lowerInsert(lowering, write);
  return write.kind === 'merge' ? lowerMerge(lowering, write) : lowerChange(lowering, write);
}

type Row = readonly ColumnId[];

function lowerAll(
  lowering: Lowering,
  exprs: readonly Expr[],
  row: Row,
): ReturnType<typeof lowerExpr>[] {
  const layout = layoutOf(row);
  // A write has no surroundings: nothing can become an argument.
  const frame = newFrame();
  return exprs.map((expr) => lowerExpr(lowering, expr, layout, frame));
}

function lowerChecks(
  lowering: Lowering,
  checks: readonly LogicalCheck[],
  row: Row,
): readonly BoundCheck[] {
  const conditions = lowerAll(
    lowering,
    checks.map((check) => check.condition),
    row,
  );
  return checks.map((check, i) => ({
    constraint: check.constraint,
    condition: conditions[i] as BoundCheck['condition'],
  }));
}

function typesOfReturning(returning: readonly Expr[] | null): readonly SqlType[] {
  return returning?.map((expr) => expr.type) ?? [];
}

function lowerInsert(lowering: Lowering, write: LogicalInsert): InsertPlan {
  const { table, returning, onConflict } = write;
  const query = { plan: write.source, columns: write.sourceColumns };
  const update = onConflict?.update ?? null;
  return {
    kind: 'insert',
    table,
    source: lowerQuery(lowering, query, newFrame()),
    onConflict:
      onConflict === null
        ? null
        : {
            indexes: onConflict.indexes,
            update:
              update === null
                ? null
                : {
                    values: lowerAll(lowering, update.values, update.row),
                    where:
                      update.where === null
                        ? null
                        : (lowerAll(lowering, [update.where], update.row)[0] ?? null),
                  },
          },
    checks: lowerChecks(lowering, write.checks, write.row),
    viewChecks: lowerChecks(lowering, write.viewChecks, write.row),
    returning: returning === null ? null : lowerAll(lowering, returning, write.row),
    types: typesOfReturning(returning),
  };
}

function lowerChange(lowering: Lowering, write: LogicalChange): UpdatePlan | DeletePlan {
  const { table, returning } = write;
  const mentioned = new Set<ColumnId>();
  for (const expr of returning ?? []) for (const id of mentions(expr)) mentioned.add(id);
  for (const id of write.row) mentioned.delete(id);
  const frame = newFrame();
  const wanted = new Set([...write.sourceColumns, ...mentioned]);
  const lowered = lower(lowering, write.source, wanted, frame, null);
  const extra = lowered.columns.filter((id) => mentioned.has(id));
  const source = exactly(lowering, lowered, [...write.sourceColumns, ...extra], frame);
  const row = [...write.row, ...extra];
  const shared = {
    table,
    source,
    returning: returning === null ? null : lowerAll(lowering, returning, row),
    types: typesOfReturning(returning),
  };
  if (write.kind === 'delete') return { kind: 'delete', ...shared };
  const checks = lowerChecks(lowering, write.checks, write.row);
  const viewChecks = lowerChecks(lowering, write.viewChecks, write.row);
  return { kind: 'update', changed: write.changed, checks, viewChecks, ...shared };
}

function lowerMerge(lowering: Lowering, write: LogicalMerge): MergePlan {
  const { table, actions, changed, source, sourceColumns: columns } = write;
  return {
    kind: 'merge',
    table,
    source: lowerQuery(lowering, { plan: source, columns }, newFrame()),
    actions,
    changed,
    checks: lowerChecks(lowering, write.checks, write.row),
    returning: null,
    types: [],
  };
}
