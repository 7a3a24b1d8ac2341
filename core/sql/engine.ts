/**
 * The engine of one tenant: takes a statement's tree to its answer, over a store that it never
 * changes (`run.ts` executes, writes go to an overlay). Used by `apply` for what is in the log, and
 * by sessions for reads and forks; plans are kept for both.
 */
import type { Store } from '../store/store.ts';
import { bind, stillHolds } from './bind/bind.ts';
import { bindOver } from './bind/over.ts';
import { CatalogCache } from './catalog/load.ts';
import type { Catalog } from './catalog/model.ts';
import type { CatalogState } from './catalog/state.ts';
import { SystemTables } from './catalog/system.ts';
import type { SystemSource } from './catalog/system-table.ts';
import { StatementTypes, WithFormer } from './catalog/types-of.ts';
import { endTemporary } from './define/on-commit.ts';
import type { Environment } from './environment.ts';
import { StatementEnvironment } from './statement-environment.ts';
import { evaluate } from './plan/evaluate.ts';
import type { BoundStatement } from './plan/plan.ts';
import { FloorNeeded } from './error.ts';
import { PlanCache, roundCount } from './plan-cache.ts';
import type { Informant } from './plan-memo.ts';
import { Planning, counting, findPlan, keepPlan } from './plan-memo.ts';
import { Database } from './rows/database.ts';
import { PENDING_POSITION } from './rows/keyspaces.ts';
import { SQL_EPOCH_MICROS } from './rows/moments.ts';
import { Overlay } from './rows/overlay.ts';
import type { DeferredCheck } from './rows/overlay.ts';
import type { ReadSet } from './rows/read-set.ts';
import type { Rights, RightsSource } from './rights.ts';
import { ALL_RIGHTS, mustReadRows, mustWrite } from './rights.ts';
import { StatementRun, writeContext } from './run.ts';
import { asOfClause } from './session/as-of.ts';
import type { RandomWords } from './session/random.ts';
import { NO_SEQUENCES } from './session/request.ts';
import { shownValue } from './session/shown.ts';
import type { SequenceValues } from './session/request.ts';
import { SequenceUse } from './session/sequence-use.ts';
import { Settings } from './session/settings.ts';
import { NO_TYPES } from './session/statement.ts';
import { tagOf } from './session/tag.ts';
import type { KnownStatement } from './session/statement.ts';
import type { Expression, TypeName } from './tree/expression.ts';
import type { RowChange } from './tree/write.ts';
import type { Query } from './tree/query.ts';
import type { Statement } from './tree/statement.ts';
import { typeFromName } from './types/describe.ts';
import type { SqlType, Value } from './types/type.ts';
import { useTypes } from './types/user-type.ts';
import type { UserTypes } from './types/user-type.ts';
import { checkDeferred } from './write/write.ts';

const NO_RANDOM: Pick<RandomWords, 'next'> = { next: () => 0 };

/** What a statement is, and what it sees. */
export interface StatementContext {
  readonly known: KnownStatement;
  /** Declared types of `$1`, …; null or missing: to be inferred. */
  readonly types: readonly (SqlType | null)[];
  readonly settings: Settings;
  readonly user: string;
  readonly snapshot: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  /** Timestamp of the last entry: `AS OF` a time after it throws `FloorNeeded`. Absent: none. */
  readonly floor?: number;
  /** Null: nothing is written. */
  readonly overlay: Overlay | null;
  readonly reads: ReadSet | null;
}

export interface RunOptions extends StatementContext {
  readonly values: readonly Value[];
  readonly random: RandomWords;
  readonly sequences: SequenceValues;
  /** Of the entry that is being made; absent in reads and forks. */
  readonly position?: number;
}

/** A statement, bound and about to run. */
export interface OpenStatement {
  /** It changes state: inside a transaction on the fork, else by an entry of the log. */
  readonly writes: boolean;
  readonly parameters: readonly SqlType[];
  run(values: readonly Value[], random: RandomWords, drawn: SequenceValues): StatementRun;
}

type Bindable = Query | RowChange;

export class Engine {
  readonly store: Store;
  readonly tenant: number;
  readonly catalogs: CatalogCache = new CatalogCache();
  #plans: PlanCache;
  readonly #nothing: Overlay;
  readonly #system: SystemTables;
  readonly #rights: RightsSource | null;
  /** Names of the system's relations besides those of the catalogue. */
  readonly #names: string;

