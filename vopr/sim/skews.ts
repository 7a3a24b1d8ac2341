/**
 * Wrong clocks: offsets and drift from the start, and jumps and freezes at gaps. Only the nodes
 * that the configuration names are wrong; the swarm names fewer than half.
 */
import type { Limits } from '../../core/limits.ts';
import type { Choices } from './choose.ts';
import { site } from './choose.ts';
import type { NodeClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import { EVENT_CLOCK } from './events.ts';
import { faultIndex } from './faults.ts';
import type { FaultCounts } from './faults.ts';
import { drawGap } from './gaps.ts';
import type { Scheduler } from './scheduler.ts';

const CLOCK_GAP = site('clock_gap');
const CLOCK_HOW = site('clock_how');

const OFFSET = faultIndex('clock_offset');
const DRIFT = faultIndex('clock_drift');
const BACK = faultIndex('clock_back');
const FORWARD = faultIndex('clock_forward');
const FROZEN = faultIndex('clock_frozen');

/** Options of an offset or drift: 0 is none. */
const OPTIONS = 17;
/**
 * Honest clocks are off, and drift, by up to this part of a wrong one's; and are off by less than
 * the tolerance, within which the protocol promises to agree.
 */
const HONEST_PART = 64;
const HOW_OFFSET = 0;
const HOW_DRIFT = 1;
const HOW_JUMP = 2;

export interface SkewWorld {
  readonly configuration: Configuration;
  readonly nodeCount: number;
  readonly limits: Limits;
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly faults: FaultCounts;
  readonly places: readonly { readonly clock: NodeClock; readonly node: unknown }[];
  readonly core: number;
}

export class Skews {
  readonly #world: SkewWorld;

  constructor(world: SkewWorld) {
    this.#world = world;
  }

  /** Sets every node's clocks as they are at the start of the run. */
  reset(): void {
    const { configuration, nodeCount } = this.#world;
    for (let node = 0; node < nodeCount; node++) {
      const wrong = (configuration.clock.wrong & (1 << node)) !== 0;
      this.#start(node, wrong);
      if (wrong) this.#later(node);
    }
  }

  /** EVENT_CLOCK: the wall clock of `node` jumps or freezes. */
  strike(node: number): void {
    const { configuration, choices, scheduler, faults, places, core } = this.#world;
    const { clock } = configuration;
    if ((core & (1 << node)) !== 0) return;
    const place = places[node];
    const kind = choices.choose(CLOCK_HOW, node, HOW_JUMP, clock.kinds.length + 1);
    const name = clock.kinds[kind - 1];
    if (place !== undefined && name !== undefined) {
      const target = place.clock;
      if (name === 'clock_back') target.jump(-clock.jumpMicros);
      else if (name === 'clock_forward') target.jump(clock.jumpMicros);
      else target.freeze(scheduler.now);
      const fault = name === 'clock_back' ? BACK : name === 'clock_forward' ? FORWARD : FROZEN;
      if (place.node !== null) faults.delivered(fault);
    }
    this.#later(node);
  }

  #start(node: number, wrong: boolean): void {
    const { configuration, limits, choices, faults, places } = this.#world;
    const { clock } = configuration;
    let offset = 0;
    let drift = 0;
    if (clock.offsetMicros > 0) {
      const option = choices.choose(CLOCK_HOW, node, HOW_OFFSET, OPTIONS);
      const honest = Math.min(
        clock.offsetMicros / HONEST_PART,
        (3 * limits.clockToleranceMicros) / 4,
      );
      offset = signed(option, wrong ? clock.offsetMicros : Math.floor(honest));
      if (offset !== 0 && wrong) faults.delivered(OFFSET);
    }
    if (clock.driftPpm > 0) {
      const option = choices.choose(CLOCK_HOW, node, HOW_DRIFT, OPTIONS);
      drift = signed(option, wrong ? clock.driftPpm : Math.floor(clock.driftPpm / HONEST_PART));
      if (drift !== 0 && wrong) faults.delivered(DRIFT);
    }
    places[node]?.clock.reset(1_000_000 * (node + 1), offset, drift);
  }

  #later(node: number): void {
    const { configuration, choices, scheduler } = this.#world;
    const { jumpGapMicros, kinds } = configuration.clock;
    if (jumpGapMicros <= 0 || kinds.length === 0) return;
    const gap = drawGap(choices, CLOCK_GAP, node, 0, jumpGapMicros);
    const at = scheduler.now + gap;
    if (at < 2_000_000_000) scheduler.push(at, EVENT_CLOCK, node, 0, 0, null);
  }
}

/** Option 0 is 0; then 1/8, −1/8, 2/8, −2/8, … of `size`. */
function signed(option: number, size: number): number {
  const magnitude = Math.floor((Math.ceil(option / 2) * size) / 8);
  return option % 2 === 1 ? magnitude : -magnitude;
}
