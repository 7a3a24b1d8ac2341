/**
 * Finds the function or operator that a call means: PostgreSQL's resolution, step by step
 * (`parse_func.c`, `parse_oper.c`; documentation chapter 10).
 *
 * Exact types win; then the candidate with most exact matches, then with most matches or preferred
 * types; then literals of unknown type decide by category. What remains open is an error: `42883`
 * none, `42725` more than one.
 */
import { SqlError, unsupported } from '../error.ts';
import { ABSENT_FUNCTIONS } from './absent.ts';
import { functionsNamed } from './catalog.ts';
import type { AnyFunction } from './catalog.ts';
import { canCoerce, commonType } from './coercion.ts';
import { ANY, ANYARRAY } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { findCast } from './casts.ts';
import { actualType, isPolymorphic, polymorphs, polymorphsAgree } from './polymorphic.ts';
import { category, typeName, isPreferred, plainType, typeIdByName } from '../types/describe.ts';
import type { Category } from '../types/describe.ts';
import { TEXT, UNKNOWN } from '../types/type.ts';
import type { SqlType, TypeId } from '../types/type.ts';
import { currentTypes } from '../types/user-type.ts';

/** The function, specialised for its arguments, and what each argument must be coerced to. */
export interface ResolvedCall<F extends AnyFunction = AnyFunction> {
  readonly kind: 'call';
  readonly function: F;
  readonly argumentTypes: readonly TypeId[];
  /** Of scalar, aggregate and window functions. */
  readonly result: SqlType;
}

/** `date(x)`, `text(x)`: a type's name used as a function is a cast. */
export interface ResolvedCast {
  readonly kind: 'cast';
  readonly to: TypeId;
}

interface Candidate {
  readonly function: AnyFunction;
  readonly types: readonly TypeId[];
}

/** By exact name and the types of the arguments as written (`UNKNOWN` for bare literals). */
export function findFunction(
  name: string,
  types: readonly SqlType[],
  at: number,
): ResolvedCall | ResolvedCast {
  const inputs = types.map((type) => type.id);
  const candidates = candidatesFor(functionsNamed(name), inputs.length);
  const exact = candidates.find((candidate) => isExact(candidate, inputs));
  if (exact !== undefined) return resolved(exact, types, at);
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined) {
    const target = typeIdByName(name) ?? currentTypes().find(null, name);
    const casts = target !== null && target !== UNKNOWN;
    if (casts && (only === UNKNOWN || findCast(only, target, 'explicit') !== null)) {
      return { kind: 'cast', to: target };
    }
  }
  const chosen = choose(candidates, inputs);
  if (typeof chosen === 'object') return resolved(chosen, types, at);
  if (ABSENT_FUNCTIONS.has(name)) throw unsupported(`function ${name}`, at);
  throw functionError(name, inputs, chosen, at);
}

/** `left` null: a prefix operator. */
export function findOperator(
  name: string,
  left: SqlType | null,
  right: SqlType,
  at: number,
): ResolvedCall<ScalarFunction> {
  const types = left === null ? [right] : [left, right];
  const inputs = types.map((type) => type.id);
  const candidates = candidatesFor(functionsNamed(name), inputs.length).filter(
    (candidate) => candidate.function.kind === 'scalar',
  );
  const same = assumeSame(inputs);
  const exact = candidates.find((candidate) => isExact(candidate, same));
  const found = exact ?? choose(candidates, inputs);
  // Bare literals on both sides could be arrays, ranges or anything else that has the operator.
  const open = inputs.every((type) => type === UNKNOWN);
  const chosen =
    open && typeof found === 'object' && found.types.includes(ANYARRAY) ? 'ambiguous' : found;
  if (typeof chosen !== 'object') throw operatorError(name, inputs, chosen, at);
  return resolved(chosen, types, at) as ResolvedCall<ScalarFunction>;
}

