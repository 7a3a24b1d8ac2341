/** Columns and constraints of tables. */
import { unsupported } from '../../error.ts';
import type {
  ColumnConstraint,
  ColumnDefinition,
  ReferentialAction,
  TableConstraint,
} from '../../tree/define.ts';
import { collationName, part } from './expression.ts';
import { qualifiedName } from './name.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  maybeChild,
  maybeText,
  place,
  refuse,
  strings,
  syntaxError,
  text,
} from './raw.ts';
import { sequenceOptions } from './sequence.ts';
import { typeName } from './type.ts';

export function columnDefinition(c: Context, node: Raw): ColumnDefinition {
  const at = place(c, node);
  refuse(node, at, {
    compression: 'COMPRESSION',
    storage_name: 'STORAGE',
    fdwoptions: 'OPTIONS of a column',
  });
  const collation = maybeChild(node, 'collClause');
  const constraints: ColumnConstraint[] = [];
  for (const each of children(node, 'constraints')) {
    const constraint = child(each, 'Constraint');
    if (!applyAttribute(c, constraints, constraint)) {
      constraints.push(columnConstraint(c, constraint));
    }
  }
  return {
    name: text(node, 'colname'),
    type: typeName(c, child(node, 'typeName')),
    constraints,
    collation: collation === null ? null : collationName(c, collation),
    at,
  };
}

/** At a column, DEFERRABLE and its like arrive as constraints of their own, behind theirs. */
function applyAttribute(c: Context, constraints: ColumnConstraint[], node: Raw): boolean {
  const type = text(node, 'contype');
  if (!type.startsWith('CONSTR_ATTR_')) return false;
  const at = place(c, node);
  const last = constraints.pop();
  if (last?.kind !== 'foreignKey') {
    if (type === 'CONSTR_ATTR_DEFERRABLE' || type === 'CONSTR_ATTR_DEFERRED') {
      throw unsupported('a deferrable constraint that is no foreign key', at);
    }
    throw syntaxError(`misplaced ${attributeName(type)} clause`, at);
  }
  switch (type) {
    case 'CONSTR_ATTR_DEFERRABLE':
      constraints.push({ ...last, deferrable: true });
      break;
    case 'CONSTR_ATTR_DEFERRED':
      constraints.push({ ...last, deferrable: true, initiallyDeferred: true });
      break;
    case 'CONSTR_ATTR_NOT_DEFERRABLE':
    case 'CONSTR_ATTR_IMMEDIATE':
      constraints.push(last);
      break;
    default:
      throw unsupported(attributeName(type), at);
  }
  return true;
}

function attributeName(type: string): string {
  return type.replace('CONSTR_ATTR_', '').replace(/_/g, ' ');
}

function columnConstraint(c: Context, node: Raw): ColumnConstraint {
  const at = place(c, node);
  switch (text(node, 'contype')) {
    case 'CONSTR_NULL':
      return { kind: 'null', name: maybeText(node, 'conname'), at };
    case 'CONSTR_NOTNULL':
      refuse(node, at, { is_no_inherit: 'NO INHERIT' });
      return { kind: 'notNull', name: maybeText(node, 'conname'), at };
    case 'CONSTR_DEFAULT':
      return { kind: 'default', value: part(c, node, 'raw_expr'), at };
    case 'CONSTR_IDENTITY':
      return {
        kind: 'identity',
        always: text(node, 'generated_when') === 'a',
        options: sequenceOptions(c, children(node, 'options')),
        at,
      };
    case 'CONSTR_GENERATED':
      if (text(node, 'generated_kind') !== 's') {
        throw unsupported('a generated column that is not STORED', at);
      }
      return { kind: 'generated', value: part(c, node, 'raw_expr'), at };
    default:
      return tableConstraint(c, node);
  }
}

export function tableConstraint(c: Context, node: Raw): TableConstraint {
  const at = place(c, node);
  refuse(node, at, {
    is_no_inherit: 'NO INHERIT',
    skip_validation: 'NOT VALID',
    including: 'INCLUDE of a constraint',
    options: 'storage parameters',
    indexname: 'USING INDEX of a constraint',
    indexspace: 'a tablespace',
    without_overlaps: 'WITHOUT OVERLAPS',
    fk_with_period: 'PERIOD',
    pk_with_period: 'PERIOD',
    fk_del_set_cols: 'SET NULL or SET DEFAULT of some columns',
  });
  const name = maybeText(node, 'conname');
  const type = text(node, 'contype');
  switch (type) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      refuse(node, at, { deferrable: 'a deferrable constraint that is no foreign key' });
      return {
        kind: type === 'CONSTR_PRIMARY' ? 'primaryKey' : 'unique',
        name,
        columns: strings(children(node, 'keys')),
        nullsNotDistinct: flag(node, 'nulls_not_distinct'),
        at,
      };
    case 'CONSTR_CHECK':
      return { kind: 'check', name, value: part(c, node, 'raw_expr'), at };
    case 'CONSTR_FOREIGN':
      return foreignKey(c, node, name, at);
    case 'CONSTR_EXCLUSION':
      throw unsupported('EXCLUDE', at);
    case 'CONSTR_NOTNULL':
      throw unsupported('NOT NULL as a table constraint', at);
    default:
      throw unsupported(type, at);
  }
}

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  a: 'noAction',
  r: 'restrict',
  c: 'cascade',
  n: 'setNull',
  d: 'setDefault',
};

function foreignKey(c: Context, node: Raw, name: string | null, at: number): TableConstraint {
  const match = text(node, 'fk_matchtype');
  if (match === 'p') throw unsupported('MATCH PARTIAL', at);
  return {
    kind: 'foreignKey',
    name,
    columns: strings(children(node, 'fk_attrs')),
    table: qualifiedName(c, child(node, 'pktable')),
    references: strings(children(node, 'pk_attrs')),
    match: match === 'f' ? 'full' : 'simple',
    onDelete: ACTIONS[text(node, 'fk_del_action')] ?? 'noAction',
    onUpdate: ACTIONS[text(node, 'fk_upd_action')] ?? 'noAction',
    deferrable: flag(node, 'deferrable'),
    initiallyDeferred: flag(node, 'initdeferred'),
    at,
  };
}
