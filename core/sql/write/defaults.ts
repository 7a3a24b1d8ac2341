/**
 * Expressions that a table's definition holds, bound when rows need them.
 */
import { bindOver } from '../bind/over.ts';
import type { Table } from '../catalog/model.ts';
import { makeBatch, shapeOf, valueAt } from '../exec/column.ts';
import { evaluator } from '../exec/execute.ts';
import type { Bound } from '../plan/expression.ts';
import type { BoundCheck } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import type { WriteContext } from './context.ts';
import { bindContext } from './context.ts';

export function tableChecks(table: Table, context: WriteContext): BoundCheck[] {
  const binding = bindContext(context);
  const checks: BoundCheck[] = [];
  for (const constraint of table.constraints) {
    if (constraint.kind !== 'check') continue;
    const { name, value } = constraint;
    const condition = bindOver(value, table, binding, null, 'check constraint');
    checks.push({ constraint: name, condition });
  }
  return checks;
}

/** A function of a column's ordinal: its default, evaluated anew each time; null without one. */
export function columnDefaults(table: Table, context: WriteContext): (ordinal: number) => Value {
  const binding = bindContext(context);
  return (ordinal) => {
    const { name, fallback, type, generated } = table.columns[ordinal]!;
    if (fallback === null || generated) return null;
    const bound = bindOver(fallback, null, binding, { name, type }, 'DEFAULT');
    return evaluateOne(bound, context);
  };
}

/** A generated column: its ordinal, and its value over the table's columns. */
export interface Generated {
  readonly ordinal: number;
  readonly value: Bound;
}

export function generatedColumns(table: Table, context: WriteContext): readonly Generated[] {
  const binding = bindContext(context);
  return table.columns.flatMap(({ name, type, fallback, generated }, ordinal) => {
    if (!generated || fallback === null) return [];
    return [{ ordinal, value: bindOver(fallback, table, binding, { name, type }, 'generation') }];
  });
}

/** The value of an expression without columns. */
export function evaluateOne(bound: Bound, context: WriteContext): Value {
  const input = makeBatch([], 1);
  input.rows = 1;
  input.count = 1;
  const output = evaluator([bound], context)(input);
  return valueAt(output.columns[0]!, shapeOf(bound.type.id), 0);
}
