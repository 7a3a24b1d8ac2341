/**
 * A replica without disk whose statements come from users, and the logs that it writes.
 */
import type { Prepare } from '../../codec/prepare.ts';
import { sha256Into } from '../../crypto/sha256.ts';
import type { Limits } from '../../limits.ts';
import { Engine } from '../../sql/engine.ts';
import type { Parser } from '../../sql/parser/parser.ts';
import { NO_SEQUENCES, encodeStatementRequest } from '../../sql/session/request.ts';
import type { StatementAnswer } from '../../sql/session/result.ts';
import { decodeAnswer, isError, plainResult } from '../../sql/session/result.ts';
import { Session } from '../../sql/session/session.ts';
import type { Present } from '../../sql/session/session.ts';
import { Settings } from '../../sql/session/settings.ts';
import { statementOf } from '../../sql/session/statement.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import type { Store } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import type { AccessChange, KeyGrant } from '../access-request.ts';
import { encodeAccessRequest } from '../access-request.ts';
import { sealEntry } from '../entry.ts';
import { Kernel, STEP_DONE } from '../kernel.ts';
import { accessLogTable, logTable } from '../log-table.ts';
import type { EntrySource } from '../log-table.ts';
import * as operation from '../operation.ts';
import { Queries } from '../query.ts';
import type { KernelReply } from '../reply.ts';
import type { TenantEntries } from '../rebuild.ts';
import { TestPrimary, text } from './prepares.ts';
import type { TestSession } from './prepares.ts';

const NO_HASH: Uint8Array = new Uint8Array(32);
const hasher = { sha256Into };

export function secretHash(secret: string): Uint8Array {
  const bytes = text(secret);
  const hash = new Uint8Array(32);
  sha256Into(bytes, 0, bytes.length, hash, 0);
  return hash;
}

export function grant(id: string, expires: number = 0): KeyGrant {
  return { id, hash: secretHash(id), expires };
}

export class AccessWorld {
  readonly primary: TestPrimary = new TestPrimary();
  readonly store: MemoryStore = new MemoryStore();
  readonly logs: Map<number, Uint8Array[]> = new Map();
  readonly kernel: Kernel;
  readonly queries: Queries;
  readonly session: TestSession;
  readonly #budget: number;

  /** `view`: what the kernel is given for a store. */
  constructor(
    limits: Limits,
    budget: number = 1 << 20,
    view: (store: Store) => Store = (store) => store,
  ) {
    this.#budget = budget;
    const entries = (tenant: number): number => this.logs.get(tenant)?.length ?? 0;
    const store = view(this.store);
    this.kernel = new Kernel(limits, store, { entries });
    this.queries = new Queries(limits, store, this.kernel);
    const { prepare, session } = this.primary.register(0);
    this.apply(prepare);
    this.session = session;
  }

  apply(prepare: Prepare): KernelReply {
    const { kernel } = this;
    kernel.begin(prepare);
    for (let code = -1; code !== STEP_DONE; code = kernel.step(this.#budget));
    const { logTenant, position, requestPartBytes, outcomePartBytes } = kernel;
    const log = this.logs.get(logTenant) ?? [];
    const bytes = sealEntry(
      kernel.entryBytes,
      prepare.header,
      logTenant,
      position,
      requestPartBytes,
      outcomePartBytes,
      log.at(-1)?.slice(224, 256) ?? NO_HASH,
      hasher,
    );
    log.push(kernel.entryBytes.slice(0, bytes));
    this.logs.set(logTenant, log);
    kernel.install();
    assert(kernel.reply !== null, 'a request is answered');
    return kernel.reply;
  }

  ask(kind: number, tenant: number, body: Uint8Array): KernelReply {
    return this.apply(this.primary.request(this.session, kind, tenant, body));
  }

  /** SQLSTATE of the refusal, or the command's tag. */
  change(actor: string, change: AccessChange): string {
    return codeOf(this.changeAnswer(actor, change));
  }

  changeAnswer(actor: string, change: AccessChange): StatementAnswer {
    const body = encodeAccessRequest({ actor, change });
    return answerOf(this.ask(operation.OPERATION_ACCESS, 0, body));
  }

  /** Through the log, as this user. */
  run(user: string, tenant: number, sql: string, parser: Parser): StatementAnswer {
    return answerOf(this.ask(operation.OPERATION_SQL, tenant, bodyOf(user, sql, parser)));
  }

  /** Beside the log, as this user. */
  query(user: string, tenant: number, sql: string, parser: Parser): string {
    const body = operation.encodeSqlQuery(bodyOf(user, sql, parser));
    this.queries.run(tenant, body, 0);
    return codeOf(decodeAnswer(this.queries.body)!);
  }

  /** A session of that user beside this replica; each call runs one statement. */
  sessionOf(user: string, tenant: number, parser: Parser): (sql: string) => StatementAnswer {
    const position = (): number => this.logs.get(tenant)?.length ?? 0;
    const tables = [logTable(this.#log(tenant)), accessLogTable(this.#log(0))];
    const engine = new Engine(this.store, tenant, tables, this.kernel.access.rights(tenant));
    const present = (): Present => ({ position: position(), timestamp: 1e9, floor: 1e9 });
    const session = new Session({ engine, user, present, salt: () => NO_HASH });
    return (sql) => {
      const known = statementOf(parser.parse(sql)[0]!);
      const task = session.execute(known, [], null);
      if (task.kind === 'answer') return task.answer;
      if (task.kind === 'verify') return plainResult('VERIFY LOG');
      if (task.kind === 'run') {
        for (;;) {
          const answer = task.run.step(1 << 20);
          if (answer !== null) return task.done(answer);
        }
      }
      return task.done(answerOf(this.ask(operation.OPERATION_SQL, tenant, task.body)));
    };
  }

  #log(tenant: number): EntrySource {
    const log = (): Uint8Array[] => this.logs.get(tenant) ?? [];
    return { length: () => log().length, entry: (position) => log()[position - 1]! };
  }

  get state(): readonly number[] {
    return [this.store.stateHashA, this.store.stateHashB];
  }

  get allLogs(): readonly TenantEntries[] {
    return [...this.logs].map(([tenant, entries]) => ({ tenant, entries }));
  }
}

export function codeOf(answer: StatementAnswer): string {
  return isError(answer) ? answer.code : answer.tag;
}

export function bodyOf(user: string, sql: string, parser: Parser): Uint8Array {
  const known = statementOf(parser.parse(sql)[0]!);
  const key = known.keyBytes(new Settings(), user, []);
  return encodeStatementRequest(key, known.text, [], NO_SEQUENCES);
}

function answerOf(reply: KernelReply): StatementAnswer {
  const answer = decodeAnswer(reply.body);
  assert(answer !== null, () => `an answer, not status ${reply.status}`);
  const status = isError(answer) ? operation.STATUS_SQL_ERROR : operation.STATUS_OK;
  assert(reply.status === status, 'the status says what the body is');
  return answer;
}
