/** Shapes of statements of maintenance. Append only: see `shapes.ts`. */
import type * as maintain from './maintain.ts';
import type { Shape } from './field.ts';
import { choice, family, list, maybe, offset, shape, text } from './field.ts';
import { qualified } from './place.ts';

const target = shape<maintain.MaintenanceTarget>(148, null, {
  name: qualified,
  columns: list(text),
});

export const MAINTENANCE: readonly Shape[] = [
  shape<maintain.Maintain>(147, 'maintain', {
    command: choice('vacuum', 'analyze', 'reindex', 'cluster', 'checkpoint', 'unlisten'),
    object: choice('table', 'index', 'schema', 'database'),
    targets: list(family('maintenanceTarget')),
    index: maybe(text),
    alone: maybe(text),
    at: offset,
  }),
  shape<maintain.LockTable>(149, 'lockTable', {
    names: list(qualified),
    mode: choice('readers', 'definers', 'writers'),
    at: offset,
  }),
  shape<maintain.Concurrently>(150, 'concurrently', {
    statement: family('concurrent'),
    at: offset,
  }),
];

export const MAINTENANCE_PARTS: Readonly<Record<string, readonly Shape[]>> = {
  maintenanceTarget: [target],
};
