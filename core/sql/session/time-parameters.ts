/**
 * Parameters that say when: `AS OF POSITION $1`. The schema of a statement depends on their values,
 * so they must be known before anything else about it is, the types of its other parameters
 * included. Their own types are plain to see: the clause's, or that of a cast around them.
 */
import type { Expression } from '../tree/expression.ts';
import type { Statement } from '../tree/statement.ts';
import { typeFromName } from '../types/describe.ts';
import { INT8, TIMESTAMPTZ } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';

const POSITION: SqlType = { id: INT8, modifier: -1 };
const TIMESTAMP: SqlType = { id: TIMESTAMPTZ, modifier: -1 };

/** By the parameter's index. Empty for nearly every statement. */
export function timeParameters(statement: Statement): ReadonlyMap<number, SqlType> {
  const found: Map<number, SqlType> = new Map();
  walk(statement, found);
  return found;
}

/** The parser bounds how deep a tree is. */
function walk(node: unknown, found: Map<number, SqlType>): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) {
    for (const one of node) walk(one, found);
    return;
  }
  for (const [name, child] of Object.entries(node)) {
    if (name === 'time') note(child as TimeLike | null, found);
    else walk(child, found);
  }
}

interface TimeLike {
  readonly kind: string;
  readonly operand?: Expression;
  readonly low?: Expression;
  readonly high?: Expression;
}

function note(clause: TimeLike | null, found: Map<number, SqlType>): void {
  if (clause === null) return;
  const type = clause.kind === 'position' ? POSITION : TIMESTAMP;
  for (const operand of [clause.operand, clause.low, clause.high]) {
    if (operand === undefined) continue;
    if (operand.kind === 'parameter') found.set(operand.index, type);
    else if (operand.kind === 'cast' && operand.argument.kind === 'parameter') {
      found.set(operand.argument.index, typeFromName(operand.type));
    }
  }
}
