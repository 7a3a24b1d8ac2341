/**
 * `vopr show TRACE`: what a trace is, as text: where it comes from, the world, the workload, all
 * that was not calm, and how it ends on this build.
 */
import { formatChoices, formatEnd, formatHead, look, subjectOf } from './replay.ts';
import { dim } from './paint.ts';
import { EXIT_HELD, UsageError } from './usage.ts';
import { calmConfiguration } from '../sim/configuration.ts';

export interface ShowArguments {
  readonly trace?: string | undefined;
  readonly system?: string | undefined;
  readonly json: boolean;
}

export async function showCommand(args: ShowArguments): Promise<number> {
  const { trace: path, json } = args;
  if (path === undefined) throw new UsageError('name a trace file, as a sweep or shrink writes it');
  const what = await subjectOf(args, 'show');
  if (what.kind !== 'trace') throw new Error('a path names a trace');
  const { trace } = what;
  if (json) {
    process.stdout.write(`${JSON.stringify(trace)}\n`);
    return EXIT_HELD;
  }
  const options = { limit: 0, quiet: true, only: null, node: null };
  const { shown, glossary } = look(what, options);
  const lines = [
    ...formatHead(shown),
    dim(`recorded by build ${trace.build}, digest ${trace.digest}`),
    '',
    'the world, where it is not the calm one:',
    ...differences(trace.configuration, calmConfiguration(), '').map((line) => `  ${line}`),
    ...formatChoices(shown, glossary, true),
    ...formatEnd(shown),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT_HELD;
}

/** `name value` for every leaf that differs. */
function differences(value: unknown, calm: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const text = JSON.stringify(value);
    return text === JSON.stringify(calm) ? [] : [`${path} ${text}`];
  }
  const [these, those] = [value, calm] as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys(these).flatMap((name) =>
    differences(these[name], those[name], path === '' ? name : `${path}.${name}`),
  );
}
