/**
 * System relations: read like tables, made from the catalogue or the log.
 */
import type { SystemTable } from './model.ts';
import type { Value } from '../types/type.ts';
import { INFORMATION_SCHEMA } from './information-schema.ts';
import type { SystemSource } from './system-table.ts';
import type { CatalogView, SystemRelations } from './view.ts';

/** `others`: those besides `information_schema`, as `kimberlite.log`. */
export class SystemTables implements SystemRelations {
  readonly #sources: readonly SystemSource[];

  constructor(others: readonly SystemSource[]) {
    this.#sources = others.length === 0 ? INFORMATION_SCHEMA : [...INFORMATION_SCHEMA, ...others];
  }

  find(schema: string, name: string): SystemTable | null {
    for (const { table } of this.#sources) {
      if (table.name === name && table.schema === schema) return table;
    }
    return null;
  }

  all(): readonly SystemTable[] {
    return this.#sources.map(({ table }) => table);
  }

  rows(table: SystemTable, catalog: CatalogView, last: number): Iterable<readonly Value[]> {
    for (const source of this.#sources) {
      if (source.table.name === table.name && source.table.schema === table.schema) {
        return source.rows(catalog, last);
      }
    }
    return [];
  }
}
