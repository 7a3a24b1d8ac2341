/** Which views need a column. */
import type { Column, Table, View } from '../catalog/model.ts';
import { usesColumn } from './alter-columns.ts';
import type { Editor } from './editor.ts';
import { withoutColumn } from './pin.ts';
import { brokenViews, isBroken } from './views-of.ts';

/** Views above a table that cannot do without the column: tried with one that nobody can name. */
export function viewsUsing(editor: Editor, table: Table, column: Column): View[] {
  const [primary, ...others] = table.indexes;
  const rest = others.filter((index) => !usesColumn(index, column, table.columns));
  const columns = table.columns.map((one) => (one.id === column.id ? { ...one, name: '' } : one));
  editor.put({ ...table, columns, indexes: [primary!, ...rest] });
  const using = brokenViews(editor, table.id).filter((view) => {
    const query = withoutColumn(view.query, table, column.name);
    return isBroken(editor, { ...view, query });
  });
  editor.put(table);
  return using;
}
