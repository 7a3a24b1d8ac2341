/**
 * Plays isolation schedules that others wrote against the embedded database, and demands of each
 * that its committed transactions have a serial order that explains every answer.
 *
 *   npm run isolation -- [FILE…] [--json]
 *
 * Without files: everything under ../shared/conformance/isolation.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openOurs } from './database.mjs';
import { parseHermitage, parseSpec } from './isolation/schedules.mjs';
import { judge } from './isolation/serial.mjs';
import { readOptions } from './options.mjs';

const root = fileURLToPath(new URL('../../shared/conformance/isolation', import.meta.url));
const { json, files } = readOptions('npm run isolation -- [FILE…] [--json]', { json: false });
if (files.length === 0) {
  if (!existsSync(root)) {
    console.error(`no files named, and none under ${root}`);
    process.exit(2);
  }
  files.push(join(root, 'hermitage_postgres.md'));
  for (const name of readdirSync(join(root, 'pg_specs')).toSorted()) {
    files.push(join(root, 'pg_specs', name));
  }
}

const totals = { serial: 0, refused: 0, unsupported: 0, wrong: 0 };
const wrong = [];
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const schedules = file.endsWith('.md') ? parseHermitage(text) : parseSpec(basename(file), text);
  const counts = { serial: 0, refused: 0, unsupported: 0, wrong: 0 };
  const reasons = new Set();
  for (const schedule of schedules) {
    const outcome = await judge(schedule, () => openOurs());
    counts[outcome.verdict] += 1;
    totals[outcome.verdict] += 1;
    if (outcome.verdict === 'unsupported') reasons.add(outcome.reason);
    if (outcome.verdict === 'wrong') wrong.push({ name: schedule.name, ...outcome });
  }
  if (json) continue;
  const { serial, refused, unsupported } = counts;
  const parts = [`${serial} serial`, `${refused} serial with refusals`];
  if (unsupported > 0) parts.push(`${unsupported} unsupported`);
  if (counts.wrong > 0) parts.push(`${counts.wrong} WRONG`);
  console.log(`${basename(file).padEnd(34)} ${parts.join(', ')}`);
  for (const reason of reasons) console.log(`  not supported: ${reason}`);
}
if (json) console.log(JSON.stringify({ ...totals, failures: wrong }));
else {
  for (const { name, transactions } of wrong) {
    console.log(`no serial order explains ${name}`);
    for (const { session, committed, steps } of transactions) {
      console.log(`  s${session + 1} ${committed ? 'committed' : 'did not commit'}`);
      for (const { sql, answer } of steps) {
        console.log(`    ${sql} → ${answer.code} ${answer.tag} ${JSON.stringify(answer.rows)}`);
      }
    }
  }
  const { serial, refused, unsupported } = totals;
  console.log(`${serial + refused} explained, ${unsupported} unsupported, ${totals.wrong} wrong`);
}
process.exit(totals.wrong > 0 ? 1 : 0);
