/** What VERIFY LOG answers. */
import { SqlError } from '../error.ts';
import { INT8 } from '../types/type.ts';
import type { StatementAnswer } from './result.ts';
import { rowsResult } from './result.ts';
import { TEXT_TYPE } from './statement.ts';

/** The answer of VERIFY LOG. `problems` empty: all is well. */
export function verificationResult(
  entries: number,
  head: string,
  problems: readonly string[],
): StatementAnswer {
  if (problems.length > 0) {
    return new SqlError('XX001', 'the log does not verify', { detail: problems.join('; ') });
  }
  const columns = [
    { name: 'entries', type: { id: INT8, modifier: -1 } },
    { name: 'head', type: TEXT_TYPE },
  ];
  return rowsResult('VERIFY LOG', columns, [[entries, head]]);
}
