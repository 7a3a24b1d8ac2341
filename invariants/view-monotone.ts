/**
 * View-monotone: the view and log_view that a replica has promised never go back, not even over a
 * restart, and whatever it says in a view is said only once that view is durable.
 *
 * Why each check must be made:
 *  1. A replica adopts a log in view 4, says so in a do_view_change with log_view 4, crashes before
 *     log_view 4 is durable, and takes part in view 5 with log_view 3: its newer log loses to an
 *     older one. So a do_view_change must show exactly the durable log_view.
 *  2. A replica joins view 5, and a write that it began in view 4 completes. An acknowledgement to
 *     view 4's primary would commit an op that view 5 has already decided without.
 *  3. A would-be primary of view 5 with log_view 3 installs the log that others showed it, of view
 *     4, and does not get to start. In view 6 it shows entries of view 4 as those of its own log of
 *     view 3: two different logs of one log_view. So no header is newer than the log_view shown.
 *
 * In memory a replica may run ahead of its disk and lose that in a crash: nobody heard of it.
 * Cost: a few integer compares a step.
 */
import {
  STEP_ACK,
  STEP_DO_VIEW_CHANGE,
  STEP_PROPOSE,
  STEP_REJOIN,
  STEP_START_VIEW,
  STEP_STATUS,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { DoViewChangeMessage } from '../core/vsr/message.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { Durables } from './durables.ts';
import { fill, zeros } from './durables.ts';
import { sharedOf } from './shared.ts';

class ViewMonotoneChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly durables: Durables;
  /** What this incarnation last showed. */
  private readonly view: number[] = zeros();
  private readonly logView: number[] = zeros();
  /** Highest view in which the node ever promised something to others, over all incarnations. */
  private readonly joined: number[] = zeros();
  /** The same of the disks that the node has lost. */
  private readonly forgotten: number[] = zeros();

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.durables = sharedOf(world).durables;
  }

  reset(): void {
    this.durables.reset();
    fill(this.view, 0);
    fill(this.logView, 0);
    fill(this.joined, 0);
    fill(this.forgotten, 0);
  }

  crashed(node: number): void {
    this.view[node] = 0;
    this.logView[node] = 0;
  }

  replaced(node: number): void {
    this.durables.replaced(node);
    this.forgotten[node] = Math.max(this.forgotten[node]!, this.joined[node]!);
    this.joined[node] = 0;
  }

  opened(node: number): void {
    const seen = this.world.inspect(node);
    if (seen === null) return;
    this.world.evaluated(this.index);
    const view = this.durables.view[node]!;
    const logView = this.durables.logView[node]!;
    if (seen.view < view || seen.logView < logView || seen.view < this.joined[node]!) {
      this.fail(
        `r${node} restarted in view ${seen.view}, log_view ${seen.logView}; it had promised ` +
          `view ${Math.max(view, this.joined[node]!)}, log_view ${logView}`,
      );
    }
  }

  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    switch (kind) {
      case STEP_SUPERBLOCK:
        this.durables.superblock(this.world, node, ref as SuperblockState);
        return;
      case STEP_STATUS:
        this.shows(node, b, c);
        return;
      case STEP_DO_VIEW_CHANGE:
        this.speaks(node, a, 'a do_view_change');
        this.provesLogView(node, ref as DoViewChangeMessage);
        return;
      case STEP_START_VIEW:
        // Backups report the adoption too, which may precede its durability; they promise nothing.
        if (a % this.world.replicaCount === node) this.speaks(node, a, 'a start_view');
        return;
      case STEP_ACK:
        this.acknowledges(node, a, b, c);
        return;
      case STEP_REJOIN:
        this.rejoins(node, a);
        return;
      default:
        this.speaks(node, b, 'a proposal');
    }
  }

  private shows(node: number, view: number, logView: number): void {
    this.world.evaluated(this.index);
    const viewBefore = this.view[node]!;
    const logViewBefore = this.logView[node]!;
    if (view < viewBefore || logView < logViewBefore || logView > view) {
      this.fail(
        `r${node} went from view ${viewBefore}, log_view ${logViewBefore} ` +
          `to view ${view}, log_view ${logView}`,
      );
    }
    this.view[node] = view;
    this.logView[node] = logView;
  }

  private speaks(node: number, view: number, what: string): void {
    this.world.evaluated(this.index);
    const durable = this.durables.view[node]!;
    if (view > durable) this.fail(`r${node} sent ${what} in view ${view}; durable is ${durable}`);
    const joined = this.joined[node]!;
    if (view < joined) this.fail(`r${node} sent ${what} in view ${view} after joining ${joined}`);
    if (view > joined) this.joined[node] = view;
  }

  private provesLogView(node: number, message: DoViewChangeMessage): void {
    const { view, logView } = message;
    const durable = this.durables.logView[node]!;
    if (logView !== durable || node >= this.world.replicaCount) {
      this.fail(
        `r${node} sent a do_view_change in view ${view} with log_view ${logView}; ` +
          `durable is ${durable}`,
      );
    }
    // What it proposed or appended, it did in views whose log it had adopted.
    for (const header of message.headers) {
      if (header === null || header.view <= logView) continue;
      this.fail(
        `r${node} showed op ${header.op} of view ${header.view} as of its log_view ${logView}`,
      );
    }
  }

  private acknowledges(node: number, op: number, view: number, primary: number): void {
    this.speaks(node, view, 'a prepare_ok');
    if (node >= this.world.replicaCount) this.fail(`the standby n${node} acknowledged op ${op}`);
    const shown = this.view[node]!;
    if (view < shown || primary !== view % this.world.replicaCount) {
      this.fail(`r${node}, in view ${shown}, acknowledged op ${op} to r${primary} in view ${view}`);
    }
  }

  /** With its disk a node forgot what it had promised: it votes again only above all of that. */
  private rejoins(node: number, view: number): void {
    this.world.evaluated(this.index);
    const promised = this.forgotten[node]!;
    if (promised === 0 || view > promised) return;
    this.fail(`r${node} votes again in view ${view}; on its lost disk it had joined ${promised}`);
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const viewMonotone: Invariant = {
  name: 'view-monotone',
  holds:
    'view and log_view never regress across restarts, nothing is said in a view before it is ' +
    'durable, and nothing is acknowledged to an older view after joining a newer one',
  watches: [
    STEP_STATUS,
    STEP_SUPERBLOCK,
    STEP_DO_VIEW_CHANGE,
    STEP_START_VIEW,
    STEP_ACK,
    STEP_REJOIN,
    STEP_PROPOSE,
  ],
  create: (world, index) => new ViewMonotoneChecker(world, index),
};
