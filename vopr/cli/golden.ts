/**
 * `vopr golden`: the digests of fixed seeds and of every scenario, kept in `traces/golden.json`.
 * They are equal on every machine, operating system and Node.js version, or determinism is broken.
 * After a change of behaviour that is meant, `--write` renews them; the diff says what changed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { KIMBERLITE_BED } from './bed.ts';
import { createEngine } from './engine.ts';
import { EXIT_HELD, EXIT_VIOLATED, UsageError } from './usage.ts';

const SWARM_SEEDS = 64;

export interface GoldenArguments {
  readonly check: boolean;
  readonly write: boolean;
  readonly json: boolean;
}

interface Golden {
  readonly note: string;
  /** `swarm/42` or `scenario-name/42` → digest. */
  readonly digests: Readonly<Record<string, string>>;
}

export function goldenCommand(args: GoldenArguments): number {
  if (args.check && args.write) throw new UsageError('--check and --write exclude each other');
  const path = new URL('../traces/golden.json', import.meta.url);
  const fresh = computeDigests();
  if (args.write) {
    const note = 'Digests of fixed runs; rewrite with: npx vopr golden --write';
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, `${JSON.stringify({ note, digests: fresh }, null, 2)}\n`);
    process.stdout.write(`wrote ${Object.keys(fresh).length} digests to traces/golden.json\n`);
    return EXIT_HELD;
  }
  const kept = readGolden(path).digests;
  const names = [...new Set([...Object.keys(kept), ...Object.keys(fresh)])];
  const differing = names.filter((name) => kept[name] !== fresh[name]);
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ checked: names.length, differing })}\n`);
  } else if (differing.length === 0) {
    process.stdout.write(`${names.length} golden digests agree on Node.js ${process.version}\n`);
  } else {
    for (const name of differing) {
      const was = kept[name] ?? 'absent';
      process.stdout.write(`${name}: kept ${was}, now ${fresh[name] ?? 'absent'}\n`);
    }
  }
  return differing.length === 0 ? EXIT_HELD : EXIT_VIOLATED;
}

function computeDigests(): Record<string, string> {
  const engine = createEngine(KIMBERLITE_BED);
  const digests: Record<string, string> = {};
  for (let seed = 0; seed < SWARM_SEEDS; seed++) {
    digests[`swarm/${seed}`] = engine.run(seed, null).digest;
  }
  for (const { name } of KIMBERLITE_BED.testbed.scenarios ?? [])
    digests[`${name}/42`] = engine.run(42, name).digest;
  return digests;
}

function readGolden(path: URL): Golden {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(
      'traces/golden.json cannot be read; write it with: npx vopr golden --write',
    );
  }
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'object' && parsed !== null && 'digests' in parsed) return parsed as Golden;
  throw new UsageError(
    'traces/golden.json is not a list of digests; restore it from the repository',
  );
}
