/**
 * Runs generated definitions in both engines, and compares what each statement says and, outside of
 * a failed transaction, what `information_schema` and every table and view show then.
 */
import { CLEAR, Definitions, SHOWN, STATE } from './definitions.mjs';
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
 * types that they had there. A prepared statement whose columns have changed goes on here, and the
 * text of an array of numbers depends on no setting.
 */
function isKnown(sql, mine, other) {
  const retypes = /^ALTER TABLE .* TYPE /.test(sql);
  if (mine.code === '' && other.code === '42804' && retypes) return true;
  const isReread = /^(?:22|23|42)/.test(mine.code) && retypes;
  const isCircular = mine.code === '42P17' && sql.startsWith('CREATE OR REPLACE VIEW');
  if (isReread || isCircular) return other.code === '';
  if (mine.code !== '') return false;
  return /^cached plan must not change|^generation expression is not immut/.test(other.message);
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
    for (const sql of [...CLEAR, ...definitions.setup()]) await agreed(ours, theirs, sql);
    definitions.see(rowsOf(await theirs.run(STATE)));
    const last = Math.min(count, done + PER_WORLD);
    while (done < last) {
      const isEnd = done === last - 1;
      const sql = isEnd ? 'DROP SCHEMA w CASCADE' : definitions.next();
      log.push(sql);
      const verdict = await step(ours, theirs, definitions, sql);
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

async function agreed(ours, theirs, sql) {
  const [mine, other] = [await ours.run(sql), await theirs.run(sql)];
  if (mine.code === other.code) return;
  throw new Error(`${sql}: ${mine.code} ${mine.message} / ${other.code} ${other.message}`);
}

/**
 * `{ name, mine, other }`: the verdict, and the answers that it is about; and whether both engines
 * `refused` it, and are alike enough that the world `goesOn`.
 */
async function step(ours, theirs, definitions, sql) {
  const both = async (text) => ({ mine: await ours.run(text), other: await theirs.run(text) });
  const said = await both(sql);
  const { mine, other } = said;
  if (mine.code !== other.code) {
    if (mine.code === '0A000' || isKnown(sql, mine, other)) return { name: 'unsupported', ...said };
    // PostgreSQL computes what is constant before it looks for rows.
    const early = other.code === '22001' && mine.tag.startsWith('UPDATE 0');
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
  for (const text of [...SHOWN, ...contents]) {
    const shown = await both(text);
    if (shown.mine.code !== shown.other.code || sorted(shown.mine) !== sorted(shown.other)) {
      const isValue = definitions.draws && contents.includes(text);
      if (isValue && shown.mine.code === shown.other.code) return { name: 'evaluation', ...said };
      const what = `${sql}\n  then ${text.trim().slice(0, 70)}`;
      return { name: 'different', mine: first(shown, what), other: shown.other };
    }
  }
  return { name, ...said, goesOn: true };
}

function rowsOf({ code, message, rows }) {
  if (code !== '') throw new Error(message);
  return rows;
}

function sorted({ rows }) {
  return rows
    .map((row) => JSON.stringify(row))
    .toSorted()
    .join('\n');
}

/** Of both answers what is only in ours, and what is only in theirs. */
function first({ mine, other }, name) {
  if (mine.code !== '' || other.code !== '')
    return { ...mine, message: `${name}: ${mine.message}` };
  const [a, b] = [mine.rows, other.rows].map((rows) => rows.map((row) => JSON.stringify(row)));
  const extra = a.filter((row) => !b.includes(row)).slice(0, 4);
  const missing = b.filter((row) => !a.includes(row)).slice(0, 4);
  return { code: 'shown', message: `${name}\n  ours  ${extra}\n  theirs ${missing}`, rows: [] };
}
