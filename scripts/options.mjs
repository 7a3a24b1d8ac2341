/**
 * The flags of a script: one line that says what is wrong and how it is called, exit 2; `--help`
 * says how, exit 0.
 */
import { parseArgs } from 'node:util';

/**
 * `defaults`: by flag `false` (a switch), a whole number or a text. Returns their values, and as
 * `files` what is no flag, where `usage` speaks of files.
 */
export function readOptions(usage, defaults, argv = process.argv.slice(2)) {
  const kinds = Object.entries(defaults).map(([name, value]) => [
    name,
    value === false ? { type: 'boolean', default: false } : { type: 'string' },
  ]);
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { ...Object.fromEntries(kinds), help: { type: 'boolean', default: false } },
      allowPositionals: usage.includes('FILE'),
    });
    if (values.help) {
      console.log(`usage: ${usage}`);
      return process.exit(0);
    }
    const chosen = { ...defaults, files: positionals };
    for (const [name, value] of Object.entries(values)) {
      if (name === 'help') continue;
      chosen[name] = typeof defaults[name] === 'number' ? whole(name, value) : value;
    }
    return chosen;
  } catch (error) {
    console.error(`${error.message}\nusage: ${usage}`);
    return process.exit(2);
  }
}

function whole(name, text) {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number, not '${text}'`);
}
