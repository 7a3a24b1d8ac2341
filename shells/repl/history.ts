/**
 * What was typed before, over sessions: a file of one entry a line (line breaks as `\n`), readable
 * by its owner alone, of bounded length. A file that cannot be read or written costs the history
 * and nothing else.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ENTRIES_MAX = 2000;
const ENTRY_BYTES_MAX = 1 << 16;

/** Empty: no history is kept. `KIMBERLITE_HISTORY` names another file, or none. */
export function historyPath(env: NodeJS.ProcessEnv, home: string): string {
  return env['KIMBERLITE_HISTORY'] ?? join(home, '.kimberlite_history');
}

export class History {
  private readonly path: string;
  private readonly entries: string[];

  constructor(path: string) {
    this.path = path;
    this.entries = path === '' ? [] : load(path);
  }

  get length(): number {
    return this.entries.length;
  }

  /** 0 is the oldest. */
  at(index: number): string {
    return this.entries[index] ?? '';
  }

  /** Keeps an entry, unless it repeats the last one or begins with a space. */
  add(entry: string): void {
    const text = entry.trimEnd();
    if (text === '' || text.startsWith(' ') || text === this.entries.at(-1)) return;
    if (Buffer.byteLength(text) > ENTRY_BYTES_MAX) return;
    this.entries.push(text);
    if (this.path === '') return;
    attempt(() => appendFileSync(this.path, `${escape(text)}\n`, { mode: 0o600 }));
  }

  /** The newest entry before `before` with `part` in it; -1: none. */
  search(part: string, before: number): number {
    for (let index = Math.min(before, this.length) - 1; index >= 0; index -= 1) {
      if (this.at(index).toLowerCase().includes(part.toLowerCase())) return index;
    }
    return -1;
  }
}

function load(path: string): string[] {
  let text = '';
  attempt(() => (text = readFileSync(path, 'utf8')));
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length > 2 * ENTRIES_MAX) {
    const kept = lines.slice(-ENTRIES_MAX);
    attempt(() => {
      writeFileSync(`${path}.new`, `${kept.join('\n')}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
  }
  return lines.slice(-ENTRIES_MAX).map(unescape);
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function unescape(line: string): string {
  return line.replaceAll(/\\(.)/g, (_, next: string) => (next === 'n' ? '\n' : next));
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The history is a comfort: nothing else depends on it.
  }
}
