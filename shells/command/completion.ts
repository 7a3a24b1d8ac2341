/**
 * Which script `kimberlite completion` prints. Yargs writes it, and looks into the environment for
 * the shell; we take the shell as an argument, too, and refuse one that yargs has no script for.
 */
import { CommandError } from './usage.ts';

const SHELLS: readonly string[] = ['bash', 'zsh'];
const COMMAND = 'completion';

/** The arguments as yargs takes them; `environment` then names the shell as yargs reads it. */
export function completionArguments(
  argv: readonly string[],
  environment: Record<string, string | undefined>,
): readonly string[] {
  const [command, ...rest] = argv;
  if (command !== COMMAND || rest.some((word) => word.startsWith('-'))) return argv;
  if (rest.length > 1) throw new CommandError(`one shell, not ${rest.length}; ${HOW}`);
  const shell = rest[0] ?? usual(environment['SHELL'] ?? '');
  if (!SHELLS.includes(shell)) {
    throw new CommandError(`there is no completion for ${JSON.stringify(shell)}; ${HOW}`);
  }
  environment['SHELL'] = `/bin/${shell}`;
  delete environment['ZSH_NAME'];
  return [COMMAND];
}

const HOW = `say kimberlite ${COMMAND} bash, or kimberlite ${COMMAND} zsh`;

/** Shells that are not named otherwise read what is made for bash, or nobody uses them here. */
function usual(path: string): string {
  const name = path.split('/').at(-1)!;
  return name === 'zsh' || name === 'fish' ? name : 'bash';
}
