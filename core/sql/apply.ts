/**
 * A SQL request of the log, applied: the statement executed, or the transaction's changes
 * validated, on an overlay over the state as of the entry before. Nothing of the state changes; the
 * overlay's records are the entry's outcome.
 *
 * Pure: a function of the state, the request, the position, the timestamp and the salt.
 */
import { mixBytes } from '../crypto/fasthash.ts';
import type { Store } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { SystemSource } from './catalog/system-table.ts';
import { Engine } from './engine.ts';
import { sameBytes } from './plan-cache.ts';
import { SqlError, unsupported } from './error.ts';
import { Overlay } from './rows/overlay.ts';
import type { RecordVisitor } from './rows/overlay.ts';
import { readsLog, validateReadSet } from './rows/read-set.ts';
import { openWriteSet, sealWrites } from './rows/seal.ts';
import type { RightsSource } from './rights.ts';
import { mustReadLog, mustWrite } from './rights.ts';
import type { StatementRun } from './run.ts';
import { RandomWords } from './session/random.ts';
import type { CommitRequest, SqlRequest, StatementRequest } from './session/request.ts';
import { decodeStatementKey } from './session/request.ts';
import type { StatementAnswer } from './session/result.ts';
import { isError, plainResult } from './session/result.ts';
import { Settings } from './session/settings.ts';
import { KnownStatement } from './session/statement.ts';
import { decodeStatement } from './tree/codec.ts';
import type { SqlType } from './types/type.ts';

/** What cannot be executed, and why. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly refusal: SqlError;
}

export interface ApplyOptions {
  readonly position: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  /** 32 bytes that nobody can guess. */
  readonly salt: Uint8Array;
  readonly request: SqlRequest | RefusedRequest;
}

/** Statements whose trees are kept decoded. */
const KNOWN_MAX = 1024;
/** Records of SQL have keyspaces from here on; those below are the kernel's. */
const KEYSPACE_SQL_MIN = 32;
/** What a record takes in an outcome besides key and value. */
const RECORD_BYTES = 12;

interface KnownRequest {
  readonly keyBytes: Uint8Array;
  readonly known: KnownStatement;
  readonly settings: Settings;
  readonly user: string;
  readonly types: readonly SqlType[];
}

const PARAMETERS_WRONG = 'as many values as parameters are needed';
/**
 * By the hash of their keys, which say it all: whoever executes the same statement shares what was
 * decoded of it.
 */
const requests: Map<number, KnownRequest> = new Map();

const NOT_SERIALIZABLE =
  'could not serialize access due to read/write dependencies among transactions';

export class Apply {
  readonly engine: Engine;
  readonly #overlay: Overlay;
  #commitBytes = 0;
  #options: ApplyOptions | null = null;
  #run: StatementRun | null = null;
  #answer: StatementAnswer | null = null;

  /** `system`: relations besides those of the catalogue; `rights` as the engine's. */
  constructor(
    store: Store,
    tenant: number,
    system: readonly SystemSource[] = [],
    rights: RightsSource | null = null,
  ) {
    this.engine = new Engine(store, tenant, system, rights);
    this.#overlay = new Overlay(store);
  }

  /** Begins anew, whatever was under way. */
  begin(options: ApplyOptions): void {
    this.#overlay.clear();
    this.#options = options;
    this.#run = null;
    this.#answer = null;
  }

  /** The answer, or null when there is more to do. Throws `PageNeeded` only; then begin anew. */
  step(budget: number): StatementAnswer | null {
    if (this.#answer !== null) return this.#answer;
    const options = this.#options;
    assert(options !== null, 'step follows begin');
    this.engine.store.rest();
    const { request } = options;
    try {
      const answer = this.#advance(request, options, budget);
      if (answer === null) return null;
      if (isError(answer)) this.#overlay.clear();
      this.#answer = answer;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#overlay.clear();
      this.#answer = error;
    }
    return this.#answer;
  }

  #advance(
    request: ApplyOptions['request'],
    options: ApplyOptions,
    budget: number,
  ): StatementAnswer | null {
    switch (request.kind) {
      case 'statement':
        return this.#statement(request, options, budget);
      case 'commit':
        return this.#commit(request, options);
      case 'refused':
        throw request.refusal;
      case 'staged':
        throw new SqlError('08P01', 'a staged request names another');
      case 'floor':
        this.engine.rightsOf(request.user);
        return plainResult('FLOOR');
    }
  }

  /** Bytes that the records of the answer take in an outcome, about. */
  get bytes(): number {
    const { request } = this.#options!;
    return request.kind === 'commit' ? this.#commitBytes : this.#overlay.bytes;
  }

