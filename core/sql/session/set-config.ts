/**
 * `SELECT set_config(name, value, is_local)`: a SET that answers a row, as dumps and drivers write
 * it. A function that changes its session can be run by the session only, so it stands alone.
 */
import { SqlError, unsupported } from '../error.ts';
import type { CallNode, Expression } from '../tree/expression.ts';
import type { Statement } from '../tree/statement.ts';
import { BOOL, TEXT } from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';
import { parseValue } from '../types/text-io.ts';
import { UTC } from '../types/zone.ts';
import type { ParameterSource } from './parameter-values.ts';
import { TEXT_TYPE } from './statement.ts';

export interface SetConfig {
  /** Of the column that is answered. */
  readonly column: string;
  readonly call: CallNode;
}

export interface SetConfigValues {
  readonly name: string;
  /** Null: the initial value. */
  readonly value: string | null;
  readonly local: boolean;
}

const BOOLEAN: SqlType = { id: BOOL, modifier: -1 };

/** Null: it is another statement. */
export function setConfigOf(statement: Statement): SetConfig | null {
  if (statement.kind !== 'query' || statement.body.kind !== 'select') return null;
  const { targets, from } = statement.body;
  const [target] = targets;
  if (from.length > 0 || targets.length !== 1 || target!.kind !== 'value') return null;
  const { value, alias } = target!;
  if (value.kind !== 'call' || value.name !== 'set_config') return null;
  if (value.schema !== null && value.schema !== 'pg_catalog') return null;
  return { column: alias ?? value.name, call: value };
}

/** Throws `SqlError`. */
export function setConfigValues(
  { call }: SetConfig,
  parameters: ParameterSource | null,
): SetConfigValues {
  const [name, value, local] = call.arguments;
  if (local === undefined || call.arguments.length > 3) {
    const message = 'function set_config takes a name, a value and whether it is local';
    throw new SqlError('42883', message, { at: call.at });
  }
  const wanted = call.arguments.filter(({ kind }) => kind === 'parameter').length;
  if (parameters !== null && parameters.count !== wanted) throw parameters.wrongCount(wanted);
  const setting = valueOf(name!, TEXT_TYPE, parameters);
  if (setting === null) throw new SqlError('22004', 'SET requires parameter name');
  return {
    name: String(setting).toLowerCase(),
    value: valueOf(value!, TEXT_TYPE, parameters) as string | null,
    local: valueOf(local, BOOLEAN, parameters) === true,
  };
}

function valueOf(node: Expression, type: SqlType, parameters: ParameterSource | null): Value {
  if (node.kind === 'cast') return valueOf(node.argument, type, parameters);
  if (node.kind === 'parameter' && parameters !== null && node.index < parameters.count) {
    return parameters.value(node.index, type);
  }
  if (node.kind === 'literal') {
    const plain = node.type === 'string' || (node.type === 'boolean' && type.id === BOOL);
    if (node.type === 'null') return null;
    if (plain && type.id === TEXT) return node.text;
    if (plain) return parseValue(BOOL, node.text, { now: 0, zone: UTC });
  }
  throw unsupported('set_config of anything but literals and parameters', node.at);
}
