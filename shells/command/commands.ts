/**
 * The commands of `kimberlite`, as yargs modules: names, options, help and examples. Each hands the
 * promise of its exit code to `finish`, and imports what it needs only then.
 */
import type { Argv } from 'yargs';
import type { AccessVerb } from './access.ts';

export type Finish = (exit: number | Promise<number>) => void;

const json = {
  json: { type: 'boolean', default: false, describe: 'print JSON' },
} as const;
const directory = { type: 'string', demandOption: true, describe: 'made by init' } as const;

/** How every command that speaks to servers finds them. */
const connection = {
  address: {
    type: 'string',
    describe: 'HOST:PORT of one server, or of several with commas [127.0.0.1:3000]',
  },
  tenant: { type: 'string', describe: 'by name (default: the only one, or the first)' },
  'key-file': { type: 'string', describe: 'holds the API key (default: $KIMBERLITE_KEY)' },
  'tls-authority': { type: 'string', describe: 'PEM file: TLS, with servers that it signs for' },
  tls: { type: 'boolean', default: false, describe: 'TLS, with authorities that Node.js trusts' },
  wait: { type: 'string', default: '10', describe: 'seconds to wait for a primary' },
} as const;
const format = {
  format: { type: 'string', describe: 'auto, table, vertical, csv or json' },
} as const;

export const COMMANDS: readonly string[] =
  'init start stop status repl query import verify recover tenant user'.split(' ');

export function addCommands(parser: Argv, finish: Finish): Argv {
  const servers = addWatch(addStop(addStart(addInit(parser, finish), finish), finish), finish);
  const disks = addDisks(servers, finish);
  return addAccess(addImport(addStatements(disks, finish), finish), finish);
}

function addInit(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'init <directory>',
    'make the directory of a server, or of a local cluster',
    (y) =>
      y
        .positional('directory', { ...directory, describe: 'must not exist, or be empty' })
        .options({
          development: {
            type: 'boolean',
            default: false,
            describe: 'to try it out: loopback only, nobody needs a key, little disk',
          },
          replicas: { type: 'string', describe: 'a local cluster of so many servers [1]' },
          address: { type: 'string', describe: 'for clients of the first [127.0.0.1:3000]' },
        })
        .options({
          members: { type: 'string', describe: 'client addresses of all machines, in order' },
          replica: { type: 'string', describe: 'which of --members this machine is, from 0 on' },
          cluster: { type: 'string', describe: 'of an earlier init: joins its cluster' },
          admin: { type: 'string', describe: 'of an earlier init: ID:HASH of the admin’s key' },
        })
        .options({
          'tls-certificate': { type: 'string', describe: 'PEM file: what the server shows' },
          'tls-key': { type: 'string', describe: 'PEM file: its private key' },
          'tls-authority': { type: 'string', describe: 'PEM file: who signs for the members' },
        })
        .options(json)
        .example('$0 init ./data --development', 'one server, to try it out')
        .example('$0 init ./demo --replicas 3 --development', 'three, on this machine'),
    (args) => finish(import('./init.ts').then((it) => it.initCommand(args))),
  );
}

function addStart(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'start <directory>',
    'run the server, or the servers, of a directory, until it is stopped',
    (y) =>
      y
        .positional('directory', directory)
        .options({ address: { type: 'string', describe: 'for clients, instead of init’s' } })
        .example('$0 start ./data', 'where init said')
        .example('$0 start --address 127.0.0.1:4000 ./data', 'somewhere else'),
    (args) => finish(import('./start.ts').then((it) => it.startCommand(args))),
  );
}

function addStop(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'stop <directory>',
    'end the server, or the servers, that run on a directory',
    (y) =>
      y
        .positional('directory', directory)
        .options({
          timeout: { type: 'string', default: '30', describe: 'seconds to wait for the end' },
        })
        .options(json)
        .example('$0 stop ./data', 'lets them finish what they answer, and waits'),
    (args) => finish(import('./stop.ts').then((it) => it.stopCommand(args))),
  );
}

function addWatch(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'status [directory]',
    'what every server of a directory sees; or the primary, at an address',
    (y) =>
      y
        .positional('directory', { type: 'string', describe: 'made by init' })
        .options({ watch: { type: 'boolean', default: false, describe: 'again every second' } })
        .options(connection)
        .options(json)
        .example('$0 status ./demo --watch', 'who leads, how far each one is')
        .example('$0 status --address db1:3000', 'from elsewhere'),
    (args) => finish(import('./status.ts').then((it) => it.statusCommand(args))),
  );
}

function addStatements(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'repl',
      'type statements and see what they answer; also reads them from a pipe',
      (y) =>
        y
          .options(connection)
          .options(format)
          .options(json)
          .example('$0 repl', '\\? lists its commands')
          .example('$0 repl < script.sql', 'ends at the first error'),
      (args) => finish(import('./repl.ts').then((it) => it.replCommand(args))),
    )
    .command(
      'query <sql..>',
      'run statements and print their rows',
      (y) =>
        y
          .positional('sql', { type: 'string', describe: 'in quotes' })
          .options(connection)
          .options(format)
          .options(json)
          .example('$0 query "TABLE patients" --format csv', 'for a spreadsheet'),
      (args) => finish(import('./query.ts').then((it) => it.queryCommand(args))),
    );
}

