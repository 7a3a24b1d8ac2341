/**
 * `vopr replay TRACE --plain`: executes a trace again on this build's core and prints it as text: what
 * happened, step by step, with faults among the protocol steps, and how it ended. A trace that no
 * longer reproduces says so.
 */
import { readFileSync } from 'node:fs';
import { parseTrace } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import { BUILD } from './build-id.ts';
import { createEngine } from './engine.ts';
import { bold, dim, green, red, yellow } from './paint.ts';
import { EXIT_HELD, EXIT_VIOLATED, UsageError } from './usage.ts';

export interface ReplayArguments {
  readonly trace: string;
  readonly plain: boolean;
  readonly json: boolean;
}

export function replayCommand(args: ReplayArguments): number {
  const trace = readTrace(args.trace);
  const result = createEngine().replay(trace);
  const same = result.digest === trace.digest;
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ ...result, reproduces: same })}\n`);
    return result.verdict === 'pass' ? EXIT_HELD : EXIT_VIOLATED;
  }
  const lines = [...formatHead(trace), ...formatChoices(trace), ''];
  if (result.violation === null) {
    lines.push(`${green(bold('PASS'))}  every invariant held`);
  } else {
    const { invariant, message, at } = result.violation;
    lines.push(`${red(bold('FAIL'))}  ${bold(invariant)} at ${millis(at)} ms: ${message}`);
  }
  if (same) {
    lines.push(dim(`the digest is that of the trace: ${trace.digest}`));
  } else {
    const why =
      trace.build === BUILD
        ? 'although it is the same build: please report this, determinism is broken'
        : `as it may under another build (recorded by ${trace.build}, this is ${BUILD})`;
    lines.push(yellow(`does not reproduce, ${why}: digest ${result.digest}, not ${trace.digest}`));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return result.verdict === 'pass' ? EXIT_HELD : EXIT_VIOLATED;
}

export function readTrace(path: string): Trace {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read the trace '${path}'; name a file that a sweep wrote`);
  }
  const parsed = parseTrace(text);
  if (parsed.ok) return parsed.trace;
  throw new UsageError(`'${path}' is not a trace: ${parsed.error}; record it anew with a sweep`);
}

function formatHead(trace: Trace): string[] {
  const { seed, scenario, configuration, violation, note } = trace;
  const { replicaCount, standbyCount, clientCount } = configuration;
  const lines = [
    `${bold(`seed ${seed}`)}${scenario === null ? '' : `, scenario ${scenario}`}: ` +
      `${replicaCount} replicas, ${standbyCount} standbys, ${clientCount} clients`,
  ];
  if (violation !== null) lines.push(`recorded: ${violation.invariant}: ${violation.message}`);
  if (note !== '') lines.push(note);
  return lines;
}

function formatChoices(trace: Trace): string[] {
  const lines = ['', `everything calm, except ${trace.choices.length} choices:`];
  for (const choice of trace.choices) lines.push(`  ${JSON.stringify(choice)}`);
  return lines;
}

function millis(micros: number): string {
  return (micros / 1000).toFixed(3);
}
