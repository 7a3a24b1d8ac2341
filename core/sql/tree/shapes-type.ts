/** Shapes of statements that define types. Append only: see `shapes.ts`. */
import type * as define from './define-type.ts';
import type { Shape } from './field.ts';
import { choice, flag, list, offset, shape, text } from './field.ts';
import { qualified } from './place.ts';

export const TYPE_STATEMENTS: readonly Shape[] = [
  shape<define.CreateEnum>(142, 'createEnum', { name: qualified, labels: list(text), at: offset }),
  shape<define.AddLabel>(143, 'addLabel', {
    name: qualified,
    ifNotExists: flag,
    label: text,
    place: choice('last', 'before', 'after'),
    neighbour: text,
    at: offset,
  }),
  shape<define.RenameLabel>(144, 'renameLabel', {
    name: qualified,
    from: text,
    to: text,
    at: offset,
  }),
];
