/**
 * A trace: everything that makes one run happen again, as versioned JSON text.
 *
 * It holds the configuration (the workload follows from it and the seed) and the choices that were
 * not calm; everything else is calm. `parseTrace` trusts nothing: it answers with a precise error,
 * never an exception, and refuses unknown fields, sites, fault kinds and versions.
 */
import { SITES } from './choose.ts';
import type { Choice, SiteName } from './choose.ts';
import { LIMITS, VARIANT_MAX, calmConfiguration } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import { isFaultName } from './faults.ts';
import type { RunResult, Simulator, StateHash } from './run.ts';
import type { Scenario } from './scenario.ts';
import type { Violation } from './verdict.ts';

export const TRACE_VERSION = 2;
const CHOICES_MAX = 1_000_000;

export interface Trace {
  readonly version: typeof TRACE_VERSION;
  /** Name of the system that ran. */
  readonly system: string;
  /** Identity of the build that recorded it; another build may run differently. */
  readonly build: string;
  readonly seed: number;
  readonly scenario: string | null;
  readonly configuration: Configuration;
  readonly choices: readonly Choice[];
  readonly violation: Violation | null;
  readonly digest: string;
  /** The digest on the way, every `HASH_EVERY` events: where another build diverges. */
  readonly hashes: readonly StateHash[];
  /** For people: why this trace is kept. */
  readonly note: string;
}

/** Runs a seed once more with recording on. */
export function recordRun<M>(
  simulator: Simulator<M>,
  build: string,
  seed: number,
  scenario?: Scenario,
): { readonly trace: Trace; readonly result: RunResult } {
  const choices: Choice[] = [];
  const hashes: StateHash[] = [];
  const options = { record: choices, hashes, ...(scenario === undefined ? {} : { scenario }) };
  const result = simulator.run(seed, options);
  const { configuration, violation, digest } = result;
  const name = scenario?.name ?? null;
  const trace: Trace = {
    version: TRACE_VERSION,
    system: simulator.system.name,
    build,
    seed,
    scenario: name,
    configuration,
    choices,
    violation,
    digest,
    hashes,
    note: '',
  };
  return { trace, result };
}

/**
 * Runs a trace: its choices, and calm everywhere else. The scenario must be the one it names.
 * `hashes` is filled with the digest on the way.
 */
export function replayTrace<M>(
  simulator: Simulator<M>,
  trace: Trace,
  scenario?: Scenario,
  hashes: StateHash[] = [],
): RunResult {
  return simulator.run(trace.seed, {
    configuration: trace.configuration,
    overrides: { choices: trace.choices, patched: false },
    hashes,
    ...(scenario === undefined ? {} : { scenario }),
  });
}

/** One line a choice, so that traces diff well. */
export function formatTrace(trace: Trace): string {
  const { choices, hashes, ...head } = trace;
  const text = JSON.stringify(head, null, 2);
  const lists = `"hashes": ${listLines(hashes)},\n  "choices": ${listLines(choices)}`;
  return `${text.slice(0, -2)},\n  ${lists}\n}\n`;
}

function listLines(items: readonly object[]): string {
  const lines = items.map((item) => `    ${JSON.stringify(item)}`);
  return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
}

/** Where a run left the way of the trace, in words. */
export function divergence(trace: Trace, hashes: readonly StateHash[]): string {
  const { hashes: recorded } = trace;
  const same = (wanted: StateHash, index: number): boolean =>
    wanted.event === hashes[index]?.event && wanted.digest === hashes[index]?.digest;
  const at = recorded.findIndex((wanted, index) => !same(wanted, index));
  if (recorded.length === 0) return 'the trace has no state hashes: where they part is not known';
  const last = recorded[at < 0 ? recorded.length - 1 : at - 1];
  const until = last === undefined ? 'on nothing' : `up to event ${last.event}`;
  const when = last === undefined ? '' : ` (${(last.at / 1000).toFixed(3)} ms)`;
  const next = recorded[at]?.event;
  const then = next === undefined ? 'in the events after it' : `by event ${next}`;
  return `the runs agree ${until}${when} and differ ${then}`;
}

