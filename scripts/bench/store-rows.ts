/** `npm run bench:store`: one large table in an embedded database. */
import { open } from '../../shells/embedded.ts';
import type { Database } from '../../shells/embedded.ts';
import { EMBEDDED } from '../../core/limits.ts';
import { countWrites } from './writes.ts';

export const ROW_BYTES = 1024;
export const BATCH_ROWS = 1000;
/** Coprime to every number of rows that is a multiple of powers of two and five. */
const STRIDE = 7919;
const MIB = 1 << 20;

function seconds(since: bigint): string {
  return `${(Number(process.hrtime.bigint() - since) / 1e9).toFixed(2)} s`;
}

/** As the operating system counted it. */
function peakMiB(): string {
  return `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;
}

/** Fills a new table; `waits`: then says so, and lives until it is killed. */
export async function load(
  directory: string,
  rows: number,
  scattered: boolean,
  waits: boolean,
): Promise<void> {
  const begun = process.hrtime.bigint();
  const database = await open({ directory });
  await database.execute('CREATE TABLE big (id int PRIMARY KEY, s text)');
  const key = scattered ? `((g::bigint * ${STRIDE}) % ${rows})::int` : 'g';
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    const to = Math.min(rows, from + BATCH_ROWS) - 1;
    await database.execute(
      `INSERT INTO big SELECT ${key}, repeat(md5(g::text), ${ROW_BYTES / 32})
         FROM generate_series(${from}, ${to}) g`,
    );
  }
  if (waits) {
    console.log('loaded');
    setInterval(() => undefined, 1000);
    return;
  }
  const loaded = `${scattered ? 'scattered' : 'ascending'} keys: loaded in ${seconds(begun)}`;
  const after = peakMiB();
  await check(database, rows);
  console.log(`  ${loaded}, peak ${after}; after a full scan ${peakMiB()}`);
  await database.close();
}

async function check(database: Database, rows: number): Promise<void> {
  const [found] = await database.query('SELECT count(*) AS n, sum(length(s)) AS bytes FROM big');
  if (Number(found!['n']) === rows && Number(found!['bytes']) === rows * ROW_BYTES) return;
  throw new Error(`the table has ${String(found!['n'])} rows, not ${rows}`);
}

/** Opens what a killed process left, and changes one row. */
export async function reopen(directory: string, rows: number): Promise<void> {
  const counts = countWrites();
  const begun = process.hrtime.bigint();
  const database = await open({ directory });
  const opened = seconds(begun);
  await database.query('SELECT s FROM big WHERE id = $1', [rows >> 1]);
  console.log(`  opened in ${opened}, first row after ${seconds(begun)}, peak ${peakMiB()}`);
  // To a checkpoint's edge and one further, so that the next one has nothing but these changes.
  const change = database.prepare('UPDATE big SET s = $2 WHERE id = $1');
  const changes = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) await change.execute([rows >> 1, `changed ${i}`]);
  };
  await changes(2 * EMBEDDED.checkpointInterval);
  counts.reset();
  await changes(EMBEDDED.checkpointInterval);
  const store = counts.of('/store');
  const all = counts.of('');
  console.log(
    `  one row changed ${EMBEDDED.checkpointInterval} times, one checkpoint: ` +
      `${(store / MIB).toFixed(3)} MiB into store files, ${(all / MIB).toFixed(3)} MiB in all`,
  );
  await database.close();
}
