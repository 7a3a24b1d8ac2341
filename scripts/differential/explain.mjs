/** What PostgreSQL's plan explains of a difference that the answers alone do not. */
import { ROWS_MANY } from './compare.mjs';

/** PGlite knows no `statement_timeout`: it may take what we may not. */
const MILLIS_MANY = 20_000;

/**
 * `limit`: PostgreSQL took long, too, for `millis`; or it carries more rows from one step to the
 * next than our bound on a statement's memory lets us hold, however few come out. `constantKey`: it
 * made a constant of a key of GROUPING SETS, and (before version 18) shows that constant where the
 * key is not grouped by and ought to be null. Else the verdict as it was.
 */
export async function explain(theirs, sql, mine, verdict, millis) {
  if (verdict !== 'different') return verdict;
  if (mine.code === '57014') return millis > MILLIS_MANY ? 'limit' : verdict;
  if (mine.code === '53200') {
    const plan = await planOf(theirs, sql, 'ANALYZE, TIMING OFF, ');
    return some(plan, rowsPassed) ? 'limit' : verdict;
  }
  if (mine.code !== '' || !/GROUPING SETS|ROLLUP|CUBE/.test(sql)) return verdict;
  return some(await planOf(theirs, sql, 'VERBOSE, '), hasConstantKey) ? 'constantKey' : verdict;
}

async function planOf(theirs, sql, options) {
  const { code, rows } = await theirs.run(`EXPLAIN (${options}COSTS OFF, FORMAT JSON) ${sql}`);
  return code === '' ? JSON.parse(rows[0][0])[0].Plan : null;
}

function some(plan, holds) {
  if (plan === null) return false;
  return holds(plan) || (plan.Plans ?? []).some((each) => some(each, holds));
}

function rowsPassed(node) {
  return (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 1) > ROWS_MANY;
}

function hasConstantKey(node) {
  const sets = [node, ...(node['Grouping Sets'] ?? [])];
  const keys = sets.flatMap((set) => [set['Group Key'], set['Group Keys'], set['Hash Keys']]);
  return keys.flat(Infinity).some((key) => CONSTANT.test(key ?? ''));
}

/** As `ruleutils.c` shows one: a literal, perhaps with its type. */
const CONSTANT = /^\(?(?:'(?:[^']|'')*'|-?[\d.]+|NULL|true|false)(?:::[\w "[\]]+(?:\(\d+\))?)?\)?$/;
