/**
 * Listening at the two doors through which everything in the simulator passes: the event heap and
 * the choices. The listener stands in front of the methods of *one* cluster's objects, which the
 * recorder alone owns: other runs have no hook to pay for.
 */
import type { Choices } from '../sim/choose.ts';
import type { Scheduler } from '../sim/scheduler.ts';

export interface SchedulerListener {
  pushed(time: number, kind: number, a: number, b: number, c: number, ref: unknown): void;
  /** The event popped last has been handled. */
  over(): void;
  /** An event was popped: its fields are the scheduler's. */
  begins(): void;
}

export function listenToScheduler(scheduler: Scheduler, listener: SchedulerListener): void {
  const push = scheduler.push.bind(scheduler);
  const pop = scheduler.pop.bind(scheduler);
  scheduler.push = (time, kind, a, b, c, ref): void => {
    listener.pushed(Math.max(time, scheduler.now), kind, a, b, c, ref);
    push(time, kind, a, b, c, ref);
  };
  scheduler.pop = (): boolean => {
    listener.over();
    const more = pop();
    if (more) listener.begins();
    return more;
  };
}

export type ChoiceListener = (
  site: number,
  actor: number,
  subject: number,
  options: number,
  answer: number,
) => void;

/** Fates of a message: rungs of delay and what may befall it (`vopr/sim/network.ts`). */
const PICK_OPTIONS = 16;

export function listenToChoices(choices: Choices, listener: ChoiceListener): void {
  const choose = choices.choose.bind(choices);
  const pick = choices.pick.bind(choices);
  choices.choose = (site, actor, subject, n): number => {
    const answer = choose(site, actor, subject, n);
    listener(site, actor, subject, n, answer);
    return answer;
  };
  choices.pick = (site, actor, subject, table): number => {
    const answer = pick(site, actor, subject, table);
    listener(site, actor, subject, PICK_OPTIONS, answer);
    return answer;
  };
}
