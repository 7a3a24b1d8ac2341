/**
 * Where the time goes: a sampling CPU profile of this process, its self time summed by source
 * folder. The bundle keeps esbuild's `// path` comments, which tell the source of every line.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';

export interface ProfileRow {
  readonly where: string;
  readonly share: number;
}

export interface Profile {
  readonly folders: readonly ProfileRow[];
  readonly functions: readonly ProfileRow[];
}

const SAMPLE_MICROS = 200;

/** Runs `work` under the profiler. */
export async function profileWork(work: () => void): Promise<Profile> {
  const session = new Session();
  session.connect();
  const post = (method: string, params?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) => (error ? reject(error) : resolve(result)));
    });
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await post('Profiler.start');
  work();
  const { profile } = (await post('Profiler.stop')) as { profile: Profiler.Profile };
  session.disconnect();
  return summarise(profile);
}

function summarise(profile: Profiler.Profile): Profile {
  const hits = new Map<number, number>();
  for (const id of profile.samples ?? []) hits.set(id, (hits.get(id) ?? 0) + 1);
  const folders = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  for (const node of profile.nodes) {
    const count = hits.get(node.id) ?? 0;
    if (count === 0) continue;
    total += count;
    const source = sourceOf(node.callFrame);
    add(folders, source.split('/').slice(0, 2).join('/'), count);
    add(functions, `${node.callFrame.functionName || '(anonymous)'} ${source}`, count);
  }
  return { folders: rows(folders, total), functions: rows(functions, total) };
}

const bundles = new Map<string, readonly string[]>();

/** The source file of a frame, or V8's own name for what is none, such as `(garbage collector)`. */
function sourceOf(frame: {
  readonly url: string;
  readonly lineNumber: number;
  readonly functionName: string;
}): string {
  if (!frame.url.startsWith('file:')) return frame.functionName || frame.url;
  let sources = bundles.get(frame.url);
  if (sources === undefined) {
    let current = frame.url;
    sources = readFileSync(fileURLToPath(frame.url), 'utf8')
      .split('\n')
      .map((line) => {
        const comment = /^\/\/ ((?:\w[\w.-]*\/)*[\w.-]+\.(?:ts|js))$/.exec(line);
        if (comment?.[1] !== undefined) current = comment[1];
        return current;
      });
    bundles.set(frame.url, sources);
  }
  return sources[frame.lineNumber] ?? frame.url;
}

function add(to: Map<string, number>, key: string, count: number): void {
  to.set(key, (to.get(key) ?? 0) + count);
}

function rows(of: ReadonlyMap<string, number>, total: number): ProfileRow[] {
  return [...of]
    .map(([where, count]) => ({ where, share: count / total }))
    .sort((a, b) => b.share - a.share);
}
