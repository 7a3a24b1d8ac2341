/**
 * `FOR UPDATE` and its like: checked as PostgreSQL does, then left out of the tree.
 *
 * Transactions are serializable by validation: every row that one reads is protected at its commit,
 * which is all that the clause asks for. `SKIP LOCKED` asks for something else.
 */
import { SqlError, unsupported } from '../../error.ts';
import type { TableExpression } from '../../tree/query.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, has, place, text } from './raw.ts';

const STRENGTHS: Readonly<Record<string, string>> = {
  LCS_FORKEYSHARE: 'FOR KEY SHARE',
  LCS_FORSHARE: 'FOR SHARE',
  LCS_FORNOKEYUPDATE: 'FOR NO KEY UPDATE',
  LCS_FORUPDATE: 'FOR UPDATE',
};

/** What a locked query may not have. */
const FORBIDDEN = [
  ['distinctClause', 'DISTINCT clause'],
  ['groupClause', 'GROUP BY clause'],
  ['havingClause', 'HAVING clause'],
] as const;

/** `node` is the SelectStmt, `from` its tables. */
export function checkLocks(c: Context, node: Raw, from: readonly TableExpression[]): void {
  for (const each of children(node, 'lockingClause')) {
    const lock = child(each, 'LockingClause');
    const strength = STRENGTHS[text(lock, 'strength')] ?? 'FOR UPDATE';
    if (text(lock, 'waitPolicy') === 'LockWaitSkip') throw unsupported('SKIP LOCKED', -1);
    if (text(node, 'op') !== 'SETOP_NONE') throw notAllowed(strength, 'UNION/INTERSECT/EXCEPT');
    if (has(node, 'valuesLists')) {
      throw new SqlError('0A000', `${strength} cannot be applied to VALUES`);
    }
    for (const [field, clause] of FORBIDDEN) {
      if (children(node, field).length > 0 || (field === 'havingClause' && has(node, field))) {
        throw notAllowed(strength, clause);
      }
    }
    const { names, joins } = namesOf(from);
    for (const relation of children(lock, 'lockedRels')) {
      const target = child(relation, 'RangeVar');
      const name = text(target, 'relname');
      if (joins.has(name)) {
        const message = `${strength} cannot be applied to a join`;
        throw new SqlError('0A000', message, { at: place(c, target) });
      }
      if (!names.has(name)) {
        const message = `relation "${name}" in ${strength} clause not found in FROM clause`;
        throw new SqlError('42P01', message, { at: place(c, target) });
      }
    }
  }
}

function notAllowed(strength: string, clause: string): SqlError {
  return new SqlError('0A000', `${strength} is not allowed with ${clause}`);
}

interface Names {
  readonly names: ReadonlySet<string>;
  readonly joins: ReadonlySet<string>;
}

function namesOf(from: readonly TableExpression[]): Names {
  const names = new Set<string>();
  const joins = new Set<string>();
  const open = [...from];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (each.kind === 'join') {
      if (each.alias !== null) joins.add(each.alias);
      if (each.usingAlias !== null) joins.add(each.usingAlias);
      open.push(each.left, each.right);
    } else if (each.alias !== null) names.add(each.alias);
    else if (each.kind === 'table') names.add(each.name);
    else if (each.kind === 'function') names.add(each.call.name);
  }
  // A table's own name goes before a join's.
  for (const name of names) joins.delete(name);
  return { names, joins };
}
