/** Tables as clients are told of them, who know no types that were defined. */
import { isUserType, shownType } from '../types/user-type.ts';
import type { Table } from './model.ts';

/** With the types of the values that are sent for its columns. */
export function shownTable(table: Table): Table {
  if (!table.columns.some(({ type }) => isUserType(type.id))) return table;
  const columns = table.columns.map((one) => ({ ...one, type: shownType(one.type) }));
  return { ...table, columns };
}
