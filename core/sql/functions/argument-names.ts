/**
 * Names of arguments, where PostgreSQL's functions have some (`pg_proc.proargnames`): what
 * `f(name => value)` goes by.
 */

export interface ArgumentNames {
  readonly names: readonly string[];
  /** Of the last arguments, which may be left out: as literals. */
  readonly defaults: readonly (string | boolean | number)[];
}

function named(names: string, ...defaults: ArgumentNames['defaults']): ArgumentNames {
  return { names: names.split(' '), defaults };
}

const CLOCK = 'year month mday hour min sec';
const ELEMENT = [named('from_json element_index')];
const FIELD = [named('from_json field_name')];
const POPULATE = [named('base from_json use_json_as_text', false)];
const PATH = [named('target path vars silent', '{}', false)];

const BY_FUNCTION: ReadonlyMap<string, readonly ArgumentNames[]> = new Map([
  ['make_date', [named('year month day')]],
  ['make_time', [named('hour min sec')]],
  ['make_timestamp', [named(CLOCK)]],
  ['make_timestamptz', [named(CLOCK), named(`${CLOCK} timezone`)]],
  ['make_interval', [named('years months weeks days hours mins secs', 0, 0, 0, 0, 0, 0, 0)]],
  ['parse_ident', [named('str strict', true)]],
  ['json_array_element', ELEMENT],
  ['json_array_element_text', ELEMENT],
  ['jsonb_array_element', ELEMENT],
  ['jsonb_array_element_text', ELEMENT],
  ['json_object_field', FIELD],
  ['json_object_field_text', FIELD],
  ['jsonb_object_field', FIELD],
  ['jsonb_object_field_text', FIELD],
  ['json_populate_record', POPULATE],
  ['json_populate_recordset', POPULATE],
  ['jsonb_insert', [named('jsonb_in path replacement insert_after', false)]],
  ['jsonb_set', [named('jsonb_in path replacement create_if_missing', true)]],
  [
    'jsonb_set_lax',
    [
      named(
        'jsonb_in path replacement create_if_missing null_value_treatment',
        true,
        'use_json_null',
      ),
    ],
  ],
  ['jsonb_path_exists', PATH],
  ['jsonb_path_match', PATH],
  ['jsonb_path_query', PATH],
  ['jsonb_path_query_array', PATH],
  ['jsonb_path_query_first', PATH],
]);

/** One for each form of the function; none for most functions. */
export function argumentNames(name: string): readonly ArgumentNames[] {
  return BY_FUNCTION.get(name) ?? [];
}
