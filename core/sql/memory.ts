/**
 * A database in memory, synchronous and without a log: the engine, sessions and `apply` over a
 * store that is never saved. What the embedded database does, minus durability and concurrency; for
 * runners and tests that want answers at once.
 */
import { ABSENT, PRESENT } from '../store/store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { assert } from '../types/assert.ts';
import { Apply } from './apply.ts';
import { SqlError, unsupported } from './error.ts';
import type { Parser } from './parser/parser.ts';
import { decodeRequest } from './session/request.ts';
import type { StatementAnswer } from './session/result.ts';
import { isError } from './session/result.ts';
import type { ParameterSource, Task } from './session/session.ts';
import { Session } from './session/session.ts';
import { NO_TYPES, statementOf } from './session/statement.ts';

const TENANT = 1;
/** As in production, so that keys may be as long. */
const PAGE_BYTES = 16_384;
const BUDGET = 1 << 20;
/** 2026-01-01 in microseconds since 1970; each entry is a millisecond later than the last. */
const START_MICROS = 1_767_225_600_000_000;
const TICK_MICROS = 1000;
const SALT_BYTES = 32;

export class MemoryDatabase {
  readonly store: MemoryStore = new MemoryStore(PAGE_BYTES);
  readonly #parser: Parser;
  readonly #apply: Apply = new Apply(this.store, TENANT);
  /** Of the last entry. */
  position = 0;
  /** Asked between the slices of a read: true ends it with 57014. */
  expired: () => boolean = () => false;

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  get timestamp(): number {
    return START_MICROS + this.position * TICK_MICROS;
  }

  session(): MemorySession {
    const host = {
      engine: this.#apply.engine,
      user: 'kimberlite',
      present: () => ({
        position: this.position,
        timestamp: this.timestamp,
        floor: this.timestamp,
      }),
      salt: () => this.#salt(),
    };
    return new MemorySession(this, this.#parser, new Session(host));
  }

  /** Takes a request as the log would. */
  submit(body: Uint8Array): StatementAnswer {
    const request = decodeRequest(body, 0, body.length);
    assert(request !== null, 'a session sends well-formed requests');
    this.position += 1;
    const { position, timestamp } = this;
    this.#apply.begin({ position, timestamp, salt: this.#salt(), request });
    for (;;) {
      const answer = this.#apply.step(BUDGET);
      if (answer === null) continue;
      if (!isError(answer)) this.#install();
      return answer;
    }
  }

  #install(): void {
    const { store } = this;
    // The overlay may look into the store while it is visited: first collect, then change.
    const records: [Uint8Array, Uint8Array | null][] = [];
    this.#apply.records((key, from, keyBytes, value, valueFrom, valueBytes) => {
      const copy = value === null ? null : value.slice(valueFrom, valueFrom + valueBytes);
      records.push([key.slice(from, from + keyBytes), copy]);
    });
    for (const [key, value] of records) {
      const touched = store.touch(TENANT, key, 0, key.length);
      assert(touched === PRESENT || touched === ABSENT, 'memory misses no page');
      if (value === null) store.delete(TENANT, key, 0, key.length);
      else store.put(TENANT, key, 0, key.length, value, 0, value.length);
    }
    this.#apply.installed();
  }

  /** The same for the same history. */
  #salt(): Uint8Array {
    const salt = new Uint8Array(SALT_BYTES);
    new DataView(salt.buffer).setFloat64(0, this.position);
    return salt;
  }
}

export class MemorySession {
  readonly session: Session;
  readonly #database: MemoryDatabase;
  readonly #parser: Parser;

  constructor(database: MemoryDatabase, parser: Parser, session: Session) {
    this.#database = database;
    this.#parser = parser;
    this.session = session;
  }

  /** Answers of all statements of a text, up to the first error. */
  run(text: string, parameters: ParameterSource | null = null): readonly StatementAnswer[] {
    const answers: StatementAnswer[] = [];
    try {
      for (const parsed of this.#parser.parse(text)) {
        const known = statementOf(parsed);
        const answer = this.#finish(this.session.execute(known, NO_TYPES, parameters));
        answers.push(answer);
        if (isError(answer)) break;
      }
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.session.parseFailed();
      answers.push(error);
    }
    return answers;
  }

  close(): void {
    const request = this.session.close();
    if (request !== null) this.#database.submit(request);
  }

  #finish(task: Task): StatementAnswer {
    switch (task.kind) {
      case 'verify':
        return unsupported('VERIFY LOG without a log', -1);
      case 'answer':
        return task.answer;
      case 'submit':
        return task.done(this.#database.submit(task.body));
      case 'run':
        for (;;) {
          const answer = task.run.step(BUDGET);
          if (answer !== null) return task.done(answer);
          if (this.#database.expired()) {
            return task.done(new SqlError('57014', 'canceling statement due to statement timeout'));
          }
        }
    }
  }
}
