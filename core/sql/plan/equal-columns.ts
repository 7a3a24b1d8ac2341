/**
 * Columns that conditions of one inner join make equal, and what follows: `a = b AND b = c` makes
 * `a = c`, so that the relations of a and c may be joined before that of b is there.
 *
 *   … WHERE customer.nation = supplier.nation AND supplier.nation = nation.id
 *
 * joins nations with their customers, and looks at suppliers last.
 *
 * Only columns of one type, and as they are: then `=` is transitive, and cannot fail.
 */
import { yields } from './columns.ts';
import type { ColumnId, Expr, Logical } from './logical.ts';

type Column = Extract<Expr, { readonly kind: 'column' }>;
type Call = Extract<Expr, { readonly kind: 'call' }>;

/** A class of more columns gets no equalities between all of them. */
const MEMBERS_MAX = 12;

/** Columns that are equal to one another. */
export interface EqualColumns {
  readonly members: readonly Column[];
  /** One of the equalities, to make others like it. */
  readonly pattern: Call;
}

/** Classes that at least two of the conditions make: one alone has nothing that follows. */
export function equalColumns(conditions: readonly Expr[]): readonly EqualColumns[] {
  const classes: { members: Column[]; pattern: Call; count: number }[] = [];
  for (const one of conditions) {
    const pair = columnPair(one);
    if (pair === null) continue;
    const [left, right] = pair;
    const ofLeft = classes.find(({ members }) => has(members, left));
    const ofRight = classes.find(({ members }) => has(members, right));
    const kept = ofLeft ?? ofRight ?? { members: [], pattern: one as Call, count: 0 };
    if (ofLeft === undefined && ofRight === undefined) classes.push(kept);
    const merged = ofLeft !== undefined && ofRight !== ofLeft ? ofRight : undefined;
    for (const column of [left, right, ...(merged?.members ?? [])]) {
      if (!has(kept.members, column)) kept.members.push(column);
    }
    kept.count += 1 + (merged?.count ?? 0);
    if (merged !== undefined) classes.splice(classes.indexOf(merged), 1);
  }
  return classes.filter(({ members, count }) => count > 1 && members.length <= MEMBERS_MAX);
}

/** `a = b` of two columns that are equal in that way. */
export function equality({ pattern }: EqualColumns, left: Column, right: Column): Expr {
  return { ...pattern, arguments: [left, right] };
}

/** What makes a relation's own columns of a class equal, unless `own` does already. */
export function equalWithin(
  one: EqualColumns,
  relation: Logical,
  own: readonly Expr[],
): readonly Expr[] {
  const columns = yields(relation);
  const members = one.members.filter(({ index }) => columns.has(index));
  if (members.length < 2) return [];
  /** Columns that are known to be equal to the first. */
  const equal = new Set<ColumnId>([members[0]!.index]);
  const pairs = own.flatMap((condition) => {
    const pair = columnPair(condition);
    return pair === null ? [] : [pair];
  });
  for (let grown = true; grown;) {
    const before = equal.size;
    for (const [left, right] of pairs) {
      if (!equal.has(left.index) && !equal.has(right.index)) continue;
      equal.add(left.index).add(right.index);
    }
    grown = equal.size > before;
  }
  const [first] = members;
  const apart = members.filter(({ index }) => !equal.has(index));
  return apart.map((member) => equality(one, first!, member));
}

/** Both sides of `column = column`, of one type; null: it is something else. */
export function columnPair(one: Expr): readonly [Column, Column] | null {
  if (one.kind !== 'call' || one.function.name !== '=') return null;
  const [left, right] = one.arguments;
  if (left?.kind !== 'column' || right?.kind !== 'column') return null;
  return left.type.id === right.type.id ? [left, right] : null;
}

function has(members: readonly Column[], { index }: Column): boolean {
  return members.some((member) => member.index === index);
}
