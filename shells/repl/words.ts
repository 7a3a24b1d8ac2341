/** The words of SQL that the REPL paints and completes: those that the database understands. */

const WORDS =
  'add all alter analyze and any array as asc at begin between bigint boolean by bytea cascade case ' +
  'cast char character check coalesce collate column commit constraint create cross current ' +
  'current_date current_time current_timestamp current_user date deallocate decimal default deferrable ' +
  'delete desc distinct do double drop else end except exclude execute exists explain extract false ' +
  'fetch filter first float following for foreign from full generated group grouping having if ilike ' +
  'in index inner insert int integer intersect interval into is isolation join json jsonb key last ' +
  'lateral left level like limit localtime localtimestamp log natural not nothing null nullif nulls ' +
  'numeric of offset on only or order outer over partition position precision preceding prepare ' +
  'primary range read real recursive references release rename replace reset restrict returning ' +
  'right rollback row rows savepoint schema select sequence serializable session set show similar ' +
  'smallint some start system_time table temporary text then time timestamp timestamptz to ' +
  'transaction true truncate type unbounded union unique update user using uuid values varchar ' +
  'verify view when where window with without write zone';

export const SQL_WORDS: readonly string[] = WORDS.split(' ');
const KNOWN: ReadonlySet<string> = new Set(SQL_WORDS);

export function isSqlWord(word: string): boolean {
  return KNOWN.has(word.toLowerCase());
}
