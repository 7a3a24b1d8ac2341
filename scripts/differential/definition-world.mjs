/** What generated definitions begin and end with, and what there is to see of them. */

/** Ends a world, whatever is in it. */
export const CLEAR = [
  'ROLLBACK',
  'DEALLOCATE ALL',
  'DISCARD TEMP',
  'DROP SCHEMA IF EXISTS x CASCADE',
  'DROP SCHEMA IF EXISTS y CASCADE',
  'DROP SCHEMA IF EXISTS w CASCADE',
];

export const SETUP = [
  'CREATE SCHEMA w',
  'SET search_path TO w',
  "CREATE TYPE mood AS ENUM ('sad', 'ok')",
  'CREATE SCHEMA x',
  "CREATE TABLE t1 (a int PRIMARY KEY, b text DEFAULT 'x', c numeric(6,2) CHECK (c < 100), d mood)",
  'CREATE TABLE t2 (a int REFERENCES t1, b date, c varchar(4) UNIQUE)',
  "INSERT INTO t1 VALUES (1, 'x', 1.5, 'ok'), (2, NULL, NULL, NULL)",
  "INSERT INTO t2 VALUES (1, '2024-02-29', 'x'), (NULL, NULL, NULL)",
];

/** What there is now, in PostgreSQL's catalog: relations with their columns, constraints. */
export const STATE = `
  SELECT 'relation', c.relname::text, c.relkind::text,
     CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname::text END,
     a.attname::text, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE (n.nspname IN ('w', 'x', 'y') OR n.oid = pg_my_temp_schema())
    AND c.relkind IN ('r', 'v', 'S', 'i')
  UNION ALL
  SELECT 'constraint', k.conname::text, c.relname::text, n.nspname::text, NULL, NULL
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname IN ('w', 'x', 'y') OR n.oid = pg_my_temp_schema()) AND k.contype <> 'n'
  ORDER BY 1, 2, 3, 4, 5`;

/** What both must show alike after each change. Names that hold an oid are left out. */
export const SHOWN = [
  `SELECT table_schema, table_name, column_name,
     row_number() OVER (PARTITION BY table_schema, table_name ORDER BY ordinal_position),
     column_default IS NULL, is_nullable, data_type, udt_name, character_maximum_length,
     numeric_precision, numeric_scale, is_identity, identity_generation, is_generated, is_updatable
   FROM information_schema.columns WHERE table_schema IN ('w', 'x', 'y') ORDER BY 1, 2, 4`,
  `SELECT table_schema, table_name, constraint_name, constraint_type, is_deferrable
   FROM information_schema.table_constraints WHERE table_schema IN ('w', 'x', 'y')
   AND constraint_name NOT LIKE '%_not_null%' ORDER BY 1, 2, 3`,
  `SELECT table_schema, table_name, column_name, constraint_name, ordinal_position
   FROM information_schema.key_column_usage WHERE table_schema IN ('w', 'x', 'y')
   ORDER BY 1, 2, 4, 5`,
  `SELECT constraint_name, unique_constraint_name, match_option, update_rule, delete_rule
   FROM information_schema.referential_constraints
   WHERE constraint_schema IN ('w', 'x', 'y') ORDER BY 1`,
  `SELECT table_schema, table_name, table_type FROM information_schema.tables
   WHERE table_schema IN ('w', 'x', 'y') ORDER BY 1, 2`,
  `SELECT sequence_schema, sequence_name, data_type, start_value, minimum_value, maximum_value,
     increment, cycle_option
   FROM information_schema.sequences WHERE sequence_schema IN ('w', 'x', 'y') ORDER BY 1, 2`,
];
