/** Runs generated queries in both engines and compares their answers. */
import { compare } from './compare.mjs';
import { explain } from './explain.mjs';
import { Queries } from './queries.mjs';
import { Random } from './random.mjs';
import { setup } from './schema.mjs';
import { ZONES } from './times.mjs';

const PER_SCHEMA = 500;

/** As `runWrites`; returns how many queries had rows. */
export async function runQueries(ours, theirs, count, seed, tell, show) {
  let nonEmpty = 0;
  for (let done = 0; done < count;) {
    const round = Math.floor(done / PER_SCHEMA);
    await freshTables(ours, theirs, new Random(seed * 1_000_003 + round));
    const queries = new Queries(new Random((seed * 7_368_787) ^ (round * 2_654_435)));
    const last = Math.min(count, (round + 1) * PER_SCHEMA);
    for (; done < last; done += 1) {
      const sql = queries.next();
      const began = performance.now();
      const other = await theirs.run(sql);
      const millis = performance.now() - began;
      const mine = await ours.run(sql);
      const verdict = await explain(theirs, sql, mine, compare(mine, other), millis);
      if (other.rows.length > 0) nonEmpty += 1;
      tell(verdict, queries.features, [other.code]);
      if (verdict === 'different') show([sql], mine, other);
    }
  }
  return { nonEmpty };
}

async function freshTables(ours, theirs, random) {
  const zone = `SET TIME ZONE '${random.of(ZONES)}'`;
  for (const sql of [...setup(random), zone]) {
    const [mine, other] = [await ours.run(sql), await theirs.run(sql)];
    if (mine.code !== '' || other.code !== '') {
      throw new Error(`${sql}: ${mine.code} ${mine.message} / ${other.code} ${other.message}`);
    }
  }
}