  /** `system`: relations besides those of the catalogue. `rights` null: everybody has all. */
  constructor(
    store: Store,
    tenant: number,
    system: readonly SystemSource[] = [],
    rights: RightsSource | null = null,
  ) {
    this.store = store;
    this.tenant = tenant;
    this.#nothing = new Overlay(store);
    this.#system = new SystemTables(system);
    this.#rights = rights;
    this.#names = system.map(({ table }) => `${table.schema}.${table.name}`).join();
    this.#plans = new PlanCache();
  }

  /** What a user may do now. Throws `SqlError` when there is none, or it may not enter. */
  rightsOf(user: string): Rights {
    return this.#rights === null ? ALL_RIGHTS : this.#rights.of(user);
  }

  /** Binds, with parameters' values if they are known already; throws `SqlError`. */
  open(context: StatementContext, known: readonly Value[] = []): OpenStatement {
    const { statement } = context.known;
    const bindable = bindableOf(statement);
    const rights = this.#permitted(statement, context.user);
    const database = this.database(context, PENDING_POSITION, rights);
    const none = new SequenceUse(database, NO_SEQUENCES);
    const types = enter(database);
    const bound =
      bindable === null
        ? null
        : this.#bind(
            bindable,
            context,
            database,
            new StatementEnvironment(database, context, known, NO_RANDOM, none),
          );
    const reads = bound !== null && (!bound.writes || !executes(statement));
    if (bound !== null) permitBound(bound, statement, rights);
    const of = (read: BoundStatement | null): UserTypes => withFormer(types, read);
    const run: OpenStatement['run'] = (values, random, drawn) =>
      new StatementRun(() => {
        useTypes(types);
        const sequences = new SequenceUse(database, drawn);
        const environment = new StatementEnvironment(database, context, values, random, sequences);
        // Where a time is asked for, the schema of then depends on the values.
        const timed = bound !== null && (bound.provisional || bound.moments.length > 0);
        const again = timed ? this.#bind(bindable!, context, database, environment) : bound;
        return { statement, database, environment, bound: again, sequences, types: of(again) };
      });
    return { writes: !reads, parameters: bound?.parameters ?? NO_TYPES, run };
  }

  run(options: RunOptions): StatementRun {
    return new StatementRun(() => {
      const { values, random } = options;
      const { statement } = options.known;
      const rights = this.#permitted(statement, options.user);
      const database = this.database(options, options.position ?? PENDING_POSITION, rights);
      const types = enter(database);
      const sequences = new SequenceUse(database, options.sequences);
      const environment = new StatementEnvironment(database, options, values, random, sequences);
      const bindable = bindableOf(statement);
      const bound = bindable === null ? null : this.#bind(bindable, options, database, environment);
      if (bound !== null) permitBound(bound, statement, rights);
      const known = withFormer(types, bound);
      return { statement, database, environment, bound, sequences, types: known };
    });
  }

  /** The value of one of EXECUTE's arguments, as it is sent for this type. Throws `SqlError`. */
  evaluate(
    expression: Expression,
    type: SqlType,
    context: Omit<StatementContext, 'known' | 'types'>,
  ): Value {
    const database = this.database(context, PENDING_POSITION);
    enter(database);
    const sequences = new SequenceUse(database, NO_SEQUENCES);
    const environment = new StatementEnvironment(database, context, [], NO_RANDOM, sequences);
    const { catalog } = database;
    const catalogAt = (): Catalog => catalog;
    const binding = { catalog, catalogAt, environment, parameterTypes: [], time: null };
    const bound = bindOver(expression, null, binding, { name: '$', type }, 'DEFAULT');
    return shownValue(type.id, evaluate(bound, environment));
  }

  /** What was defined at a position, as stored; `snapshot`: the last position. */
  catalogAt(position: number, snapshot: number): CatalogState {
    const settings = new Settings();
    const view = { settings, user: '', snapshot, timestamp: 0, overlay: null, reads: null };
    return this.database(view, PENDING_POSITION).catalogAt(position).state;
  }

  /**
   * At the end of a transaction: what it deferred must hold. `only`: of these constraints, before
   * the end; null: of all. Throws `SqlError`.
   */
  checkDeferred(
    context: Omit<StatementContext, 'known' | 'types'>,
    position: number = PENDING_POSITION,
    only: readonly number[] | null = null,
  ): void {
    const isMeant = (check: DeferredCheck): boolean => only?.includes(check.constraint) ?? true;
    const deferred = (context.overlay?.deferred ?? []).filter(isMeant);
    if (deferred.length === 0) return;
    const database = this.database(context, position);
    enter(database);
    const sequences = new SequenceUse(database, NO_SEQUENCES);
    const environment = new StatementEnvironment(database, context, [], NO_RANDOM, sequences);
    checkDeferred(deferred, writeContext(database, environment));
    context.overlay!.settled(isMeant);
  }

  /** At the end of a transaction: what its session's temporary tables say of it. */
  endTemporary(
    context: Omit<StatementContext, 'known' | 'types'>,
    position: number = PENDING_POSITION,
  ): void {
    if (context.settings.temporarySchema === '' || context.overlay === null) return;
    const database = this.database(context, position);
    enter(database);
    const sequences = new SequenceUse(database, NO_SEQUENCES);
    endTemporary(
      writeContext(database, new StatementEnvironment(database, context, [], NO_RANDOM, sequences)),
    );
    context.overlay.endStatement();
  }

  /** DISCARD PLANS. */
  discardPlans(): void {
    this.#plans = new PlanCache();
  }

  /** Throws `SqlError`: there is none of this name. */
  typeOf(name: TypeName, context: Omit<StatementContext, 'known' | 'types'>): SqlType {
    enter(this.database(context, PENDING_POSITION));
    return typeFromName(name);
  }

  database(
    context: Omit<StatementContext, 'known' | 'types'>,
    position: number,
    rights: Rights = ALL_RIGHTS,
  ): Database {
    const { timestamp, floor = Number.MAX_SAFE_INTEGER } = context;
    return new Database({
      store: this.store,
      tenant: this.tenant,
      snapshot: context.snapshot,
      position,
      timestamp,
      overlay: context.overlay ?? this.#nothing,
      reads: context.reads,
      cache: this.catalogs,
      path: context.settings.searchPath,
      creationPath: context.settings.creationPath,
      system: this.#system,
      rights,
      onInstant: (instant) => {
        const micros = Number(instant) + SQL_EPOCH_MICROS;
        if (micros > floor && micros <= timestamp) throw new FloorNeeded(timestamp);
      },
    });
  }

  /** The user's rights, after what can be told before binding: what only writes needs that one. */
  #permitted(statement: Statement, user: string): Rights {
    const rights = this.rightsOf(user);
    const { kind } = statement;
    if (kind !== 'query' && kind !== 'explain') mustWrite(rights, tagOf(statement));
    return rights;
  }

  #bind(
    bindable: Bindable,
    context: StatementContext,
    database: Database,
    environment: Environment,
  ): BoundStatement {
    const { known, types, settings, user } = context;
    const key = known.keyBytes(settings, user, types);
    const informant = informantOf(database);
    const now = { catalogAt: informant.catalogAt, environment };
    const kept = this.#plans.find(key, database, (plan) => stillHolds(plan, now));
    if (kept !== null) return kept;
    const { catalog } = database;
    const { identity } = catalog;
    // Labels that a transaction has added may not be used in it: its plans are its own.
    const content = database.committed === null ? catalog.content : null;
    const planning = new Planning(informant);
    let bound: BoundStatement | null = null;
    if (content !== null) bound = findPlan(key, content, this.#names, planning, environment);
    if (bound === null) {
      bound = bind(bindable, {
        catalog: counting(catalog, (table) => planning.rowCount(table)),
        catalogAt: (unit, value) => planning.catalogAt(unit, value),
        environment,
        parameterTypes: types,
        time: asOfClause(settings),
      });
      if (bound.provisional) return bound;
      if (content !== null) keepPlan(key, content, this.#names, planning, bound);
    }
    this.#plans.keep(key, { bound, identity, counts: planning.counts });
    return bound;
  }
}

/** What types mean in a statement, from now on. */
function enter(database: Database): UserTypes {
  const types = new StatementTypes(database);
  useTypes(types);
  return types;
}

/** What they mean while its plan runs, which may read of other times. */
function withFormer(types: UserTypes, bound: BoundStatement | null): UserTypes {
  return bound?.former === undefined ? types : new WithFormer(types, bound.former);
}

/** What is known of a statement once it is bound. */
function permitBound(bound: BoundStatement, statement: Statement, rights: Rights): void {
  if (bound.writes && executes(statement)) mustWrite(rights, tagOf(statement));
  if (bound.depends.length > 0) mustReadRows(rights);
}

function informantOf(database: Database): Informant {
  return {
    rowCount: (table) => roundCount(database.rowCount(table)),
    catalogAt: (unit, value) => {
      const position = unit === 'position' ? Number(value) : database.positionAt(value);
      return database.catalogAt(position);
    },
  };
}

/** EXPLAIN alone executes nothing. */
function executes(statement: Statement): boolean {
  return statement.kind !== 'explain' || statement.analyze;
}

function bindableOf(statement: Statement): Bindable | null {
  switch (statement.kind) {
    case 'query':
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return statement;
    case 'explain':
      return statement.statement;
    default:
      return null;
  }
}
