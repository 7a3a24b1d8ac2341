/**
 * A command that runs while a test goes on: what it prints is waited for, and what is typed into it
 * may name the last instant that it showed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

const TIMEOUT_MILLIS = 240_000;
const INSTANT = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*[+-]\d\d(?::\d\d)?/g;

/** The first promised line that the output does not have, in order; null when all are there. */
export function missing(prints: readonly string[], output: string): string | null {
  const actual = output.split('\n');
  let from = 0;
  for (const line of prints) {
    const escaped = line
      .trim()
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    const pattern = new RegExp(`^\\s*${escaped.join('.*')}\\s*$`);
    const at = actual.findIndex((text, index) => index >= from && pattern.test(text));
    if (at < 0) return line;
    from = line.trim() === '…' ? from : at + 1;
  }
  return null;
}

export class Running {
  /** All that was printed, on either stream. */
  output: string = '';
  /** Null while it runs, or when a signal ended it. */
  exit: number | null = null;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly looks: Set<() => void> = new Set();
  private isOver: boolean = false;
  /** Up to where promises were kept. */
  private kept: number = 0;

  /** `a && b`: b takes the place of the shell, so that a signal reaches it. */
  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    const parts = command.split('&&').map((part) => part.trim());
    const script = [...parts.slice(0, -1), `exec ${parts.at(-1)!}`].join(' && ');
    this.child = spawn('bash', ['-c', script], { cwd, env });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.output += text;
        this.look();
      });
    }
    this.child.stdin!.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.child.on('exit', (code) => {
        this.exit = code;
        this.isOver = true;
        this.look();
        resolve(code);
      });
    });
  }

  /** Resolves when all these lines came, in order, after those that were waited for before. */
  printed(lines: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error: Error | null): void => {
        clearTimeout(timer);
        this.looks.delete(look);
        if (error === null) resolve();
        else reject(error);
      };
      const late = (): void => end(new Error(`never came: ${this.absent(lines)!}\n${this.output}`));
      const timer = setTimeout(late, TIMEOUT_MILLIS);
      const look = (): void => {
        if (this.absent(lines) === null) {
          this.kept = this.output.lastIndexOf('\n') + 1;
          end(null);
        } else if (this.isOver) late();
      };
      this.looks.add(look);
      look();
    });
  }

  /** Types a line. */
  type(line: string): void {
    const instant = this.output.match(INSTANT)?.at(-1) ?? '…';
    this.child.stdin!.write(`${line.replaceAll('…', instant)}\n`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    if (!this.isOver) await this.ended;
  }

  private absent(lines: readonly string[]): string | null {
    return missing(lines, this.output.slice(this.kept));
  }

  private look(): void {
    for (const look of this.looks) look();
  }
}
