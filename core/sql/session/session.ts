/**
 * A session: settings, prepared statements and the transaction under way. It decides what becomes
 * of each statement and leaves the doing to its host, because only the host can wait: `execute`
 * answers a task, which is an answer already, a run to be stepped (a read, or anything inside a
 * transaction), or a request to be submitted to the log, whose answer `done` gets; or a
 * verification, which only who has the log can do.
 *
 * One statement at a time. Nothing here throws but `PageNeeded` and `FloorNeeded`: errors are
 * answers.
 */
import { SqlError, unsupported } from '../error.ts';
import type { Engine } from '../engine.ts';
import type { StatementRun } from '../run.ts';
import type {
  CreateTableAsExecute,
  Discard,
  Execute,
  Prepare,
  SetConstraints,
  Statement,
  Transaction as TransactionNode,
} from '../tree/statement.ts';
import type { Overlay } from '../rows/overlay.ts';
import type { ReadSet } from '../rows/read-set.ts';
import { encodeWriteSet } from '../rows/seal.ts';
import type { SqlType } from '../types/type.ts';
import { PENDING_POSITION } from '../rows/keyspaces.ts';
import { mustReadLog } from '../rights.ts';
import type { LockTable, Maintain } from '../tree/maintain.ts';
import { withModes } from '../write/deferral.ts';
import { namedConstraints } from './constraints.ts';
import { preparedQuery, tableFromPrepared } from './create-as-execute.ts';
import { discarded } from './discard.ts';
import { lockTables, maintained, refuseBlock } from './maintain.ts';
import { earlyValues, valuesOf } from './parameter-values.ts';
import type { ParameterSource } from './parameter-values.ts';
import { RandomWords } from './random.ts';
import { encodeCommitRequest, encodeFloorRequest, encodeStatementRequest } from './request.ts';
import type { StatementAnswer } from './result.ts';
import { isError, plainResult, rowsResult } from './result.ts';
import { SequenceMemory } from './sequence-memory.ts';
import { shown } from './show.ts';
import { setConfigOf, setConfigValues } from './set-config.ts';
import type { SetConfig } from './set-config.ts';
import { Settings, isIsolation, settingText } from './settings.ts';
import { KnownStatement, NO_TYPES, TEXT_TYPE } from './statement.ts';
import { tagOf, verbOf } from './tag.ts';
import {
  dropTemporary,
  dropTemporaryRequest,
  makesTemporary,
  temporarySchema,
} from './temporary.ts';
import { Transaction } from './transaction.ts';

export interface Present {
  readonly position: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  /** Timestamp of the last entry applied. */
  readonly floor: number;
}

/** What a session must know of the world. */
export interface SessionHost {
  readonly engine: Engine;
  readonly user: string;
  /** The last position applied, and the time of a read that begins now (micros since 1970). */
  present(): Present;
  /** 32 random bytes. */
  salt(): Uint8Array;
}

export type { ParameterSource } from './parameter-values.ts';

type Done = (answer: StatementAnswer) => StatementAnswer;

/** A request for the log; `user` and `text` say whose it is and what was run. */
export interface SubmitTask {
  readonly kind: 'submit';
  readonly body: Uint8Array;
  readonly user: string;
  readonly text: string;
  readonly done: Done;
}

export type Task =
  | { readonly kind: 'answer'; readonly answer: StatementAnswer }
  | { readonly kind: 'run'; readonly run: StatementRun; readonly done: Done }
  | SubmitTask
  /** VERIFY LOG: `verificationResult` makes the answer. */
  | { readonly kind: 'verify' };

const PREPARED_MAX = 1024;
const NO_TRANSACTION = 'there is no transaction in progress';

/** What a statement reads, and where it writes. */
export interface SessionView {
  /** The last position that it sees. */
  readonly snapshot: number;
  /** `now()`: microseconds since 1970. */
  readonly timestamp: number;
  readonly floor: number;
  /** Null outside a transaction. */
  readonly overlay: Overlay | null;
  readonly reads: ReadSet | null;
}

interface Prepared {
  readonly known: KnownStatement;
  readonly types: readonly (SqlType | null)[];
}

export class Session {
  readonly settings: Settings = new Settings();
  readonly #host: SessionHost;
  /** Made at the first PREPARE. */
  #prepared: Map<string, Prepared> | null = null;
  readonly #sequences: SequenceMemory = new SequenceMemory();
  #transaction: Transaction | null = null;
  /** Time of the next read outside a transaction, when it is taken again; 0: the present. */
  readTimestamp = 0;

