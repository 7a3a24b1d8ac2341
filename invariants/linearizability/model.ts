/**
 * What the linearizability checker needs to know about the object under test.
 *
 * A `Model` turns the calls of one history into a `Machine` over small integers: operations are
 * their index, states are interned by the machine, exactly, never by a hash. So the search compares
 * states by `===`, and two states are one only if nothing can tell them apart.
 */

/** `returned` of a call whose outcome nobody knows: it may take effect later, or never. */
export const UNKNOWN: number = Number.MAX_SAFE_INTEGER;

/** Instead of a state: this operation cannot have had its outcome in that state. */
export const REFUSED = -1;

/**
 * One call as its caller saw it. Moments are integers on one time line; of two events at the same
 * moment, an invocation counts as earlier than a return (so the two calls are concurrent).
 */
export interface Call<Op> {
  readonly op: Op;
  readonly invoked: number;
  readonly returned: number;
}

/** A sequential object. Operations carry their outcome, where it is known. */
export interface Model<Op> {
  readonly name: string;
  /**
   * The part of the object that an operation touches. Parts are checked one by one, which is sound
   * because linearizability is local: a history is linearizable if it is so for each object.
   */
  partition(op: Op): string;
  /** The calls of one part. */
  compile(calls: readonly Call<Op>[]): Machine;
}

/** The calls of one history over one part of the object. All functions are pure. */
export interface Machine {
  readonly initial: number;
  /**
   * The state after call `op`, or `REFUSED`. A call of unknown outcome that would change nothing
   * gives the state back; it may be refused where nothing that is known could come after it.
   */
  step(state: number, op: number): number;
  /** True when the call never changes any state: a read, a refused compare-and-set. */
  pure(op: number): boolean;
  /**
   * True when the call is possible in every state and leads to one state from all of them: a plain
   * write. A machine that does not say has no such calls.
   */
  blind?(op: number): boolean;
  /**
   * Calls of one kind are interchangeable: they step alike, whichever state they meet. A call of
   * unknown outcome may share the kind of one with a known outcome if they step alike wherever
   * both change the state.
   */
  kind(op: number): number;
}
