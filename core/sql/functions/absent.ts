/**
 * Functions that PostgreSQL has and we do not: calling one is `0A000`, not "does not exist", so
 * that nobody looks for a spelling mistake.
 */
const NAMES =
  'convert cume_dist_final currtid2 has_schema_privilege ' +
  'has_table_privilege inet_client_addr is_normalized isempty json_populate_record ' +
  'json_populate_recordset json_to_tsvector jsonb_path_exists_tz jsonb_path_match_tz ' +
  'jsonb_path_query_array_tz jsonb_path_query_first_tz ' +
  'jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_to_tsvector ' +
  'normalize pg_advisory_lock pg_advisory_unlock pg_backend_pid ' +
  'pg_cancel_backend pg_column_size pg_current_xact_id pg_get_constraintdef pg_get_expr ' +
  'pg_get_indexdef pg_get_keywords pg_get_viewdef pg_input_is_valid ' +
  'pg_relation_size pg_size_bytes pg_size_pretty pg_sleep pg_table_is_visible pg_table_size ' +
  'pg_terminate_backend pg_total_relation_size plainto_tsquery range_agg set_config setseed ' +
  'timeofday to_tsquery to_tsvector ts_headline ts_rank ' +
  'txid_current websearch_to_tsquery xmlagg xmlconcat xmlelement xmlforest xmlparse';

export const ABSENT_FUNCTIONS: ReadonlySet<string> = new Set(NAMES.split(' '));
