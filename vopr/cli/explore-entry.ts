/** What `vopr explore` bundles, anew for each planted bug: the search over Kimberlite. */
import type { Message } from '../../core/vsr/message.ts';
import { INVARIANTS } from '../../invariants/index.ts';
import type { Bounds } from '../explore/bounds.ts';
import { DELIVER, DROP, DUPLICATE, firstOf, kindOf, SYNC, TIMER } from '../explore/event.ts';
import { CRASH, secondOf } from '../explore/event.ts';
import { exploration } from '../explore/explore.ts';
import type { Exploration } from '../explore/explore.ts';
import { kimberlite } from '../explore/kimberlite.ts';
import type { State } from '../explore/space.ts';
import { messageWords } from '../kimberlite/words.ts';

/** It compares latencies, which mean nothing where time is abstract. */
const SUSPENDED = ['useful-when-degraded'];

export function explore(bounds: Bounds, reduce: boolean = true): Exploration<Message> {
  const invariants = INVARIANTS.filter(({ name }) => !SUSPENDED.includes(name));
  return exploration(kimberlite(invariants), bounds, reduce);
}

/** A path in sentences, one an event. */
export function pathWords(
  { space, locals }: Exploration<Message>,
  path: readonly number[],
): readonly string[] {
  const lines: string[] = [];
  let state = space.root;
  const { replicas } = space.bounds;
  const port = (p: number): string => (p < replicas ? `r${p}` : `c${p - replicas}`);
  for (const event of path) {
    lines.push(eventWords(event, state, port, space.ports, locals.messages));
    ({ state } = space.step(state, event));
  }
  return lines;
}

function eventWords(
  event: number,
  state: State,
  port: (p: number) => string,
  ports: number,
  messages: readonly Message[],
): string {
  const a = firstOf(event);
  const b = secondOf(event);
  const kind = kindOf(event);
  if (kind === DELIVER || kind === DROP || kind === DUPLICATE) {
    const message = messages[state.links[a]?.[b] ?? -1];
    const what = message === undefined ? 'nothing' : messageWords(message);
    const way = `from ${port(Math.floor(a / ports))} to ${port(a % ports)}`;
    if (kind === DROP) return `${what} ${way} is lost`;
    return `${what} ${way} arrives${kind === DUPLICATE ? ', and stays on its way' : ''}`;
  }
  if (kind === SYNC) return `${port(a)}: sync ${b} of those in flight completes`;
  if (kind === TIMER) return `${port(a)}: the timer runs out`;
  if (kind === CRASH) {
    if (b === 0) return `${port(a)} crashes, its page cache stays`;
    const which = b === 1 ? 'all' : `choice ${b} of`;
    return `${port(a)} loses power: ${which} its unsynced writes are gone`;
  }
  return `${port(a)} starts again`;
}
