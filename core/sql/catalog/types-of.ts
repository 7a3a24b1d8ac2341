/**
 * What a statement knows of types that were defined: those of its catalogue, as it is by now, and
 * those of another time that its plan reads (`Former`).
 */
import { SqlError } from '../error.ts';
import { quoteName } from '../tree/name-print.ts';
import { typeIdByName } from '../types/describe.ts';
import { PINNED_SCHEMA, formerIndex, isFormer, objectOf, userTypeOf } from '../types/user-type.ts';
import type { EnumLabel, UserType, UserTypes } from '../types/user-type.ts';
import type { TypeId } from '../types/type.ts';
import type { Catalog, EnumType, ObjectId } from './model.ts';

/** The catalogues that a statement looks into. */
export interface TypeSource {
  /** With what the statement has changed by now. */
  readonly state: { typeById(id: ObjectId): EnumType | null };
  /** The same, by names. */
  readonly catalog: Pick<Catalog, 'type'>;
  /** Types as the transaction found them; null: it has changed none. */
  readonly committed: { typeById(id: ObjectId): EnumType | null } | null;
}

export class StatementTypes implements UserTypes {
  readonly #source: TypeSource;

  constructor(source: TypeSource) {
    this.#source = source;
  }

  get(id: TypeId): UserType | null {
    return this.#source.state.typeById(objectOf(id));
  }

  find(schema: string | null, name: string): TypeId | null {
    const { state, catalog } = this.#source;
    const found =
      schema === PINNED_SCHEMA ? state.typeById(Number(name)) : catalog.type(schema, name);
    return found === null ? null : userTypeOf(found.id);
  }

  nameOf({ id, schema, name }: UserType): string {
    // The system's own types are found first.
    const seen = typeIdByName(name) === null && this.#source.catalog.type(null, name)?.id === id;
    return seen ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
  }

  checkLabel(_: TypeId, type: UserType, label: EnumLabel): void {
    const { committed } = this.#source;
    if (committed === null) return;
    const before = committed.typeById(type.id);
    if (before === null || before.labels.some(({ rank }) => rank === label.rank)) return;
    const message = `unsafe use of new value "${label.name}" of enum type ${this.nameOf(type)}`;
    throw new SqlError('55P04', message, {
      hint: 'New enum values must be committed before they can be used.',
    });
  }
}

/** The same, and types of another time by the numbers that a plan gave them. */
export class WithFormer implements UserTypes {
  readonly #base: UserTypes;
  readonly #former: readonly UserType[];

  constructor(base: UserTypes, former: readonly UserType[]) {
    this.#base = base;
    this.#former = former;
  }

  get(id: TypeId): UserType | null {
    return isFormer(id) ? (this.#former[formerIndex(id)] ?? null) : this.#base.get(id);
  }

  find(schema: string | null, name: string): TypeId | null {
    return this.#base.find(schema, name);
  }

  nameOf(type: UserType): string {
    return this.#base.nameOf(type);
  }

  checkLabel(id: TypeId, type: UserType, label: EnumLabel): void {
    if (!isFormer(id)) this.#base.checkLabel(id, type, label);
  }
}
