/**
 * Records what a PostgreSQL server answers to the expressions of `core/sql/functions/golden/*.txt`,
 * in place: `node scripts/sql/record.mjs [FILE…] -- PSQL-ARGUMENTS…`.
 *
 * A file is expressions, one a line, each followed by its answer: `= text` or `! SQLSTATE message`.
 * Lines beginning with `--` are comments. Old answers are replaced.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../core/sql/functions/golden');
const divider = process.argv.indexOf('--');
const end = divider < 0 ? process.argv.length : divider;
const files = process.argv.slice(2, end);
const connection = divider < 0 ? [] : process.argv.slice(divider + 1);

for (const file of files.length > 0 ? files : readdirSync(folder)) record(join(folder, file));

function record(path) {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !/^[=!] ?/.test(line));
  const expressions = lines.filter((line) => !line.startsWith('--'));
  const answers = ask(expressions);
  let next = 0;
  const written = lines.map((line) =>
    line.startsWith('--') ? line : `${line}\n${answers[next++]}`,
  );
  writeFileSync(path, `${written.join('\n')}\n`);
}

/** Marks go to both streams, so that answers and errors find their expression. */
function ask(expressions) {
  const script = [
    "set timezone = 'UTC';",
    "set intervalstyle = 'postgres';",
    'set datestyle = ISO;',
  ];
  expressions.forEach((expression, i) => {
    script.push(`\\echo @@${i}`, `\\warn @@${i}`, `select ${expression};`);
  });
  const { stdout, stderr } = spawnSync(
    'psql',
    [...connection, '-X', '-q', '-A', '-t', '-P', 'null=<null>', '-v', 'VERBOSITY=verbose'],
    { input: script.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const results = sections(stdout);
  const errors = sections(stderr);
  return expressions.map((_, i) => {
    const error = /(?:ERROR|FATAL): +([0-9A-Z]{5}): (.*)/.exec(errors.get(i) ?? '');
    if (error !== null) return `! ${error[1]} ${error[2]}`;
    return `= ${(results.get(i) ?? '').replaceAll('\n', '\\n')}`.trimEnd();
  });
}

function sections(output) {
  const found = new Map();
  for (const part of output.split(/^@@/m).slice(1)) {
    const line = part.indexOf('\n');
    found.set(Number(part.slice(0, line)), part.slice(line + 1).replace(/\n$/, ''));
  }
  return found;
}
