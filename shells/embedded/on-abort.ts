/**
 * Whom to tell when a signal is aborted. An application gives one signal to many calls, and Node.js
 * warns of a leak from the eleventh listener on: so there is one listener a signal, for all who
 * wait, and none when nobody does.
 */
const waiting: WeakMap<AbortSignal, Waiting> = new WeakMap();

interface Waiting {
  readonly all: Set<() => void>;
  readonly listener: () => void;
}

/** Calls `act` once when the signal is aborted from now on; the answer stops that. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const known = waiting.get(signal);
  const { all, listener } = known ?? listen(signal);
  // The same function may wait twice.
  const mine = (): void => act();
  all.add(mine);
  return () => {
    if (!all.delete(mine) || all.size > 0) return;
    signal.removeEventListener('abort', listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const all: Set<() => void> = new Set();
  const listener = (): void => {
    waiting.delete(signal);
    for (const act of Array.from(all)) if (all.delete(act)) act();
  };
  signal.addEventListener('abort', listener, { once: true });
  const made = { all, listener };
  waiting.set(signal, made);
  return made;
}
