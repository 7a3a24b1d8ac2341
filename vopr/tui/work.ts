/** A session's work: executes the real core again, for the run itself and for its branches. */
import { choiceWords } from '../cli/choices.ts';
import { beginBisection } from '../cli/bisect.ts';
import type { Subject } from '../cli/replay.ts';
import { SITES } from '../sim/choose.ts';
import { Recorder } from './recorder.ts';
import { choiceOf, Session } from './session.ts';
import type { Work } from './session.ts';
import { execute, fidelity, scenarioOf, seedOf } from './source.ts';
import type { Question } from './tape.ts';

/** Moments and tails of a bisection: fewer than those of the command, for it is watched. */
const POINTS = 12;
const TAILS = 8;

/** Records the run, and opens a session on it. */
export function beginSession(subject: Subject): Session {
  const recorder = new Recorder(subject.bed);
  const recording = execute(recorder, subject, null);
  const { configuration } = recording.result;
  const choice = (question: Question, answer: number): ReturnType<typeof choiceOf> => {
    const site = SITES[question.site];
    if (site === undefined) throw new RangeError(`no site ${question.site}`);
    return choiceOf(question, answer, site);
  };
  const scenario = scenarioOf(subject);
  const work: Work = {
    title: `seed ${seedOf(subject)}${scenario === null ? '' : `, ${scenario}`}`,
    fidelity: fidelity(subject, recording),
    tail: (after, seed) => execute(recorder, subject, { kind: 'tail', after, seed }),
    flip: (question, answer) =>
      execute(recorder, subject, { kind: 'flip', choice: choice(question, answer) }),
    words: (question, answer) =>
      choiceWords(choice(question, answer), configuration, recorder.glossary),
    bisect: () => beginBisection(subject, POINTS, TAILS)?.steps ?? null,
  };
  return new Session(work, recording);
}
