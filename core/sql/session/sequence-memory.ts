/** What a session remembers of the sequence values it has drawn: `currval` and `lastval`. */
import { NO_SEQUENCES } from './request.ts';
import type { SequenceValues } from './request.ts';
import type { StatementAnswer } from './result.ts';
import { isError } from './result.ts';

export class SequenceMemory {
  /** Made at the first use: few sessions draw anything. */
  #current: Map<string, bigint> | null = null;
  #last = '';

  get values(): SequenceValues {
    if (this.#current === null) return NO_SEQUENCES;
    return { current: [...this.#current], last: this.#last };
  }

  /** DISCARD SEQUENCES. */
  clear(): void {
    this.#current = null;
    this.#last = '';
  }

  /** Notes what a statement drew; answers the answer. */
  learn(answer: StatementAnswer): StatementAnswer {
    if (isError(answer)) return answer;
    for (const [name, value] of answer.drawn) {
      this.#current ??= new Map();
      this.#current.set(name, value);
      this.#last = name;
    }
    return answer;
  }
}
