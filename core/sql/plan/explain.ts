/**
 * EXPLAIN: a plan as an indented tree, in PostgreSQL's words where there are such. Row estimates
 * are left out: the same plan is always the same text.
 */
import { unreachable } from '../../types/assert.ts';
import type { Bound, BoundSortKey, SubPlan } from './expression.ts';
import { show } from './explain-expression.ts';
import type {
  BoundStatement,
  IndexRange,
  JoinType,
  KeysOfSides,
  Plan,
  ScanPlan,
  WritePlan,
} from './plan.ts';

/** The lines, without a line end. */
export function explain(plan: BoundStatement['plan']): string[] {
  const lines: string[] = [];
  describe({ label: '', tree: explainTree(plan) }, 0, lines);
  return lines;
}

/** An operator, and what it works on; `details` are `Key: value`. */
export interface ExplainTree {
  readonly title: string;
  readonly details: readonly string[];
  readonly children: readonly Child[];
}

/** `label`: what it is to its parent, unless that is its input. */
interface Child {
  readonly label: string;
  readonly tree: ExplainTree;
}

interface Node {
  readonly title: string;
  /** Lines under the title: conditions, keys. */
  readonly details: readonly string[];
  readonly inputs: readonly (Plan | WritePlan)[];
  /** Plans inside its expressions and arguments of its inner side. */
  readonly exprs: readonly Bound[];
}

export function explainTree(plan: BoundStatement['plan']): ExplainTree {
  const { title, details, inputs, exprs } = nodeOf(plan);
  const child = (label: string, one: BoundStatement['plan']): Child => ({
    label,
    tree: explainTree(one),
  });
  const queries = exprs.flatMap(queriesIn);
  const tables = plan.kind === 'with' || plan.kind === 'withWrite' ? plan.tables : [];
  const children = [
    ...queries.map((query, i) => child(`SubPlan ${i + 1}`, query.plan)),
    ...tables.map((table) => child(`CTE ${table.id}`, table.plan)),
    ...inputs.map((input) => child('', input)),
  ];
  return { title, details, children };
}

function describe({ label, tree }: Child, depth: number, lines: string[]): void {
  const indent = depth === 0 ? '' : `${' '.repeat(depth * 6 - 4)}->  `;
  const under = ' '.repeat(depth * 6 + 2);
  lines.push(`${indent}${label === '' ? '' : `${label}: `}${tree.title}`);
  for (const detail of tree.details) lines.push(`${under}${detail}`);
  for (const one of tree.children) describe(one, depth + 1, lines);
}

const JOINS: Readonly<Record<JoinType, string>> = {
  inner: '',
  left: ' Left',
  right: ' Right',
  full: ' Full',
  semi: ' Semi',
  anti: ' Anti',
};

function line(word: string, exprs: readonly Bound[]): string[] {
  return exprs.length === 0 ? [] : [`${word}: ${exprs.map(show).join(', ')}`];
}

function optional(word: string, expr: Bound | null): string[] {
  return expr === null ? [] : line(word, [expr]);
}

function present(...exprs: readonly (Bound | null)[]): Bound[] {
  return exprs.filter((one) => one !== null);
}