function addImport(parser: Argv, finish: Finish): Argv {
  return parser.command(
    'import <file>',
    'load a SQL script, or the rows of a CSV file',
    (y) =>
      y
        .positional('file', { type: 'string', demandOption: true, describe: '.sql or .csv' })
        .options({
          table: { type: 'string', describe: 'CSV: into which table' },
          columns: { type: 'string', describe: 'CSV: its columns, with commas [the header’s]' },
          header: { type: 'boolean', default: true, describe: 'CSV: line 1 names the columns' },
          delimiter: { type: 'string', describe: 'CSV: between fields [,]' },
          null: { type: 'string', describe: 'CSV: what means NULL, besides an empty field' },
          'from-line': { type: 'string', describe: 'CSV: go on there after an error' },
          'keep-going': { type: 'boolean', describe: 'script: leave out what is refused' },
        })
        .options(connection)
        .options(json)
        .example('$0 import chinook.sql', 'as psql would run it; dumps, too')
        .example('$0 import patients.csv --table patients', 'many rows a statement'),
    (args) => finish(import('./import.ts').then((it) => it.importCommand(args))),
  );
}

function addDisks(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'verify <directory>',
      'prove every hash, link and page on a disk, while nothing runs on it',
      (y) =>
        y
          .positional('directory', directory)
          .options(json)
          .example('$0 verify ./data', 'exit code 1: something is not what was written'),
      (args) => finish(import('./verify.ts').then((it) => it.verifyCommand(args))),
    )
    .command(
      'recover <directory>',
      'make the directory of a member anew whose disk was replaced',
      (y) =>
        y
          .positional('directory', { ...directory, describe: 'of the member; without data' })
          .options({
            from: { type: 'string', describe: 'a copy of another member’s kimberlite.json' },
            replica: { type: 'string', describe: 'with --from: which member this one is' },
          })
          .options(json)
          .example('$0 recover ./demo/replica-1', 'then start it: its peers have the rest'),
      (args) => finish(import('./recover.ts').then((it) => it.recoverCommand(args))),
    );
}

function addAccess(parser: Argv, finish: Finish): Argv {
  return parser
    .command('tenant', 'make and list tenants', (y) => addTenantVerbs(y, finish))
    .command('user', 'make, change and list users and their keys', (y) => addUserVerbs(y, finish));
}

const name = { type: 'string', demandOption: true } as const;
const role = { type: 'string', describe: 'admin, writer, reader or auditor' } as const;
const tenants = { type: 'string', default: 'all', describe: 'names with commas, or all' } as const;
const expires = { type: 'string', describe: 'of the key: 30d, or 2027-01-31 [never]' } as const;

/** Runs a verb with what was given to it. */
function verb(finish: Finish, wanted: AccessVerb): (args: Record<string, unknown>) => void {
  return (args) => finish(import('./access.ts').then((it) => it.accessCommand(wanted, args)));
}

function addTenantVerbs(parser: Argv, finish: Finish): Argv {
  return parser
    .command(
      'create <name>',
      'make a tenant: a database of its own',
      (y) => y.positional('name', name).options(connection).options(json),
      verb(finish, 'tenant create'),
    )
    .command(
      'list',
      'all tenants',
      (y) => y.options(connection).options(json),
      verb(finish, 'tenant list'),
    )
    .demandCommand(1, 'create or list');
}

function addUserVerbs(parser: Argv, finish: Finish): Argv {
  const user = (y: Argv): Argv => y.positional('name', name).options(connection).options(json);
  return parser
    .command(
      'create <name>',
      'make a user, and print their key once',
      (y) => user(y).options({ role: { ...role, demandOption: true }, tenants, expires }),
      verb(finish, 'user create'),
    )
    .command(
      'list',
      'all users, their roles, tenants and keys',
      (y) => y.options(connection).options(json),
      verb(finish, 'user list'),
    )
    .command('drop <name>', 'end a user', user, verb(finish, 'user drop'))
    .command(
      'role <name> <role>',
      'change what a user may do',
      (y) => user(y).positional('role', { ...role, demandOption: true }),
      verb(finish, 'user role'),
    )
    .command(
      'tenants <name> <tenants>',
      'change which tenants a user may enter',
      (y) => user(y).positional('tenants', { ...tenants, demandOption: true }),
      verb(finish, 'user tenants'),
    )
    .command(
      'key <name>',
      'make one more key for a user, and print it once',
      (y) => user(y).options({ expires }),
      verb(finish, 'user key'),
    )
    .command(
      'drop-key <name> <id>',
      'end a key, by the id that list shows',
      (y) => user(y).positional('id', name),
      verb(finish, 'user drop-key'),
    )
    .example('$0 user create ann --role writer', 'prints her key, once')
    .demandCommand(1, 'create, list, drop, role, tenants, key or drop-key');
}
