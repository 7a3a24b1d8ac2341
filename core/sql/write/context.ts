/**
 * What writing and defining need: everything that execution needs, over a database.
 */
import type { BindContext } from '../bind/bind.ts';
import type { ExecutionContext } from '../exec/execute.ts';
import type { Database } from '../rows/database.ts';

export interface WriteContext extends ExecutionContext {
  readonly source: Database;
}

/** For expressions of the catalogue: no parameters, the present. */
export function bindContext(context: WriteContext): BindContext {
  const { source, environment } = context;
  return {
    catalog: source.catalog,
    catalogAt: () => source.catalog,
    environment,
    parameterTypes: [],
    time: null,
  };
}