  constructor(host: SessionHost) {
    this.#host = host;
  }

  get transaction(): Transaction | null {
    return this.#transaction;
  }

  /**
   * Ends the session: drops the transaction under way, if any. The request to be submitted, whose
   * answer nobody needs, that drops temporary objects; null: there are none.
   */
  close(): Uint8Array | null {
    if (this.#transaction !== null) this.#endTransaction(false);
    const { temporarySchema: schema } = this.settings;
    this.settings.temporarySchema = '';
    return schema === '' ? null : dropTemporaryRequest(schema, this.#host.user);
  }

  /** Ends in an entry, and no entry after it is earlier: for reads of a time still to come. */
  get floor(): Uint8Array {
    return encodeFloorRequest(this.#host.user);
  }

  /** A text could not be parsed: that, too, fails the transaction under way. */
  parseFailed(): void {
    this.#fail();
  }

  /** Never throws `SqlError`. `types`: declared types of the parameters. */
  execute(
    known: KnownStatement,
    types: readonly (SqlType | null)[],
    parameters: ParameterSource | null,
  ): Task {
    try {
      const task = this.#dispatch(known, types, parameters);
      if (task.kind === 'answer' && isError(task.answer)) this.#fail();
      return task;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#fail();
      return { kind: 'answer', answer: error };
    }
  }

  #fail(): void {
    if (this.#transaction !== null) this.#transaction.failed = true;
  }

  #dispatch(
    known: KnownStatement,
    types: readonly (SqlType | null)[],
    parameters: ParameterSource | null,
  ): Task {
    const { statement } = known;
    const transaction = this.#transaction;
    if (transaction?.failed === true && !endsFailure(statement)) {
      const message =
        'current transaction is aborted, commands ignored until end of transaction block';
      throw new SqlError('25P02', message);
    }
    switch (statement.kind) {
      case 'transaction':
        return this.#transact(statement);
      case 'set':
        return this.#set(
          statement.name,
          statement.values.length === 0 ? null : settingText(statement),
          statement.local,
        );
      case 'show':
        return answered(shown(this.settings, statement.name));
      case 'prepare':
        return this.#prepare(statement, known);
      case 'execute':
        return this.#executePrepared(known);
      case 'deallocate':
        return this.#deallocate(statement.name);
      case 'discard':
        return this.#discard(statement);
      case 'createTableAsExecute':
        return this.#createAsExecute(statement, known.text);
      case 'setConstraints':
        return this.#setConstraints(statement);
      case 'maintain':
      case 'lockTable':
        return answered(this.#maintain(statement));
      case 'concurrently': {
        const inner = statement.statement;
        refuseBlock(transaction, `${tagOf(inner)} CONCURRENTLY`);
        return this.#run(new KnownStatement(inner, known.text), NO_TYPES, null);
      }
      case 'verifyLog':
        mustReadLog(this.#host.engine.rightsOf(this.#host.user));
        return { kind: 'verify' };
      default: {
        const call = setConfigOf(statement);
        if (call !== null) return this.#setConfig(call, parameters);
        return this.#run(known, types, parameters);
      }
    }
  }

  // Statements that read or write -----------------------------------------------------------------

  #run(
    known: KnownStatement,
    types: readonly (SqlType | null)[],
    parameters: ParameterSource | null,
  ): Task {
    const { engine, user } = this.#host;
    const { settings } = this;
    if (settings.temporarySchema === '') {
      const isTemporary = makesTemporary(known.statement, settings.createsTemporary);
      if (isTemporary) settings.temporarySchema = temporarySchema(this.#host.salt());
    }
    const transaction = this.#transaction;
    const view = this.#view(transaction);
    const early = earlyValues(known, parameters);
    const opened = engine.open({ known, types, settings: this.settings, user, ...view }, early);
    if (opened.writes && (transaction?.readOnly ?? this.#defaultReadOnly)) {
      const what = verbOf(known.statement);
      throw new SqlError('25006', `cannot execute ${what} in a read-only transaction`);
    }
    const values = valuesOf(opened.parameters, parameters);
    if (transaction === null && opened.writes) {
      const keyBytes = known.keyBytes(this.settings, user, opened.parameters);
      const body = encodeStatementRequest(keyBytes, known.text, values, this.#sequences.values);
      const done: Done = (answer) => this.#sequences.learn(answer);
      return { kind: 'submit', body, user, text: known.text, done };
    }
    if (transaction === null) {
      const random = new RandomWords(() => this.#host.salt());
      const run = opened.run(values, random, this.#sequences.values);
      return { kind: 'run', run, done: (answer) => answer };
    }
    transaction.begun = true;
    const run = opened.run(values, transaction.random, this.#sequences.values);
    const done: Done = (answer) => {
      if (isError(answer)) {
        transaction.overlay.abandonStatement();
        transaction.failed = true;
        return answer;
      }
      if (opened.writes) transaction.wrote(known.text);
      transaction.overlay.endStatement();
      return this.#sequences.learn(answer);
    };
    return { kind: 'run', run, done };
  }

  get #defaultReadOnly(): boolean {
    return this.settings.get('default_transaction_read_only') === 'on';
  }

  /** What a statement sees: the present, or the transaction's fork. */
  #view(transaction: Transaction | null): SessionView {
    if (transaction === null) {
      const present = this.#host.present();
      const timestamp = this.readTimestamp === 0 ? present.timestamp : this.readTimestamp;
      const { position: snapshot, floor } = present;
      return { snapshot, timestamp, floor, overlay: null, reads: null };
    }
    const { snapshot, timestamp, overlay, reads } = transaction;
    const { floor } = this.#host.present();
    return { snapshot, timestamp, floor, overlay, reads };
  }

  // Transactions ----------------------------------------------------------------------------------

  #transact(node: TransactionNode): Task {
    const running = this.#transaction;
    if (node.chain && running === null) {
      const what = `${node.action.toUpperCase()} AND CHAIN`;
      throw new SqlError('25P01', `${what} can only be used in transaction blocks`);
    }
    switch (node.action) {
      case 'begin':
        return answered(this.#begin(node));
      case 'commit':
        return node.chain ? chained(this.#commit(), () => this.#chain(running!)) : this.#commit();
      case 'rollback': {
        if (node.chain) {
          this.#endTransaction(false);
          this.#chain(running!);
          return answered(plainResult('ROLLBACK'));
        }
        const notices = this.#transaction === null ? [NO_TRANSACTION] : [];
        if (this.#transaction !== null) this.#endTransaction(false);
        return answered(plainResult('ROLLBACK', 0, notices));
      }
      case 'savepoint':
        this.#inBlock('SAVEPOINT').savepoint(node.name, this.settings.save());
        return answered(plainResult('SAVEPOINT'));
      case 'release':
        this.#inBlock('RELEASE SAVEPOINT').release(node.name);
        return answered(plainResult('RELEASE'));
      case 'rollbackTo':
        this.settings.restore(this.#inBlock('ROLLBACK TO SAVEPOINT').rollbackTo(node.name));
        return answered(plainResult('ROLLBACK'));
    }
  }

  /** The next transaction, of the same kind as the one that ended. */
  #chain(ended: Transaction): void {
    this.#open(ended.readOnly, ended.isolation);
  }

  #inBlock(what: string): Transaction {
    if (this.#transaction !== null) return this.#transaction;
    throw new SqlError('25P01', `${what} can only be used in transaction blocks`);
  }

  #begin(node: TransactionNode): StatementAnswer {
    if (node.isolation !== '' && !isIsolation(node.isolation)) {
      throw unsupported(`isolation level ${node.isolation}`, node.at);
    }
    const running = this.#transaction;
    if (running !== null) {
      return plainResult('BEGIN', 0, ['there is already a transaction in progress']);
    }
    const isolation = node.isolation || this.settings.get('default_transaction_isolation')!;
    this.#open(node.readOnly ?? this.#defaultReadOnly, isolation);
    return plainResult('BEGIN');
  }

  #open(readOnly: boolean, isolation: string): void {
    const { position, timestamp } = this.#host.present();
    const { store } = this.#host.engine;
    const salt = (): Uint8Array => this.#host.salt();
    const before = this.settings.save();
    this.#transaction = new Transaction(store, position, timestamp, salt, before, readOnly);
    this.#transaction.isolation = isolation;
    this.settings.set('transaction_read_only', readOnly ? 'on' : 'off');
    this.settings.set('transaction_isolation', isolation);
  }

  #commit(): Task {
    const transaction = this.#transaction;
    if (transaction === null) return answered(plainResult('COMMIT', 0, [NO_TRANSACTION]));
    if (transaction.failed) {
      this.#endTransaction(false);
      return answered(plainResult('ROLLBACK'));
    }
    const { overlay, snapshot, text, reads } = transaction;
    // What it read is one state of the past: nothing has to be validated.
    if (overlay.isEmpty) {
      this.#endTransaction(true);
      return answered(plainResult('COMMIT'));
    }
    try {
      const { engine, user } = this.#host;
      const context = { settings: this.settings, user, ...this.#view(transaction) };
      engine.checkDeferred(context);
      engine.endTemporary(context);
    } catch (error) {
      this.#endTransaction(false);
      throw error;
    }
    const writes = encodeWriteSet(overlay);
    const body = encodeCommitRequest({
      kind: 'commit',
      snapshot,
      user: this.#host.user,
      text,
      reads: reads.encode(),
      writes,
    });
    const done: Done = (answer) => {
      this.#endTransaction(!isError(answer));
      return answer;
    };
    return { kind: 'submit', body, user: this.#host.user, text, done };
  }

  #setConstraints(node: SetConstraints): Task {
    const { engine, user } = this.#host;
    const transaction = this.#transaction;
    const context = { settings: this.settings, user, ...this.#view(transaction) };
    const ids = namedConstraints(node, engine.database(context, PENDING_POSITION).catalog);
    if (transaction === null) {
      const notices = ['SET CONSTRAINTS can only be used in transaction blocks'];
      return answered(plainResult('SET CONSTRAINTS', 0, notices));
    }
    const { overlay } = transaction;
    overlay.modes = withModes(overlay.modes, ids, node.deferred);
    if (!node.deferred) engine.checkDeferred(context, PENDING_POSITION, ids);
    return answered(plainResult('SET CONSTRAINTS'));
  }

  /** Says why nothing is done; of a locked table that COMMIT has to find it unchanged. */
  #maintain(node: Maintain | LockTable): StatementAnswer {
    const { engine, user } = this.#host;
    const transaction = this.#transaction;
    const context = { settings: this.settings, user, ...this.#view(transaction) };
    const { catalog } = engine.database(context, PENDING_POSITION);
    const rights = engine.rightsOf(user);
    if (node.kind === 'maintain') return maintained(node, transaction, catalog, rights);
    return lockTables(node, transaction, catalog, rights);
  }

  #endTransaction(committed: boolean): void {
    const transaction = this.#transaction!;
    this.#transaction = null;
    this.settings.restore(transaction.settingsBefore);
    if (!committed) return;
    for (const [name, value] of transaction.settingsKept) this.settings.set(name, value);
  }

  // Settings --------------------------------------------------------------------------------------

  #set(name: string, value: string | null, local: boolean): Task {
    const transaction = this.#transaction;
    if (name === 'all' && value === null) {
      this.settings.resetAll();
      return answered(plainResult('RESET'));
    }
    if (name.startsWith('transaction_')) {
      if (transaction === null) {
        const notices = ['SET TRANSACTION can only be used in transaction blocks'];
        return answered(plainResult('SET', 0, notices));
      }
      if (transaction.begun && name === 'transaction_isolation') {
        const message = 'SET TRANSACTION ISOLATION LEVEL must be called before any query';
        throw new SqlError('25001', message);
      }
    }
    const loosens = name === 'transaction_read_only' && transaction!.readOnly && transaction!.begun;
    if (loosens && value !== 'on' && value !== 'true') {
      const message = 'transaction read-write mode must be set before any query';
      throw new SqlError('25001', message);
    }
    const notices = this.settings.set(name, value);
    if (name === 'transaction_isolation') {
      transaction!.isolation = this.settings.get(name)!;
    } else if (name === 'transaction_read_only') {
      transaction!.readOnly = this.settings.get(name) === 'on';
    } else if (transaction !== null && !local) {
      transaction.settingsKept.set(name, value);
    }
    const tag = value === null ? 'RESET' : 'SET';
    if (!local || transaction !== null) return answered(plainResult(tag, 0, notices));
    // Outside a transaction it ends with the statement.
    this.settings.set(name, null);
    return answered(plainResult(tag, 0, ['SET LOCAL can only be used in transaction blocks']));
  }

  #setConfig(call: SetConfig, parameters: ParameterSource | null): Task {
    const { name, value, local } = setConfigValues(call, parameters);
    const before = local && this.#transaction === null ? this.settings.save() : null;
    // Outside a transaction, what is local to it ends with the statement.
    const set = name === 'all' ? null : this.#set(name, value, local && before === null);
    const after = this.settings.get(name);
    if (before !== null) this.settings.restore(before);
    if (set?.kind !== 'answer' || isError(set.answer) || after === null) {
      throw new SqlError('42704', `unrecognized configuration parameter "${name}"`);
    }
    const columns = [{ name: call.column, type: TEXT_TYPE }];
    const { notices } = set.answer;
    return answered({ ...rowsResult('SELECT 1', columns, [[after]]), notices });
  }

  // Prepared statements ---------------------------------------------------------------------------

  #prepare(node: Prepare, known: KnownStatement): Task {
    this.#prepared ??= new Map();
    if (this.#prepared.has(node.name)) {
      throw new SqlError('42P05', `prepared statement "${node.name}" already exists`);
    }
    if (this.#prepared.size >= PREPARED_MAX) {
      throw new SqlError('54000', `more than ${PREPARED_MAX} prepared statements`);
    }
    const prepared = new KnownStatement(node.statement, known.text);
    const { user, engine } = this.#host;
    const view = this.#view(this.#transaction);
    const context = { settings: this.settings, user, ...view };
    const types = node.types.map((type) => engine.typeOf(type, context));
    // Errors come now, as in PostgreSQL.
    engine.open({ known: prepared, types, ...context });
    this.#prepared.set(node.name, { known: prepared, types });
    return answered(plainResult('PREPARE'));
  }

  #executePrepared(known: KnownStatement): Task {
    const node = known.statement;
    if (node.kind !== 'execute') throw unsupported('EXECUTE', node.at);
    const prepared = this.#preparedNamed(node.name);
    return this.#run(prepared.known, prepared.types, this.#argumentsOf(node));
  }

  #preparedNamed(name: string): Prepared {
    const prepared = this.#prepared?.get(name);
    if (prepared !== undefined) return prepared;
    throw new SqlError('26000', `prepared statement "${name}" does not exist`);
  }

  #argumentsOf(node: Execute): ParameterSource {
    const { engine, user } = this.#host;
    const view = this.#view(this.#transaction);
    return {
      count: node.arguments.length,
      value: (index, type) =>
        engine.evaluate(node.arguments[index]!, type, { settings: this.settings, user, ...view }),
      wrongCount: (wanted) =>
        new SqlError('42601', `wrong number of parameters for prepared statement "${node.name}"`, {
          detail: `Expected ${wanted} parameters but got ${node.arguments.length}.`,
        }),
    };
  }

