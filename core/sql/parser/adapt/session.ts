/** Transactions, settings, EXPLAIN and prepared statements. */
import { unsupported } from '../../error.ts';
import type { Expression } from '../../tree/expression.ts';
import type {
  Deallocate,
  Discard,
  Execute,
  Explain,
  Prepare,
  SetConstraints,
  SetVariable,
  ShowVariable,
  Transaction,
} from '../../tree/statement.ts';
import { expression, parts } from './expression.ts';
import { qualifiedName } from './name.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  has,
  integer,
  kindOf,
  maybeText,
  place,
  syntaxError,
  text,
} from './raw.ts';
import { typeName } from './type.ts';
import { rowStatement } from './write.ts';

const ACTIONS: Readonly<Record<string, Transaction['action']>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollbackTo',
};

export function transaction(_c: Context, node: Raw, at: number): Transaction {
  const action = ACTIONS[text(node, 'kind')];
  if (action === undefined) throw unsupported('a prepared transaction', at);
  let isolation = '';
  let readOnly: boolean | null = null;
  for (const each of children(node, 'options')) {
    const option = child(each, 'DefElem');
    const value = child(child(option, 'arg'), 'A_Const');
    switch (text(option, 'defname')) {
      case 'transaction_isolation':
        isolation = text(child(value, 'sval'), 'sval');
        break;
      case 'transaction_read_only':
        readOnly = integer(child(value, 'ival'), 'ival') === 1;
        break;
      default:
      // DEFERRABLE asks a reader not to be in conflict with writers: here none ever is.
    }
  }
  return {
    kind: 'transaction',
    action,
    name: text(node, 'savepoint_name'),
    isolation,
    readOnly,
    chain: flag(node, 'chain'),
    at,
  };
}

export function setVariable(c: Context, node: Raw, at: number): SetVariable {
  const local = flag(node, 'is_local');
  const kind = text(node, 'kind');
  const name = lowerCase(text(node, 'name'));
  switch (kind) {
    case 'VAR_SET_VALUE':
      return { kind: 'set', name, values: parts(c, node, 'args'), local, at };
    case 'VAR_SET_DEFAULT':
    case 'VAR_RESET':
      return { kind: 'set', name, values: [], local, at };
    case 'VAR_RESET_ALL':
      return { kind: 'set', name: 'all', values: [], local, at };
    case 'VAR_SET_MULTI':
      return transactionMode(c, node, name, at);
    default:
      throw unsupported('SET … FROM CURRENT', at);
  }
}

/** `SET TRANSACTION …` and `SET SESSION CHARACTERISTICS AS TRANSACTION …`, one mode at a time. */
function transactionMode(c: Context, node: Raw, name: string, at: number): SetVariable {
  const modes = children(node, 'args').map((each) => child(each, 'DefElem'));
  const [mode] = modes;
  if (modes.length !== 1 || (name !== 'transaction' && name !== 'session characteristics')) {
    throw unsupported(name === 'transaction snapshot' ? name : 'several modes in one SET', at);
  }
  const session = name !== 'transaction';
  return {
    kind: 'set',
    name: `${session ? 'default_' : ''}${text(mode!, 'defname')}`,
    values: [expression(c, child(mode!, 'arg'))],
    local: !session,
    at,
  };
}

/** Settings are case-insensitive in ASCII. */
function lowerCase(name: string): string {
  let lower = '';
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    lower += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 0x20) : name[i]!;
  }
  return lower;
}

export function showVariable(_c: Context, node: Raw, at: number): ShowVariable {
  return { kind: 'show', name: lowerCase(text(node, 'name')), at };
}

export function explain(c: Context, node: Raw, at: number): Explain {
  const asked = { analyze: false, verbose: false, costs: true };
  let format: Explain['format'] = 'text';
  for (const each of children(node, 'options')) {
    const option = child(each, 'DefElem');
    const name = text(option, 'defname');
    if (name === 'analyze' || name === 'verbose' || name === 'costs') {
      asked[name] = truth(c, option);
    } else if (name === 'format') {
      const wanted = text(child(child(option, 'arg'), 'String'), 'sval');
      if (wanted !== 'text' && wanted !== 'json') {
        throw unsupported(`EXPLAIN (FORMAT ${wanted})`, place(c, option));
      }
      format = wanted;
    } else if (truth(c, option)) {
      // What we never show may be switched off.
      throw unsupported(`EXPLAIN (${name})`, place(c, option));
    }
  }
  return {
    kind: 'explain',
    statement: rowStatement(c, child(node, 'query'), at),
    ...asked,
    format,
    at,
  };
}

/** A Boolean option: without a value it is on. */
export function truth(c: Context, option: Raw): boolean {
  if (!has(option, 'arg')) return true;
  const value = child(option, 'arg');
  const kind = kindOf(value);
  if (kind === 'Boolean') return flag(child(value, 'Boolean'), 'boolval');
  const word =
    kind === 'String'
      ? lowerCase(text(child(value, 'String'), 'sval'))
      : String(integer(child(value, 'Integer'), 'ival'));
  if (word === 'true' || word === 'on' || word === '1') return true;
  if (word === 'false' || word === 'off' || word === '0') return false;
  throw syntaxError(`${text(option, 'defname')} requires a Boolean value`, place(c, option));
}

export function setConstraints(c: Context, node: Raw, at: number): SetConstraints {
  const names = children(node, 'constraints').map((one) => {
    return qualifiedName(c, child(one, 'RangeVar'));
  });
  return { kind: 'setConstraints', names, deferred: flag(node, 'deferred'), at };
}

export function prepare(c: Context, node: Raw, at: number): Prepare {
  return {
    kind: 'prepare',
    name: text(node, 'name'),
    types: children(node, 'argtypes').map((each) => typeName(c, child(each, 'TypeName'))),
    statement: rowStatement(c, child(node, 'query'), at),
    at,
  };
}

export function execute(c: Context, node: Raw, at: number): Execute {
  const values: readonly Expression[] = parts(c, node, 'params');
  return { kind: 'execute', name: text(node, 'name'), arguments: values, at };
}

const DISCARDED: Readonly<Record<string, Discard['what']>> = {
  DISCARD_ALL: 'all',
  DISCARD_PLANS: 'plans',
  DISCARD_SEQUENCES: 'sequences',
  DISCARD_TEMP: 'temp',
};

export function discard(_c: Context, node: Raw, at: number): Discard {
  return { kind: 'discard', what: DISCARDED[text(node, 'target')] ?? 'all', at };
}

export function deallocate(_c: Context, node: Raw, at: number): Deallocate {
  return { kind: 'deallocate', name: maybeText(node, 'name'), at };
}
