/**
 * Runs generated transactions in both engines and compares what each statement says, and what the
 * tables have after each commit. A transaction in which an engine may differ for a known reason is
 * rolled back in both, so that they stay alike.
 */
import { sorted } from './answers.mjs';
import { Random } from './random.mjs';
import { Writes } from './writes.mjs';

const PER_SCHEMA = 40;

/** What an engine meets first of several violations in one statement is its own affair. */
const VIOLATIONS = new Set([
  '23502',
  '23503',
  '23505',
  '23514',
  '44000',
  '21000',
  '27000',
  '22003',
  '55000',
  // jsonb_set of a document that is no object: by what it is instead.
  '22023',
  '22P02',
]);

/**
 * Calls `tell(verdict, features, codes)` for each transaction, and `show(log, mine, other)` for a
 * difference: `log` is what was said to both since the tables were made. Returns how many were
 * committed.
 */
export async function runWrites(ours, theirs, count, seed, tell, show) {
  let nonEmpty = 0;
  for (let done = 0; done < count;) {
    const writes = new Writes(new Random((seed * 7_368_787) ^ ((done + 1) * 40_503)));
    const log = [];
    const both = async (sql) => {
      log.push(sql);
      return [await ours.run(sql), await theirs.run(sql)];
    };
    for (const sql of writes.schema()) {
      const [mine, other] = await both(sql);
      if (mine.code !== other.code) throw new Error(`${sql}: ${mine.code} ${mine.message}`);
    }
    const last = Math.min(count, done + PER_SCHEMA);
    for (; done < last; done += 1) {
      const { verdict, mine, other, codes } = await transaction(both, writes);
      if (verdict === 'same' && codes.at(-1) === '') nonEmpty += 1;
      tell(verdict, writes.features, codes);
      if (verdict !== 'different') continue;
      show(log, mine, other);
      // The engines may have parted.
      log.length = 0;
      for (const sql of writes.renewed()) await both(sql);
    }
  }
  return { nonEmpty };
}

async function transaction(both, writes) {
  const statements = ['BEGIN', ...writes.transaction(), 'COMMIT'];
  const codes = [];
  for (const sql of statements) {
    const [mine, other] = await both(sql);
    if (sql !== 'BEGIN') codes.push(other.code);
    const verdict = compareWrites(sql, mine, other);
    if (verdict === 'same' && (other.code === '' || sql === 'COMMIT')) continue;
    await both('ROLLBACK');
    if (verdict === 'same') break;
    return { verdict, mine, other, codes };
  }
  for (const sql of Writes.contents) {
    const [mine, other] = await both(sql);
    if (mine.code !== other.code || effect(mine) !== effect(other)) {
      return { verdict: 'different', mine, other, codes };
    }
  }
  return { verdict: 'same', mine: null, other: null, codes };
}

function compareWrites(sql, mine, other) {
  if (mine.code === other.code) {
    if (mine.code !== '') return 'same';
    return effect(mine) === effect(other) ? 'same' : 'different';
  }
  if (VIOLATIONS.has(mine.code) && VIOLATIONS.has(other.code)) return 'evaluation';
  // PostgreSQL checks a key row by row, in the order in which it comes upon them; we at the end.
  return mine.code === '' && other.code === '23505' ? 'evaluation' : 'different';
}

/** Which rows, or how many, which is all that the drivers' tags have in common. */
function effect({ tag, rows }) {
  const changed = /\d+$/.exec(tag)?.[0] ?? 0;
  return `${rows.length > 0 ? rows.length : changed} ${sorted({ rows })}`;
}