export type ParsedTrace =
  | { readonly ok: true; readonly trace: Trace }
  | { readonly ok: false; readonly error: string };

/** The trace in `text`, or what is wrong with it. */
export function parseTrace(text: string): ParsedTrace {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, error: `not JSON: ${why}` };
  }
  const error = traceError(value);
  return error === null ? { ok: true, trace: value as Trace } : { ok: false, error };
}

const FIELDS: readonly string[] = [
  'version',
  'system',
  'build',
  'seed',
  'scenario',
  'configuration',
  'choices',
  'violation',
  'digest',
  'hashes',
  'note',
];

function traceError(value: unknown): string | null {
  if (!isRecord(value)) return 'a trace is a JSON object';
  if (value['version'] !== TRACE_VERSION) {
    return `version ${show(value['version'])} is not ${TRACE_VERSION}, the one this build reads`;
  }
  for (const name of Object.keys(value)) {
    if (!FIELDS.includes(name)) return `unknown field "${name}"`;
  }
  for (const name of ['system', 'build', 'digest', 'note']) {
    if (typeof value[name] !== 'string') return `${name} is ${show(value[name])}, not text`;
  }
  if (!/^[0-9a-f]{16}$/.test(value['digest'] as string)) return 'digest is not 16 hex digits';
  if (!isCount(value['seed'])) return `seed is ${show(value['seed'])}, not a whole number`;
  const { scenario } = value as { scenario: unknown };
  if (scenario !== null && typeof scenario !== 'string')
    return 'scenario is neither a name nor null';
  addLater(value['configuration']);
  return (
    shapeError(value['configuration'], calmConfiguration(), 'configuration') ??
    rangeError(value['configuration'] as Configuration) ??
    choicesError(value['choices']) ??
    hashesError(value['hashes']) ??
    violationError(value['violation'])
  );
}

/** What came to be after the first traces of this version: they had none of it. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  client: ['mixOf100', 'accessOf100', 'transactionsOf100', 'variant', 'readers'],
  process: ['lateFlushGap', 'lateFlushMicros', 'sliceMicros'],
};

function addLater(configuration: unknown): void {
  if (!isRecord(configuration)) return;
  for (const [name, fields] of Object.entries(LATER)) {
    const group = configuration[name];
    if (!isRecord(group)) continue;
    for (const field of fields) group[field] ??= 0;
  }
}

/** The same fields with the same types as `model`, all the way down. */
function shapeError(value: unknown, model: unknown, path: string): string | null {
  if (Array.isArray(model)) {
    if (!Array.isArray(value)) return `${path} is ${show(value)}, not a list`;
    const names = path.endsWith('inds');
    for (const item of value) {
      if (names && !(typeof item === 'string' && isFaultName(item))) {
        return `${path} holds ${show(item)}, which is no fault kind`;
      }
      if (!names && !isCount(item)) return `${path} holds ${show(item)}, not a whole number`;
    }
    return null;
  }
  if (!isRecord(model)) {
    if (typeof value !== typeof model) return `${path} is ${show(value)}, not a ${typeof model}`;
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      return `${path} is ${show(value)}, not a whole number`;
    }
    return null;
  }
  if (!isRecord(value)) return `${path} is ${show(value)}, not an object`;
  for (const name of Object.keys(value)) {
    if (!(name in model)) return `${path} has the unknown field "${name}"`;
  }
  for (const name of Object.keys(model)) {
    if (!(name in value)) return `${path} lacks "${name}"`;
    const error = shapeError(value[name], model[name], `${path}.${name}`);
    if (error !== null) return error;
  }
  return null;
}

