/**
 * Runs queries with several ways to their rows in both engines and compares their answers. Where
 * there is a second session, half of the rounds ask within a transaction: it has changed one table,
 * and the second session goes on changing the other, of which it must see nothing.
 */
import { compare } from './compare.mjs';
import { Paths, churn, setupPaths } from './paths.mjs';
import { Random } from './random.mjs';

const PER_SCHEMA = 100;
const THEN = ['p', 'q'].flatMap((name) => [
  `DROP TABLE IF EXISTS ${name}_then`,
  `CREATE TABLE ${name}_then AS TABLE ${name}`,
]);

/**
 * As `runQueries`; a difference is shown with all that made its tables. `second`: one more session
 * here and there, or null.
 */
export async function runPaths(ours, theirs, count, seed, tell, show, second) {
  let nonEmpty = 0;
  for (let done = 0; done < count;) {
    const round = Math.floor(done / PER_SCHEMA);
    const random = new Random((seed * 1_000_003) ^ (round * 2_654_435));
    const { position, indexes, log } = await freshTables(ours, theirs, random);
    const both = said(ours, theirs, log);
    const inside =
      second !== null &&
      round % 2 === 1 &&
      (await enter(both, said(second.ours, second.theirs, log), random));
    const paths = new Paths(random, position, indexes);
    const last = Math.min(count, (round + 1) * PER_SCHEMA);
    for (; done < last; done += 1) {
      const query = paths.next();
      const other = await theirs.run(query.theirs);
      const mine = await ours.run(query.ours);
      const verdict = compare(mine, other);
      if (other.rows.length > 0) nonEmpty += 1;
      tell(verdict, paths.features, [other.code]);
      if (verdict === 'different') show([...log, query.ours], mine, other);
    }
    if (inside) await both('ROLLBACK');
  }
  return { nonEmpty };
}

/** Says the same in both, and keeps what was said; whether they let it pass. */
function said(ours, theirs, log) {
  return async (sql) => {
    log.push(sql);
    const [mine, other] = [await ours.run(sql), await theirs.run(sql)];
    if (mine.code === other.code) return mine.code === '';
    throw new Error(`${sql}: ${mine.code} ${mine.message} / ${other.code} ${other.message}`);
  };
}

/**
 * Begins a transaction that has changed `p` itself; others change `q` meanwhile. False: a change
 * was refused, and the transaction is over.
 */
async function enter(both, others, random) {
  await both('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await both('SELECT 1');
  for (const sql of churn(random, ['p'], 2)) {
    if (await both(sql)) continue;
    await both('ROLLBACK');
    return false;
  }
  for (const sql of churn(random, ['q'], 3)) await others(sql);
  return true;
}

/** Makes the tables, copies them there, and goes on changing them in both. */
async function freshTables(ours, theirs, random) {
  const log = [];
  const both = said(ours, theirs, log);
  const { statements, indexes } = setupPaths(random);
  for (const sql of statements) await both(sql);
  const [[position]] = (await ours.run('SELECT max(position) FROM kimberlite.log')).rows;
  for (const sql of THEN) {
    const { code, message } = await theirs.run(sql);
    if (code !== '') throw new Error(`${sql}: ${code} ${message}`);
  }
  for (const sql of churn(random, ['p', 'q'], 1)) await both(sql);
  return { position, indexes, log };
}
