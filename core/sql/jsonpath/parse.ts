/**
 * The text of a jsonpath into its tree.
 *
 * An operand and a predicate are told apart by what they are made of, not by the place: what stands
 * in brackets may be either, and says which it was. Precedence: `||`, `&&`, comparisons (which do
 * not chain), `+ -`, `* / %`, signs, steps.
 */
import { SqlError, unsupported } from '../error.ts';
import { compileRegex } from '../types/regex.ts';
import { negate } from '../types/decimal.ts';
import { parseDecimal } from '../types/decimal-text.ts';
import { quoteJson } from '../types/jsonb.ts';
import { regexFlags } from './flags.ts';
import { scanPath, syntaxError } from './scan.ts';
import type { Token } from './scan.ts';
import { DEEPEST } from './tree.ts';
import type {
  ArithmeticOperator,
  CompareOperator,
  JsonPath,
  Method,
  Operand,
  Predicate,
  Start,
  Step,
  Subscript,
} from './tree.ts';

/** Whatever walks a path recurses, and so does the parser: through more for each bracket. */
const NODES_MAX = 1000;
const NESTING_MAX = 200;
const TEXT_MAX = 65_536;

const METHODS: readonly string[] = ['type', 'size', 'abs', 'floor', 'ceiling', 'double'];
const COMPARISONS: Readonly<Record<string, CompareOperator>> = {
  '==': '==',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
/** Keywords in any case; `true`, `false` and `null` only as they are. */
const WORDS: readonly string[] = ['true', 'false', 'null'];

type Part =
  | { readonly kind: 'operand'; readonly operand: Operand }
  /** `closed`: in brackets, or as good as. */
  | { readonly kind: 'predicate'; readonly predicate: Predicate; readonly closed: boolean };

/** Throws 22P02, 42601, 22P05, 2201B, 0A000, and 54001 for what is too long. */
export function parsePath(text: string): JsonPath {
  if (text === '') throw new SqlError('22P02', 'invalid input syntax for type jsonpath: ""');
  if (text.length > TEXT_MAX) throw tooDeep(`A jsonpath has ${TEXT_MAX} characters at most.`);
  return new PathParser(scanPath(text)).path();
}

class PathParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nodes = 0;
  /** Brackets and signs around what is read. */
  #nesting = 0;
  /** Filters, and subscripts, around what is read. */
  #filters = 0;
  #subscripts = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  path(): JsonPath {
    const strict = this.#takeWord('strict');
    if (!strict) this.#takeWord('lax');
    const part = this.#either();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    const root = part.kind === 'operand' ? part.operand : operandOf(part.predicate);
    return { strict, root };
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #unexpected(): SqlError {
    const { kind, text } = this.#token;
    return syntaxError(kind === 'string' ? '"' : kind === 'variable' ? `$${text}` : text);
  }

  #isSymbol(symbol: string): boolean {
    const { kind, text } = this.#token;
    return kind === 'symbol' && text === symbol;
  }

  #take(symbol: string): boolean {
    const is = this.#isSymbol(symbol);
    if (is) this.#at += 1;
    return is;
  }

  #need(symbol: string): void {
    if (!this.#take(symbol)) throw this.#unexpected();
  }

  #isWord(word: string): boolean {
    const { kind, text, isPlain } = this.#token;
    if (kind !== 'name' || !isPlain) return false;
    return WORDS.includes(word) ? text === word : text.toLowerCase() === word;
  }

  #takeWord(word: string): boolean {
    const is = this.#isWord(word);
    if (is) this.#at += 1;
    return is;
  }

  #node<N>(node: N): N {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) throw tooDeep(`A jsonpath has ${NODES_MAX} parts at most.`);
    return node;
  }

  #nested<T>(work: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > NESTING_MAX) {
      throw tooDeep(`A jsonpath has ${NESTING_MAX} brackets within each other at most.`);
    }
    const made = work();
    this.#nesting -= 1;
    return made;
  }

  #either(): Part {
    let left = this.#conjunction();
    while (this.#isSymbol('||')) {
      const first = this.#predicateOf(left);
      this.#at += 1;
      const right = this.#predicateOf(this.#conjunction());
      left = opened(this.#node({ kind: 'or', left: first, right }));
    }
    return left;
  }

  #conjunction(): Part {
    let left = this.#comparison();
    while (this.#isSymbol('&&')) {
      const first = this.#predicateOf(left);
      this.#at += 1;
      const right = this.#predicateOf(this.#comparison());
      left = opened(this.#node({ kind: 'and', left: first, right }));
    }
    return left;
  }

  #predicateOf(part: Part): Predicate {
    if (part.kind === 'operand') throw this.#unexpected();
    return part.predicate;
  }

  #operandOf(part: Part): Operand {
    if (part.kind === 'predicate') throw this.#unexpected();
    return part.operand;
  }

  #comparison(): Part {
    if (this.#take('!')) {
      const argument = this.#primary();
      if (argument.kind === 'operand' || !argument.closed) throw this.#unexpected();
      return closed(this.#node({ kind: 'not', argument: argument.predicate }));
    }
    const left = this.#sum();
    const { kind, text } = this.#token;
    const operator = kind === 'symbol' ? COMPARISONS[text] : undefined;
    if (operator !== undefined) {
      const first = this.#operandOf(left);
      this.#at += 1;
      const right = this.#operandOf(this.#sum());
      return opened(this.#node({ kind: 'compare', operator, left: first, right }));
    }
    if (this.#isWord('starts')) return this.#startsWith(this.#operandOf(left));
    if (this.#isWord('like_regex')) return this.#likeRegex(this.#operandOf(left));
    return left;
  }

  #startsWith(argument: Operand): Part {
    this.#at += 1;
    if (!this.#takeWord('with')) throw this.#unexpected();
    const { kind } = this.#token;
    if (kind !== 'string' && kind !== 'variable') throw this.#unexpected();
    const initial = { start: this.#start()!, steps: [] };
    return opened(this.#node({ kind: 'startsWith', argument, initial }));
  }

  #likeRegex(argument: Operand): Part {
    this.#at += 1;
    const pattern = this.#string();
    const flags = this.#takeWord('flag') ? regexFlags(this.#string()) : regexFlags('');
    compileRegex(pattern, flags.options);
    return opened(this.#node({ kind: 'likeRegex', argument, pattern, flags: flags.letters }));
  }

  #string(): string {
    const { kind, text } = this.#token;
    if (kind !== 'string') throw this.#unexpected();
    this.#at += 1;
    return text;
  }

  #sum(): Part {
    return this.#chain(['+', '-'], () => this.#product());
  }

  #product(): Part {
    return this.#chain(['*', '/', '%'], () => this.#signed());
  }

  #chain(operators: readonly ArithmeticOperator[], next: () => Part): Part {
    let left = next();
    for (;;) {
      const operator = operators.find((one) => this.#isSymbol(one));
      if (operator === undefined) return left;
      const first = this.#operandOf(left);
      this.#at += 1;
      const right = this.#operandOf(next());
      const start = this.#node({ kind: 'arithmetic', operator, left: first, right } as const);
      left = { kind: 'operand', operand: { start, steps: [] } };
    }
  }

  #signed(): Part {
    const operator = this.#isSymbol('-') ? '-' : this.#isSymbol('+') ? '+' : null;
    if (operator === null) return this.#primary();
    this.#at += 1;
    const argument = this.#operandOf(this.#nested(() => this.#signed()));
    const { start, steps } = argument;
    const signed: Start =
      start.kind === 'number' && steps.length === 0
        ? { kind: 'number', value: operator === '-' ? negate(start.value) : start.value }
        : this.#node({ kind: 'sign', operator, argument });
    return { kind: 'operand', operand: { start: signed, steps: [] } };
  }

  #primary(): Part {
    if (this.#take('(')) {
      const inner = this.#nested(() => this.#either());
      this.#need(')');
      return this.#behindBrackets(inner);
    }
    if (this.#isWord('exists')) {
      this.#at += 1;
      this.#need('(');
      const argument = this.#operandOf(this.#nested(() => this.#either()));
      this.#need(')');
      return closed(this.#node({ kind: 'exists', argument }));
    }
    const start = this.#start();
    if (start === null) throw this.#unexpected();
    return { kind: 'operand', operand: { start, steps: this.#steps() } };
  }

  #behindBrackets(inner: Part): Part {
    const steps = this.#steps();
    if (inner.kind === 'operand') {
      const { start, steps: own } = inner.operand;
      return { kind: 'operand', operand: { start, steps: [...own, ...steps] } };
    }
    const { predicate } = inner;
    if (steps.length > 0) {
      return { kind: 'operand', operand: { ...operandOf(predicate), steps } };
    }
    if (!this.#takeWord('is')) return closed(predicate);
    if (!this.#takeWord('unknown')) throw this.#unexpected();
    return opened(this.#node({ kind: 'isUnknown', argument: predicate }));
  }

  /** Null: none begins here. */
  #start(): Start | null {
    const { kind, text } = this.#token;
    const start = this.#startOf(kind, text);
    if (start === null) return null;
    this.#at += 1;
    return this.#node(start);
  }

  #startOf(kind: Token['kind'], text: string): Start | null {
    switch (kind) {
      case 'string':
        return { kind: 'literal', text: quoteJson(text) };
      case 'number':
        return { kind: 'number', value: parseDecimal(text) };
      case 'variable':
        return { kind: 'variable', name: text };
      case 'symbol':
        if (text === '$') return { kind: 'root' };
        if (text !== '@') return null;
        if (this.#filters > 0) return { kind: 'current' };
        throw new SqlError('42601', '@ is not allowed in root expressions');
      case 'name':
        if (WORDS.some((word) => this.#isWord(word))) return { kind: 'literal', text };
        if (!this.#isWord('last')) return null;
        if (this.#subscripts > 0) return { kind: 'last' };
        throw new SqlError('42601', 'LAST is allowed only in array subscripts');
      default:
        return null;
    }
  }

  #steps(): readonly Step[] {
    const steps: Step[] = [];
    for (;;) {
      const step = this.#step();
      if (step === null) return steps;
      steps.push(this.#node(step));
    }
  }

  #step(): Step | null {
    if (this.#take('.')) return this.#behindPoint();
    if (this.#take('[')) return this.#elements();
    if (!this.#take('?')) return null;
    this.#need('(');
    this.#filters += 1;
    const predicate = this.#predicateOf(this.#nested(() => this.#either()));
    this.#filters -= 1;
    this.#need(')');
    return { kind: 'filter', predicate };
  }

  #behindPoint(): Step {
    if (this.#take('*')) return { kind: 'anyMember' };
    if (this.#take('**')) return this.#descent();
    const { kind, text, isPlain } = this.#token;
    if (kind !== 'name' && kind !== 'string') throw this.#unexpected();
    this.#at += 1;
    if (!this.#isSymbol('(')) return { kind: 'member', name: text };
    const name = isPlain ? text.toLowerCase() : '';
    if (name === 'datetime' || name === 'keyvalue') {
      throw unsupported(`jsonpath item method .${name}()`, -1);
    }
    if (!METHODS.includes(name)) throw this.#unexpected();
    this.#at += 1;
    this.#need(')');
    return { kind: 'method', name: name as Method };
  }

  #descent(): Step {
    if (!this.#take('{')) return { kind: 'descend', first: 0, last: DEEPEST };
    const first = this.#level();
    const last = this.#takeWord('to') ? this.#level() : first;
    this.#need('}');
    return { kind: 'descend', first, last };
  }

  #level(): number {
    if (this.#takeWord('last')) return DEEPEST;
    const { kind, text } = this.#token;
    if (kind !== 'number' || !/^[0-9]{1,10}$/.test(text)) throw this.#unexpected();
    this.#at += 1;
    return Math.min(Number(text), DEEPEST);
  }

  #elements(): Step {
    if (this.#take('*')) {
      this.#need(']');
      return { kind: 'anyElement' };
    }
    const subscripts: Subscript[] = [];
    this.#subscripts += 1;
    do {
      const from = this.#subscript();
      const to = this.#takeWord('to') ? this.#subscript() : null;
      subscripts.push({ from, to });
    } while (this.#take(','));
    this.#subscripts -= 1;
    this.#need(']');
    return { kind: 'elements', subscripts };
  }

  #subscript(): Operand {
    return this.#operandOf(this.#nested(() => this.#sum()));
  }
}

function tooDeep(hint: string): SqlError {
  return new SqlError('54001', 'stack depth limit exceeded', { hint });
}

function opened(predicate: Predicate): Part {
  return { kind: 'predicate', predicate, closed: false };
}

function closed(predicate: Predicate): Part {
  return { kind: 'predicate', predicate, closed: true };
}

function operandOf(predicate: Predicate): Operand {
  return { start: { kind: 'predicate', predicate }, steps: [] };
}
