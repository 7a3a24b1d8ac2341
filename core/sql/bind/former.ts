/**
 * Types of another time: what a table of then holds is shown with the labels of then, whatever has
 * been renamed or dropped since. A type that means today what it meant then is the type of today;
 * another gets a number of the statement's own, and goes for today's where both meet.
 */
import { WithFormer } from '../catalog/types-of.ts';
import type { Catalog, EnumType } from '../catalog/model.ts';
import type { SqlType, TypeId } from '../types/type.ts';
import * as user from '../types/user-type.ts';
import type { EnumLabel, UserType, UserTypes } from '../types/user-type.ts';
import type { Binder } from './binder.ts';

/** Runs `work` with what names of types mean where the binder is. */
export function withTypesOf<T>(binder: Binder, work: () => T): T {
  const before = user.currentTypes();
  user.useTypes(new BinderTypes(before, binder));
  try {
    return work();
  } finally {
    user.useTypes(before);
  }
}

class BinderTypes implements UserTypes {
  readonly #known: WithFormer;
  readonly #binder: Binder;

  constructor(base: UserTypes, binder: Binder) {
    this.#known = new WithFormer(base, binder.former);
    this.#binder = binder;
  }

  get(id: TypeId): UserType | null {
    return this.#known.get(id);
  }

  nameOf(type: UserType): string {
    return this.#known.nameOf(type);
  }

  checkLabel(id: TypeId, type: UserType, label: EnumLabel): void {
    this.#known.checkLabel(id, type, label);
  }

  find(schema: string | null, name: string): TypeId | null {
    const { now, context } = this.#binder;
    const { catalog } = now;
    if (catalog === context.catalog) return this.#known.find(schema, name);
    const pinned = schema === user.PINNED_SCHEMA;
    const found = pinned ? catalog.typeById(Number(name)) : catalog.type(schema, name);
    if (found === null) return null;
    return formerType(this.#binder, catalog, { id: user.userTypeOf(found.id), modifier: -1 }).id;
  }
}

/** A type as `then` has it. */
export function formerType(binder: Binder, then: Catalog, type: SqlType): SqlType {
  const { id } = type;
  const { catalog } = binder.context;
  if (!user.isUserType(id) || then === catalog) return type;
  const object = user.objectOf(id);
  const found = then.typeById(object);
  if (found === null || meansTheSame(found, catalog.typeById(object))) return type;
  const known = binder.former.indexOf(found);
  const index = known < 0 ? binder.former.push(found) - 1 : known;
  return { id: user.formerType(index) + (id % 2), modifier: -1 };
}

/** Whether everything that then's says is said by today's. */
function meansTheSame(then: EnumType, now: EnumType | null): boolean {
  if (then === now) return true;
  if (now === null || then.name !== now.name || then.schema !== now.schema) return false;
  const names = new Map(now.labels.map(({ rank, name }) => [rank, name]));
  return then.labels.every(({ rank, name }) => names.get(rank) === name);
}