/** What would trip an assertion of the simulator. */
function rangeError(c: Configuration): string | null {
  const ranges: readonly (readonly [string, number, number, number])[] = [
    ['replicaCount', c.replicaCount, 1, 6],
    ['standbyCount', c.standbyCount, 0, 2],
    ['clientCount', c.clientCount, 0, 8],
    ['stormMicros', c.stormMicros, 1, 1_000_000_000],
    ['core.convergeMicros', c.core.convergeMicros, 1, 1_000_000_000],
    ['network.delayShape', c.network.delayShape, 0, 3],
    ['network.delayMinMicros', c.network.delayMinMicros, 0, 1_000_000],
    ['network.delayScaleMicros', c.network.delayScaleMicros, 0, 1_000_000],
    ['disk.syncMinMicros', c.disk.syncMinMicros, 0, 1_000_000],
    ['disk.syncScaleMicros', c.disk.syncScaleMicros, 0, 1_000_000],
    ['clock.driftPpm', c.clock.driftPpm, 0, 100_000],
    ['operator.replaceNode', c.operator.replaceNode, -1, c.replicaCount - 1],
    ['client.mixOf100', c.client.mixOf100, 0, 100],
    ['client.accessOf100', c.client.accessOf100, 0, 100],
    ['client.transactionsOf100', c.client.transactionsOf100, 0, 100],
    ['client.variant', c.client.variant, 0, VARIANT_MAX],
    ['client.readers', c.client.readers, 0, c.clientCount],
    ['process.sliceMicros', c.process.sliceMicros, 0, 1_000_000],
    ['core.members', c.core.members, 0, (1 << (c.replicaCount + c.standbyCount)) - 1],
  ];
  for (const [name, value, least, most] of ranges) {
    if (value < least || value > most) {
      return `configuration.${name} is ${value}, not within ${least} to ${most}`;
    }
  }
  if (!Object.hasOwn(LIMITS, c.limits)) {
    const known = Object.keys(LIMITS).join(', ');
    return `configuration.limits is ${show(c.limits)}, not one of ${known}`;
  }
  return null;
}

function choicesError(value: unknown): string | null {
  if (!Array.isArray(value)) return `choices is ${show(value)}, not a list`;
  if (value.length > CHOICES_MAX) return `choices are more than ${CHOICES_MAX}`;
  for (const [index, choice] of value.entries()) {
    const path = `choices[${index}]`;
    if (!isRecord(choice)) return `${path} is not an object`;
    if (!SITES.includes(choice['site'] as SiteName)) {
      return `${path}.site is ${show(choice['site'])}, which is no site of this build`;
    }
    for (const name of ['actor', 'subject']) {
      if (!Number.isSafeInteger(choice[name])) return `${path}.${name} is not a whole number`;
    }
    if (!isCount(choice['occurrence']) || choice['occurrence'] >= 1 << 20) {
      return `${path}.occurrence is not within 0 to ${(1 << 20) - 1}`;
    }
    if (!isCount(choice['answer'])) return `${path}.answer is not a whole number`;
  }
  return null;
}

function hashesError(value: unknown): string | null {
  if (!Array.isArray(value)) return `hashes is ${show(value)}, not a list`;
  for (const [index, hash] of value.entries()) {
    const path = `hashes[${index}]`;
    if (!isRecord(hash)) return `${path} is not an object`;
    for (const name of ['event', 'at']) {
      if (!isCount(hash[name])) return `${path}.${name} is not a whole number`;
    }
    const { digest } = hash as { digest: unknown };
    if (typeof digest !== 'string' || !/^[0-9a-f]{16}$/.test(digest)) {
      return `${path}.digest is not 16 hex digits`;
    }
  }
  return null;
}

function violationError(value: unknown): string | null {
  if (value === null) return null;
  if (!isRecord(value)) return 'violation is neither an object nor null';
  for (const name of ['invariant', 'message']) {
    if (typeof value[name] !== 'string') return `violation.${name} is not text`;
  }
  for (const name of ['at', 'event']) {
    if (!isCount(value[name])) return `violation.${name} is not a whole number`;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text === undefined ? 'missing' : text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