function keyText(keys: readonly BoundSortKey[]): string {
  return keys
    .map((key) => {
      const nulls =
        key.nullsFirst === key.descending ? '' : ` NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
      return `${show(key.value)}${key.descending ? ' DESC' : ''}${nulls}`;
    })
    .join(', ');
}

function nodeOf(plan: BoundStatement['plan']): Node {
  switch (plan.kind) {
    case 'scan':
      return scanNode(plan);
    case 'systemScan': {
      const title = `Seq Scan on ${plan.table.schema}.${plan.table.name}${momentText(plan)}`;
      return node(title, optional('Filter', plan.filter), [], present(plan.filter));
    }
    case 'values': {
      const exprs = plan.rows.flat();
      if (plan.rows.length === 1) return node('Result', [], [], exprs);
      return node(`Values Scan (${plan.rows.length} rows)`, [], [], exprs);
    }
    case 'functionScan': {
      const title = `Function Scan on ${plan.function.name}`;
      return node(title, line('Arguments', plan.arguments), [], plan.arguments);
    }
    case 'projectSet':
      return node(
        'ProjectSet',
        [],
        [plan.input],
        plan.functions.flatMap((one) => one.arguments),
      );
    case 'filter':
      return node('Filter', line('Condition', [plan.condition]), [plan.input], [plan.condition]);
    case 'gate':
      return node(
        'Result',
        line('One-Time Filter', [plan.condition]),
        [plan.input],
        [plan.condition],
      );
    case 'project':
      return node('Project', line('Output', plan.values), [plan.input], plan.values);
    case 'hashJoin': {
      const pairs = plan.leftKeys.map(
        (key, i) => `${show(key)} = ${show(plan.rightKeys[i] ?? key)}`,
      );
      return node(
        `Hash${JOINS[plan.type]} Join`,
        [`Hash Cond: ${pairs.join(' AND ')}`, ...optional('Join Filter', plan.condition)],
        [plan.left, plan.right],
        present(plan.condition),
      );
    }
    case 'loopJoin': {
      const title = `Nested Loop${JOINS[plan.type]}${plan.type === 'inner' ? '' : ' Join'}`;
      const details = [
        ...optional('Join Filter', plan.condition),
        ...partners(plan.alternatives ?? []),
        ...line('Inner Arguments', plan.right.arguments),
      ];
      return node(title, details, [plan.left, plan.right.plan], present(plan.condition));
    }
    case 'firstRowsJoin': {
      const { hash, lookUp } = plan;
      const { title, details } = nodeOf(hash);
      const after = `Rows Looked Up: ${plan.rows}, then ${title}, ${details.join(', ')}`;
      const first = nodeOf(lookUp);
      return { ...first, details: [...first.details, after] };
    }
    default:
      return otherNode(plan);
  }
}

function partners(alternatives: readonly KeysOfSides[]): readonly string[] {
  if (alternatives.length === 0) return [];
  const shown = alternatives.map(({ left, right }) => {
    return left.map((key, i) => `${show(key)} = ${show(right[i] ?? key)}`).join(' AND ');
  });
  return [`Hash Cond: ${shown.map((one) => `(${one})`).join(' OR ')}`];
}

function node(
  title: string,
  details: readonly string[],
  inputs: readonly (Plan | WritePlan)[],
  exprs: readonly Bound[] = [],
): Node {
  return { title, details, inputs, exprs };
}

type Other = Exclude<
  BoundStatement['plan'],
  {
    readonly kind:
      | 'scan'
      | 'systemScan'
      | 'values'
      | 'functionScan'
      | 'projectSet'
      | 'filter'
      | 'gate'
      | 'project'
      | 'hashJoin'
      | 'loopJoin'
      | 'firstRowsJoin';
  }
>;

function otherNode(plan: Other): Node {
  switch (plan.kind) {
    case 'aggregate': {
      const kind = plan.presorted === undefined ? 'HashAggregate' : 'GroupAggregate';
      const title = plan.keys.length === 0 ? 'Aggregate' : kind;
      const sets = plan.sets?.map((set) => `(${set.map((i) => `key ${i + 1}`).join(', ')})`);
      const details = line('Group Key', plan.keys);
      if (sets !== undefined) details.push(`Grouping Sets: ${sets.join(', ')}`);
      const exprs = plan.aggregates.flatMap((one) => [...one.arguments, ...present(one.filter)]);
      return node(title, details, [plan.input], exprs);
    }
    case 'window':
      return node(
        'WindowAgg',
        [
          ...line('Partition By', plan.partitionBy),
          ...(plan.orderBy.length === 0 ? [] : [`Order By: ${keyText(plan.orderBy)}`]),
        ],
        [plan.input],
      );
    case 'sort': {
      const title = plan.count === null ? 'Sort' : 'Top-N Sort';
      const details = [`Sort Key: ${keyText(plan.keys)}`];
      if (plan.presorted === true) details.push(`Presorted Key: ${keyText(plan.keys.slice(0, 1))}`);
      return node(title, details, [plan.input]);
    }
    case 'limit':
      return node('Limit', [], [plan.input], present(plan.count, plan.offset));
    case 'distinct':
      return node('Unique', line('Keys', plan.keys ?? []), [plan.input]);
    case 'set': {
      const word = { union: 'Union', intersect: 'Intersect', except: 'Except' }[plan.operator];
      return node(plan.all ? `${word} All` : word, [], [plan.left, plan.right]);
    }
    case 'with':
      return node('With', [], [plan.body]);
    case 'withWrite':
      return node('With', [], [plan.body]);
    case 'commonScan':
      return node(`CTE Scan on ${plan.id}`, [], []);
    case 'recursive':
      return node('Recursive Union', [], [plan.base, plan.step]);
    case 'insert':
      return node(`Insert on ${plan.table.name}`, [], [plan.source]);
    case 'update':
      return node(`Update on ${plan.table.name}`, [], [plan.source]);
    case 'delete':
      return node(`Delete on ${plan.table.name}`, [], [plan.source]);
    case 'merge':
      return node(`Merge on ${plan.table.name}`, [], [plan.source]);
    default:
      return unreachable(plan);
  }
}

function momentText({ moment }: Pick<ScanPlan, 'moment'>): string {
  return moment.kind === 'present' ? '' : ' as of then';
}

function scanNode(plan: ScanPlan): Node {
  const { table, index, range } = plan;
  const whole = range.equal.length === 0 && range.low === null && range.high === null;
  const back = plan.backward ? ' Backward' : '';
  const name = `${table.name}${momentText(plan)}`;
  const title =
    index.primary && whole && !plan.backward
      ? `Seq Scan on ${name}`
      : `Index Scan${back} using ${index.name} on ${name}`;
  const details = [...rangeText(plan, range), ...optional('Filter', plan.filter)];
  return node(title, details, [], present(plan.filter));
}

function rangeText(plan: ScanPlan, range: IndexRange): string[] {
  const element = (i: number): string => {
    const one = plan.index.elements[i];
    const column = plan.table.columns.find((other) => other.id === one?.column);
    return column?.name ?? `element ${i + 1}`;
  };
  const parts = range.equal.map((value, i) => `${element(i)} = ${show(value)}`);
  const next = range.equal.length;
  const { low, high } = range;
  if (low !== null) parts.push(`${element(next)} >${low.inclusive ? '=' : ''} ${show(low.value)}`);
  if (high !== null) {
    parts.push(`${element(next)} <${high.inclusive ? '=' : ''} ${show(high.value)}`);
  }
  return parts.length === 0 ? [] : [`Index Cond: ${parts.join(' AND ')}`];
}

function queriesIn(expr: Bound): SubPlan[] {
  switch (expr.kind) {
    case 'scalarQuery':
    case 'existsQuery':
      return [expr.query];
    case 'anyQuery':
      return [...expr.tests.flatMap(queriesIn), expr.query];
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extreme':
      return expr.arguments.flatMap(queriesIn);
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isTruth':
      return queriesIn(expr.argument);
    case 'distinctFrom':
      return [...queriesIn(expr.left), ...queriesIn(expr.right)];
    case 'case':
      return [
        ...expr.whens.flatMap((one) => [...queriesIn(one.when), ...queriesIn(one.result)]),
        ...(expr.otherwise === null ? [] : queriesIn(expr.otherwise)),
      ];
    case 'inList':
      return [...queriesIn(expr.argument), ...expr.list.flatMap(queriesIn)];
    case 'record':
      return expr.fields.flatMap(queriesIn);
    default:
      return [];
  }
}
