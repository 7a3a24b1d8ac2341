/**
 * Shared by the commands in bin/: checks the Node.js version and that dist/ was built, and says
 * in one line what to do otherwise. Exit code 2 is "usage", as for all commands here.
 */
import { existsSync } from 'node:fs';

const OLDEST = [20, 19];

/** Imports `dist/<name>.js`, which runs the command as it loads. */
export async function start(name) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    refuse(`${name} needs Node.js ${OLDEST.join('.')} or newer, this is ${process.versions.node}`);
  }
  const entry = new URL(`../dist/${name}.js`, import.meta.url);
  if (!existsSync(entry)) {
    refuse(`${name}: dist/${name}.js is missing; build it with: npm run build`);
  }
  await import(entry.href);
}

function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
