/** jsonb_path_query and the like: what a jsonpath leads to in a jsonb. */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { PathRun } from '../jsonpath/run.ts';
import { pathOf } from '../jsonpath/value.ts';
import { arrayText, kindOf } from '../types/json-scan.ts';
import { BOOL, JSONB, JSONPATH } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { strict } from './define.ts';
import type { ScalarFunction, SetFunction } from './function.ts';

type Ask = (run: PathRun, silent: boolean) => Value;

const PLAIN: readonly TypeId[] = [JSONB, JSONPATH];
/** With variables, and with whether errors are kept silent. */
const FORMS: readonly (readonly TypeId[])[] = [PLAIN, [...PLAIN, JSONB], [...PLAIN, JSONB, BOOL]];

function asking(name: string, result: TypeId, ask: Ask): readonly ScalarFunction[] {
  return FORMS.map((types) =>
    strict(name, types, result, (_, document: string, path: string, ...more: Value[]) => {
      const [variables = '{}', silent = false] = more as [string?, boolean?];
      return ask(new PathRun(pathOf(path), document, variables, silent), silent);
    }),
  );
}

/** An operator: errors are null. */
function operator(name: string, ask: Ask): ScalarFunction {
  return strict(name, PLAIN, BOOL, (_: Environment, document: string, path: string) =>
    ask(new PathRun(pathOf(path), document, null, true), true),
  );
}

const exists: Ask = (run) => {
  const outcome = run.exists();
  return outcome === 'error' ? null : outcome === 'found';
};

const matches: Ask = (run, silent) => {
  const [only = '', ...others] = itemsOf(run);
  if (others.length === 0 && kindOf(only) === 'boolean') return only === 'true';
  if (others.length === 0 && only === 'null') return null;
  if (silent) return null;
  throw new SqlError('22038', 'single boolean result is expected');
};

/** Up to the first error, if that is to be silent. */
function itemsOf(run: PathRun): readonly string[] {
  const found: string[] = [];
  run.query(found);
  return found;
}

function querying(types: readonly TypeId[]): SetFunction {
  const name = 'jsonb_path_query';
  return {
    kind: 'set',
    name,
    arguments: types,
    variadic: false,
    strict: true,
    volatility: 'immutable',
    columns: [{ name, type: JSONB }],
    rows: (_, document, path, variables = '{}', silent = false) => {
      const tree = pathOf(path as string);
      const run = new PathRun(tree, document as string, variables as string, silent as boolean);
      return itemsOf(run).map((item) => [item]);
    },
  };
}

export const jsonPathFunctions: readonly (ScalarFunction | SetFunction)[] = [
  ...asking('jsonb_path_exists', BOOL, exists),
  ...asking('jsonb_path_match', BOOL, matches),
  ...asking('jsonb_path_query_array', JSONB, (run) => arrayText(itemsOf(run))),
  ...asking('jsonb_path_query_first', JSONB, (run) => itemsOf(run)[0] ?? null),
  ...FORMS.map(querying),
  operator('@?', exists),
  operator('@@', matches),
];
