/**
 * An interactive transaction: a fork of the state at one position, on which the session reads and
 * writes, until its changes are submitted or dropped.
 *
 * Everything it reads is the state as of `snapshot` with its own changes over it; what it read is
 * remembered, and validated when it commits. After an error only ROLLBACK, ROLLBACK TO and COMMIT
 * (which then rolls back) are taken, as in PostgreSQL.
 */
import { SqlError } from '../error.ts';
import { Overlay } from '../rows/overlay.ts';
import { ReadSet } from '../rows/read-set.ts';
import type { Store } from '../../store/store.ts';
import { RandomWords } from './random.ts';
import type { SettingValues } from './settings.ts';

const SAVEPOINTS_MAX = 4096;
/** Of the statements' texts, what an entry carries. */
const TEXT_UNITS_MAX = 65_536;

interface Savepoint {
  readonly name: string;
  readonly mark: number;
  readonly settings: SettingValues;
}

export class Transaction {
  /** The last position that it sees. */
  readonly snapshot: number;
  /** `now()`: microseconds since 1970. */
  readonly timestamp: number;
  readonly overlay: Overlay;
  readonly reads: ReadSet = new ReadSet();
  readonly random: RandomWords;
  /** Settings to go back to if it is rolled back. */
  readonly settingsBefore: SettingValues;
  /** Settings that last beyond a commit: those not SET LOCAL. */
  settingsKept: Map<string, string | null> = new Map();
  readOnly: boolean;
  /** As asked for; what is given is serializable. */
  isolation = 'serializable';
  failed = false;
  /** A statement other than SET TRANSACTION has run. */
  begun = false;
  #savepoints: Savepoint[] = [];
  #texts: string[] = [];
  #textUnits = 0;

  constructor(
    store: Store,
    snapshot: number,
    timestamp: number,
    salt: () => Uint8Array,
    settingsBefore: SettingValues,
    readOnly: boolean,
  ) {
    this.overlay = new Overlay(store);
    this.snapshot = snapshot;
    this.timestamp = timestamp;
    this.random = new RandomWords(salt);
    this.settingsBefore = settingsBefore;
    this.readOnly = readOnly;
  }

  /** What its entry will say was run. */
  get text(): string {
    return this.#texts.join(';\n');
  }

  wrote(text: string): void {
    this.#textUnits += text.length;
    if (this.#textUnits <= TEXT_UNITS_MAX) this.#texts.push(text);
    else if (this.#texts.at(-1) !== '-- and more') this.#texts.push('-- and more');
  }

  savepoint(name: string, settings: SettingValues): void {
    if (this.#savepoints.length >= SAVEPOINTS_MAX) {
      throw new SqlError('54000', `more than ${SAVEPOINTS_MAX} savepoints`);
    }
    this.#savepoints.push({ name, mark: this.overlay.mark(), settings });
  }

  /** Forgets the savepoint and those after it; what was done since stays. */
  release(name: string): void {
    const at = this.#find(name);
    this.overlay.release(this.#savepoints[at]!.mark);
    this.#savepoints.length = at;
  }

  /** Undoes what was done since the savepoint, which stays. Answers the settings of then. */
  rollbackTo(name: string): SettingValues {
    const at = this.#find(name);
    const { mark, settings } = this.#savepoints[at]!;
    this.#savepoints.length = at + 1;
    this.overlay.rollbackTo(mark);
    this.failed = false;
    return settings;
  }

  /** The newest of that name. */
  #find(name: string): number {
    for (let i = this.#savepoints.length - 1; i >= 0; i -= 1) {
      if (this.#savepoints[i]!.name === name) return i;
    }
    throw new SqlError('3B001', `savepoint "${name}" does not exist`);
  }
}
