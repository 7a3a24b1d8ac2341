/**
 * `x op ANY (list)`, of which `x IN (…)` is the case of `=`.
 *
 * Constants and parameters under the type's `=` make a set. Else the elements are compared
 * from left to right, each only for rows that have not found their match.
 */
import type { Bound } from '../../plan/expression.ts';
import { identityFor } from '../../types/compare.ts';
import type { Value } from '../../types/type.ts';
import { BOOLEAN, isNull, makeColumn, putNull, restart, valueAt } from '../column.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { roomFor } from './selection.ts';

type InList = Extract<Bound, { kind: 'inList' }>;

export function compileInList(bound: InList, compiler: Compiler): Compiled {
  const [left, right] = bound.operator.arguments;
  const constant =
    bound.operator.name === '=' &&
    left === right &&
    bound.list.every(({ kind }) => kind === 'constant' || kind === 'parameter');
  return constant ? inSet(bound, compiler) : inTurn(bound, compiler);
}

function inSet(bound: InList, compiler: Compiler): Compiled {
  const part = compiler.compile(bound.argument);
  const toKey = identityFor(bound.argument.type.id);
  const set = new Set<Value>();
  let hasNull = false;
  for (const element of bound.list) {
    const value = (compiler.compile(element).scalar as () => Value)();
    if (value === null) hasNull = true;
    else set.add(toKey(value));
  }
  const found = bound.negated ? 0 : 1;
  const out = makeColumn(BOOLEAN, 0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const column = part.evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      const plain = column.isNumbers && part.shape !== BOOLEAN;
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        if (isNull(column, row)) {
          putNull(out, row);
          continue;
        }
        const key = plain
          ? (column.numbers[row] as number)
          : toKey(valueAt(column, part.shape, row));
        if (set.has(key)) out.numbers[row] = found;
        else if (hasNull) putNull(out, row);
        else out.numbers[row] = 1 - found;
      }
      return out;
    },
  };
}

function inTurn(bound: InList, compiler: Compiler): Compiled {
  const part = compiler.compile(bound.argument);
  const elements = bound.list.map(compiler.compile);
  const { environment } = compiler.scope.run;
  const { evaluate, strict } = bound.operator;
  const found = bound.negated ? 0 : 1;
  const out = makeColumn(BOOLEAN, 0);
  let open: Int32Array = new Int32Array(0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const column = part.evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      open = roomFor(open, count);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        open[k] = row;
        out.numbers[row] = 1 - found;
      }
      let left = count;
      for (let i = 0; i < elements.length && left > 0; i++) {
        const element = elements[i] as Compiled;
        const other = element.evaluate(batch, open, left);
        let still = 0;
        for (let k = 0; k < left; k++) {
          const row = open[k] as number;
          const a = valueAt(column, part.shape, row);
          const b = valueAt(other, element.shape, row);
          const skip = strict && (a === null || b === null);
          const answer: Value = skip ? null : evaluate(environment, a, b);
          if (answer === true) {
            out.numbers[row] = found;
            out.nulls[row] = 0;
          } else {
            if (answer === null) putNull(out, row);
            open[still++] = row;
          }
        }
        left = still;
      }
      return out;
    },
  };
}
