/**
 * Functions that PostgreSQL has and we do not: calling one is `0A000`, not "does not exist", so
 * that nobody looks for a spelling mistake.
 */
const NAMES =
  'array_agg array_append array_cat array_dims array_fill array_length array_lower array_ndims ' +
  'array_position array_positions array_prepend array_remove array_replace array_to_json ' +
  'array_to_string array_upper cardinality col_description convert cume_dist_final currtid2 ' +
  'generate_subscripts has_schema_privilege has_table_privilege inet_client_addr isempty ' +
  'json_agg json_array_elements json_array_elements_text json_array_length json_build_array ' +
  'json_build_object json_each json_each_text json_extract_path json_extract_path_text ' +
  'json_object json_object_agg json_object_keys json_populate_record json_strip_nulls ' +
  'json_to_record json_to_recordset json_typeof jsonb_agg jsonb_array_elements ' +
  'jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each ' +
  'jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object ' +
  'jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query ' +
  'jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof ' +
  'normalize is_normalized obj_description parse_ident pg_advisory_lock pg_advisory_unlock ' +
  'pg_backend_pid pg_cancel_backend pg_column_size pg_current_xact_id pg_get_constraintdef ' +
  'pg_get_expr pg_get_indexdef pg_get_keywords pg_get_serial_sequence pg_get_viewdef ' +
  'pg_input_is_valid pg_relation_size pg_size_bytes pg_size_pretty pg_sleep ' +
  'pg_table_is_visible pg_table_size pg_terminate_backend pg_total_relation_size plainto_tsquery ' +
  'range_agg regexp_match regexp_matches regexp_split_to_array row_to_json set_config setseed ' +
  'string_to_array timeofday to_json to_jsonb to_regclass to_tsquery ' +
  'to_tsvector ts_headline ts_rank txid_current unnest websearch_to_tsquery xmlagg xmlconcat ' +
  'xmlelement xmlforest xmlparse';

export const ABSENT_FUNCTIONS: ReadonlySet<string> = new Set(NAMES.split(' '));
