/**
 * Whether a disk takes what is written, as its errors tell: full, over quota, read-only, failing.
 *
 * A problem begins with an error. It ends when a second went by without one, and as much could be
 * written as shows that there is room (`PROBE_BYTES`, in a file that has no name any more): that
 * an overwrite succeeds says nothing, because it needs no room. So a problem is told once when it
 * begins and once when it ends, however many writes fail meanwhile.
 *
 * Cost: nothing while writes succeed.
 */
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface DiskProblem {
  /** One word, for metrics and tools. */
  readonly kind: 'full' | 'quota' | 'read-only' | 'failing';
  /** What is wrong, said of the disk: "is full (ENOSPC)". */
  readonly says: string;
  /** What to do, as a sentence. */
  readonly hint: string;
}

export const DISK_PROBLEMS: readonly DiskProblem['kind'][] = [
  'full',
  'quota',
  'read-only',
  'failing',
];

const LOOK_MILLIS = 1_000;
const PROBE_BYTES: number = 1 << 20;
/** A name with a dot is the host's: the core does not see it. */
const PROBE_NAME = '.room';
const PROBE_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
const GOES_ON = 'what waits goes on by itself then';

export class DiskHealth {
  private readonly root: string;
  private readonly onChange: (problem: DiskProblem | null) => void;
  private current: DiskProblem | null = null;
  private failedSince = false;
  private timer: NodeJS.Timeout | null = null;

  /** `onChange` is called when a problem begins, and with null when it ends. */
  constructor(root: string, onChange: (problem: DiskProblem | null) => void) {
    this.root = root;
    this.onChange = onChange;
  }

  /** Null: no problem is known. */
  get problem(): DiskProblem | null {
    return this.current;
  }

  /** A write, or whatever else changes the disk, failed. Other errors than a disk's are ignored. */
  failed({ code = '' }: NodeJS.ErrnoException): void {
    const problem = PROBLEMS.get(code);
    if (problem === undefined) return;
    this.failedSince = true;
    if (this.current !== null) return;
    this.current = problem;
    this.timer = setInterval(() => this.look(), LOOK_MILLIS);
    this.timer.unref();
    this.onChange(problem);
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): void {
    const { failedSince } = this;
    this.failedSince = false;
    if (failedSince || !this.hasRoom()) return;
    this.close();
    this.current = null;
    this.onChange(null);
  }

  private hasRoom(): boolean {
    const path = join(this.root, PROBE_NAME);
    try {
      const fd = openSync(path, PROBE_FLAGS, 0o600);
      try {
        unlinkSync(path);
        const bytes = new Uint8Array(PROBE_BYTES);
        return writeSync(fd, bytes, 0, PROBE_BYTES, 0) === PROBE_BYTES;
      } finally {
        closeSync(fd);
      }
    } catch {
      return false;
    }
  }
}

/** By the error that the system gives. */
const PROBLEMS: ReadonlyMap<string, DiskProblem> = new Map([
  ['ENOSPC', { kind: 'full', says: 'is full (ENOSPC)', hint: `Make room on it; ${GOES_ON}.` }],
  [
    'EDQUOT',
    {
      kind: 'quota',
      says: 'has no quota left (EDQUOT)',
      hint: `Raise the quota, or make room; ${GOES_ON}.`,
    },
  ],
  [
    'EROFS',
    {
      kind: 'read-only',
      says: 'is read-only (EROFS)',
      hint: 'See why it was made read-only: often, it is broken.',
    },
  ],
  [
    'EIO',
    {
      kind: 'failing',
      says: 'fails (EIO)',
      hint: 'See what the system says of it, and replace it.',
    },
  ],
]);

/** Codes of calls that ended because something did not come in time. */
const LATE: ReadonlySet<string> = new Set(['08007', '57014']);

/** What an error says besides, when a disk may be why it came; null: nothing. */
export function lateBecause(
  { code, message }: { readonly code: string; readonly message: string },
  problem: DiskProblem | null,
  disk: string = 'the disk',
): { readonly message: string; readonly hint: string } | null {
  if (problem === null || !LATE.has(code)) return null;
  return { message: `${message}: ${disk} ${problem.says}`, hint: problem.hint };
}

/** Why a node ended, and what to do, when its disk was why. */
export function stoppedBy(
  reason: string,
  problem: DiskProblem | null,
): { readonly message: string; readonly hint: string } {
  if (problem === null) return { message: reason, hint: '' };
  const hint = `${problem.hint.split(';')[0]!.replace(/\.$/, '')}, then start it again.`;
  return { message: `${reason}: the disk ${problem.says}`, hint };
}
