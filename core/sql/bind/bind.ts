/**
 * The door of the binder: a statement tree becomes a plan, with the types of its parameters and
 * what its result looks like. Throws `SqlError`.
 *
 * Binding and planning depend on nothing but the statement, the catalogue (schema and row counts)
 * and the settings in the environment, so every node makes the same plan.
 */
import { SqlError } from '../error.ts';
import { evaluate } from '../plan/evaluate.ts';
import type { LogicalStatement } from '../plan/logical.ts';
import type { BoundStatement } from '../plan/plan.ts';
import { planStatement } from '../plan/planner.ts';
import type { Query } from '../tree/query.ts';
import type { RowChange } from '../tree/write.ts';
import type { Int64, SqlType } from '../types/type.ts';
import { columnType, newBinder } from './binder.ts';
import type { BindContext, Binder } from './binder.ts';
import { withTypesOf } from './former.ts';
import { bindQuery } from './query.ts';
import { bindWith } from './with.ts';
import { bindWrite } from './write.ts';

export type { BindContext } from './binder.ts';

export function bind(statement: Query | RowChange, context: BindContext): BoundStatement {
  const binder = newBinder(context);
  return withTypesOf(binder, () => bound(binder, statement));
}

function bound(binder: Binder, statement: Query | RowChange): BoundStatement {
  const logical =
    statement.kind === 'query'
      ? readStatement(binder, statement)
      : writeStatement(binder, statement);
  const parameters = settledParameters(binder);
  return {
    plan: planStatement(logical, binder.context.environment),
    columns: logical.columns,
    parameters,
    depends: [...binder.depends],
    writes: binder.writes,
    moments: binder.moments,
    provisional: binder.provisional,
    ...(binder.former.length === 0 ? {} : { former: binder.former }),
  };
}

function readStatement(binder: Binder, statement: Query): LogicalStatement {
  const query = bindQuery(binder, null, statement);
  const columns = query.columns.map((id, i) => ({
    name: query.names[i] as string,
    type: columnType(binder, id),
  }));
  return { body: query, with: [], columns, types: binder.types, mentions: binder.mentions };
}

function writeStatement(binder: Binder, statement: RowChange): LogicalStatement {
  const tables =
    statement.with === null ? null : bindWith(binder, null, statement.with, null, true);
  const { write, columns, names } = bindWrite(binder, statement, tables?.scope ?? null);
  return {
    body: write,
    with: tables?.definitions ?? [],
    columns: columns.map((id, i) => ({ name: names[i] as string, type: columnType(binder, id) })),
    types: binder.types,
    mentions: binder.mentions,
  };
}

function settledParameters(binder: Binder): readonly SqlType[] {
  return binder.parameters.map((type, i) => {
    if (type !== null) return type;
    throw new SqlError('42P18', `could not determine data type of parameter $${i + 1}`);
  });
}

/**
 * Whether a kept statement may be used with these parameter values: what `AS OF` asks for must lead
 * to the catalogues that it was bound with.
 */
export function stillHolds(
  bound: BoundStatement,
  context: Pick<BindContext, 'catalogAt' | 'environment'>,
): boolean {
  return bound.moments.every(({ unit, operand, identity }) => {
    const value = evaluate(operand, context.environment);
    return value !== null && context.catalogAt(unit, value as Int64).identity === identity;
  });
}
