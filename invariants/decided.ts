/**
 * What the logs of the views are known to say, and when an acknowledgement has lost its meaning.
 *
 * The log of view M says *Z at op o* once its primary proposes Z there in M (what it inherited,
 * too), or once anybody's superblock names log_view M and the headers that go with it. An
 * acknowledgement given in view u can count for a commit in view u only, so it is *void* once the
 * log of a view above u says another entry: whatever is committed in a view is in the logs of all
 * views above it, so the entry was not committed in u, and never will be. None of this is taken
 * from the do_view_change that is judged.
 *
 * Cost: an array look-up and a few compares a proposal, an acknowledgement and a superblock header.
 */
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import { NODES_MAX } from './durables.ts';
import type { Proposals } from './proposals.ts';

/** An entry, and a view. */
interface Chosen {
  readonly view: number;
  readonly checksum: Hash128;
}

/** The highest op that a node acknowledged in `view`: with it, all below in its chain. */
interface Promised {
  readonly view: number;
  header: PrepareHeader;
}

const NO_VIEW = -1;

export class Decided {
  private readonly proposals: Proposals;
  /** By op, in the order in which it became known. */
  private readonly chosen: Chosen[][] = [];
  /** By op: what was committed, and the view in which a replica first reported it. */
  private readonly committed: (Chosen | null)[] = [];
  /** By node, views ascending. */
  private readonly promised: Promised[][] = [];

  constructor(proposals: Proposals) {
    this.proposals = proposals;
    for (let node = 0; node < NODES_MAX; node += 1) this.promised.push([]);
  }

  reset(): void {
    this.chosen.length = 0;
    this.committed.length = 0;
    for (const row of this.promised) row.length = 0;
  }

  proposed(op: number, view: number, prepare: Prepare): void {
    this.choose(op, view, prepare.header.checksum);
  }

  superblock(state: SuperblockState): void {
    for (const header of state.viewHeaders) {
      if (header !== null) this.choose(header.op, state.logView, header.checksum);
    }
  }

  commit(op: number, view: number, prepare: Prepare): void {
    while (this.committed.length <= op) this.committed.push(null);
    this.committed[op] ??= { view, checksum: prepare.header.checksum };
  }

  acknowledged(node: number, view: number, header: PrepareHeader): void {
    const row = this.promised[node]!;
    const last = row.length === 0 ? null : row[row.length - 1]!;
    if (last === null || last.view < view) row.push({ view, header });
    else if (last.view === view && last.header.op < header.op) last.header = header;
  }

  /**
   * Whether no acknowledgement of `entry` that `node` ever gave can count: the log of a view above
   * the last of them, and not above `view`, has `other` in its place, and no commit contradicts
   * that.
   */
  isVoid(node: number, entry: PrepareHeader, other: PrepareHeader, view: number): boolean {
    const { op, checksum } = entry;
    if (other.op !== op || equal128(other.checksum, checksum)) return false;
    const given = this.promisedIn(node, op, checksum);
    const replaced = this.chosenIn(op, other.checksum, view);
    if (replaced <= given) return false;
    // Committed below that view, it would be in that view's log: one of the two is wrong.
    const committed = this.committed[op] ?? null;
    if (committed === null || !equal128(committed.checksum, checksum)) return true;
    return committed.view >= replaced;
  }

  private choose(op: number, view: number, checksum: Hash128): void {
    while (this.chosen.length <= op) this.chosen.push([]);
    const list = this.chosen[op]!;
    for (const known of list) {
      if (known.view === view && equal128(known.checksum, checksum)) return;
    }
    list.push({ view, checksum });
  }

  /** The highest view, up to `view`, whose log has this entry; `NO_VIEW`: none. */
  private chosenIn(op: number, checksum: Hash128, view: number): number {
    let highest = NO_VIEW;
    for (const known of this.chosen[op] ?? []) {
      if (known.view > view || known.view <= highest) continue;
      if (equal128(known.checksum, checksum)) highest = known.view;
    }
    return highest;
  }

  /** The last view in which `node` acknowledged this entry, by itself or with one above it. */
  private promisedIn(node: number, op: number, checksum: Hash128): number {
    const row = this.promised[node]!;
    for (let i = row.length - 1; i >= 0; i -= 1) {
      const { view, header } = row[i]!;
      if (header.op < op) continue;
      let at: Hash128 | null = header.checksum;
      for (let down = header.op; down > op && at !== null; down -= 1) {
        at = this.proposals.find(down, at)?.header.parent ?? null;
      }
      // Where the chain cannot be followed it is taken for the worst.
      if (at === null || equal128(at, checksum)) return view;
    }
    return NO_VIEW;
  }
}
