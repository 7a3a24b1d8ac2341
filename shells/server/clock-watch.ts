/**
 * Compares the clocks of a cluster, and says once what an operator must do about one that is wrong.
 *
 * Entries are stamped only with a time on which a majority of the clocks agrees, so one wrong clock
 * keeps its server from leading, and of two servers neither can lead. A server that finds on its
 * start that a majority agrees without it does not stay: whoever started it is there to set its
 * clock. Later it stays, for backups need no clock.
 */

/** So long after its start a server that is wrong ends. */
const START_MILLIS = 60_000;
const MICROS = 1_000_000;

export interface ClockWatchOptions {
  /** How far each clock is ahead of the own one, in microseconds; null: not known. */
  readonly offsets: () => readonly (number | null)[];
  /** Clocks that far apart can never agree. */
  readonly apartMicros: number;
  readonly onNotice: (line: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class ClockWatch {
  private readonly options: ClockWatchOptions;
  private readonly startedAt: number;
  private said = '';

  constructor(options: ClockWatchOptions) {
    this.options = options;
    this.startedAt = options.now();
  }

  /** Looks at the clocks; returns why the server must end, if it must. */
  look(): string | null {
    const { offsets, apartMicros, onNotice, now } = this.options;
    const seen = offsets();
    const apart = peersOf(seen, (offset) => Math.abs(offset) > apartMicros);
    const others = majorityWithoutUs(seen, apartMicros);
    const key = `${others === null ? 'of' : 'own'} ${apart.join()}`;
    if (apart.length === 0) {
      this.said = '';
      return null;
    }
    if (others !== null) {
      const offset = seen[others[0]!]!;
      const line = `the clock of this server is ${distance(-offset)} those of ${names(others)}`;
      const remedy = 'set it, by NTP for example';
      if (now() - this.startedAt < START_MILLIS) return `${line}: ${remedy}, and start it again`;
      if (key !== this.said) onNotice(`${line}: ${remedy}; until then it cannot lead`);
    } else if (key !== this.said) {
      for (const peer of apart) {
        const where = `the clock of ${names([peer])} is ${distance(seen[peer]!)} that of this server`;
        onNotice(`${where}: set the one that is wrong, by NTP for example`);
      }
    }
    this.said = key;
    return null;
  }
}

/** The peers of a majority whose clocks agree with each other and not with the own one. */
function majorityWithoutUs(
  offsets: readonly (number | null)[],
  apartMicros: number,
): readonly number[] | null {
  const majority = (offsets.length >> 1) + 1;
  for (const offset of offsets) {
    if (offset === null || Math.abs(offset) <= apartMicros) continue;
    const group = peersOf(offsets, (other) => Math.abs(other - offset) <= apartMicros);
    if (group.length >= majority) return group;
  }
  return null;
}

function peersOf(
  offsets: readonly (number | null)[],
  take: (offset: number) => boolean,
): readonly number[] {
  return [...offsets.keys()].filter((peer) => {
    const offset = offsets[peer];
    return offset !== null && offset !== undefined && take(offset);
  });
}

function names(peers: readonly number[]): string {
  if (peers.length === 1) return `replica ${peers[0]!}`;
  return `replicas ${peers.slice(0, -1).join(', ')} and ${peers.at(-1)!}`;
}

function distance(micros: number): string {
  const seconds = Math.round(Math.abs(micros) / MICROS).toLocaleString('en-US');
  return `${seconds} s ${micros < 0 ? 'behind' : 'ahead of'}`;
}
