/**
 * A violating path of `vopr explore` as a file: the bound that gives its events meaning, and them.
 */
import type { Bounds } from '../explore/bounds.ts';
import type { Failure } from '../explore/actor.ts';
import { EVENT_KINDS, eventOf, firstOf, kindOf, secondOf } from '../explore/event.ts';

export interface PathFile {
  readonly build: string;
  /** Name of the planted bug; null for the core as it is. */
  readonly mutant: string | null;
  readonly bounds: Bounds;
  readonly failure: Failure;
  readonly path: readonly number[];
}

const VERSION = 1;

export function formatPath({ path, ...head }: PathFile): string {
  const events = path.map((event) => [
    EVENT_KINDS[kindOf(event)] ?? '',
    firstOf(event),
    secondOf(event),
  ]);
  return `${JSON.stringify({ explored: VERSION, ...head, events }, null, 1)}\n`;
}

/** Null for any other text. */
export function parsePath(text: string): PathFile | null {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof file !== 'object' || file === null) return null;
  const { explored, events, ...head } = file as Record<string, unknown>;
  if (explored !== VERSION || !Array.isArray(events) || typeof head['bounds'] !== 'object')
    return null;
  const path: number[] = [];
  for (const entry of events as readonly unknown[]) {
    if (!Array.isArray(entry)) return null;
    const [name, a, b] = entry as readonly unknown[];
    const kind = EVENT_KINDS.indexOf(String(name));
    if (kind < 0 || !isByte(a) || !isByte(b)) return null;
    path.push(eventOf(kind, a, b));
  }
  return { ...(head as Omit<PathFile, 'path'>), path };
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;
}
