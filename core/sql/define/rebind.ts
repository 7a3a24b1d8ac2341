/**
 * What a table's definition says of columns whose types have changed: it must still mean something,
 * and what is computed from them may be of another type. Looked at once all actions of the ALTER
 * TABLE are done, so that columns may change together.
 */
import { bindOver } from '../bind/over.ts';
import { operatorClassFor } from '../catalog/operator-class.ts';
import type { Column, Index, IndexElement, Table } from '../catalog/model.ts';
import { usesColumn } from './alter-columns.ts';
import { checkOrdered } from './constraint.ts';
import type { Editor } from './editor.ts';
import { columnsOf } from './walk.ts';

/** The table with its indexes bound anew. Throws `SqlError` for one that means nothing any more. */
export function rebound(editor: Editor, old: Table, table: Table): Table {
  const retyped = table.columns.filter((column) => hasChanged(column, old));
  if (retyped.length === 0) return table;
  const { columns } = table;
  for (const one of table.constraints) {
    if (one.kind !== 'check') continue;
    if (!columnsOf(one.value, table).some((column) => retyped.includes(column))) continue;
    bindOver(one.value, table, editor.binding(), null, 'check constraint');
  }
  const indexes = table.indexes.map((index) =>
    retyped.some((column) => usesColumn(index, column, columns))
      ? reboundIndex(editor, table, index)
      : index,
  );
  return { ...table, indexes };
}

function hasChanged({ id, type }: Column, old: Table): boolean {
  const before = old.columns.find((one) => one.id === id);
  if (before === undefined) return false;
  return before.type.id !== type.id || before.type.modifier !== type.modifier;
}

function reboundIndex(editor: Editor, table: Table, index: Index): Index {
  const { where } = index;
  if (where !== null) bindOver(where, table, editor.binding(), null, 'index predicate');
  const elements = index.elements.map((element): IndexElement => {
    const { value, operatorClass } = element;
    const bound =
      value === null ? null : bindOver(value, table, editor.binding(), null, 'index expression');
    const type = bound === null ? element.type : bound.type;
    checkOrdered(type, -1);
    if (operatorClass !== undefined) operatorClassFor(type.id, [operatorClass], -1);
    return { ...element, type };
  });
  return { ...index, elements };
}
