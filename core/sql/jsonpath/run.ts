/**
 * A jsonpath over a document: which items it leads to.
 *
 * As PostgreSQL's `jsonpath_exec.c` does it, where the standard leaves room: evaluation stops at
 * the first item when only existence is asked for, so errors behind it are not met; in strict mode
 * all are looked for. Errors within predicates make them unknown; others are the caller's, or with
 * `silent` end the evaluation.
 */
import { SqlError } from '../error.ts';
import { matchesRegex } from '../types/regex.ts';
import { compareText } from '../types/text.ts';
import { compareDecimals, truncate } from '../types/decimal.ts';
import { formatDecimal, parseDecimal } from '../types/decimal-text.ts';
import {
  JsonParts,
  checkDepth,
  countParts,
  decodeString,
  elementOf,
  isScalar,
  kindOf,
  memberOf,
} from '../types/json-scan.ts';
import { quoteJson } from '../types/jsonb.ts';
import { calculate, callMethod } from './calculate.ts';
import { optionsOf } from './flags.ts';
import { DEEPEST } from './tree.ts';
import type { CompareOperator, JsonPath, Operand, Predicate, Start, Step } from './tree.ts';

/** An item: a document, or a part of one, as jsonb's text. */
export type Item = string;

/** Whether items were found; an error that nobody is to be told. */
export type Outcome = 'found' | 'nothing' | 'error';

/** Null: unknown. */
type Truth = boolean | null;

const INT4_MAX = 2147483647;
/** Nothing interrupts a run: items met, pairs compared, and text looked through. */
const WORK_MAX = 5_000_000;
/** So many characters are as much work as one item: a shift. */
const CHARACTERS_SHIFT = 6;

export class PathRun {
  readonly #path: JsonPath;
  readonly #root: Item;
  readonly #variables: Item | null;
  readonly #lax: boolean;
  readonly #silent: boolean;
  /** What went wrong with the document last: a predicate around it is unknown then. */
  #failure: SqlError | null = null;
  /** Predicates around what is evaluated. */
  #tries = 0;
  #current: Item;
  #work = 0;
  /** Elements of the array whose subscripts are computed. */
  #size = -1;
  /** What is not there is no error: in lax mode, and below `**`. */
  #ignoresStructure: boolean;

  /** `variables`: an object, or 22023; null: whatever they are called, they are null. */
  constructor(path: JsonPath, document: Item, variables: Item | null, silent: boolean) {
    if (variables !== null && kindOf(variables) !== 'object') {
      throw new SqlError('22023', '"vars" argument is not an object', {
        detail: 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.',
      });
    }
    this.#path = path;
    this.#root = document;
    this.#variables = variables;
    this.#lax = !path.strict;
    this.#silent = silent;
    this.#current = document;
    this.#ignoresStructure = this.#lax;
  }

  /** Adds what the path leads to. */
  query(found: Item[]): Outcome {
    return this.#guarded(() => this.#operand(this.#path.root, this.#root, found));
  }

  exists(): Outcome {
    // In strict mode one must see them all to know that there is no error.
    const found: Item[] | null = this.#lax ? null : [];
    const outcome = this.#guarded(() => this.#operand(this.#path.root, this.#root, found));
    if (outcome === 'error' || found === null) return outcome;
    return found.length > 0 ? 'found' : 'nothing';
  }