  #createAsExecute(node: CreateTableAsExecute, text: string): Task {
    const prepared = this.#preparedNamed(node.execute.name);
    const query = preparedQuery(prepared.known.statement);
    const { engine, user } = this.#host;
    const context = { settings: this.settings, user, ...this.#view(this.#transaction) };
    const { parameters: types } = engine.open({ ...prepared, ...context });
    const values = valuesOf(types, this.#argumentsOf(node.execute));
    const table = tableFromPrepared(node, query, types, values);
    return this.#run(new KnownStatement(table, text), NO_TYPES, null);
  }

  #discard(node: Discard): Task {
    const what = discarded(node, this.#transaction !== null);
    if (what.plans) this.#host.engine.discardPlans();
    if (what.sequences) this.#sequences.clear();
    if (what.rest) {
      this.settings.resetAll();
      this.#prepared = null;
    }
    const answer = plainResult(tagOf(node));
    const { temporarySchema: schema } = this.settings;
    if (!what.temporary || schema === '') return answered(answer);
    const task = this.#run(dropTemporary(schema), NO_TYPES, null);
    if (task.kind !== 'submit' && task.kind !== 'run') return task;
    const done: Done = (dropped) => {
      const told = task.done(dropped);
      return isError(told) ? told : answer;
    };
    return { ...task, done };
  }

  #deallocate(name: string | null): Task {
    if (name === null) this.#prepared = null;
    else if (this.#prepared?.delete(name) !== true) {
      throw new SqlError('26000', `prepared statement "${name}" does not exist`);
    }
    return answered(plainResult(name === null ? 'DEALLOCATE ALL' : 'DEALLOCATE'));
  }
}

/** Once it has committed (or rolled back what had failed), the next begins. */
function chained(task: Task, begin: () => void): Task {
  if (task.kind === 'answer') {
    begin();
    return task;
  }
  if (task.kind !== 'submit') return task;
  const done: Done = (answer) => {
    const told = task.done(answer);
    if (!isError(told)) begin();
    return told;
  };
  return { ...task, done };
}

function answered(answer: StatementAnswer): Task {
  return { kind: 'answer', answer };
}

/** What may be said in a transaction that has failed. */
function endsFailure(statement: Statement): boolean {
  if (statement.kind !== 'transaction') return false;
  return ['commit', 'rollback', 'rollbackTo'].includes(statement.action);
}
