/**
 * Tells from outside that a worker makes no progress: it notes in shared memory where it is, and a
 * thread that is caught in a loop notes nothing any more.
 */

const WATCH_MILLIS = 250;

/** What a worker writes with `Atomics.store`, and its watcher reads. */
export function progressCell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/**
 * Calls back once when the progress has stood still for the patience; returns how to end the watch.
 * Counts looks, not time: of an hour for which the whole process was frozen, only one look is
 * missing.
 */
export function watchStillness(
  progress: Int32Array,
  patienceMillis: number,
  onStill: () => void,
): () => void {
  const every = Math.min(WATCH_MILLIS, patienceMillis);
  let seen = -1;
  let looks = 0;
  const watch = setInterval(() => {
    const at = Atomics.load(progress, 0);
    looks = at === seen ? looks + 1 : 0;
    seen = at;
    if (looks * every < patienceMillis) return;
    clearInterval(watch);
    onStill();
  }, every);
  return () => clearInterval(watch);
}
