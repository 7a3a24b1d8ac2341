/**
 * Bugs that nobody chose: every small mechanical change of a file that could be a slip of the hand.
 * The catalogue holds bugs that we thought of; these say how much of what we did not think of a
 * sweep finds all the same.
 *
 * Each change is one `Operator` applied at one place of the syntax tree. What cannot be a bug
 * is left alone: types, assertions (one more strict trips at once, one more lax changes nothing in
 * a sound core), texts of errors, and what only an observer hears. Where a change is reached, it
 * says so (`globalThis.voprReached`): a bug that survives in code that no run reaches asks for
 * another workload, one that survives in code that runs asks for another check, or is none.
 *
 * Cost: some 10 ms a file.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { mixText } from '../sim/mix.ts';
import type { Mutant } from './mutant.ts';

/** What the name says is done; each once at each place where it can be. */
type Operator =
  /** `<` for `<=` and the like. */
  | 'bound'
  /** `===` for `!==`, and the reverse. */
  | 'equality'
  /** `+` for `-`, `+=` for `-=`, `++` for `--`, and the reverse. */
  | 'sign'
  /** `a` for `a + 1` and `a - 1`. */
  | 'off-by-one'
  /** `&&` for `||`, and the reverse. */
  | 'logic'
  /** `b` for `a && b` and `a || b`. */
  | 'drop-left'
  /** `a` for `a && b` and `a || b`. */
  | 'drop-right'
  /** The condition of an `if` or of `? :` always, or never, holds. */
  | 'always'
  | 'never'
  /** `a` for `!a`. */
  | 'not'
  | 'boolean'
  /** `Math.min` for `Math.max`, and the reverse. */
  | 'extreme'
  /** A call, an assignment, an early `return`, `continue` or `break` is gone. */
  | 'drop';

/** A node of the syntax tree (ESTree), as far as it matters here. */
interface Tree {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Edit {
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly after: string;
  readonly statement: boolean;
}

const SWAPS: Readonly<Record<string, readonly [Operator, string]>> = {
  '<': ['bound', '<='],
  '<=': ['bound', '<'],
  '>': ['bound', '>='],
  '>=': ['bound', '>'],
  '===': ['equality', '!=='],
  '!==': ['equality', '==='],
  '+': ['sign', '-'],
  '-': ['sign', '+'],
};
const SIGNED_ASSIGNMENTS: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=' };

/** Calls that only an observer hears, or that say what must hold anyway. */
const WITHOUT_EFFECT = /^(assert\w*|fail|unreachable|markReached)$|\bobserver\.\w+$/i;
/** Parts of the tree in which no change can be a bug of a running system. */
const LEFT_ALONE = /^(TS(?!NonNull|As|Satisfies)|Import|Throw|TemplateLiteral)/;

const REACHED = 'globalThis.voprReached = true';

/** Every bug that can be made of the sources under `places` (files or folders from `root`). */
export async function generate(
  root: string,
  places: readonly string[],
): Promise<readonly Mutant[]> {
  const { parseSync } = await import('oxc-parser');
  const files = places.flatMap((place) => sourcesUnder(root, place));
  return [...new Set(files)].sort().flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const edits: Edit[] = [];
    visit(parseSync(file, source).program as unknown as Tree, source, edits);
    return named(edits.map((edit) => described(file, source, edit)));
  });
}

/** Of changes that begin at one place, as in `a && b && c`, the second and later get a number. */
function named(generated: readonly Mutant[]): readonly Mutant[] {
  const seen = new Map<string, number>();
  return generated.map((mutant) => {
    const count = (seen.get(mutant.name) ?? 0) + 1;
    seen.set(mutant.name, count);
    return count === 1 ? mutant : { ...mutant, name: `${mutant.name}:${count}` };
  });
}

/** `count` of them, spread by a hash of `seed` and the name; all of them if there are no more. */
export function sample(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const ranks = new Map(all.map((mutant) => [mutant, mixText(`${seed}/${mutant.name}`) >>> 0]));
  const order = (a: Mutant, b: Mutant): number => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0);
  const chosen = new Set([...all].sort(order).slice(0, count));
  return all.filter((mutant) => chosen.has(mutant));
}

function sourcesUnder(root: string, place: string): readonly string[] {
  const whole = join(root, place);
  const names = statSync(whole).isDirectory()
    ? readdirSync(whole, { recursive: true }).map((name) => join(whole, String(name)))
    : [whole];
  return names
    .map((name) => relative(root, name).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|\/testing\/|\.d\.ts$/.test(name));
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && typeof (value as Tree).type === 'string';
}

