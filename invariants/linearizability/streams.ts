/**
 * The oracle of the simulator: are the answers that clients got about streams linearizable?
 *
 * It knows nothing of the log, of positions in it, or of how the database works; only what was
 * asked, what was answered, and when. A caller collects `Call<StreamOp>`s: an abandoned append has
 * `returned: UNKNOWN`, an abandoned read is left out. Cost: a few microseconds a call for the
 * histories of a run.
 */
import { checkLinearizable } from './check.ts';
import type { CheckOptions, Verdict } from './check.ts';
import type { Call } from './model.ts';
import { streamModel } from './models/stream.ts';
import type { StreamOp } from './models/stream.ts';

const model = streamModel();

export function checkStreams(
  history: readonly Call<StreamOp>[],
  options: CheckOptions = {},
): Verdict<StreamOp> {
  return checkLinearizable(model, history, options);
}
