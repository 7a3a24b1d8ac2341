/**
 * Runs generated definitions in both engines, and compares what each statement says and, outside of
 * a failed transaction, what `information_schema` and every table and view show then.
 */
import { differing, sorted } from './answers.mjs';
import { CLEAR, SHOWN, STATE } from './definition-world.mjs';
import { Definitions } from './definitions.mjs';
import { Past } from './past.mjs';
import { Random } from './random.mjs';

const PER_WORLD = 60;

/**
 * Of several things that are wrong with a statement either may be told; these are none: it was
 * taken, the transaction had failed before, and faults of an engine itself.
 */
const APART = new Set(['', '25P02', 'XX000', '08007', '58030']);

/**
 * A view that reads itself is refused here when it is made, and there when it is read. Defaults and
 * conditions of checks and indexes are read anew here when a column's type changes, and keep the
 * types that they had there. A prepared statement whose columns have changed goes on here. The text
 * of a float depends on a setting, and the text of an array of numbers on none, which PostgreSQL
 * takes the other way round. Where two columns of a view are the same one, `DEFAULT` for the second
 * is nothing to PostgreSQL.
 */
function isKnown(sql, mine, other) {
  const retypes = /^ALTER TABLE .* TYPE /.test(sql);
  if (mine.code === '' && other.code === '42804' && retypes) return true;
  const isReread = /^(?:22|23|42)/.test(mine.code) && retypes;
  const isCircular = mine.code === '42P17' && sql.startsWith('CREATE OR REPLACE VIEW');
  // PostgreSQL looks for the key when the statement is planned.
  if (/^42P10|^42809/.test(mine.code) && /^PREPARE .* ON CONFLICT/.test(sql)) {
    return other.code === '';
  }
  const isTwice = mine.code === '42601' && /^INSERT .*DEFAULT/.test(sql);
  const [said, answered] = [mine, other].map(({ message }) => /immutable$/i.test(message));
  if (isReread || isCircular || isTwice || said) return other.code === '';
  return mine.code === '' && (answered || other.message.startsWith('cached plan must not change'));
}

function bothRefuse(mine, other) {
  return !APART.has(mine) && !APART.has(other);
}

/**
 * As `runWrites`, a statement at a time. After a difference the tables are made anew: the engines
 * may have parted. Returns how many statements were not refused.
 */
export async function runDefinitions(ours, theirs, count, seed, tell, show) {
  let nonEmpty = 0;
  for (let done = 0; done < count;) {
    const definitions = new Definitions(new Random((seed * 7_368_787) ^ ((done + 1) * 40_503)));
    const log = [];
    const past = new Past();
    for (const sql of [...CLEAR, ...definitions.setup()]) await agreed(ours, theirs, sql);
    definitions.see(rowsOf(await theirs.run(STATE)));
    const last = Math.min(count, done + PER_WORLD);
    while (done < last) {
      const isEnd = done === last - 1;
      const sql = isEnd ? 'DROP SCHEMA w CASCADE' : definitions.next();
      log.push(sql);
      let verdict = await step(ours, theirs, definitions, past, sql);
      if (isEnd || verdict.goesOn !== true) verdict = await remembered(verdict, past, ours);
      done += 1;
      if (verdict.other.code === '') nonEmpty += 1;
      tell(verdict.name, isEnd ? ['drop schema'] : definitions.features, [verdict.other.code]);
      if (verdict.name === 'different') show(log, verdict.mine, verdict.other);
      // What both refused explains nothing, but in a transaction.
      if (verdict.refused === true) log.pop();
      if (verdict.goesOn !== true) break;
    }
  }
  return { nonEmpty };
}

/** The last verdict of a world, or that something past does not read as it did. */
async function remembered(verdict, past, ours) {
  if (verdict.name === 'different') return verdict;
  await ours.run('ROLLBACK');
  const change = await past.check(ours);
  return change === null ? verdict : { name: 'different', ...change };
}

async function agreed(ours, theirs, sql) {
  const [mine, other] = [await ours.run(sql), await theirs.run(sql)];
  if (mine.code === other.code) return;
  throw new Error(`${sql}: ${mine.code} ${mine.message} / ${other.code} ${other.message}`);
}

/**
 * `{ name, mine, other }`: the verdict, and the answers that it is about; and whether both engines
 * `refused` it, and are alike enough that the world `goesOn`.
 */
async function step(ours, theirs, definitions, past, sql) {
  const both = async (text) => ({ mine: await ours.run(text), other: await theirs.run(text) });
  const said = await both(sql);
  const { mine, other } = said;
  if (mine.code !== other.code) {
    if (mine.code === '0A000' || isKnown(sql, mine, other)) return { name: 'unsupported', ...said };
    // PostgreSQL computes what is constant before it looks for rows.
    const isIdle = /^(?:UPDATE|INSERT 0) 0/.test(mine.tag) || / DO UPDATE /.test(sql);
    const early = other.code === '22001' && isIdle;
    const drawn =
      definitions.draws && /^(?:23503|23505|23514|2200H)$/.test(mine.code || other.code);
    if (early || drawn) return { name: 'evaluation', ...said };
    if (!bothRefuse(mine.code, other.code)) return { name: 'different', ...said };
  }
  const name = mine.code === other.code ? 'same' : 'evaluation';
  if (mine.code === '' && sorted(mine) !== sorted(other)) {
    return { name: definitions.draws ? 'evaluation' : 'different', ...said };
  }
  const state = await theirs.run(STATE);
  // A failed transaction shows nothing.
  definitions.hasFailed = state.code === '25P02';
  if (definitions.hasFailed) return { name, ...said, goesOn: true };
  if (other.code !== '') return { name, ...said, goesOn: true, refused: true };
  definitions.see(rowsOf(state));
  const contents = definitions.readable.map(
    ({ schema, name }) => `SELECT * FROM ${schema}.${name}`,
  );
  const now = [];
  for (const text of [...SHOWN, ...contents]) {
    const shown = await both(text);
    now.push({ text, answer: shown.mine });
    if (shown.mine.code !== shown.other.code || sorted(shown.mine) !== sorted(shown.other)) {
      const isValue = definitions.draws && contents.includes(text);
      if (isValue && shown.mine.code === shown.other.code) return { name: 'evaluation', ...said };
      const what = `${sql}\n  then ${text.trim().slice(0, 70)}`;
      return { name: 'different', mine: differing(shown, what), other: shown.other };
    }
  }
  if (!definitions.isInTransaction) past.note(sql, now);
  return { name, ...said, goesOn: true };
}

function rowsOf({ code, message, rows }) {
  if (code !== '') throw new Error(message);
  return rows;
}
