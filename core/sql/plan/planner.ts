/** From a statement that is bound to one that can be executed. */
import type { LogicalStatement, LogicalWrite } from './logical.ts';
import { lowerDefinition, lowerQuery, newLowering } from './lower.ts';
import { newFrame } from './lower-expression.ts';
import { lowerWrite } from './lower-write.ts';
import type { BoundStatement } from './plan.ts';

export function planStatement(statement: LogicalStatement): BoundStatement['plan'] {
  const lowering = newLowering(statement.types);
  const { body } = statement;
  if (!isLogicalWrite(body)) return lowerQuery(lowering, body, newFrame());
  const write = lowerWrite(lowering, body);
  if (statement.with.length === 0) return write;
  const tables = statement.with.map((table) => ({
    id: table.id,
    plan: lowerDefinition(lowering, table.plan, table.columns, newFrame()),
  }));
  return { kind: 'withWrite', tables, body: write };
}

function isLogicalWrite(body: LogicalStatement['body']): body is LogicalWrite {
  return 'kind' in body;
}
