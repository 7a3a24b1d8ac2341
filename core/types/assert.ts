/**
 * Assertions: statements that are true unless this program has a bug.
 *
 * Always on, in production too. A failing one stops the node, because state that contradicts
 * itself must not be written, sent or acknowledged. Bad input and bad bytes are never asserted:
 * those are values that the caller acts on.
 *
 * Cost: one branch. On a hot path pass the message as a plain literal or as a function; a template
 * literal would be built on every call, whether or not the assertion holds.
 */

/** Thrown by a failing `assert`. Nothing in the core catches it. */
export class AssertionFailure extends Error {
  override readonly name: string = 'AssertionFailure';
}

/** Throws `AssertionFailure` unless `condition` is truthy. A function message runs only then. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) fail(message);
}

/** The end of an exhaustive `switch`: compiles only if every case was handled. */
export function unreachable(value: never): never {
  // A value from outside the type system can still arrive here, so say what it was.
  fail(`unreachable value: ${describe(value)}`);
}

// Kept apart so that `assert` stays small enough to be inlined at every call.
function fail(message: string | (() => string)): never {
  throw new AssertionFailure(typeof message === 'string' ? message : message());
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = (value as { readonly kind?: unknown }).kind;
  return kind === undefined ? 'an object' : `kind ${String(kind)}`;
}
