/** Columns and constraints of tables. */
import { unsupported } from '../../error.ts';
import type {
  ColumnConstraint,
  ColumnDefinition,
  ReferentialAction,
  TableConstraint,
} from '../../tree/define.ts';
import { withAttributes, withDeferral } from '../../tree/attributes.ts';
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
import { storageParameters } from './storage-parameters.ts';
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
  const said: Deferral = { deferrable: null, initially: null };
  for (const each of children(node, 'constraints')) {
    const constraint = child(each, 'Constraint');
    if (!applyAttribute(c, constraints, constraint, said)) {
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

/** What was said at a column of when the constraint before it is checked; null: nothing. */
interface Deferral {
  deferrable: boolean | null;
  initially: boolean | null;
}

/** At a column, DEFERRABLE and its like arrive as constraints of their own, behind theirs. */
function applyAttribute(
  c: Context,
  constraints: ColumnConstraint[],
  node: Raw,
  said: Deferral,
): boolean {
  const type = text(node, 'contype');
  if (!type.startsWith('CONSTR_ATTR_')) {
    said.deferrable = null;
    said.initially = null;
    return false;
  }
  const at = place(c, node);
  const last = constraints.pop();
  const misplaced = syntaxError(`misplaced ${attributeName(type)} clause`, at);
  if (last === undefined || !isTableConstraint(last)) throw misplaced;
  switch (type) {
    case 'CONSTR_ATTR_DEFERRABLE':
    case 'CONSTR_ATTR_NOT_DEFERRABLE':
      if (said.deferrable !== null) {
        throw syntaxError('multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed', at);
      }
      said.deferrable = type === 'CONSTR_ATTR_DEFERRABLE';
      break;
    case 'CONSTR_ATTR_DEFERRED':
    case 'CONSTR_ATTR_IMMEDIATE':
      if (said.initially !== null) {
        throw syntaxError('multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed', at);
      }
      said.initially = type === 'CONSTR_ATTR_DEFERRED';
      break;
    default:
      throw unsupported(attributeName(type), at);
  }
  const initially = said.initially === true;
  if (initially && said.deferrable === false) {
    throw syntaxError('constraint declared INITIALLY DEFERRED must be DEFERRABLE', at);
  }
  const changed = withDeferral(last, said.deferrable ?? initially, initially);
  if (changed === null) throw misplaced;
  constraints.push(changed);
  return true;
}

function isTableConstraint(constraint: ColumnConstraint): constraint is TableConstraint {
  const { kind } = constraint;
  const plain = kind === 'primaryKey' || kind === 'unique' || kind === 'check';
  return plain || kind === 'foreignKey' || kind === 'attributed';
}

function attributeName(type: string): string {
  const name = type.replace('CONSTR_ATTR_', '').replace(/_/g, ' ');
  return name === 'DEFERRED' || name === 'IMMEDIATE' ? `INITIALLY ${name}` : name;
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
    including: 'INCLUDE of a constraint',
    indexname: 'USING INDEX of a constraint',
    indexspace: 'a tablespace',
    without_overlaps: 'WITHOUT OVERLAPS',
    fk_with_period: 'PERIOD',
    pk_with_period: 'PERIOD',
  });
  storageParameters(c, children(node, 'options'), 'index');
  const name = maybeText(node, 'conname');
  const type = text(node, 'contype');
  switch (type) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return withAttributes(
        {
          kind: type === 'CONSTR_PRIMARY' ? 'primaryKey' : 'unique',
          name,
          columns: strings(children(node, 'keys')),
          nullsNotDistinct: flag(node, 'nulls_not_distinct'),
          at,
        },
        { deferrable: flag(node, 'deferrable'), initiallyDeferred: flag(node, 'initdeferred') },
      );
    case 'CONSTR_CHECK':
      return withAttributes(
        { kind: 'check', name, value: part(c, node, 'raw_expr'), at },
        { notValid: flag(node, 'skip_validation'), noInherit: flag(node, 'is_no_inherit') },
      );
    case 'CONSTR_FOREIGN':
      return withAttributes(foreignKey(c, node, name, at), {
        notValid: flag(node, 'skip_validation'),
        deleteColumns: strings(children(node, 'fk_del_set_cols')),
      });
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
