/**
 * How many bytes this process writes into which files, by counting in front of `fs.writeSync`:
 * every import of it is bound to the counting one.
 */
import fs, { readlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export interface Writes {
  /** Bytes written to files whose path ends with this. */
  of(ending: string): number;
  reset(): void;
}

export function countWrites(): Writes {
  const counts: Map<string, number> = new Map();
  const write = fs.writeSync;
  const counting = (...args: Parameters<typeof fs.writeSync>): number => {
    const written = Reflect.apply(write, fs, args);
    const path = readlinkSync(`/proc/self/fd/${args[0]}`);
    counts.set(path, (counts.get(path) ?? 0) + written);
    return written;
  };
  Object.assign(fs, { writeSync: counting });
  syncBuiltinESMExports();
  return {
    of: (ending) => {
      let sum = 0;
      for (const [path, bytes] of counts) if (path.endsWith(ending)) sum += bytes;
      return sum;
    },
    reset: () => counts.clear(),
  };
}
