/**
 * Renews what commands print in the documents: runs each command of a `console` block of README.md
 * and docs/, in order, and puts its present output below it. After a change of behaviour that is
 * meant; the diff says what changed. A block in which an output line is `…` was shortened by hand:
 * it stays, as does one that is marked as not run, or starts a server.
 *
 * Needs a build. What npm says on standard error stays out.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

for (const path of ['README.md', ...docs.map((name) => `docs/${name}`)]) {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = /^(<!-- not-run: [^\n]* -->\n+)?```console\n([\s\S]*?)^```$/gm;
  const fresh = text.replaceAll(blocks, (block, notRun, body) =>
    notRun !== undefined || /^…| &$/m.test(body) ? block : `\`\`\`console\n${renewed(body)}\`\`\``,
  );
  if (fresh === text) continue;
  writeFileSync(join(root, path), fresh);
  console.log(`renewed ${path}`);
}

/** The block's commands with what they print now. */
function renewed(body) {
  const prompts = body.split('\n').filter((line) => /^(\[exit \d+\] )?\$ /.test(line));
  return prompts.map((prompt) => `${printed(prompt.replace(/^.*?\$ /, ''))}\n`).join('\n');
}

function printed(command) {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout } = spawnSync('bash', ['-c', command], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  // Every change of a source changes the build's identity, and nothing else that a reader sees.
  const lasting = stdout.trimEnd().replaceAll(/\bbuild [0-9a-f]{12}\b/g, 'build …');
  return `${status === 0 ? '' : `[exit ${status}] `}$ ${command}\n${lasting}`;
}
