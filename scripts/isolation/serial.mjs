/**
 * Whether a schedule's outcome is that of some serial order of its committed transactions.
 *
 * The schedule is played on one database, each session's statements in the order given, and every
 * answer is written down with the transaction it belongs to. Then each order of the committed
 * transactions is played on a fresh database, one after the other: the same answers to the same
 * statements, and the same tables at the end, prove the order. Refusals (40001) end a transaction
 * and need no proof. Nothing ever waits, so a schedule always ends.
 */
import { statementsOf } from './statements.mjs';

const BEGIN = /^(begin|start transaction)\b/i;
const END = /^(commit|end|rollback|abort)\b(?!\s+to\b)/i;
const ORDERS_MAX = 5040;

/** `{ verdict: 'serial' | 'refused' | 'unsupported' | 'wrong', … }`; `open()` gives a database. */
export async function judge(schedule, open) {
  const played = await play(schedule, open);
  if (played.unsupported !== null) return { verdict: 'unsupported', reason: played.unsupported };
  const committed = played.transactions.filter(({ committed: done }) => done);
  for (const order of orders(committed)) {
    if (await explains(order, played, schedule, open)) {
      return { verdict: played.refused > 0 ? 'refused' : 'serial', committed: committed.length };
    }
  }
  return { verdict: 'wrong', transactions: played.transactions, tables: played.tables };
}

async function play(schedule, open) {
  const database = await open();
  try {
    const setter = database.connect();
    for (const sql of schedule.setup) {
      const answer = await setter.run(sql);
      if (answer.code !== '' && !isMaintenance(sql)) {
        return { unsupported: `${sql.slice(0, 60)}: ${answer.code} ${answer.message}` };
      }
    }
    const recorder = new Recorder(database, schedule.begin.length);
    for (const [session, begin] of schedule.begin.entries()) {
      for (const sql of begin) await recorder.run(session, sql);
    }
    for (const { session, sql } of schedule.steps) {
      for (const each of statementsOf(sql)) await recorder.run(session, each);
    }
    await recorder.finish();
    const tables = await contents(database, schedule);
    const { transactions, unsupported, refused } = recorder;
    return { transactions, unsupported, refused, tables };
  } finally {
    await database.close();
  }
}

/** What tells PostgreSQL's storage and planner something and changes no answer. */
function isMaintenance(sql) {
  return /^(vacuum|analyze|set\s)/i.test(sql);
}

class Recorder {
  transactions = [];
  unsupported = null;
  refused = 0;
  #connections = [];
  #open = [];

  constructor(database, sessions) {
    for (let i = 0; i < sessions; i += 1) {
      this.#connections.push(database.connect());
      this.#open.push(null);
    }
  }

  async run(session, sql) {
    const answer = await this.#connections[session].run(sql);
    if (answer.code === '0A000' || answer.code === '42883') {
      if (!isMaintenance(sql)) this.unsupported ??= `${sql.slice(0, 60)}: ${answer.message}`;
      return;
    }
    if (answer.code === '40001') this.refused += 1;
    const current = this.#open[session];
    if (BEGIN.test(sql)) {
      this.#open[session] = { session, steps: [], committed: false, failed: false };
      this.transactions.push(this.#open[session]);
    } else if (END.test(sql)) {
      if (current === null) return;
      current.committed = /^(commit|end)/i.test(sql) && answer.code === '' && !current.failed;
      this.#open[session] = null;
    } else if (current !== null) {
      current.steps.push({ sql, answer });
      if (/^rollback\s+to/i.test(sql) && answer.code === '') current.failed = false;
      else if (answer.code !== '') current.failed = true;
    } else {
      const failed = answer.code !== '';
      this.transactions.push({ session, steps: [{ sql, answer }], committed: !failed, failed });
    }
  }

  /** What no step ended is rolled back. */
  async finish() {
    for (const [session, current] of this.#open.entries()) {
      if (current !== null) await this.#connections[session].run('ROLLBACK');
    }
  }
}

async function explains(order, played, schedule, open) {
  const database = await open();
  try {
    const connection = database.connect();
    for (const sql of schedule.setup) await connection.run(sql);
    for (const transaction of order) {
      const alone = transaction.steps.length === 1;
      if (!alone) await connection.run('BEGIN');
      for (const { sql, answer } of transaction.steps) {
        if (!same(await connection.run(sql), answer)) return false;
      }
      if (!alone) await connection.run('COMMIT');
    }
    return JSON.stringify(await contents(database, schedule)) === JSON.stringify(played.tables);
  } finally {
    await database.close();
  }
}

function same(a, b) {
  return a.code === b.code && a.tag === b.tag && sorted(a.rows) === sorted(b.rows);
}

function sorted(rows) {
  return (rows ?? [])
    .map((row) => JSON.stringify(row))
    .sort()
    .join('\n');
}

/** Every table that the setup makes, as text. */
async function contents(database, schedule) {
  const names = schedule.setup.flatMap(
    (sql) => /^create\s+table\s+(?:if not exists\s+)?(\w+)/i.exec(sql)?.[1] ?? [],
  );
  const connection = database.connect();
  const out = {};
  for (const name of names)
    out[name] = sorted((await connection.run(`SELECT * FROM ${name}`)).rows);
  return out;
}

function* orders(list) {
  let count = 0;
  function* grow(taken, rest) {
    if (rest.length === 0) yield taken;
    for (const [i, next] of rest.entries()) {
      yield* grow([...taken, next], [...rest.slice(0, i), ...rest.slice(i + 1)]);
    }
  }
  for (const order of grow([], list)) {
    count += 1;
    if (count > ORDERS_MAX) throw new Error('too many transactions in one schedule');
    yield order;
  }
}
