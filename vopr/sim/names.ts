/**
 * The names of one simulated disk: what a node sees, and what would survive a power cut.
 *
 * Creating, removing and renaming are unsynced until a sync of some file in the same directory,
 * begun later, completes. At a power cut each of them survives or not on its own, but never one
 * that builds upon a lost one.
 *
 * Cost: maps, on paths that a node takes a few times a checkpoint at most.
 */
import { assert } from '../../core/types/assert.ts';

const CREATE = 0;
const REMOVE = 1;
const RENAME = 2;

interface PendingName {
  readonly kind: number;
  readonly sequence: number;
  readonly directory: string;
  readonly file: number;
  readonly from: string;
  readonly to: string;
}

export class Names {
  readonly visible: Map<string, number> = new Map<string, number>();
  readonly durable: Map<string, number> = new Map<string, number>();
  #pending: PendingName[] = [];
  #sequence = 0;

  /** Sequence of the last change: what a sync that begins now covers. */
  get sequence(): number {
    return this.#sequence;
  }

  get unsynced(): number {
    return this.#pending.length;
  }

  reset(): void {
    this.visible.clear();
    this.durable.clear();
    this.#pending.length = 0;
    this.#sequence = 0;
  }

  create(name: string, file: number): void {
    assert(!this.visible.has(name), 'create: the name is free');
    this.visible.set(name, file);
    this.#note(CREATE, file, name, name);
  }

  remove(name: string): boolean {
    const file = this.visible.get(name);
    if (file === undefined) return false;
    this.visible.delete(name);
    this.#note(REMOVE, file, name, name);
    return true;
  }

  /** Renames, replacing `to`. */
  rename(from: string, to: string): boolean {
    const file = this.visible.get(from);
    if (file === undefined) return false;
    this.visible.delete(from);
    this.visible.set(to, file);
    this.#note(RENAME, file, from, to);
    return true;
  }

  /** Names with this prefix, sorted by code unit; allocates. */
  list(prefix: string): string[] {
    const out: string[] = [];
    for (const name of this.visible.keys()) if (name.startsWith(prefix)) out.push(name);
    return out.sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  }

  /** A sync in `directory` that began at `sequence` completed. */
  settle(directory: string, sequence: number): void {
    if (this.#pending.length === 0) return;
    const left: PendingName[] = [];
    for (const change of this.#pending) {
      if (change.directory === directory && change.sequence <= sequence) this.#harden(change);
      else left.push(change);
    }
    this.#pending = left;
  }

  /** Everything becomes durable. */
  settleAll(): void {
    for (const change of this.#pending) this.#harden(change);
    this.#pending.length = 0;
  }

  /**
   * The power is cut; `survives` decides about each unsynced change. Returns how many were lost.
   */
  cut(survives: (file: number, kind: number) => boolean): number {
    const lost = new Set<string>();
    for (const change of this.#pending) {
      // 1. create a, 2. rename a to b: if 1 is lost there is nothing that 2 could rename.
      const builtOnLost = lost.has(change.from) || lost.has(change.to);
      if (!builtOnLost && survives(change.file, change.kind)) {
        this.#harden(change);
      } else {
        lost.add(change.from);
        lost.add(change.to);
      }
    }
    this.#pending.length = 0;
    this.visible.clear();
    for (const [name, file] of this.durable) this.visible.set(name, file);
    return lost.size;
  }

  #note(kind: number, file: number, from: string, to: string): void {
    this.#sequence += 1;
    const directory = directoryOf(to);
    this.#pending.push({ kind, sequence: this.#sequence, directory, file, from, to });
  }

  #harden(change: PendingName): void {
    if (change.kind === CREATE) {
      this.durable.set(change.to, change.file);
    } else if (change.kind === REMOVE) {
      // The name may have been given to a newer file in between; that one stays.
      if (this.durable.get(change.from) === change.file) this.durable.delete(change.from);
    } else {
      if (this.durable.get(change.from) === change.file) this.durable.delete(change.from);
      this.durable.set(change.to, change.file);
    }
  }
}

/** Everything before the last slash; '' at the root. */
export function directoryOf(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}
