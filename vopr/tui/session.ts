/**
 * What a person does with a recorded run: where they look, what they filter and search for, which
 * branches they have made. Knows nothing of terminals: keys come in by name (`keys.ts`), a screen
 * is drawn from it (`frame.ts`). Every action leaves a consistent session and a line that says what
 * came of it.
 */
import { turningPoint } from '../shrink/bisect.ts';
import type { Probe } from '../shrink/bisect.ts';
import { millis } from '../cli/words.ts';
import { compare } from './compare.ts';
import type { Comparison } from './compare.ts';
import type { Choice } from '../sim/choose.ts';
import { filterWords } from './kinds.ts';
import { momentAtEvent, momentAtTime, momentOf, questionsOf } from './tape.ts';
import type { JumpKind, Question, Recording } from './tape.ts';
import { EVERYTHING, parseTags, View } from './view.ts';

/** What fills the screen below the scrubber. */
export type Pane = 'run' | 'help' | 'inspect' | 'invariants' | 'choices' | 'compare' | 'bisection';

export type PromptKind = 'search' | 'goto' | 'kinds' | 'tail';

export interface Prompt {
  readonly kind: PromptKind;
  readonly label: string;
  text: string;
}

/** One recorded run: the original, or a branch that left it at a moment. */
export interface Track {
  readonly name: string;
  readonly recording: Recording;
  readonly view: View;
  /** Against the original; null for the original itself. */
  readonly comparison: Comparison | null;
}

/** A question of the focused moment, and another answer to it. */
export interface Flip {
  readonly question: Question;
  answer: number;
}

/** What a session cannot do by itself: execute the core again. */
export interface Work {
  /** All choices up to `after` as they were, and then those of another seed. */
  tail(after: number, seed: number): Recording;
  /** One choice answered differently. */
  flip(question: Question, answer: number): Recording;
  /** A choice in words. */
  words(question: Question, answer: number): string;
  /** Null when the run holds: nothing to bisect. */
  bisect(): Generator<Probe, readonly Probe[]> | null;
  /** What is being looked at, in a line. */
  readonly title: string;
  /** Whether this build does what the trace recorded; null for a seed. */
  readonly fidelity: { readonly faithful: boolean; readonly words: string } | null;
}

const SCRUB_PARTS = 100;
const BRANCHES_MAX = 12;
const TAIL_SEED_MAX = 2 ** 31;

export class Session {
  readonly work: Work;
  readonly tracks: Track[] = [];
  current = 0;
  pane: Pane = 'run';
  /** First row shown of a pane that is longer than the screen. */
  scroll = 0;
  prompt: Prompt | null = null;
  message = '';
  flips: Flip[] = [];
  flip = 0;
  /** Rows that a page key moves by; the frame tells. */
  page = 10;
  /** Where a bisection put the cause, in virtual microseconds. */
  baked: number | null = null;
  /** What the bisection has probed so far, in the order of time. */
  probes: readonly Probe[] = [];
  #bisection: Generator<Probe, readonly Probe[]> | null = null;
  #searched = '';
  #tails = 0;

  constructor(work: Work, recording: Recording) {
    this.work = work;
    this.tracks.push({
      name: 'original',
      recording,
      view: new View(recording.tape),
      comparison: null,
    });
    if (recording.tape.full) this.message = 'longer than a tape holds: this is its beginning';
    else if (work.fidelity !== null && !work.fidelity.faithful) this.message = work.fidelity.words;
  }

  get track(): Track {
    return this.tracks[this.current] as Track;
  }

  get view(): View {
    return this.track.view;
  }

  /** Shows a pane, or the run again if it is shown already. */
  show(pane: Pane): void {
    this.pane = this.pane === pane ? 'run' : pane;
    this.scroll = 0;
  }

  back(): void {
    if (this.#bisection !== null) {
      this.#bisection = null;
      this.message = 'bisection ended';
    } else if (this.pane !== 'run') this.show('run');
    else this.clearFilter();
  }

  /** Moves by moments. */
  step(direction: number): void {
    if (!this.view.stepMoment(direction)) this.message = edge(direction);
  }

  /** Moves by lines, or scrolls a pane. */
  line(count: number): void {
    if (this.pane === 'choices') this.#select(count);
    else if (this.pane !== 'run') this.scroll = Math.max(0, this.scroll + count);
    else if (!this.view.stepLine(count)) this.message = edge(count);
  }

  /** Moves by a hundredth of the run. */
  scrub(direction: number): void {
    const total = this.view.tape.moments.at(-1)?.at ?? 0;
    const by = Math.max(1, Math.floor(total / SCRUB_PARTS));
    if (!this.view.scrub(direction * by)) this.message = edge(direction);
  }

