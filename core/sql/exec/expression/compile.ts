/**
 * Compiles bound expressions into functions over batches.
 *
 * Everything is evaluated a column at a time, but as lazily as PostgreSQL does it a row at a time:
 * CASE, AND, OR and COALESCE evaluate each part only for the rows that need it. What a function may
 * do to the world (`nextval`) it must do row by row: operators that find an expression volatile
 * hand in one row at a time (`volatility.ts`).
 */
import { unreachable } from '../../../types/assert.ts';
import type { Bound } from '../../plan/expression.ts';
import type { Scope } from '../operator.ts';
import { compileCall } from './call.ts';
import { compileCast } from './cast.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { compileCase, compileCoalesce, compileExtreme } from './conditional.ts';
import { compileScalar } from './constant.ts';
import { compileInList } from './in-list.ts';
import { compileLogic, compileNot } from './logic.ts';
import { compileAnyQuery } from './any-query.ts';
import { compileExistsQuery, compileScalarQuery } from './query.ts';
import { compileColumn, compileRecord } from './row.ts';
import { compileDistinctFrom, compileIsNull, compileIsTruth } from './truth.ts';

export function makeCompiler(scope: Scope, kernels = true): Compiler {
  const compiler: Compiler = {
    scope,
    kernels,
    attempt: 0,
    queries: [],
    compile: (bound: Bound): Compiled => compile(bound, compiler),
  };
  return compiler;
}

function compile(bound: Bound, compiler: Compiler): Compiled {
  switch (bound.kind) {
    case 'constant':
    case 'argument':
    case 'parameter':
      return compileScalar(bound, compiler);
    case 'column':
      return compileColumn(bound);
    case 'call':
      return compileCall(bound, compiler);
    case 'cast':
      return compileCast(bound, compiler);
    case 'and':
    case 'or':
      return compileLogic(bound, compiler);
    case 'not':
      return compileNot(bound, compiler);
    case 'isNull':
      return compileIsNull(bound, compiler);
    case 'isTruth':
      return compileIsTruth(bound, compiler);
    case 'distinctFrom':
      return compileDistinctFrom(bound, compiler);
    case 'case':
      return compileCase(bound, compiler);
    case 'coalesce':
      return compileCoalesce(bound, compiler);
    case 'extreme':
      return compileExtreme(bound, compiler);
    case 'inList':
      return compileInList(bound, compiler);
    case 'record':
      return compileRecord(bound, compiler);
    case 'scalarQuery':
      return compileScalarQuery(bound, compiler);
    case 'existsQuery':
      return compileExistsQuery(bound, compiler);
    case 'anyQuery':
      return compileAnyQuery(bound, compiler);
    default:
      return unreachable(bound);
  }
}
