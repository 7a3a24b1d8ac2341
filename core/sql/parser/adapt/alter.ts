/** ALTER TABLE, action by action. */
import { unsupported } from '../../error.ts';
import type {
  AlterTable,
  AlterTableAction,
  AlterView,
  QualifiedName,
  WithoutEffect,
} from '../../tree/define.ts';
import { columnDefinition, tableConstraint } from './constraint.ts';
import { expression, maybePart } from './expression.ts';
import { idleAlter } from './idle.ts';
import { nameFrom, nameOfParts, objectKind, qualifiedName } from './name.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, flag, has, integer, refuse, text } from './raw.ts';
import { sequenceOptions } from './sequence.ts';
import { typeName } from './type.ts';
import { alterView, isOfView } from './view.ts';

export function alterTable(
  c: Context,
  node: Raw,
  at: number,
): AlterTable | AlterView | WithoutEffect {
  const idle = idleAlter(c, node, at);
  if (idle === null) return withActions(c, node, at);
  const { left, ...said } = idle;
  if (left.length === 0) return { ...said, statement: null };
  const statement = withActions(c, { ...node, cmds: left }, at);
  if (statement.kind === 'alterTable') return { ...said, statement };
  throw unsupported('ALTER of a view in this way', at);
}

function withActions(c: Context, node: Raw, at: number): AlterTable | AlterView {
  const object = objectKind(text(node, 'objtype'), 'ALTER');
  if (object === 'view' || (object === 'table' && isOfView(node))) return alterView(c, node, at);
  if (object !== 'table') throw unsupported(`ALTER of a ${object} in this way`, at);
  return {
    kind: 'alterTable',
    name: qualifiedName(c, child(node, 'relation')),
    ifExists: flag(node, 'missing_ok'),
    actions: children(node, 'cmds').map((each) => action(c, child(each, 'AlterTableCmd'), at)),
    at,
  };
}

function action(c: Context, node: Raw, at: number): AlterTableAction {
  const name = text(node, 'name');
  const definition = child(node, 'def');
  const cascade = text(node, 'behavior') === 'DROP_CASCADE';
  const lenient = flag(node, 'missing_ok');
  const subtype = text(node, 'subtype');
  switch (subtype) {
    case 'AT_AddColumn': {
      const column = columnDefinition(c, child(definition, 'ColumnDef'));
      return { kind: 'addColumn', column, ifNotExists: lenient };
    }
    case 'AT_DropColumn':
      return { kind: 'dropColumn', name, ifExists: lenient, cascade };
    case 'AT_AddConstraint': {
      const constraint = tableConstraint(c, child(definition, 'Constraint'));
      return { kind: 'addConstraint', constraint };
    }
    case 'AT_DropConstraint':
      return { kind: 'dropConstraint', name, ifExists: lenient, cascade };
    case 'AT_ColumnDefault':
      if (!has(node, 'def')) return { kind: 'dropDefault', column: name };
      return { kind: 'setDefault', column: name, value: expression(c, definition) };
    case 'AT_SetNotNull':
      return { kind: 'setNotNull', column: name };
    case 'AT_DropNotNull':
      return { kind: 'dropNotNull', column: name };
    case 'AT_AlterColumnType':
      return setType(c, name, child(definition, 'ColumnDef'), at);
    case 'AT_AddIdentity': {
      const identity = child(definition, 'Constraint');
      return addIdentity(c, name, text(identity, 'generated_when') === 'a', identity);
    }
    case 'AT_SetIdentity':
      return setIdentity(c, name, children(child(definition, 'List'), 'items'));
    case 'AT_DropIdentity':
      return { kind: 'dropIdentity', column: name, ifExists: lenient };
    case 'AT_DropExpression':
      return { kind: 'dropExpression', column: name, ifExists: lenient };
    case 'AT_ValidateConstraint':
      return { kind: 'validateConstraint', name };
    case 'AT_AlterConstraint':
      return alterConstraint(child(definition, 'ATAlterConstraint'), at);
    default:
      throw unsupported(`ALTER TABLE … ${actionName(subtype)}`, at);
  }
}

/** `SEQUENCE NAME`, as pg_dump writes it, stands among the options of the sequence. */
function addIdentity(c: Context, column: string, always: boolean, node: Raw): AlterTableAction {
  const items = children(node, 'options');
  const isName = (item: Raw): boolean => {
    return text(child(item, 'DefElem'), 'defname') === 'sequence_name';
  };
  const named = items.find(isName);
  const rest = items.filter((item) => !isName(item));
  const options = sequenceOptions(c, rest);
  if (named === undefined) return { kind: 'addIdentity', column, always, options };
  const sequence: QualifiedName = nameFrom(nameOfParts(argument(named)));
  return { kind: 'addNamedIdentity', column, always, options, sequence };
}

/** What it does not say is NOT DEFERRABLE INITIALLY IMMEDIATE, as in PostgreSQL 15. */
function alterConstraint(node: Raw, at: number): AlterTableAction {
  refuse(node, at, {
    alterEnforceability: 'ENFORCED in ALTER CONSTRAINT',
    alterInheritability: 'INHERIT in ALTER CONSTRAINT',
  });
  return {
    kind: 'alterConstraint',
    name: text(node, 'conname'),
    deferrable: flag(node, 'deferrable'),
    initiallyDeferred: flag(node, 'initdeferred'),
  };
}

/** `SET GENERATED` stands among the options of the sequence, as a letter. */
function setIdentity(c: Context, column: string, items: readonly Raw[]): AlterTableAction {
  const isKind = (item: Raw): boolean => text(child(item, 'DefElem'), 'defname') === 'generated';
  const kind = items.find(isKind);
  const letter = kind === undefined ? 0 : integer(child(argument(kind), 'Integer'), 'ival');
  return {
    kind: 'setIdentity',
    column,
    always: kind === undefined ? null : letter === 0x61,
    options: sequenceOptions(
      c,
      items.filter((item) => !isKind(item)),
    ),
  };
}

function argument(option: Raw): Raw {
  return child(child(option, 'DefElem'), 'arg');
}

function setType(c: Context, column: string, node: Raw, at: number): AlterTableAction {
  refuse(node, at, { collClause: 'COLLATE in ALTER COLUMN' });
  return {
    kind: 'setType',
    column,
    type: typeName(c, child(node, 'typeName')),
    using: maybePart(c, node, 'raw_default'),
  };
}

/** `AT_SetStatistics` reads as Set Statistics. */
function actionName(subtype: string): string {
  if (subtype === 'AT_ChangeOwner') return 'OWNER TO';
  return subtype.replace('AT_', '').replace(/([a-z])([A-Z])/g, '$1 $2');
}