/** Of two operands one of which is a bare literal, it is taken to be of the other's type. */
function assumeSame(inputs: readonly TypeId[]): readonly TypeId[] {
  const [left, right] = inputs;
  if (left === undefined || right === undefined) return inputs;
  if (left === UNKNOWN) return [right, right];
  return right === UNKNOWN ? [left, left] : inputs;
}

/** Those that take this many arguments, optional and repeated ones written out. */
function candidatesFor(functions: readonly AnyFunction[], count: number): Candidate[] {
  const candidates: Candidate[] = [];
  for (const entry of functions) {
    const declared = entry.arguments;
    if (declared.length === count) {
      candidates.push({ function: entry, types: declared });
      continue;
    }
    if (entry.kind === 'window') {
      if (count >= entry.required && count < declared.length) {
        candidates.push({ function: entry, types: declared.slice(0, count) });
      }
    } else if (entry.variadic && count > declared.length) {
      const last = declared[declared.length - 1] ?? ANY;
      const types = declared.slice(0, -1);
      while (types.length < count) types.push(last);
      candidates.push({ function: entry, types });
    }
  }
  return candidates;
}

/** Every argument could be what is declared, and the polymorphic ones agree. */
function accepts(declared: readonly TypeId[], inputs: readonly TypeId[]): boolean {
  return (
    declared.every((type, i) => canCoerce(inputs[i] ?? UNKNOWN, type)) &&
    polymorphsAgree(declared, inputs)
  );
}

function isExact(candidate: Candidate, inputs: readonly TypeId[]): boolean {
  return candidate.types.every((type, i) => type === inputs[i]);
}

type Failure = 'none' | 'ambiguous';

function choose(candidates: readonly Candidate[], inputs: readonly TypeId[]): Candidate | Failure {
  const possible = candidates.filter((candidate) => accepts(candidate.types, inputs));
  const [first, second] = possible;
  if (first === undefined) return 'none';
  return second === undefined ? first : (selectCandidate(possible, inputs) ?? 'ambiguous');
}

/** `func_select_candidate`. */
function selectCandidate(
  candidates: readonly Candidate[],
  inputs: readonly TypeId[],
): Candidate | null {
  let left = keepBest(candidates, (candidate) => exactMatches(candidate, inputs));
  if (left.length === 1) return left[0] ?? null;
  left = keepBest(left, (candidate) => preferredMatches(candidate, inputs));
  if (left.length === 1) return left[0] ?? null;
  if (!inputs.includes(UNKNOWN)) return null;
  left = matchUnknowns(left, inputs);
  if (left.length === 1) return left[0] ?? null;
  return lastGasp(left, inputs);
}

function keepBest(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): readonly Candidate[] {
  const scores = candidates.map(score);
  const best = Math.max(...scores);
  return candidates.filter((_, i) => scores[i] === best);
}

function exactMatches(candidate: Candidate, inputs: readonly TypeId[]): number {
  return inputs.filter((type, i) => type !== UNKNOWN && type === candidate.types[i]).length;
}

function preferredMatches(candidate: Candidate, inputs: readonly TypeId[]): number {
  return inputs.filter((type, i) => {
    const wanted = candidate.types[i] ?? UNKNOWN;
    if (type === UNKNOWN) return false;
    return wanted === type || (isPreferred(wanted) && category(wanted) === category(type));
  }).length;
}

/** Each bare literal takes the category that the candidates agree on, or string if any does. */
function matchUnknowns(
  candidates: readonly Candidate[],
  inputs: readonly TypeId[],
): readonly Candidate[] {
  let left = candidates;
  const wanted = new Map<number, { readonly category: Category; readonly preferred: boolean }>();
  for (const [i, input] of inputs.entries()) {
    if (input !== UNKNOWN) continue;
    const types = candidates.map((candidate) => candidate.types[i] ?? UNKNOWN);
    const categories = new Set(types.map(category));
    const [first] = categories;
    const agreed = categories.has('string') ? 'string' : first;
    if (agreed === undefined || (categories.size > 1 && agreed !== 'string')) return candidates;
    const preferred = types.some((type) => category(type) === agreed && isPreferred(type));
    wanted.set(i, { category: agreed, preferred });
  }
  left = left.filter((candidate) =>
    candidate.types.every((type, i) => {
      const slot = wanted.get(i);
      if (slot === undefined) return true;
      return category(type) === slot.category && (!slot.preferred || isPreferred(type));
    }),
  );
  return left.length === 0 ? candidates : left;
}