  /** Nobody is told of errors. */
  get #isQuiet(): boolean {
    return this.#silent || this.#tries > 0;
  }

  #guarded(work: () => Outcome): Outcome {
    try {
      return work();
    } catch (error) {
      if (this.#silent && error === this.#failure) return 'error';
      throw error;
    }
  }

  /** What goes wrong with the document, not with the path. */
  #fail(code: string, message: string): never {
    this.#failure = new SqlError(code, message);
    throw this.#failure;
  }

  #spend(characters: number): void {
    this.#work += 1 + (characters >> CHARACTERS_SHIFT);
    if (this.#work <= WORK_MAX) return;
    throw new SqlError('54000', `jsonpath takes more than ${WORK_MAX} steps`, {
      hint: 'Compare fewer items with each other, or look into smaller ones.',
    });
  }

  #operand({ start, steps }: Operand, item: Item, found: Item[] | null): Outcome {
    switch (start.kind) {
      case 'root':
        return this.#next(steps, 0, this.#root, found);
      case 'current':
        return this.#next(steps, 0, this.#current, found);
      case 'sign':
        return this.#signed(start, steps, item, found);
      default:
        return this.#next(steps, 0, this.#value(start, item), found);
    }
  }

  #value(start: Exclude<Start, { kind: 'root' | 'current' | 'sign' }>, item: Item): Item {
    switch (start.kind) {
      case 'last':
        return String(this.#size - 1);
      case 'literal':
        return start.text;
      case 'number':
        return formatDecimal(start.value);
      case 'variable': {
        if (this.#variables === null) return 'null';
        this.#spend(this.#variables.length);
        const value = memberOf(this.#variables, start.name);
        if (value !== null) return value;
        throw new SqlError('42704', `could not find jsonpath variable "${start.name}"`);
      }
      case 'predicate':
        return String(this.#truth(start.predicate, item));
      case 'arithmetic': {
        const { operator } = start;
        const lefts = this.#unwrapped(start.left, item);
        const rights = this.#unwrapped(start.right, item);
        const left = this.#number(lefts, 'left', operator);
        const right = this.#number(rights, 'right', operator);
        return this.#computed(() => calculate(operator, left, right));
      }
    }
  }

  /** Errors of arithmetic are the document's, too. */
  #computed(work: () => Item): Item {
    try {
      return work();
    } catch (error) {
      if (error instanceof SqlError) this.#failure = error;
      throw error;
    }
  }

  #number([only, ...others]: readonly Item[], side: string, operator: string): Item {
    if (only !== undefined && others.length === 0 && kindOf(only) === 'number') return only;
    const what = `${side} operand of jsonpath operator ${operator}`;
    return this.#fail('22038', `${what} is not a single numeric value`);
  }

  /** All that an operand leads to; in lax mode arrays among it give their elements. */
  #unwrapped(operand: Operand, item: Item): readonly Item[] {
    const found: Item[] = [];
    this.#operand(operand, item, found);
    if (!this.#lax || !found.some(isArray)) return found;
    return found.flatMap((one) => {
      this.#spend(one.length);
      return isArray(one) ? partsOf(one) : [one];
    });
  }

  #signed(
    { operator, argument }: Extract<Start, { kind: 'sign' }>,
    steps: readonly Step[],
    item: Item,
    found: Item[] | null,
  ): Outcome {
    const goesOn = steps.length > 0;
    let outcome: Outcome = 'nothing';
    for (const one of this.#unwrapped(argument, item)) {
      const isNumber = kindOf(one) === 'number';
      // Who only asks whether there is one does not look at it.
      if (found === null && !goesOn) {
        if (isNumber) return 'found';
        continue;
      }
      if (!isNumber) {
        const what = `operand of unary jsonpath operator ${operator}`;
        this.#fail('2203B', `${what} is not a numeric value`);
      }
      const value = operator === '-' ? calculate('-', '0', one) : one;
      if (this.#next(steps, 0, value, found) !== 'found') continue;
      if (found === null) return 'found';
      outcome = 'found';
    }
    return outcome;
  }

  /** The step at `at` with an item, and what follows it. */
  #next(
    steps: readonly Step[],
    at: number,
    item: Item,
    found: Item[] | null,
    unwrap: boolean = this.#lax,
  ): Outcome {
    const step = steps[at];
    this.#spend(step === undefined ? 0 : item.length);
    if (step === undefined) {
      found?.push(item);
      return 'found';
    }
    switch (step.kind) {
      case 'member':
        return this.#member(steps, at, step.name, item, found, unwrap);
      case 'anyMember':
        if (kindOf(item) === 'object') return this.#parts(steps, at + 1, item, found, this.#lax);
        if (unwrap && isArray(item)) return this.#parts(steps, at, item, found, false);
        return this.#missing(
          '2203C',
          'jsonpath wildcard member accessor can only be applied to an object',
        );
      case 'anyElement':
        if (isArray(item)) return this.#parts(steps, at + 1, item, found, this.#lax);
        if (this.#lax) return this.#next(steps, at + 1, item, found);
        return this.#missing(
          '22039',
          'jsonpath wildcard array accessor can only be applied to an array',
        );
      case 'elements':
        return this.#elements(steps, at, step, item, found);
      case 'descend':
        return this.#descend(steps, at, step, item, found);
      case 'method':
        return this.#method(steps, at, step.name, item, found, unwrap);
      case 'filter':
        if (unwrap && isArray(item)) return this.#parts(steps, at, item, found, false);
        if (!this.#holds(step.predicate, item)) return 'nothing';
        return this.#next(steps, at + 1, item, found);
    }
  }

  #missing(code: string, message: string): Outcome {
    return this.#ignoresStructure ? 'nothing' : this.#fail(code, message);
  }

  #member(
    steps: readonly Step[],
    at: number,
    name: string,
    item: Item,
    found: Item[] | null,
    unwrap: boolean,
  ): Outcome {
    if (kindOf(item) === 'object') {
      const value = memberOf(item, name);
      if (value !== null) return this.#next(steps, at + 1, value, found);
      return this.#missing('2203A', `JSON object does not contain key "${name}"`);
    }
    if (unwrap && isArray(item)) return this.#parts(steps, at, item, found, false);
    return this.#missing('2203A', 'jsonpath member accessor can only be applied to an object');
  }

  /** The step at `at` with each member or element. */
  #parts(
    steps: readonly Step[],
    at: number,
    item: Item,
    found: Item[] | null,
    unwrap: boolean,
  ): Outcome {
    const parts = new JsonParts(item);
    let outcome: Outcome = 'nothing';
    while (parts.next()) {
      if (this.#next(steps, at, parts.value, found, unwrap) !== 'found') continue;
      if (found === null) return 'found';
      outcome = 'found';
    }
    return outcome;
  }

  #elements(
    steps: readonly Step[],
    at: number,
    { subscripts }: Extract<Step, { kind: 'elements' }>,
    item: Item,
    found: Item[] | null,
  ): Outcome {
    const array = isArray(item);
    if (!array && !this.#lax) {
      return this.#missing('22039', 'jsonpath array accessor can only be applied to an array');
    }
    const outer = this.#size;
    const size = array ? countParts(item) : 1;
    this.#size = size;
    let outcome: Outcome = 'nothing';
    try {
      for (const { from, to } of subscripts) {
        let first = this.#subscript(from, item);
        let last = to === null ? first : this.#subscript(to, item);
        if (!this.#ignoresStructure && (first < 0 || first > last || last >= size)) {
          this.#fail('22033', 'jsonpath array subscript is out of bounds');
        }
        first = Math.max(first, 0);
        last = Math.min(last, size - 1);
        const chosen = !array ? [item] : sliceOf(item, first, last);
        for (const one of first > last ? [] : chosen) {
          if (this.#next(steps, at + 1, one, found) !== 'found') continue;
          if (found === null) return 'found';
          outcome = 'found';
        }
      }
    } finally {
      this.#size = outer;
    }
    return outcome;
  }

  #subscript(operand: Operand, item: Item): number {
    const values: Item[] = [];
    this.#operand(operand, item, values);
    const [only] = values;
    if (only === undefined || values.length > 1 || kindOf(only) !== 'number') {
      return this.#fail('22033', 'jsonpath array subscript is not a single numeric value');
    }
    const value = Number(formatDecimal(truncate(parseDecimal(only), 0)));
    if (Math.abs(value) <= INT4_MAX || value === -INT4_MAX - 1) return value;
    return this.#fail('22033', 'jsonpath array subscript is out of integer range');
  }

  #descend(
    steps: readonly Step[],
    at: number,
    { first, last }: Extract<Step, { kind: 'descend' }>,
    item: Item,
    found: Item[] | null,
  ): Outcome {
    const leaf = isScalar(kindOf(item));
    let outcome: Outcome = 'nothing';
    if (first === 0) {
      const here = (): Outcome => this.#below(() => this.#next(steps, at + 1, item, found));
      // As in PostgreSQL, an error at the top that nobody is told is nobody's where there is more.
      outcome = leaf || !this.#isQuiet ? here() : (this.#tried(here) ?? 'nothing');
      if (outcome === 'found' && found === null) return outcome;
    }
    if (leaf) return outcome;
    const deeper = this.#levels(steps, at + 1, item, found, 1, first, last);
    return deeper === 'found' ? deeper : outcome;
  }

  #below(work: () => Outcome): Outcome {
    const before = this.#ignoresStructure;
    this.#ignoresStructure = true;
    try {
      return work();
    } finally {
      this.#ignoresStructure = before;
    }
  }

  /** Parts from level `first` to level `last`; `item`'s own are at `level`. */
  #levels(
    steps: readonly Step[],
    at: number,
    item: Item,
    found: Item[] | null,
    level: number,
    first: number,
    last: number,
  ): Outcome {
    let outcome: Outcome = 'nothing';
    if (level > last) return outcome;
    checkDepth(level);
    this.#spend(item.length);
    for (const one of partsOf(item)) {
      const leaf = isScalar(kindOf(one));
      if (level >= first || (first === DEEPEST && last === DEEPEST && leaf)) {
        if (this.#below(() => this.#next(steps, at, one, found)) === 'found') {
          if (found === null) return 'found';
          outcome = 'found';
        }
      }
      if (level >= last || leaf) continue;
      if (this.#levels(steps, at, one, found, level + 1, first, last) !== 'found') continue;
      if (found === null) return 'found';
      outcome = 'found';
    }
    return outcome;
  }

  #method(
    steps: readonly Step[],
    at: number,
    name: Extract<Step, { kind: 'method' }>['name'],
    item: Item,
    found: Item[] | null,
    unwrap: boolean,
  ): Outcome {
    const kind = kindOf(item);
    switch (name) {
      case 'type':
        return this.#next(steps, at + 1, quoteJson(kind), found);
      case 'size': {
        if (kind === 'array') return this.#next(steps, at + 1, String(countParts(item)), found);
        if (this.#lax) return this.#next(steps, at + 1, '1', found);
        const message = 'jsonpath item method .size() can only be applied to an array';
        return this.#missing('22039', message);
      }
      default: {
        if (unwrap && kind === 'array') return this.#parts(steps, at, item, found, false);
        const value = this.#computed(() => callMethod(name, item));
        return this.#next(steps, at + 1, value, found);
      }
    }
  }

  #holds(predicate: Predicate, item: Item): boolean {
    const before = this.#current;
    this.#current = item;
    const truth = this.#truth(predicate, item);
    this.#current = before;
    return truth === true;
  }

  #truth(predicate: Predicate, item: Item): Truth {
    switch (predicate.kind) {
      case 'and': {
        const left = this.#truth(predicate.left, item);
        if (left === false) return false;
        const right = this.#truth(predicate.right, item);
        return right === true ? left : right;
      }
      case 'or': {
        const left = this.#truth(predicate.left, item);
        if (left === true) return true;
        const right = this.#truth(predicate.right, item);
        return right === false ? left : right;
      }
      case 'not': {
        const truth = this.#truth(predicate.argument, item);
        return truth === null ? null : !truth;
      }
      case 'isUnknown':
        return this.#truth(predicate.argument, item) === null;
      case 'exists':
        return this.#existing(predicate.argument, item);
      case 'compare': {
        const { operator, left, right } = predicate;
        return this.#anyPair(left, right, true, item, (a, b) => compareItems(operator, a, b));
      }
      case 'startsWith':
        return this.#anyPair(predicate.argument, predicate.initial, false, item, startsWith);
      case 'likeRegex': {
        const { argument, pattern, flags } = predicate;
        const options = optionsOf(flags);
        return this.#anyPair(argument, null, false, item, (one) =>
          kindOf(one) === 'string' ? matchesRegex(decodeString(one), pattern, options) : null,
        );
      }
    }
  }

  #existing(operand: Operand, item: Item): Truth {
    const found: Item[] | null = this.#lax ? null : [];
    const outcome = this.#tried(() => this.#operand(operand, item, found));
    if (outcome === null) return null;
    return found === null ? outcome === 'found' : found.length > 0;
  }

  /** Null: there was an error. */
  #tried<T>(work: () => T): T | null {
    const current = this.#current;
    this.#tries += 1;
    try {
      return work();
    } catch (error) {
      if (error !== this.#failure) throw error;
      this.#current = current;
      return null;
    } finally {
      this.#tries -= 1;
    }
  }

  /** Whether it holds for a pair of the items that two operands lead to; `right` null: for one. */
  #anyPair(
    left: Operand,
    right: Operand | null,
    unwrapRight: boolean,
    item: Item,
    holds: (a: Item, b: Item) => Truth,
  ): Truth {
    const lefts = this.#tried(() => this.#unwrapped(left, item));
    if (lefts === null) return null;
    const rights = right === null ? [''] : this.#tried(() => this.#all(right, unwrapRight, item));
    if (rights === null) return null;
    let isUnknown = false;
    let isFound = false;
    for (const a of lefts) {
      for (const b of rights) {
        this.#spend(a.length + b.length);
        const truth = holds(a, b);
        if (truth === null) {
          if (!this.#lax) return null;
          isUnknown = true;
        } else if (truth) {
          if (this.#lax) return true;
          isFound = true;
        }
      }
    }
    if (isFound) return true;
    return isUnknown ? null : false;
  }

  #all(operand: Operand, unwrap: boolean, item: Item): readonly Item[] {
    if (unwrap) return this.#unwrapped(operand, item);
    const found: Item[] = [];
    this.#operand(operand, item, found);
    return found;
  }
}

