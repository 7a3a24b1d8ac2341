/**
 * A sweep put away in a file, so that an interruption costs nothing: what it has added up, and
 * which seeds are left. Written whole under another name and renamed, so the file is never half a
 * sweep.
 *
 * A file of another build, of other seeds or of another scenario is refused: its totals would be of
 * two different things.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Pace, PoolProgress } from './pool.ts';
import { SeedPlan } from './seed-plan.ts';
import type { SeedRange } from './seed-plan.ts';
import type { Tally } from './tally.ts';
import { UsageError } from './usage.ts';

const FORMAT = 'vopr-sweep';
const VERSION = 1;

/** What a sweep was asked for; must be the same when it goes on. */
export interface SweepIdentity {
  readonly build: string;
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
}

interface Body extends SweepIdentity {
  readonly next: number;
  readonly outstanding: readonly SeedRange[];
  readonly seconds: number;
  readonly pace: readonly Pace[];
  readonly tally: Tally;
}

/**
 * The sweep kept in `path`, to go on in ranges of so many seeds; undefined: there is no such file,
 * so it begins.
 */
export function readSweep(
  path: string,
  identity: SweepIdentity,
  range: number,
): PoolProgress | undefined {
  if (!existsSync(path)) return undefined;
  const body = parse(path, text(path));
  const wanted: Record<string, unknown> = { ...identity };
  for (const name in wanted) {
    const kept = (body as unknown as Record<string, unknown>)[name] ?? null;
    if (kept === (wanted[name] ?? null)) continue;
    const other = `its ${name} is ${String(kept)}, not ${String(wanted[name])}`;
    throw new UsageError(`'${path}' is another sweep: ${other}; name another file, or remove it`);
  }
  const plan = new SeedPlan(body.next, body.from + body.count, range, body.outstanding);
  const { tally, seconds, pace } = body;
  return { plan, tally, seconds, pace };
}

export function writeSweep(path: string, identity: SweepIdentity, progress: PoolProgress): void {
  const { plan, tally, seconds, pace } = progress;
  const { next } = plan;
  const outstanding = plan.outstanding();
  const body: Body = { ...identity, next, outstanding, seconds, pace, tally };
  const file = { format: FORMAT, version: VERSION, checksum: checksum(body), body };
  const fresh = `${path}.new`;
  try {
    writeFileSync(fresh, `${JSON.stringify(file)}\n`);
    renameSync(fresh, path);
  } catch (error) {
    throw new UsageError(`cannot keep the sweep in '${path}': ${reason(error)}`);
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read '${path}': ${reason(error)}`);
  }
}

function parse(path: string, content: string): Body {
  let file: Partial<{ format: unknown; version: unknown; checksum: unknown; body: Body }> | null;
  try {
    file = JSON.parse(content) as typeof file;
  } catch {
    throw new UsageError(`'${path}' is not a kept sweep, or was cut off; remove it to begin anew`);
  }
  if (typeof file !== 'object' || file === null || file.format !== FORMAT) {
    throw new UsageError(`'${path}' is not a kept sweep; name another file`);
  }
  if (file.version !== VERSION) {
    throw new UsageError(`'${path}' is a kept sweep of version ${String(file.version)}, not 1`);
  }
  const { body } = file;
  if (body === undefined || file.checksum !== checksum(body)) {
    throw new UsageError(`'${path}' was damaged or edited; remove it to begin anew`);
  }
  return body;
}

function checksum(body: Body): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
