/**
 * What is done once at the end of a turn of the event loop, so that everything the turn brings
 * shares it: a sync, a piece handed to a socket, a question to the other replicas.
 *
 * All of it is one queue and one immediate. What is put there while the queue is worked off is done
 * in the same turn, behind the rest: a question asked at the end of a turn leaves with it.
 */
const queue: (() => void)[] = [];
/** The next to be done. */
let next = 0;
let armed = false;

/** Calls `act` once, at the end of this turn. */
export function atTurnEnd(act: () => void): void {
  queue.push(act);
  if (armed) return;
  armed = true;
  setImmediate(work);
}

function work(): void {
  try {
    while (next < queue.length) {
      const act = queue[next]!;
      next += 1;
      act();
    }
  } finally {
    // One that throws ends its turn, and not what the others have to do.
    armed = next < queue.length;
    if (armed) setImmediate(work);
    else {
      queue.length = 0;
      next = 0;
    }
  }
}
