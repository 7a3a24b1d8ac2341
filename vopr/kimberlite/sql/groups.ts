/** The only grouping there is: by the first target or by nothing; count(*) and min of others. */
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { SelectBody } from '../../../core/sql/tree/query.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell } from './interpreter.ts';

export class Groups {
  readonly grouping: boolean;
  private readonly targets: readonly Expression[];
  /** Whether the first target is what groups have in common. */
  private readonly keyed: boolean;
  private readonly byKey: Map<Cell, Cell[]> = new Map();

  constructor(body: SelectBody, targets: readonly Expression[]) {
    this.targets = targets;
    this.keyed = body.groupBy.length > 0;
    this.grouping = this.keyed || targets.some(isCount);
    if (this.grouping && !this.keyed) this.byKey.set(null, this.empty(null));
  }

  /** A row's: `value` of an expression. */
  add(value: (node: Expression) => Cell): void {
    const key = this.keyed ? value(this.targets[0]!) : null;
    const row = this.byKey.get(key) ?? this.empty(key);
    this.byKey.set(key, row);
    for (let i = this.keyed ? 1 : 0; i < this.targets.length; i += 1) {
      const target = this.targets[i]!;
      assert(target.kind === 'call', 'behind the key stand aggregates');
      if (isCount(target)) row[i] = Number(row[i]) + 1;
      else row[i] = least(row[i]!, value(target.arguments[0]!));
    }
  }

  rows(): Cell[][] {
    return [...this.byKey.values()];
  }

  private empty(key: Cell): Cell[] {
    return this.targets.map((target, i) => {
      if (this.keyed && i === 0) return key;
      return isCount(target) ? 0 : null;
    });
  }
}

export function isCount(node: Expression): boolean {
  return node.kind === 'call' && node.star && node.over === null;
}

function least(a: Cell, b: Cell): Cell {
  if (a === null || b === null) return a ?? b;
  return b < a ? b : a;
}
