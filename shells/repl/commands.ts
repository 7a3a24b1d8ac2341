/** The REPL's own commands: a line that begins with a backslash. An unknown one is an error. */
import { readFileSync } from 'node:fs';
import { NotUtf8Error, Utf8Reader } from '../utf8-reader.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { describe, listRelations } from './describe.ts';
import { FORMATS, formatResult } from './format-result.ts';
import { readLast, readStatements } from './read-statements.ts';
import type { Shell } from './shell.ts';
import { parseFormat } from './shell.ts';

interface Command {
  readonly names: readonly string[];
  readonly argument: string;
  readonly help: string;
  readonly run: (shell: Shell, argument: string) => void | Promise<void>;
}

const COMMANDS: readonly Command[] = [
  { names: ['\\?', '\\h'], argument: '', help: 'this list', run: help },
  { names: ['\\d'], argument: '[NAME]', help: 'tables, views, sequences; or what one is', run: d },
  { names: ['\\dt'], argument: '', help: 'tables', run: (s) => list(s, TABLES) },
  { names: ['\\dv'], argument: '', help: 'views', run: (s) => list(s, ['VIEW']) },
  { names: ['\\ds'], argument: '', help: 'sequences', run: (s) => list(s, ['SEQUENCE']) },
  { names: ['\\l'], argument: '', help: 'tenants', run: tenants },
  { names: ['\\conninfo'], argument: '', help: 'server, user, tenant', run: where },
  { names: ['\\timing'], argument: '[on|off]', help: 'how long each statement took', run: timing },
  {
    names: ['\\x'],
    argument: '[on|off]',
    help: 'fields below each other, or a table',
    run: expand,
  },
  {
    names: ['\\format'],
    argument: `[auto|${FORMATS.join('|')}]`,
    help: 'how rows are written',
    run: format,
  },
  { names: ['\\i'], argument: 'FILE', help: 'run a file; ends at its first error', run: include },
  { names: ['\\q'], argument: '', help: 'quit (or Ctrl-D)', run: (shell) => quit(shell) },
];

const TABLES = ['BASE TABLE', 'LOCAL TEMPORARY'];
const FILE_BYTES_MAX = 64 << 20;

export const COMMAND_NAMES: readonly string[] = COMMANDS.flatMap(({ names }) => names);

/** Throws `DatabaseError`. */
export async function runCommand(shell: Shell, text: string): Promise<void> {
  const [, name = '', argument = ''] = /^(\\\S*)\s*([^]*?)[\s;]*$/.exec(text) ?? [];
  const bare = name.replace(/;+$/, '');
  const command = COMMANDS.find(({ names }) => names.includes(bare));
  if (command === undefined) {
    throw new DatabaseError('42601', `${bare} is no command`, { hint: '\\? lists them.' });
  }
  if (argument !== '' && command.argument === '') {
    throw new DatabaseError('42601', `${bare} takes no argument`);
  }
  await command.run(shell, argument);
}

function help(shell: Shell): void {
  const left = COMMANDS.map(({ names, argument }) => `${names.join(', ')} ${argument}`.trim());
  const width = Math.max(...left.map(({ length }) => length));
  const lines = COMMANDS.map(({ help: text }, i) => `  ${left[i]!.padEnd(width)}  ${text}`);
  shell.options.out(
    `A statement ends with a semicolon and may take several lines.\n${lines.join('\n')}\n` +
      '  Tab completes, Ctrl-R searches what was typed before, Ctrl-C cancels.\n',
  );
}

async function d(shell: Shell, name: string): Promise<void> {
  if (name === '') return list(shell, null);
  const found = await describe(shell.options.database, name);
  if (found === null) {
    throw new DatabaseError('42P01', `there is no table or view ${name}`, {
      hint: '\\d lists what there is.',
    });
  }
  const { out } = shell.options;
  out(`${shell.paint('bold', found.title)}\n`);
  const table = formatResult(found.columns, 'table');
  out(`${[table.split('\n').slice(0, -2).join('\n'), ...found.notes].join('\n')}\n`);
}

async function list(shell: Shell, types: readonly string[] | null): Promise<void> {
  shell.write(await listRelations(shell.options.database, types));
}

async function tenants(shell: Shell): Promise<void> {
  shell.write(await shell.options.tenants());
}

function where(shell: Shell): void {
  shell.options.out(`${shell.options.where()}\n`);
}

function timing(shell: Shell, argument: string): void {
  shell.timing = onOrOff(argument, shell.timing);
  shell.options.out(`timing is ${shell.timing ? 'on' : 'off'}\n`);
}

function expand(shell: Shell, argument: string): void {
  const isOn = onOrOff(argument, shell.format === 'vertical');
  shell.format = isOn ? 'vertical' : 'table';
  shell.options.out(`format is ${shell.format}\n`);
}

function format(shell: Shell, argument: string): void {
  if (argument !== '') {
    const wanted = parseFormat(argument);
    if (wanted === null) {
      throw new DatabaseError(
        '22023',
        `no format ${argument}; there are auto, ${FORMATS.join(', ')}`,
      );
    }
    shell.format = wanted;
  }
  shell.options.out(`format is ${shell.format}\n`);
}

async function include(shell: Shell, path: string): Promise<void> {
  if (path === '') throw new DatabaseError('42601', '\\i needs a file');
  if (shell.tooDeep) throw new DatabaseError('54001', 'files include one another too deeply');
  let text: string;
  try {
    const reader = new Utf8Reader();
    text = reader.write(readFileSync(path)) + reader.end();
  } catch (error) {
    if (error instanceof NotUtf8Error) {
      throw new DatabaseError('22021', `line ${error.line} of ${path} is no UTF-8; convert it`);
    }
    throw new DatabaseError('58P01', `${path} cannot be read: ${(error as Error).message}`);
  }
  if (text.length > FILE_BYTES_MAX) {
    throw new DatabaseError('54000', `${path} is too large`, { hint: 'Use: kimberlite import' });
  }
  shell.depth += 1;
  try {
    const { items, rest } = readStatements(text);
    for (const item of [...items, ...readLast(rest)]) {
      if (shell.ended) return;
      const went = await shell.run(item, item.line);
      if (!went) throw new DatabaseError('57014', `${path} ended at line ${item.line}`);
    }
  } finally {
    shell.depth -= 1;
  }
}

function quit(shell: Shell): void {
  shell.ended = true;
}

function onOrOff(argument: string, now: boolean): boolean {
  if (argument === '') return !now;
  if (argument === 'on') return true;
  if (argument === 'off') return false;
  throw new DatabaseError('22023', `on or off, not ${argument}`);
}
