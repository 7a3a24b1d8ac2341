/** EXPLAIN (FORMAT JSON): the tree of `explain.ts`, under keys that PostgreSQL has, too. */
import { explainTree } from './explain.ts';
import type { ExplainTree } from './explain.ts';
import type { BoundStatement } from './plan.ts';

/** `rows`: how many there were; -1: the plan was not run. */
export function explainJson(plan: BoundStatement['plan'], rows: number): string {
  const described = describe(explainTree(plan));
  const shown = rows < 0 ? described : { ...described, 'Actual Rows': rows };
  return JSON.stringify([{ Plan: shown }], null, 2);
}

function describe({ title, details, children }: ExplainTree): Record<string, unknown> {
  const out: Record<string, unknown> = namesOf(title);
  for (const detail of details) {
    const colon = detail.indexOf(': ');
    out[detail.slice(0, colon)] = detail.slice(colon + 2);
  }
  if (children.length === 0) return out;
  out['Plans'] = children.map(({ label, tree }) => {
    const plan = describe(tree);
    return label === '' ? plan : { 'Subplan Name': label, ...plan };
  });
  return out;
}

const JOIN = /^(Hash|Nested Loop)(?: (Left|Right|Full|Semi|Anti))?(?: Join)?$/;
const INDEX_SCAN = /^Index Scan( Backward)? using (.+) on (.+)$/;
const ON = /^(.+?) on (.+)$/;

function namesOf(title: string): Record<string, string> {
  const join = JOIN.exec(title);
  if (join !== null) {
    const type = join[1] === 'Hash' ? 'Hash Join' : 'Nested Loop';
    return { 'Node Type': type, 'Join Type': join[2] ?? 'Inner' };
  }
  const scan = INDEX_SCAN.exec(title);
  if (scan !== null) {
    const [, back, index = '', relation = ''] = scan;
    const direction = back === undefined ? 'Forward' : 'Backward';
    const names = { 'Scan Direction': direction, 'Index Name': index, 'Relation Name': relation };
    return { 'Node Type': 'Index Scan', ...names };
  }
  const on = ON.exec(title);
  if (on === null) return { 'Node Type': title };
  return { 'Node Type': on[1]!, 'Relation Name': on[2]! };
}