function isArray(item: Item): boolean {
  return kindOf(item) === 'array';
}

function partsOf(item: Item): readonly Item[] {
  const parts = new JsonParts(item);
  const all: Item[] = [];
  while (parts.next()) all.push(parts.value);
  return all;
}

function sliceOf(item: Item, first: number, last: number): readonly Item[] {
  if (first === last) return [elementOf(item, first)].filter((one) => one !== null);
  return partsOf(item).slice(first, last + 1);
}

/** Null is unequal to all else; other kinds do not compare, nor do arrays and objects. */
function compareItems(operator: CompareOperator, a: Item, b: Item): Truth {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind !== other) return kind === 'null' || other === 'null' ? operator === '!=' : null;
  switch (kind) {
    case 'null':
      return ordered(operator, 0);
    case 'boolean':
      return ordered(operator, Number(a === 'true') - Number(b === 'true'));
    case 'number':
      return ordered(operator, compareDecimals(parseDecimal(a), parseDecimal(b)));
    case 'string':
      return ordered(operator, compareText(decodeString(a), decodeString(b)));
    default:
      return null;
  }
}

function ordered(operator: CompareOperator, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function startsWith(whole: Item, initial: Item): Truth {
  if (kindOf(whole) !== 'string' || kindOf(initial) !== 'string') return null;
  return decodeString(whole).startsWith(decodeString(initial));
}