  /** What the answer changes, in key order. Throws `PageNeeded`; then ask again. */
  records(visit: RecordVisitor): void {
    const { request, position, timestamp } = this.#options!;
    const { store, tenant } = this.engine;
    if (request.kind === 'commit') {
      openWriteSet(request.writes, store, tenant, position, timestamp, visit);
    } else if (request.kind === 'statement') sealWrites(this.#run!.database, visit);
  }

  /** The records are part of the state now. */
  installed(): void {
    const { catalog } = this.#overlay;
    if (catalog !== null) this.engine.catalogs.adopt(catalog, this.#options!.position);
    this.#overlay.clear();
  }

  #statement(
    request: StatementRequest,
    options: ApplyOptions,
    budget: number,
  ): StatementAnswer | null {
    this.#run ??= this.#begin(request, options);
    const answer = this.#run.step(budget);
    if (answer === null || isError(answer)) return answer;
    this.#overlay.endStatement();
    const { settings, user } = this.#known(request);
    const { position, timestamp } = options;
    const overlay = this.#overlay;
    const view = { settings, user, snapshot: position - 1, timestamp, overlay, reads: null };
    this.engine.checkDeferred(view, position);
    this.engine.endTemporary(view, position);
    return answer;
  }

  /** A statement that reads as of the last entry, to be stepped; throws `SqlError` if it writes. */
  query(request: StatementRequest, snapshot: number, timestamp: number): StatementRun {
    const { known, settings, user, types } = this.#known(request);
    const { values, sequences } = request;
    if (values.length !== types.length) throw new SqlError('08P01', PARAMETERS_WRONG);
    const context = {
      known,
      types,
      settings,
      user,
      snapshot,
      timestamp,
      floor: timestamp,
      overlay: null,
      reads: null,
    };
    const opened = this.engine.open(context, values);
    if (opened.writes) {
      throw new SqlError('25006', 'cannot execute a statement that writes in a read of a replica', {
        hint: 'Send it through the log.',
      });
    }
    const random = new RandomWords(() => {
      throw unsupported('a random value in a read of a replica', -1);
    });
    return opened.run(values, random, sequences);
  }

  #begin(request: StatementRequest, options: ApplyOptions): StatementRun {
    const { known, settings, user, types } = this.#known(request);
    const { values, sequences } = request;
    if (values.length !== types.length) {
      throw new SqlError('08P01', PARAMETERS_WRONG);
    }
    const { position, timestamp, salt } = options;
    return this.engine.run({
      known,
      types,
      settings,
      user,
      snapshot: position - 1,
      timestamp,
      overlay: this.#overlay,
      reads: null,
      values,
      random: new RandomWords(() => salt),
      sequences,
      position,
    });
  }

  #known(request: StatementRequest): KnownRequest {
    const { keyBytes, text } = request;
    const hash = mixBytes(0, keyBytes, 0, keyBytes.length);
    const found = requests.get(hash);
    if (found !== undefined && sameBytes(found.keyBytes, keyBytes)) return found;
    const key = decodeStatementKey(keyBytes);
    const statement = key === null ? null : decodeStatement(key.tree);
    if (key === null || statement === null) {
      throw new SqlError('08P01', 'the statement tree is malformed');
    }
    const settings = new Settings(new Map(key.settings));
    const { user, types } = key;
    const known = new KnownStatement(statement, text, key.tree);
    const made = { keyBytes, known, settings, user, types };
    if (requests.size >= KNOWN_MAX) {
      requests.delete(requests.keys().next().value!);
    }
    requests.set(hash, made);
    return made;
  }

  /** Nothing that the transaction read, nor the catalogue, may have changed since it began. */
  #commit(request: CommitRequest, options: ApplyOptions): StatementAnswer {
    const { snapshot, reads, writes } = request;
    const { position, timestamp } = options;
    const { store, tenant } = this.engine;
    const rights = this.engine.rightsOf(request.user);
    mustWrite(rights, 'COMMIT');
    if (readsLog(reads)) mustReadLog(rights);
    if (snapshot >= options.position) throw new SqlError('08P01', 'a transaction from the future');
    if (!validateReadSet(store, tenant, reads, snapshot, position - 1)) {
      throw new SqlError('40001', NOT_SERIALIZABLE, {
        hint: 'The transaction might succeed if retried.',
      });
    }
    let good = true;
    this.#commitBytes = 0;
    good =
      openWriteSet(
        writes,
        store,
        tenant,
        position,
        timestamp,
        (key, from, keyBytes, value, _, valueBytes) => {
          good &&= key[from]! >= KEYSPACE_SQL_MIN;
          this.#commitBytes += RECORD_BYTES + keyBytes + (value === null ? 0 : valueBytes);
        },
      ) && good;
    if (!good) throw new SqlError('08P01', 'the write set is malformed');
    return plainResult('COMMIT');
  }
}
