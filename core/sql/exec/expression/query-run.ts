/**
 * A query inside an expression: started with arguments, run in slices, its answer remembered.
 *
 * Without arguments it runs once and its answer is kept, also when the operator around it starts
 * over, unless it reads a common table that changes meanwhile. With arguments it is started again
 * for each row, but not for arguments already answered. Its operators are built at first use.
 */
import type { SubPlan } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import { factsOf } from '../analysis.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import { valueAt } from '../column.ts';
import { exactKey, exactKeys } from '../key.ts';
import { BATCH, DONE, PENDING } from '../operator.ts';
import type { Frame, Operator } from '../operator.ts';
import type { Compiled, Compiler } from './compiled.ts';

/** Reads the query's rows and comes to an answer. */
export interface Reader<Answer> {
  /** How many rows it wants at a time. */
  readonly want: number;
  /** Answers to remember; past that they are forgotten and it begins again. */
  readonly memoMax: number;
  start(): void;
  /** True: it has seen enough. */
  read(batch: Batch): boolean;
  answer(): Answer;
  /** The answer is not needed any more. */
  forget(answer: Answer): void;
}

export class QueryRun<Answer> {
  readonly #compiler: Compiler;
  readonly #sub: SubPlan;
  readonly #reader: Reader<Answer>;
  readonly #frame: Frame = { values: [] };
  readonly #arguments: readonly Compiled[];
  readonly #columns: ColumnBatch[] = [];
  /** Null: answers may not be remembered. */
  readonly #memo: Map<unknown, Answer> | null;
  /** Given and not yet forgotten. */
  readonly #answers: Answer[] = [];
  readonly #keepAcrossResets: boolean;
  #operator: Operator | null = null;
  #running = false;
  /** The evaluation that is under way; see `Compiler.attempt`. */
  #attempt = -1;

  constructor(sub: SubPlan, compiler: Compiler, reader: Reader<Answer>) {
    this.#sub = sub;
    this.#compiler = compiler;
    this.#reader = reader;
    this.#arguments = sub.arguments.map(compiler.compile);
    const facts = factsOf(sub.plan);
    const uncorrelated = sub.arguments.length === 0;
    this.#memo = facts.volatile && !uncorrelated ? null : new Map();
    this.#keepAcrossResets = facts.commons.size === 0;
    compiler.queries.push(this);
  }

  get uncorrelated(): boolean {
    return this.#arguments.length === 0;
  }

  reset(): void {
    this.#running = false;
    this.#attempt = -1;
    if (!this.#keepAcrossResets) this.#forgetAll();
  }

  #forgetAll(): void {
    for (const answer of this.#answers) this.#reader.forget(answer);
    this.#answers.length = 0;
    this.#memo?.clear();
  }

  /** Evaluates the arguments for these rows. Before `answerFor`, which may throw `Pending`. */
  prepare(batch: Batch, selection: Int32Array, count: number): void {
    for (let i = 0; i < this.#arguments.length; i++) {
      const argument = this.#arguments[i] as Compiled;
      this.#columns[i] = argument.evaluate(batch, selection, count);
    }
    if (this.#attempt === this.#compiler.attempt) return;
    this.#attempt = this.#compiler.attempt;
    // What another evaluation left half done is of no use, unless it would be the same again.
    if (!this.uncorrelated) this.#running = false;
  }

  answerFor(row: number): Answer {
    const values: Value[] = [];
    for (let i = 0; i < this.#arguments.length; i++) {
      const { shape } = this.#arguments[i] as Compiled;
      values.push(valueAt(this.#columns[i] as ColumnBatch, shape, row));
    }
    const key = memoKey(values);
    const before = this.#memo?.get(key);
    if (before !== undefined) return before;
    if (!this.#running && this.#answers.length >= this.#reader.memoMax) this.#forgetAll();
    const answer = this.#run(values);
    this.#answers.push(answer);
    this.#memo?.set(key, answer);
    return answer;
  }

  #run(values: readonly Value[]): Answer {
    const { scope } = this.#compiler;
    if (!this.#running) {
      this.#frame.values = values;
      if (this.#operator === null) {
        this.#operator = scope.build(this.#sub.plan, { ...scope, frame: this.#frame });
      } else {
        this.#operator.reset();
      }
      this.#reader.start();
      this.#running = true;
    }
    try {
      this.#drive(this.#operator as Operator);
    } catch (error) {
      // After an error the operators are of no use: whoever asks again begins again.
      if (error !== PENDING) this.#running = false;
      throw error;
    }
    this.#running = false;
    return this.#reader.answer();
  }

  #drive(operator: Operator): void {
    const { run } = this.#compiler.scope;
    for (;;) {
      const step = operator.step(this.#reader.want);
      run.fuel--;
      if (step === DONE) return;
      if (step === BATCH && this.#reader.read(operator.output)) return;
      // Only after a step, so that every slice comes further, however small it is.
      if (run.fuel <= 0) throw PENDING;
    }
  }
}

function memoKey(values: readonly Value[]): unknown {
  return values.length === 1 ? exactKey(values[0] as Value) : exactKeys(values);
}
