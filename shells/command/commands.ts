/**
 * The commands of `kimberlite`, as yargs modules: names, options, help and examples. Each hands the
 * promise of its exit code to `finish`, and imports what it needs only then.
 */
import type { Argv } from 'yargs';

export type Finish = (exit: number | Promise<number>) => void;

const json = {
  json: { type: 'boolean', default: false, describe: 'print one JSON object' },
} as const;
const directory = { type: 'string', demandOption: true, describe: 'made by init' } as const;

export function addCommands(parser: Argv, finish: Finish): Argv {
  return addStop(addInit(parser, finish), finish);
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
          replicas: { type: 'string', describe: 'a local cluster of so many servers (default: 1)' },
          address: {
            type: 'string',
            describe: 'for clients of the first (default: 127.0.0.1:3000)',
          },
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
