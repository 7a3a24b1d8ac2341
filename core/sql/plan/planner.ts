/** From a statement that is bound to one that can be executed: rewriting, then lowering. */
import type { Environment } from '../environment.ts';
import type { LogicalStatement, LogicalWrite } from './logical.ts';
import { lowerDefinition, lowerQuery, newLowering } from './lower.ts';
import { newFrame } from './lower-expression.ts';
import { lowerWrite } from './lower-write.ts';
import type { BoundStatement } from './plan.ts';
import { keptTables, rewrite, rewriteWrite } from './rewrite.ts';
import type { Rewriting } from './rewrite.ts';

export function planStatement(
  statement: LogicalStatement,
  environment: Environment,
): BoundStatement['plan'] {
  const rewriting: Rewriting = {
    environment,
    commons: new Map(),
    mentions: statement.mentions,
    everywhere: false,
  };
  const lowering = newLowering(statement.types);
  const { body } = statement;
  if (!isLogicalWrite(body)) {
    const query = { ...body, plan: rewrite(rewriting, body.plan, []) };
    return lowerQuery(lowering, query, newFrame());
  }
  const kept = keptTables(rewriting, statement.with);
  const rewritten = rewriteWrite(rewriting, body);
  const write = lowerWrite(lowering, rewritten);
  if (kept.length === 0) return write;
  const tables = kept.map((table) => ({
    id: table.id,
    plan: lowerDefinition(lowering, table.plan, table.columns, newFrame()),
  }));
  return { kind: 'withWrite', tables, body: write };
}

function isLogicalWrite(body: LogicalStatement['body']): body is LogicalWrite {
  return 'kind' in body;
}
