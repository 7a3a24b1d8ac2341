/**
 * The environment of one statement: what it may know of its session and its database.
 *
 * A class with getters, and not an object with closures: one is made for each statement, and an
 * accessor in an object literal costs a hidden class of its own each time.
 */
import type { Catalog } from './catalog/model.ts';
import { DATABASE_NAME } from './catalog/system-table.ts';
import type { Environment, Sequences } from './environment.ts';
import type { Database } from './rows/database.ts';
import { SQL_EPOCH_MICROS } from './rows/moments.ts';
import type { RandomWords } from './session/random.ts';
import type { Settings } from './session/settings.ts';
import type { OutputStyle } from './types/style.ts';
import type { Value } from './types/type.ts';
import type { Zone } from './types/zone.ts';

/** Who executes, when, and with which settings. `timestamp`: microseconds since 1970. */
export interface StatementSetting {
  readonly settings: Settings;
  readonly user: string;
  readonly timestamp: number;
}

export class StatementEnvironment implements Environment {
  readonly now: number;
  readonly zone: Zone;
  readonly style: OutputStyle;
  readonly user: string;
  readonly database: string = DATABASE_NAME;
  readonly parameters: readonly Value[];
  readonly sequences: Sequences;
  readonly #settings: Settings;
  readonly #database: Database;
  readonly #random: Pick<RandomWords, 'next'>;
  #memo: Map<object, object> | null = null;

  constructor(
    database: Database,
    { settings, user, timestamp }: StatementSetting,
    parameters: readonly Value[],
    random: Pick<RandomWords, 'next'>,
    sequences: Sequences,
  ) {
    this.now = timestamp - SQL_EPOCH_MICROS;
    this.zone = settings.zone;
    this.style = settings.style;
    this.user = user;
    this.parameters = parameters;
    this.sequences = sequences;
    this.#settings = settings;
    this.#database = database;
    this.#random = random;
  }

  get schema(): string | null {
    return this.#database.currentSchema;
  }

  get catalog(): Catalog {
    return this.#database.catalog;
  }

  get memo(): Map<object, object> {
    this.#memo ??= new Map();
    return this.#memo;
  }

  random32(): number {
    return this.#random.next();
  }

  setting(name: string): string | null {
    return this.#settings.get(name);
  }
}
