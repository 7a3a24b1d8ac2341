/** Everything of one exploration put together: the one way into this room. */
import type { Failure } from './actor.ts';
import type { Bounds } from './bounds.ts';
import { Judge } from './judge.ts';
import { Locals } from './locals.ts';
import { Reduction } from './reduction.ts';
import { Search } from './search.ts';
import { Space } from './space.ts';
import type { Subject } from './subject.ts';

export interface Exploration<M> {
  readonly locals: Locals<M>;
  readonly space: Space<M>;
  readonly search: Search<M>;
  readonly judge: Judge<M>;
  readonly reduction: Reduction<M> | null;
}

export function exploration<M>(
  subject: Subject<M>,
  bounds: Bounds,
  reduce: boolean,
): Exploration<M> {
  const { replicas, clients, ops } = bounds;
  const operations = subject.warmup + ops;
  const locals = new Locals<M>({ subject, replicas, clients, operations });
  const space = new Space<M>(locals, bounds);
  const judge = new Judge<M>(space, locals);
  const ask = (path: readonly number[]): Failure | null => judge.judge(path);
  const reduction = reduce ? new Reduction<M>(space, locals) : null;
  return { locals, space, search: new Search<M>(space, ask, reduction), judge, reduction };
}
