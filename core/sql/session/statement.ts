/**
 * A statement that a session holds on to: its tree, its bytes, and the keys under which plans of it
 * are kept. Made once for a text, so that the same text again costs no parsing, no encoding and no
 * binding.
 */
import { encodeStatement } from '../tree/codec.ts';
import type { ParsedStatement } from '../parser/parser.ts';
import type { Statement } from '../tree/statement.ts';
import type { SqlType } from '../types/type.ts';
import { TEXT } from '../types/type.ts';
import { encodeStatementKey } from './request.ts';
import type { Settings } from './settings.ts';
import { timeParameters } from './time-parameters.ts';

export const TEXT_TYPE: SqlType = { id: TEXT, modifier: -1 };

/** Nothing is declared about parameters. One array, so that what it leads to is found again. */
export const NO_TYPES: readonly SqlType[] = [];
const UNDECLARED: SqlType = { id: 0, modifier: -1 };
const KEYS_MAX = 4;

interface KnownKey {
  readonly signature: string;
  readonly user: string;
  readonly types: readonly (SqlType | null)[];
  readonly bytes: Uint8Array;
}

export class KnownStatement {
  readonly statement: Statement;
  readonly text: string;
  #tree: Uint8Array | null = null;
  #times: ReadonlyMap<number, SqlType> | null = null;
  /** The last few, newest first. */
  #keys: KnownKey[] = [];

  /** `tree`: its bytes, when they are known already. */
  constructor(statement: Statement, text: string, tree: Uint8Array | null = null) {
    this.statement = statement;
    this.text = text;
    this.#tree = tree;
  }

  /** Parameters that say when, and their types. */
  get times(): ReadonlyMap<number, SqlType> {
    this.#times ??= timeParameters(this.statement);
    return this.#times;
  }

  get tree(): Uint8Array {
    this.#tree ??= encodeStatement(this.statement);
    return this.#tree;
  }

  /** What plans of it are kept under; a type that is not declared counts as 0. */
  keyBytes(settings: Settings, user: string, types: readonly (SqlType | null)[]): Uint8Array {
    const { signature } = settings;
    for (const known of this.#keys) {
      const same = known.signature === signature && known.user === user;
      if (same && known.types === types) return known.bytes;
    }
    const declared = types.map((type) => type ?? UNDECLARED);
    const { entries } = settings;
    const key = { settings: entries, user, tree: this.tree, types: declared };
    const bytes = encodeStatementKey(key);
    this.#keys = [{ signature, user, types, bytes }, ...this.#keys.slice(0, KEYS_MAX - 1)];
    return bytes;
  }
}

export function statementOf(parsed: ParsedStatement): KnownStatement {
  return new KnownStatement(parsed.statement, parsed.text);
}