  toEnd(direction: number): void {
    this.view.toMoment(direction < 0 ? 0 : this.view.tape.moments.length - 1);
  }

  jump(kind: JumpKind, direction: number): void {
    if (this.view.jump(kind, direction)) return;
    const which = direction > 0 ? 'later' : 'earlier';
    this.message = `no ${which} ${kind === 'view' ? 'view change' : kind}`;
  }

  toBaked(): void {
    if (this.baked === null) this.message = 'w looks for the moment at which it was baked in';
    else this.view.toMoment(momentAtTime(this.view.tape, this.baked));
  }

  /** To a moment named by a person: `183.9` (virtual ms), `e412` (event), `50%`. */
  goto(text: string): boolean {
    const moment = this.#momentNamed(text.trim());
    if (moment === null) {
      this.message = `'${text}' is no moment; 183.9 is virtual ms, e412 an event, 50% a place`;
      return false;
    }
    this.pane = 'run';
    this.view.toMoment(moment);
    return true;
  }

  #momentNamed(text: string): number | null {
    const { tape } = this.view;
    const match = /^(e?)(\d+(?:\.\d+)?)(%|ms)?$/.exec(text);
    if (match === null) return null;
    const [, event, digits, unit] = match;
    const number = Number(digits);
    if (event === 'e') return unit === undefined ? momentAtEvent(tape, number) : null;
    if (unit !== '%') return momentAtTime(tape, number * 1000);
    return number > 100 ? null : Math.floor(((tape.moments.length - 1) * number) / 100);
  }

  search(text: string, direction: number): void {
    if (text !== '') this.#searched = text;
    if (this.#searched === '') this.message = 'nothing to search for: / takes a text';
    else if (!this.view.search(this.#searched, direction)) {
      const where = direction > 0 ? 'further on' : 'before';
      this.message = `nothing ${where} contains '${this.#searched}'`;
    }
  }

  toggleNode(node: number): void {
    const { view } = this;
    if (node >= view.tape.nodeCount) this.message = `there is no r${node}`;
    else view.filter = { ...view.filter, nodes: view.filter.nodes ^ (1 << node) };
  }

  toggleQuiet(): void {
    const { view } = this;
    view.filter = { ...view.filter, quiet: !view.filter.quiet };
    this.message = view.filter.quiet ? 'bookkeeping is shown' : 'bookkeeping is hidden';
  }

  only(text: string): void {
    const tags = parseTags(text, filterWords(this.view.tape.bed.testbed.system));
    if ('unknown' in tags)
      this.message = `'${tags.unknown}' is no kind; try message, fault, commit`;
    else this.view.filter = { ...this.view.filter, tags };
  }

  clearFilter(): void {
    this.view.filter = EVERYTHING;
    this.message = 'everything is shown';
  }

  ask(kind: PromptKind): void {
    if (kind === 'tail' && !this.#mayBranch()) return;
    const text = kind === 'kinds' ? this.view.filter.tags.join(' ') : '';
    const label = kind === 'tail' ? `${PROMPTS.tail} [${this.#tails + 1}]` : PROMPTS[kind];
    this.prompt = { kind, label, text };
  }

  /** The prompt was answered. */
  answer(): void {
    const { prompt } = this;
    this.prompt = null;
    if (prompt === null) return;
    const text = prompt.text.trim();
    if (prompt.kind === 'search') this.search(text, 1);
    else if (prompt.kind === 'goto') this.goto(text);
    else if (prompt.kind === 'kinds') this.only(text);
    else this.#branchTail(text);
  }

  /** Shows the choices of the focused moment, to answer one differently. */
  chooseFlip(): void {
    if (!this.#mayBranch()) return;
    const { tape, moment } = this.view;
    this.flips = questionsOf(tape, moment).map((question) => ({
      question,
      answer: question.answer === 0 ? 1 % question.options : 0,
    }));
    this.flip = 0;
    if (this.flips.length === 0) this.message = 'the world chose nothing in this moment';
    else this.show('choices');
  }

  /** Another answer to the selected choice. */
  turn(direction: number): void {
    const flip = this.flips[this.flip];
    if (flip === undefined) return;
    const { options } = flip.question;
    flip.answer = (flip.answer + direction + options) % options;
  }

  branchFlip(): void {
    const flip = this.flips[this.flip];
    if (flip === undefined) return;
    const { question, answer } = flip;
    if (answer === question.answer) {
      this.message = 'that is the answer it had: ←→ choose another';
      return;
    }
    this.pane = 'run';
    this.#add(`flip: ${this.work.words(question, answer)}`, this.work.flip(question, answer));
  }

  nextTrack(): void {
    if (this.tracks.length === 1) {
      this.message = 'no branches yet: b reruns the tail with other luck, B flips a choice';
      return;
    }
    const at = momentOf(this.view.tape, this.view.moment);
    this.current = (this.current + 1) % this.tracks.length;
    this.view.toMoment(momentAtTime(this.view.tape, at.at));
    this.message = this.#trackWords();
  }

  /** To where this branch first differs from the original. */
  toDifference(): void {
    const difference = this.track.comparison?.difference ?? null;
    if (difference === null) {
      this.message = 'nothing differs here: tab goes to a branch';
      return;
    }
    this.pane = 'run';
    this.view.toMoment(difference.moment);
  }

  bisect(): void {
    this.#bisection = this.work.bisect();
    this.probes = [];
    this.baked = null;
    this.message =
      this.#bisection === null ? 'this run holds: nothing was baked in' : 'bisecting; esc ends it';
  }

  get busy(): boolean {
    return this.#bisection !== null;
  }

  /** A little of the work that goes on by itself; call while `busy`. */
  advance(): void {
    const step = this.#bisection?.next();
    if (step === undefined) return;
    if (step.done !== true) {
      this.probes = [...this.probes, step.value].sort((a, b) => a.after - b.after);
      this.message = `bisecting: ${this.probes.length} moments probed; esc ends it, p plots it`;
      return;
    }
    this.#bisection = null;
    const probes = step.value;
    this.probes = probes;
    const turn = turningPoint(probes);
    const [before, from] = [probes[turn - 1], probes[turn]];
    this.baked = from?.atMicros ?? null;
    if (from === undefined) this.message = 'from no moment on is the failure likely';
    else if (before === undefined) this.message = 'it fails more often than not whatever the luck';
    else {
      this.message =
        `baked in between ${millis(before.atMicros)} (${before.failed} of ${before.tails} tails ` +
        `fail) and ${millis(from.atMicros)} (${from.failed} of ${from.tails}); W goes there, p plots it`;
    }
  }

  #select(count: number): void {
    this.flip = Math.min(Math.max(0, this.flip + count), this.flips.length - 1);
  }

  #mayBranch(): boolean {
    if (this.current !== 0) this.message = 'branches leave from the original: tab goes back to it';
    else if (this.tracks.length > BRANCHES_MAX) this.message = `at most ${BRANCHES_MAX} branches`;
    else return true;
    return false;
  }

  #branchTail(text: string): void {
    const seed = text === '' ? this.#tails + 1 : Number(text);
    if (!Number.isInteger(seed) || seed < 0 || seed >= TAIL_SEED_MAX) {
      this.message = `'${text}' is no seed: a whole number below 2^31`;
      return;
    }
    this.#tails = Math.max(this.#tails, seed);
    const { choices, at } = momentOf(this.view.tape, this.view.moment);
    this.#add(`tail of seed ${seed} from ${millis(at)}`, this.work.tail(choices, seed));
  }

  #add(name: string, recording: Recording): void {
    const original = this.tracks[0] as Track;
    const { moment } = this.view;
    const comparison = compare(recording, original.recording);
    const view = new View(recording.tape);
    view.filter = this.view.filter;
    view.toMoment(moment);
    this.tracks.push({ name, recording, view, comparison });
    this.current = this.tracks.length - 1;
    this.message = this.#trackWords();
  }

  #trackWords(): string {
    const { name, comparison, recording } = this.track;
    if (comparison === null) return 'the original run';
    const { difference } = comparison;
    if (difference === null) return `${name}: no difference`;
    const at = recording.tape.moments[difference.moment]?.at;
    const where = at === undefined ? 'at its end' : `from ${millis(at)} on`;
    return `${name}: ${comparison.here}; differs ${where}; = compares`;
  }
}

const PROMPTS: Readonly<Record<PromptKind, string>> = {
  search: 'search for',
  goto: 'go to (183.9 ms, e412, 50%)',
  kinds: 'only kinds (message fault commit …)',
  tail: 'go on from here with the luck of seed',
};

function edge(direction: number): string {
  return direction > 0 ? 'that is the end' : 'that is the beginning';
}

/** A choice as a question of the tape. */
export function choiceOf(question: Question, answer: number, site: Choice['site']): Choice {
  const { actor, subject, occurrence } = question;
  return { site, actor, subject, occurrence, answer };
}
