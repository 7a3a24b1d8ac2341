/**
 * What is being looked at, a trace or a seed, and how to execute it: as it was, with another seed's
 * luck from some choice on, or with one choice answered differently. Every way executes the real
 * core from the beginning.
 */
import type { Subject } from '../cli/replay.ts';
import type { Choice } from '../sim/choose.ts';
import { divergence } from '../sim/trace.ts';
import type { RunOptions } from '../sim/run.ts';
import type { Recorder } from './recorder.ts';
import type { Recording } from './tape.ts';

/** How a branch differs from the run that it leaves. */
export type Twist =
  | { readonly kind: 'tail'; readonly after: number; readonly seed: number }
  | { readonly kind: 'flip'; readonly choice: Choice };

export function seedOf(subject: Subject): number {
  return subject.kind === 'trace' ? subject.trace.seed : subject.seed;
}

export function scenarioOf(subject: Subject): string | null {
  return subject.kind === 'trace' ? subject.trace.scenario : subject.scenario;
}

/** Executes it, with a twist or as it was. */
export function execute(recorder: Recorder, subject: Subject, twist: Twist | null): Recording {
  const options = twist === null ? optionsOf(subject) : twisted(subject, twist);
  const scenario = scenarioOf(subject);
  return recorder.record(scenario, (engine, hashes) =>
    engine.execute(seedOf(subject), scenario, { ...options, hashes }),
  );
}

function optionsOf(subject: Subject): RunOptions {
  if (subject.kind === 'seed') return {};
  const { configuration, choices } = subject.trace;
  return { configuration, overrides: { choices, patched: false } };
}

function twisted(subject: Subject, twist: Twist): RunOptions {
  const options = optionsOf(subject);
  if (twist.kind === 'tail') {
    return { ...options, tail: { after: twist.after, seed: twist.seed, begun: () => undefined } };
  }
  const { choice } = twist;
  // A seed goes on answering all other questions; a trace has its answers and is calm elsewhere.
  if (subject.kind === 'seed') return { overrides: { choices: [choice], patched: true } };
  const others = subject.trace.choices.filter((other) => !sameKey(other, choice));
  return { ...options, overrides: { choices: [...others, choice], patched: false } };
}

function sameKey(a: Choice, b: Choice): boolean {
  return (
    a.site === b.site &&
    a.actor === b.actor &&
    a.subject === b.subject &&
    a.occurrence === b.occurrence
  );
}

/** In one line, whether this build does what the trace recorded; null for a seed. */
export function fidelity(
  subject: Subject,
  recording: Recording,
): { readonly faithful: boolean; readonly words: string } | null {
  if (subject.kind === 'seed') return null;
  const { bed, trace } = subject;
  if (recording.result.digest === trace.digest) {
    return { faithful: true, words: `reproduces: digest ${trace.digest}` };
  }
  const who =
    trace.build === bed.build
      ? 'although it is the same build: determinism is broken'
      : `recorded by build ${trace.build}, this is ${bed.build}`;
  const where = divergence(trace, recording.hashes);
  return { faithful: false, words: `does not reproduce: ${who}; ${where}` };
}