function visit(node: Tree, source: string, edits: Edit[]): void {
  if (LEFT_ALONE.test(node.type)) return;
  if (node.type === 'CallExpression') {
    const { start, end } = node['callee'] as Tree;
    if (WITHOUT_EFFECT.test(source.slice(start, end).replaceAll('#', ''))) return;
  }
  edits.push(...editsAt(node, source));
  for (const value of Object.values(node)) {
    if (isTree(value)) visit(value, source, edits);
    if (!Array.isArray(value)) continue;
    for (const child of value) if (isTree(child)) visit(child, source, edits);
  }
}

function editsAt(node: Tree, source: string): readonly Edit[] {
  const text = (part: unknown): string => source.slice((part as Tree).start, (part as Tree).end);
  const edit = (operator: Operator, after: string, at: Tree = node): Edit => {
    return { operator, start: at.start, end: at.end, after, statement: false };
  };
  const drop = { ...edit('drop', ''), statement: true };
  const test = node['test'] as Tree;
  switch (node.type) {
    case 'BinaryExpression':
      return binaryEdits(node, text, edit);
    case 'LogicalExpression': {
      if (node['operator'] === '??') return [];
      const [left, right] = [text(node['left']), text(node['right'])];
      const other = node['operator'] === '&&' ? '||' : '&&';
      return [
        edit('logic', `(${left}) ${other} (${right})`),
        edit('drop-left', right),
        edit('drop-right', left),
      ];
    }
    case 'IfStatement':
    case 'ConditionalExpression':
      return [edit('always', 'true', test), edit('never', 'false', test)];
    case 'UnaryExpression':
      return node['operator'] === '!' ? [edit('not', text(node['argument']))] : [];
    case 'UpdateExpression':
      return [
        edit(
          'sign',
          text(node).replace(/\+\+|--/, (s) => (s === '++' ? '--' : '++')),
        ),
      ];
    case 'Literal':
      return typeof node['value'] === 'boolean' ? [edit('boolean', String(!node['value']))] : [];
    case 'AssignmentExpression': {
      const other = SIGNED_ASSIGNMENTS[String(node['operator'])];
      const signed = `${text(node['left'])} ${other} ${text(node['right'])}`;
      return other === undefined ? [] : [edit('sign', signed)];
    }
    case 'CallExpression': {
      const callee = text(node['callee']);
      const rest = text(node).slice(callee.length);
      if (callee === 'Math.min') return [edit('extreme', `Math.max${rest}`)];
      return callee === 'Math.max' ? [edit('extreme', `Math.min${rest}`)] : [];
    }
    case 'ExpressionStatement':
      return /^(Call|Assignment)/.test((node['expression'] as Tree).type) && dropped(node, text)
        ? [drop]
        : [];
    case 'ReturnStatement':
      return node['argument'] === null ? [drop] : [];
    case 'ContinueStatement':
    case 'BreakStatement':
      return [drop];
    default:
      return [];
  }
}

/** Not a call that is without effect anyway, and not what a constructor must do first. */
function dropped(statement: Tree, text: (part: unknown) => string): boolean {
  const expression = statement['expression'] as Tree;
  if (expression.type !== 'CallExpression') return true;
  const callee = text(expression['callee']).replaceAll('#', '');
  return callee !== 'super' && !WITHOUT_EFFECT.test(callee);
}

function binaryEdits(
  node: Tree,
  text: (part: unknown) => string,
  edit: (operator: Operator, after: string) => Edit,
): readonly Edit[] {
  const swap = SWAPS[String(node['operator'])];
  if (swap === undefined) return [];
  const [operator, other] = swap;
  const [left, right] = [text(node['left']), text(node['right'])];
  const edits = [edit(operator, `(${left}) ${other} (${right})`)];
  if (operator === 'sign' && right === '1') edits.push(edit('off-by-one', left));
  return edits;
}

function described(file: string, source: string, edit: Edit): Mutant {
  const { operator, start, end, after, statement } = edit;
  const line = source.slice(0, start).split('\n').length;
  const column = start - source.lastIndexOf('\n', start - 1);
  const probed = statement ? `{ ${REACHED}; }` : `(${REACHED}, ${after})`;
  const [from, to] = onceOnly(source, start, end);
  return {
    name: `${file}:${line}:${column}:${operator}`,
    layer: file.split('/').slice(0, -1).join('/'),
    invariant: '',
    story: '',
    file,
    find: source.slice(from, to),
    replace: source.slice(from, start) + probed + source.slice(end, to),
    change: { before: source.slice(start, end), after },
  };
}

/** The fewest whole lines around [start, end) whose text occurs once in the file. */
function onceOnly(source: string, start: number, end: number): readonly [number, number] {
  let [from, to] = [start, end];
  for (;;) {
    from = source.lastIndexOf('\n', from - 2) + 1;
    const next = source.indexOf('\n', to + 1);
    to = next === -1 ? source.length : next;
    const text = source.slice(from, to);
    if (source.indexOf(text) === source.lastIndexOf(text)) return [from, to];
  }
}
