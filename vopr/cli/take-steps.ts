/**
 * Long work in steps: shows a line of progress where there is a terminal, and ends early, keeping
 * what was found, at Ctrl-C or when the time is over.
 */

export interface StepOptions<P> {
  /** What to do with each step; the text is shown until the next one. */
  readonly onStep: (progress: P) => string;
  /** Steps between looks at the clock and at Ctrl-C. */
  readonly atOnce: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** What the generator returned; null if it was ended before. */
export async function takeSteps<P, R>(
  steps: Generator<P, R>,
  { onStep, atOnce, deadline }: StepOptions<P>,
): Promise<R | null> {
  const out = process.stderr;
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once('SIGINT', stop);
  try {
    while (!stopped && performance.now() < deadline) {
      for (let i = 0; i < atOnce; i++) {
        const step = steps.next();
        if (step.done === true) return step.value;
        const text = onStep(step.value);
        if (out.isTTY && i === 0) out.write(`\r\u001b[2K${text}`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return null;
  } finally {
    if (out.isTTY) out.write('\r\u001b[2K');
    process.removeListener('SIGINT', stop);
  }
}