/** All known arguments have one type: then the literals have it too. */
function lastGasp(candidates: readonly Candidate[], inputs: readonly TypeId[]): Candidate | null {
  const known = new Set(inputs.filter((type) => type !== UNKNOWN));
  const [type] = known;
  if (known.size !== 1 || type === undefined) return null;
  const possible = candidates.filter((candidate) =>
    accepts(
      candidate.types,
      inputs.map(() => type),
    ),
  );
  return possible.length === 1 ? (possible[0] ?? null) : null;
}

/** Fixes polymorphic types and specialises. */
function resolved(candidate: Candidate, types: readonly SqlType[], at: number): ResolvedCall {
  const { function: entry } = candidate;
  const alike = polymorphs(candidate.types, types);
  const element = alike.length === 0 ? TEXT : commonType(alike, entry.name.toUpperCase(), at).id;
  const argumentTypes = candidate.types.map((type, i) => {
    if (isPolymorphic(type)) return actualType(type, element, at);
    if (type !== ANY) return type;
    const given = types[i]?.id ?? UNKNOWN;
    return given === UNKNOWN ? TEXT : given;
  });
  const actual = argumentTypes.map((id, i): SqlType => {
    const given = types[i];
    // A bare literal in a place for any type becomes text, yet the function sees what it was.
    const kept = given?.id === id || candidate.types[i] === ANY;
    return given !== undefined && kept ? given : plainType(id);
  });
  const special = specialize(entry, actual);
  const declared = special.kind === 'set' ? (special.columns[0]?.type ?? TEXT) : special.result;
  const id = isPolymorphic(declared) ? actualType(declared, element, at) : declared;
  const modifier = special.kind === 'scalar' ? (special.modifier?.(actual) ?? -1) : -1;
  return { kind: 'call', function: special, argumentTypes, result: { id, modifier } };
}

function specialize(entry: AnyFunction, types: readonly SqlType[]): AnyFunction {
  if (entry.kind === 'scalar' || entry.kind === 'aggregate') {
    return entry.specialize?.(types) ?? entry;
  }
  return entry;
}

function names(types: readonly TypeId[]): string {
  return types.map((type) => typeName(type)).join(', ');
}

function functionError(
  name: string,
  types: readonly TypeId[],
  failure: Failure,
  at: number,
): SqlError {
  const signature = `function ${name}(${names(types)})`;
  if (failure === 'ambiguous') {
    const hint =
      'Could not choose a best candidate function. You might need to add explicit type casts.';
    return new SqlError('42725', `${signature} is not unique`, { hint, at });
  }
  const hint =
    'No function matches the given name and argument types. You might need to add explicit type casts.';
  return new SqlError('42883', `${signature} does not exist`, { hint, at });
}

function operatorError(
  name: string,
  types: readonly TypeId[],
  failure: Failure,
  at: number,
): SqlError {
  const [left = UNKNOWN, right] = types;
  const shown =
    right === undefined ? `${name} ${names([left])}` : `${names([left])} ${name} ${names([right])}`;
  if (failure === 'ambiguous') {
    const hint =
      'Could not choose a best candidate operator. You might need to add explicit type casts.';
    return new SqlError('42725', `operator is not unique: ${shown}`, { hint, at });
  }
  const hint =
    right === undefined
      ? 'No operator matches the given name and argument type. You might need to add an explicit type cast.'
      : 'No operator matches the given name and argument types. You might need to add explicit type casts.';
  return new SqlError('42883', `operator does not exist: ${shown}`, { hint, at });
}
