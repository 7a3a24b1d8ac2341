/**
 * PostgreSQL's own parse tree as libpg-query's JSON tells it, and safe ways to look into it.
 *
 * Every node is `{ "Kind": { … } }`; fields at their zero value are left out, so an absent number
 * is 0, an absent flag false, an absent list empty and an absent location the very beginning.
 */
import { SqlError, unsupported } from '../../error.ts';
import type { TimeClause } from '../../tree/query.ts';

export type Raw = Readonly<Record<string, unknown>>;

/** A statement being turned into our tree. */
export interface Context {
  /** Added to every location: the grammar may have seen a part of the text only. */
  readonly shift: number;
  /** Time clauses by the location of their table's name; taken out as their tables are met. */
  readonly times: Map<number, TimeClause>;
  /** The text of the query of a CREATE VIEW whose name stands `at`. */
  readonly viewText: (at: number) => string;
  /** Notices of what the statement says and has no effect here. */
  readonly idle: string[];
}

const nothing: Raw = {};
const none: readonly Raw[] = [];

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The kind of a node: its only key. '' for an empty one. */
export function kindOf(node: Raw): string {
  for (const kind in node) return kind;
  return '';
}

/** What stands under the kind. */
export function bodyOf(node: Raw): Raw {
  for (const kind in node) return child(node, kind);
  return nothing;
}

export function child(node: Raw, name: string): Raw {
  const value = node[name];
  return isRaw(value) ? value : nothing;
}

export function maybeChild(node: Raw, name: string): Raw | null {
  const value = node[name];
  return isRaw(value) ? value : null;
}

export function children(node: Raw, name: string): readonly Raw[] {
  const value = node[name];
  return Array.isArray(value) ? (value as readonly Raw[]) : none;
}

export function has(node: Raw, name: string): boolean {
  return node[name] !== undefined;
}

export function text(node: Raw, name: string): string {
  const value = node[name];
  return typeof value === 'string' ? value : '';
}

export function maybeText(node: Raw, name: string): string | null {
  const value = node[name];
  return typeof value === 'string' ? value : null;
}

export function flag(node: Raw, name: string): boolean {
  return node[name] === true;
}

export function integer(node: Raw, name: string): number {
  const value = node[name];
  return typeof value === 'number' ? value : 0;
}

/** Texts of a list of `{ String: { sval } }`. */
export function strings(nodes: readonly Raw[]): readonly string[] {
  return nodes.map((node) => text(child(node, 'String'), 'sval'));
}

/** Where a node begins, in the statement's text. */
export function place(c: Context, node: Raw): number {
  const location = integer(node, 'location');
  return location < 0 ? -1 : location + c.shift;
}

/** Refuses what the node says beyond what we have, by the first field that is there. */
export function refuse(node: Raw, at: number, names: Readonly<Record<string, string>>): void {
  for (const name in names) {
    const value = node[name];
    if (value !== undefined && value !== false) throw unsupported(names[name]!, at);
  }
}

export function syntaxError(message: string, at: number): SqlError {
  return new SqlError('42601', message, { at });
}
