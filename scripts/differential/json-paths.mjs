/** Generated jsonpaths: mostly of the members that generated documents have. */

const DEPTH_MAX = 4;
const CONSTANTS = ['1', '2.50', '(-3)', 'null', 'true', 'false', '"a"', '"b"'];

/** Without variables: for operators, where PostgreSQL 15 takes them for null and 17 for errors. */
export function jsonPathOf(random, variables = true) {
  const mode = random.of(['', '', 'lax ', 'strict ']);
  const made = new Paths(random, variables);
  return mode + (random.chance(80) ? made.operand(0) : made.predicate(0));
}

/** With variables `x` (a number) and `y` (a string or an array). */
export function variablesOf(random) {
  return random.of(['{"x": 1, "y": "b"}', '{"x": 2.5, "y": [1, "a"]}', '{"x": null, "y": true}']);
}

class Paths {
  #random;
  #constants;
  #filters = 0;
  #subscripts = 0;

  constructor(random, variables) {
    this.#random = random;
    this.#constants = variables ? [...CONSTANTS, '$x', '$y'] : CONSTANTS;
  }

  operand(depth) {
    const random = this.#random;
    if (depth < DEPTH_MAX && random.chance(12)) {
      const [a, b] = [this.operand(depth + 1), this.operand(depth + 1)];
      const text = `${a} ${random.of(['+', '-', '*', '/', '%'])} ${b}`;
      return random.chance(60) ? `(${text})${this.#steps(depth + 1)}` : text;
    }
    if (depth < DEPTH_MAX && random.chance(6)) {
      return `${random.of(['-', '+'])}${this.operand(depth + 1)}`;
    }
    if (depth < DEPTH_MAX && random.chance(5)) {
      return `(${this.predicate(depth + 1)})${random.of(['.type()', ' ? (@ == true)', '[0]'])}`;
    }
    return this.#start() + this.#steps(depth);
  }

  #start() {
    const random = this.#random;
    if (this.#subscripts > 0 && random.chance(50)) return random.of(['last', '0', '1', '(-1)']);
    if (this.#filters > 0 && random.chance(65)) return '@';
    if (random.chance(65)) return '$';
    return random.of(this.#constants);
  }

  #steps(depth) {
    const random = this.#random;
    let steps = '';
    for (let left = random.below(4); left > 0; left -= 1) steps += this.#step(depth);
    return steps;
  }

  #step(depth) {
    const random = this.#random;
    switch (random.below(depth < DEPTH_MAX ? 9 : 6)) {
      case 0:
      case 1:
        return random.of(['.a', '.b', '.c', '."long name"', '."a"']);
      case 2:
        return '[*]';
      case 3:
        return random.of(['.*', '.**', '.**{1}', '.**{1 to last}', '.**{last}', '.**{0 to 1}']);
      case 4:
        return `.${random.of(['type', 'size', 'abs', 'floor', 'ceiling', 'double'])}()`;
      case 5:
        return `[${random.of(['0', '1', 'last', '0 to last', '1, 0', 'last - 1', '0.7', '-1'])}]`;
      case 6:
        return `[${this.#subscript(depth)}]`;
      default:
        return ` ? (${this.#filter(depth)})`;
    }
  }

  #subscript(depth) {
    this.#subscripts += 1;
    const from = this.operand(depth + 1);
    const text = this.#random.chance(30) ? `${from} to ${this.operand(depth + 1)}` : from;
    this.#subscripts -= 1;
    return text;
  }

  #filter(depth) {
    this.#filters += 1;
    const text = this.predicate(depth + 1);
    this.#filters -= 1;
    return text;
  }

  predicate(depth) {
    const random = this.#random;
    const nested = () => `(${this.predicate(depth + 1)})`;
    switch (random.below(depth < DEPTH_MAX ? 11 : 6)) {
      case 6:
        return `!${nested()}`;
      case 7:
        return `${nested()} ${random.of(['&&', '||'])} ${nested()}`;
      case 8:
        return `${nested()} is unknown`;
      case 9:
        return `exists (${this.operand(depth + 1)})`;
      case 4: {
        const initial = random.of(['"a"', '""', this.#constants.at(-1), '"ab"']);
        return `${this.operand(depth + 1)} starts with ${initial}`;
      }
      case 5: {
        const flag = random.of(['', ' flag "i"', ' flag "sm"', ' flag "q"']);
        return `${this.operand(depth + 1)} like_regex "${random.of(['^a', 'b$', '.', 'A'])}"${flag}`;
      }
      default: {
        const operator = random.of(['==', '!=', '<>', '<', '<=', '>', '>=']);
        return `${this.operand(depth + 1)} ${operator} ${this.operand(depth + 1)}`;
      }
    }
  }
}
