/** CREATE VIEW, ALTER VIEW and the options of views. */
import { SqlError, unsupported } from '../../error.ts';
import type {
  AlterView,
  AlterViewAction,
  CreateView,
  CreateViewWith,
  ViewOption,
} from '../../tree/define.ts';
import { isTemporary } from './define.ts';
import { expression } from './expression.ts';
import { qualifiedName } from './name.ts';
import { query } from './query.ts';
import type { Context, Raw } from './raw.ts';
import {
  bodyOf,
  child,
  children,
  flag,
  has,
  integer,
  kindOf,
  maybeChild,
  place,
  strings,
  syntaxError,
  text,
} from './raw.ts';

const CHECKS: Readonly<Record<string, string>> = {
  LOCAL_CHECK_OPTION: 'local',
  CASCADED_CHECK_OPTION: 'cascaded',
};

/** Behind the query, and no part of it. */
const CHECK_CLAUSE = /\s*\bwith(?:\s+(?:local|cascaded))?\s+check\s+option\s*$/i;

export function createView(c: Context, node: Raw, at: number): CreateView | CreateViewWith {
  const name = child(node, 'view');
  const source = child(child(node, 'query'), 'SelectStmt');
  if (has(source, 'intoClause')) throw new SqlError('0A000', 'views must not contain SELECT INTO');
  const check = CHECKS[text(node, 'withCheckOption')];
  const whole = c.viewText(place(c, name));
  const view: CreateView = {
    kind: 'createView',
    name: qualifiedName(c, name),
    orReplace: flag(node, 'replace'),
    temporary: isTemporary(c, name),
    columns: strings(children(node, 'aliases')),
    query: query(c, source, at),
    text: check === undefined ? whole : whole.replace(CHECK_CLAUSE, ''),
    at,
  };
  const own = viewOptions(children(node, 'options'), at);
  const options = check === undefined ? own : [...own, { name: 'check_option', value: check }];
  return options.length === 0 ? view : { kind: 'createViewWith', view, options, at };
}

function viewOptions(nodes: readonly Raw[], at: number): readonly ViewOption[] {
  return nodes.map((each) => {
    const option = child(each, 'DefElem');
    const space = text(option, 'defnamespace');
    if (space !== '') {
      throw new SqlError('22023', `unrecognized parameter namespace "${space}"`, { at });
    }
    const value = maybeChild(option, 'arg');
    return { name: text(option, 'defname'), value: value === null ? null : written(value, at) };
  });
}

/** A value of an option: a word, a string or a number. */
function written(node: Raw, at: number): string {
  const body = bodyOf(node);
  switch (kindOf(node)) {
    case 'TypeName':
      return strings(children(body, 'names')).join('.');
    case 'Integer':
      return String(integer(body, 'ival'));
    case 'Float':
      return text(body, 'fval');
    case 'Boolean':
      return String(flag(body, 'boolval'));
    case 'String':
      return text(body, 'sval');
    default:
      throw unsupported('this value of an option', at);
  }
}

const OPTIONS: readonly string[] = ['check_option', 'security_barrier', 'security_invoker'];

/** Whether ALTER TABLE speaks of what only views have. */
export function isOfView(node: Raw): boolean {
  return children(node, 'cmds').some((each) => {
    const command = child(each, 'AlterTableCmd');
    const items = children(child(child(command, 'def'), 'List'), 'items');
    return (
      text(command, 'subtype').endsWith('RelOptions') &&
      items.every((item) => OPTIONS.includes(text(child(item, 'DefElem'), 'defname')))
    );
  });
}

export function alterView(c: Context, node: Raw, at: number): AlterView {
  return {
    kind: 'alterView',
    object: text(node, 'objtype') === 'OBJECT_VIEW' ? 'view' : 'table',
    name: qualifiedName(c, child(node, 'relation')),
    ifExists: flag(node, 'missing_ok'),
    actions: children(node, 'cmds').map((each) => action(c, child(each, 'AlterTableCmd'), at)),
    at,
  };
}

function action(c: Context, node: Raw, at: number): AlterViewAction {
  const definition = child(node, 'def');
  const items = children(child(definition, 'List'), 'items');
  switch (text(node, 'subtype')) {
    case 'AT_ColumnDefault': {
      const column = text(node, 'name');
      if (!has(node, 'def')) return { kind: 'dropDefault', column };
      return { kind: 'setDefault', column, value: expression(c, definition) };
    }
    case 'AT_SetRelOptions':
      return { kind: 'setOptions', options: viewOptions(items, at) };
    case 'AT_ResetRelOptions': {
      const options = viewOptions(items, at);
      if (options.some(({ value }) => value !== null)) {
        throw syntaxError('RESET must not include values for parameters', at);
      }
      return { kind: 'resetOptions', options };
    }
    case 'AT_ChangeOwner':
      throw unsupported('ALTER VIEW … OWNER TO', at);
    default:
      throw unsupported('ALTER of a view in this way', at);
  }
}
