/**
 * Records what a PostgreSQL 15 server answers to the scripts `core/sql/define/golden/*.txt` and
 * `core/sql/write/golden/*.txt`, in place, each script in a new database of its own:
 *
 *   node scripts/sql/record-scripts.mjs FILE… -- PSQL-ARGUMENTS…
 *
 * A script is statements, each ending with `;` and a line's end and followed by its answer,
 * indented; blank lines between. Old answers are replaced.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const DATABASE = 'recording';
const divider = process.argv.indexOf('--');
const connection = divider < 0 ? [] : process.argv.slice(divider + 1);

for (const path of process.argv.slice(2, divider < 0 ? undefined : divider)) record(path);

function psql(database, ...rest) {
  return [...connection, '-q', '-d', database, ...rest];
}

function record(path) {
  const statements = readFileSync(path, 'utf8')
    .split(/\n\n(?=\S)/)
    .map((block) => block.slice(0, block.indexOf(';\n')));
  const made = [`DROP DATABASE IF EXISTS ${DATABASE}`, `CREATE DATABASE ${DATABASE}`];
  spawnSync('psql', psql('postgres', '-c', made[0], '-c', made[1]));
  const settings = ['\\set VERBOSITY verbose', '\\pset null NULL', '\\pset format unaligned'];
  settings.push('\\pset tuples_only on', '\\pset fieldsep |', '\\set QUIET off');
  const input = statements.map((sql, i) => `\\echo @@${i}\n${sql};\n`);
  const script = `${settings.join('\n')}\n${input.join('')}`;
  const shell = 'exec psql "$@" 2>&1';
  const arguments_ = ['-c', shell, 'sh', ...psql(DATABASE)];
  const { stdout } = spawnSync('sh', arguments_, { input: script, encoding: 'utf8' });
  const answers = stdout.split(/^@@\d+\n/m).slice(1);
  const blocks = statements.map((sql, i) => `${sql};\n${answerOf(answers[i])}`);
  writeFileSync(path, blocks.join('\n'));
}

function answerOf(output) {
  const lines = [];
  for (const line of output.split('\n')) {
    const [, level, code, text] = /^(ERROR|NOTICE): {2}(\w{5}): (.*)$/.exec(line) ?? [];
    if (level === 'ERROR') lines.push(`ERROR ${code} ${text}`);
    else if (level === 'NOTICE') lines.push(`NOTICE ${text}`);
    else if (line !== '' && !isAside(line)) lines.push(line);
  }
  return lines.map((line) => `  ${line}\n`).join('');
}

/** What verbose errors say besides. */
function isAside(line) {
  return /^(LINE \d+:|[A-Z ]+NAME:|LOCATION:|CONTEXT:|HINT:|\s*\^)/.test(line);
}
